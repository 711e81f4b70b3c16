"""The lines of the user's files, and the nodes that each of them made."""

from __future__ import annotations

import os
from collections.abc import Iterable

from autograd.recording.steps import Node


class SourceLines:
    """Which computed nodes each line made.

    Attributes:
        files: the files that made nodes, as the nodes name them.
        by_path: for each file by its real path, and each line that made nodes, their numbers.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        by_source: dict[str, list[int]] = {}
        for node in nodes:
            if node.source:
                numbers = by_source.setdefault(node.source, [])
                if node.inputs:
                    numbers.append(node.number)
        self.files = list(dict.fromkeys(source.rpartition(":")[0] for source in by_source))
        self.by_path: dict[str, dict[int, list[int]]] = {}
        for source, numbers in by_source.items():
            if numbers:
                file, _, line = source.rpartition(":")
                self.by_path.setdefault(real_path(file), {}).setdefault(int(line), []).extend(numbers)

    def nodes_at(self, file: str, line: int) -> list[int]:
        """List the computed nodes that a line made; the file by its path, or the end of it."""
        return [n for lines in self._files(file) for n in lines.get(line, ())]

    def lines_of(self, file: str) -> list[int]:
        """List the lines of a file that made nodes."""
        return sorted(line for lines in self._files(file) for line in lines)

    def _files(self, file: str) -> list[dict[int, list[int]]]:
        path = real_path(file)
        if path in self.by_path:
            return [self.by_path[path]]
        return [lines for known, lines in self.by_path.items() if file and known.endswith("/" + file)]


def real_path(file: str) -> str:
    """Return the absolute path of a file, without links; code that is in no file keeps its name."""
    return file if file.startswith("<") else os.path.realpath(file)
