"""Stopping a program at its backward passes, and running a script or a module for it."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock, get_ident
from types import FrameType

from autograd.value import Value

Open = Callable[[Value, FrameType], None]  # runs the pass below a root; the frame is that of the `.backward()`


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


def run_program(program: str, arguments: Sequence[str], module: bool = False) -> None:
    """Run a script, or a module by its dotted name, as `python program` or `python -m program` would."""
    sys.argv = [program, *arguments]
    if module:
        sys.path[0] = str(Path.cwd())
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(program).resolve().parent)
        runpy.run_path(program, run_name="__main__")
