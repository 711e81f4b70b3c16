"""The user's line: the nearest one outside this library that a call came from."""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from autograd.value import Value

AUTOGRAD: Final = __file__.removesuffix("source_lines.py")
LIBRARY: Final = (AUTOGRAD, "nn".join(AUTOGRAD.rsplit("autograd", 1)))  # the folders of `autograd` and `nn`


def from_library(file: str) -> bool:
    """Return whether a file is one of this library."""
    return file.startswith(LIBRARY)


def user_frame(frame: FrameType) -> FrameType:
    """Return the nearest caller outside this library, a frame itself if it is; if there is none, the outermost."""
    while frame.f_back and from_library(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def note_source(node: Value) -> None:
    """Write on a node the user's line that made it."""
    frame = user_frame(sys._getframe(1))
    node.source = f"{frame.f_code.co_filename}:{frame.f_lineno}"


def source_text(node: Value) -> str:
    """Return the user's line that made a node, with its text where that can be read."""
    if node.source is None:
        return "a line that was not noted: make the graph inside detect_anomaly() too"
    file, _, line = node.source.rpartition(":")
    import linecache  # here, since it brings in `re` and `tokenize`, and `import autograd` is to be quick

    text = linecache.getline(file, int(line)).strip()
    return f"{node.source}: {text}" if text else node.source
