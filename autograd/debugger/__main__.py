"""Run a script and open the debugger at every `.backward()` in it: python -m autograd.debugger script.py [args]."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from autograd.debugger.adapter.editor import serve_port, serve_stdio
from autograd.debugger.adapter.program import run_connected
from autograd.debugger.programs import noted_sources, open_at_backward, print_error, run_program
from autograd.debugger.reports import fold
from autograd.debugger.shell.shell import Shell

NO_PASS: Final = (
    "the program ended without a call of .backward(), where the shell opens. grad() and hessian() run passes of their "
    "own: call .backward() on what they differentiate, or debug() it"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    about = parser()
    options = about.parse_args(arguments)
    if options.dap:
        serve_stdio() if options.listen is None else serve_port(options.listen)
        return
    program, module = check_program(about, options)
    if options.connect:
        run_connected(options.connect, program, options.args, module)
        return
    shell = Shell(command_file(about, options.command_file))
    shell.in_program = True
    shell.first_commands = options.commands
    signal.signal(signal.SIGINT, shell.interrupt)
    try:
        with noted_sources(), open_at_backward(shell.open_pass):
            run_program(program, options.args, module)
        if not shell.passes:
            print("\n".join(fold(NO_PASS)), file=sys.stderr)
    except Exception as error:
        print_error(error)
        shell.post_mortem()
        sys.exit(1)
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
    about.add_argument(
        "-c", dest="commands", default="", help="commands to run when the shell first opens: 'b nan ;; c'"
    )
    about.add_argument(
        "-x",
        dest="command_file",
        metavar="FILE",
        help="a file to read commands from, which leaves standard input to the script",
    )
    about.add_argument("--transcript", metavar="out.json", help="a file to write what happened to, as JSON")
    about.add_argument("-m", dest="module", action="store_true", help="run a module by its name, as python -m does")
    about.add_argument(
        "--dap", action="store_true", help="serve an editor by the Debug Adapter Protocol, on stdin and stdout"
    )
    about.add_argument("--listen", type=int, metavar="PORT", help="with --dap: serve editors at a port of this machine")
    about.add_argument("--connect", type=int, metavar="PORT", help=argparse.SUPPRESS)
    about.add_argument("script", nargs="?", help="the script to run, and its arguments")
    about.add_argument("args", nargs=argparse.REMAINDER, metavar="...", help=argparse.SUPPRESS)
    return about


def command_file(about: argparse.ArgumentParser, path: str | None) -> IO[str] | None:
    """Open the file of commands, if there is one; end with a message where it cannot be read."""
    try:
        return None if path is None else Path(path).open(encoding="utf-8")
    except OSError as error:
        about.error(f"cannot read {path}: {error.strerror}")


def check_program(about: argparse.ArgumentParser, options: argparse.Namespace) -> tuple[str, bool]:
    """Return the program, and whether it is a module; end with a message where there is none."""
    if options.script is None:
        about.error("name a script to run, or -m and a module")
    if not options.module:
        try:
            Path(options.script).open().close()
        except OSError as error:
            about.error(f"cannot read {options.script}: {error.strerror}")
    return options.script, options.module


if __name__ == "__main__":
    main()
