"""The debugger's shell: pdb's commands for a backward pass, and gdb's for going back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, ClassVar

from autograd.debugger.arguments import nothing
from autograd.debugger.look_commands import LookCommands
from autograd.debugger.names import plural
from autograd.debugger.run_commands import RunCommands
from autograd.debugger.session import Session
from autograd.files import write_atomically
from autograd.value import Value


def debug(
    root: Value,
    commands: str = "",
    *,
    stdin: IO[str] | None = None,
    stdout: IO[str] | None = None,
    transcript: str | Path | None = None,
) -> None:
    """Run the backward pass below root and open a shell that steps through it, forwards and backwards.

    When it is left, every `.grad` is as after `root.backward()`; after `quit!` it is as it was before.

    Args:
        commands: what to run first, separated by `;;`.
        stdin, stdout: where to read commands and write answers; the terminal if not given.
        transcript: a file to write what happened to, as JSON.
    """
    shell = Shell(stdin, stdout)
    shell.open(Session(root), commands)
    if transcript:
        shell.save_transcript(transcript)


class Shell(RunCommands, LookCommands):
    """The commands. Each is a few words around one method of the session.

    Attributes:
        in_program: a program goes on after this pass, and `continue` at the end goes on with it.
        running_on: the program was told to go on until a stop is hit.
    """

    groups: ClassVar[dict[str, str]] = {
        "Moving": "step stepi continue until goto restart",
        "Going back": "reverse-step reverse-stepi reverse-continue",
        "Stopping": "break tbreak watch condition ignore commands enable disable clear",
        "Looking": "print display undisplay list where why up down graph html",
        "Doubting": "check set undo",
        "Leaving": "quit quit! help",
    }
    aliases: ClassVar[dict[str, str]] = {
        "s": "step",
        "n": "step",
        "next": "step",
        "si": "stepi",
        "c": "continue",
        "cont": "continue",
        "rs": "reverse-step",
        "rsi": "reverse-stepi",
        "rc": "reverse-continue",
        "b": "break",
        "p": "print",
        "l": "list",
        "w": "where",
        "u": "up",
        "d": "down",
        "h": "help",
        "q": "quit",
        "exit": "quit",
        "cl": "clear",
    }
    once: ClassVar[frozenset[str]] = frozenset(
        {"break", "tbreak", "watch", "commands", "display", "set", "clear", "quit"}
    )
    in_program = False
    running_on = False

    def open(self, session: Session, commands: str = "") -> None:
        """Talk about a session until it is left."""
        self.session = session
        self.listed = 0
        if self.running_on:
            first = session.continue_() if not session.at_end else session.here()
            if not first.hits:
                return
            self.running_on = False
        else:
            first = session.here()
        line = session.timeline
        count = f"{plural(len(line.steps), 'step')}, {plural(line.end, 'contribution')}"
        root = session.names.name(line.nodes[-1].number)
        print(f"backward pass from {root}: {count}; help lists the commands", file=self.stdout)
        self.transcript.append({"command": "", "said": [], "reports": []})
        self.stopped(first)
        self.transcript[-1].update(position=first.position, contributions=session.position)
        self.converse(commands)

    def save_transcript(self, file: str | Path) -> None:
        """Write what was typed and what came of it as JSON."""
        write_atomically(file, json.dumps(self.transcript, indent=1, allow_nan=False).encode())

    # Leaving ----------------------------------------------------------------------------------------------------------

    def do_continue(self, arg: str) -> bool:
        """c(ontinue)

        Run to the next breakpoint or watch, or to the end of the pass. At the end, in a program: let it go on
        until a stop is hit in a later pass.
        """
        nothing(arg, "continue")
        if self.session.at_end and self.in_program:
            self.running_on = True
            return True
        self.stopped(self.session.continue_())
        return False

    def do_quit(self, arg: str) -> bool:
        """q(uit)

        Leave, wherever the pass is: every .grad is as a completed backward pass leaves it. (quit! leaves every
        .grad as it was before the pass.) What set changed was a copy and is gone. A program goes on. Ctrl-D quits too.
        """
        nothing(arg, "quit")
        self.say("left: every .grad is as after a completed backward pass")
        return True

    def do_quit_now(self, arg: str) -> bool:
        """quit!

        Leave every .grad as it was before the pass, untouched. (quit leaves them as a completed pass does.)
        """
        nothing(arg, "quit!")
        self.session.abandon()
        self.say("left: every .grad is as it was before the pass")
        return True

    def do_EOF(self, arg: str) -> bool:  # noqa: N802 - what cmd calls the end of the input
        """EOF

        Leave as quit does.
        """
        if not self.echoes:
            print(file=self.stdout)
        return self.do_quit("")
