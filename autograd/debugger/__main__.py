"""Run a script and open the debugger at every `.backward()` in it: python -m autograd.debugger script.py [args]."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from autograd.debugger.adapter.editor import serve_port, serve_stdio
from autograd.debugger.adapter.program import run_connected
from autograd.debugger.openings import opened_at_backward, run_program
from autograd.debugger.shell import Shell
from autograd.debugger.sources import noted_sources


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
    shell = Shell()
    shell.in_program = True
    shell.first_commands = options.commands
    try:
        with noted_sources(), opened_at_backward(shell.open_pass):
            run_program(program, options.args, module)
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
    about.add_argument("--transcript", metavar="out.json", help="a file to write what happened to, as JSON")
    about.add_argument("-m", dest="module", action="store_true", help="run a module by its name, as python -m does")
    about.add_argument(
        "--dap", action="store_true", help="serve an editor by the Debug Adapter Protocol, on stdin and stdout"
    )
    about.add_argument("--listen", type=int, metavar="PORT", help="with --dap: serve editors at a port of this machine")
    about.add_argument("--connect", type=int, metavar="PORT", help=argparse.SUPPRESS)
    about.add_argument("script", nargs="?", help="the script to run")
    about.add_argument("args", nargs=argparse.REMAINDER, help="its arguments")
    return about


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
