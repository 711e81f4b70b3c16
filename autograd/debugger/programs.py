"""Running a program under the debugger: noting which line makes each node, and stopping at its backward passes."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock, get_ident
from types import CodeType, FrameType
from typing import Any, Final

from autograd.observing import observing
from autograd.source_lines import LIBRARY, user_frame
from autograd.value import Value
from autograd.value_type import ValueType

Open = Callable[[Value, FrameType], None]  # runs the pass below a root; the frame is that of the `.backward()`
Span = tuple[int, int, int, int]  # first line, last line, first column, last column; from 0 as Python counts columns
MOST: Final = 2_000_000  # spans kept: beyond them all are forgotten, and lines remain
spans: Final[dict[int, Span]] = {}  # what expression made a node, by its serial number
expressions: Final[dict[CodeType, list[Span | None]]] = {}  # those of a code object's instructions


@contextmanager
def noted_sources() -> Iterator[None]:
    """Note the user's line on every `Value` made inside, which makes recording a few times slower.

    >>> from autograd import Value
    >>> with noted_sources():
    ...     y = Value(2.0, "x") * 3.0
    >>> y.source is not None
    True
    """
    plain = ValueType.__call__

    def noted_leaf(cls: ValueType, *args: Any, **kwargs: Any) -> Value:
        leaf = plain(cls, *args, **kwargs)
        note_expression(leaf)
        return leaf

    ValueType.__call__ = noted_leaf  # type: ignore[method-assign]
    try:
        with observing(record=note_expression, all_threads=True):
            yield
    finally:
        ValueType.__call__ = plain  # type: ignore[method-assign]


def note_expression(node: Value) -> None:
    """Write on a node the user's line that made it, the nearest outside this library; keep its columns in `spans`."""
    frame = user_frame(sys._getframe(1))
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


@contextmanager
def open_at_backward(open_session: Open) -> Iterator[None]:
    """Call `open_session` wherever `Value.backward` is called inside, in place of it.

    One pass is debugged at a time: a thread that begins another waits. A `.backward()` called from within a session,
    by an expression that the user evaluates, runs as it always does.
    """
    plain = Value.backward
    lock = RLock()
    inside: set[int] = set()

    def backward(root: Value) -> None:
        """Open a session on the pass below this root."""
        thread = get_ident()
        if thread in inside:
            plain(root)
            return
        with lock:
            inside.add(thread)
            try:
                open_session(root, sys._getframe(1))
            finally:
                inside.discard(thread)

    Value.backward = backward  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Value.backward = plain  # type: ignore[method-assign]


def print_error(error: BaseException) -> None:
    """Print the traceback of a program's error, as without the debugger: from the program's own first frame on."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename.startswith(("<frozen runpy", *LIBRARY)):
        trace = trace.tb_next
    if trace or isinstance(error, SyntaxError):  # the program has no frame yet where it cannot be read
        error = error.with_traceback(trace)
    traceback.print_exception(error)


def run_program(program: str, arguments: Sequence[str], module: bool = False) -> None:
    """Run a script, or a module by its dotted name, as `python program` or `python -m program` would."""
    sys.argv = [program, *arguments]
    if module:
        sys.path[0] = str(Path.cwd())
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(program).resolve().parent)
        runpy.run_path(program, run_name="__main__")
