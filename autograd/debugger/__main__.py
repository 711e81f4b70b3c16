"""Run a script and open the debugger at every `.backward()` in it: python -m autograd.debugger script.py [args]."""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from autograd.debugger.session import Session
from autograd.debugger.shell import Shell
from autograd.debugger.sources import noted_sources
from autograd.value import Value


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    about = parser()
    options = about.parse_args(arguments)
    try:
        Path(options.script).open().close()
    except OSError as error:
        about.error(f"cannot read {options.script}: {error.strerror}")
    shell = Shell()
    shell.in_program = True
    sys.argv = [options.script, *options.args]
    sys.path[0] = str(Path(options.script).resolve().parent)
    try:
        with noted_sources(), opened_at_backward(shell, options.commands):
            runpy.run_path(options.script, run_name="__main__")
    finally:
        if options.transcript:
            shell.save_transcript(options.transcript)


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    about = argparse.ArgumentParser(
        prog="python -m autograd.debugger",
        description="Run a script and open a shell at every .backward() in it, which steps through the backward pass, "
        "forwards and backwards. Type help there. Without a terminal, commands are read from standard input.",
    )
    about.add_argument("-c", dest="commands", default="", help="commands to run whenever the shell opens: 'b nan ;; c'")
    about.add_argument("--transcript", metavar="out.json", help="a file to write what happened to, as JSON")
    about.add_argument("script", help="the script to run")
    about.add_argument("args", nargs=argparse.REMAINDER, help="its arguments")
    return about


@contextmanager
def opened_at_backward(shell: Shell, commands: str = "") -> Iterator[None]:
    """Open the shell wherever `Value.backward` is called inside; stops and displays are kept from pass to pass."""
    plain = Value.backward

    def backward(root: Value) -> None:
        """Open the shell on a new session for this root, with the stops and displays of the one before."""
        before = getattr(shell, "session", None)
        session = Session(root, before.stops.values() if before else ())
        session.displays = before.displays if before else {}
        shell.open(session, commands)

    Value.backward = backward  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Value.backward = plain  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
