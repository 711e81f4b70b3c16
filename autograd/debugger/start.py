"""The way in from a running program: `debug(root)` opens the shell, or waits for an editor."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import IO, Final

from autograd.debugger.adapter.program import debug_attached
from autograd.debugger.session import Session
from autograd.debugger.shell.shell import Shell
from autograd.graph import by_creation
from autograd.value import Value

NO_TERMINAL: Final = (
    "debug() found no terminal to type commands in; the backward pass ran to its end. Use Session(root) of "
    "autograd.debugger here, or debug(root, listen=4711) and attach an editor."
)


def debug(
    root: Value | None = None,
    commands: str = "",
    *,
    stdin: IO[str] | None = None,
    stdout: IO[str] | None = None,
    transcript: str | Path | None = None,
    listen: int | None = None,
) -> None:
    """Run the backward pass below root and open a shell that steps through it, forwards and backwards.

    When it is left, every `.grad` is as after `root.backward()`; after `quit!` it is as it was before.

    Without a root, as `breakpoint()` calls it where PYTHONBREAKPOINT=autograd.debugger.debug, it is the computed
    `Value` made last among the caller's variables, and every `.grad` is at the end as it was.

    Args:
        commands: what to run first, separated by `;;`.
        stdin, stdout: where to read commands and write answers; the terminal if not given.
        transcript: a file to write what happened to, as JSON.
        listen: a port of this machine; in place of the shell, an editor that attaches there debugs the pass.
    """
    frame = sys._getframe(1)
    looking = root is None
    root = latest(frame) if root is None else root
    if listen is not None:
        debug_attached(root, listen, frame)
        return
    shell = Shell(stdin, stdout)
    session = Session(root, frame=frame)
    try:
        shell.open(session, commands)
    except NotImplementedError:  # what a notebook's kernel raises where its front end cannot ask for input
        print(NO_TERMINAL, file=sys.stderr)
    if looking:
        session.abandon()
    if transcript:
        shell.save_transcript(transcript)


def latest(frame: FrameType) -> Value:
    """Return the computed `Value` that was made last among the variables of a frame."""
    found = [x for x in frame.f_locals.values() if isinstance(x, Value) and x.inputs]
    if not found:
        raise TypeError("debug() found no computed Value among the variables here: pass the one to differentiate")
    return max(found, key=by_creation)
