"""Noting the user's line that makes each node, for `where` and for editors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Final

from autograd.check import OURS
from autograd.observing import observing
from autograd.value import Value

Span = tuple[int, int, int, int]  # first line, last line, first column, last column; from 0 as Python counts columns
MOST: Final = 2_000_000  # spans kept: beyond them all are forgotten, and lines remain
spans: Final[dict[int, Span]] = {}  # what expression made a node, by its serial number
expressions: Final[dict[CodeType, list[Span | None]]] = {}  # those of a code object's instructions


@contextmanager
def noted_sources() -> Iterator[None]:
    """Note the user's line on every node recorded inside, which makes recording a few times slower.

    >>> from autograd import Value
    >>> with noted_sources():
    ...     y = Value(2.0, "x") * 3.0
    >>> y.source is not None
    True
    """
    with observing(record=note_expression, all_threads=True):
        yield


def note_expression(node: Value) -> None:
    """Write on a node the user's line that made it, the nearest outside this library; keep its columns in `spans`."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    code = frame.f_code
    node.source = f"{code.co_filename}:{frame.f_lineno}"
    if code not in expressions:
        expressions[code] = [whole(position) for position in code.co_positions()]
    span = expressions[code][frame.f_lasti // 2]
    if span:
        if len(spans) >= MOST:
            spans.clear()
        spans[node.serial] = span


def whole(position: tuple[int | None, int | None, int | None, int | None]) -> Span | None:
    """Return a position that is known in full, or None."""
    first, last, start, end = position
    return None if first is None or last is None or start is None or end is None else (first, last, start, end)
