"""The debugger's shell: pdb's commands for a backward pass, and gdb's for going back."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import IO, ClassVar

from autograd.debugger.reports import fold
from autograd.debugger.session import Session
from autograd.debugger.shell.arguments import refuse_argument
from autograd.debugger.shell.look_commands import LookCommands
from autograd.debugger.shell.run_commands import RunCommands
from autograd.debugger.timeline.names import ordinal, place_name, plural
from autograd.files import write_atomically
from autograd.value import Value


class Shell(RunCommands, LookCommands):
    """The commands. Each is a few words around one method of the session.

    Attributes:
        in_program: a program goes on after this pass, and `continue` at the end goes on with it.
        running_on: the program was told to go on until a stop is hit.
        ended: the program was told to end.
        first_commands: what to run when the shell first opens.
        passes: how many passes of a program began at each line.
        talking: commands are being read.
    """

    groups: ClassVar[dict[str, str]] = {
        "Moving": "step next stepi finish continue until goto restart",
        "Going back": "reverse-step reverse-next reverse-stepi reverse-continue",
        "Stopping": "break tbreak watch condition ignore commands enable disable clear",
        "Looking": "print args info display undisplay list where why up down graph html",
        "Doubting": "check set undo",
        "Python": "! interact alias unalias",
        "Leaving": "leave leave! quit quit! help",
    }
    aliases: ClassVar[dict[str, str]] = {
        "s": "step",
        "n": "next",
        "si": "stepi",
        "fin": "finish",
        "return": "finish",
        "c": "continue",
        "cont": "continue",
        "rs": "reverse-step",
        "rn": "reverse-next",
        "rsi": "reverse-stepi",
        "rc": "reverse-continue",
        "b": "break",
        "p": "print",
        "pp": "print",
        "l": "list",
        "w": "where",
        "u": "up",
        "d": "down",
        "h": "help",
        "i": "info",
        "q": "quit",
        "exit": "quit",
        "cl": "clear",
        "delete": "clear",
    }
    not_repeated: ClassVar[frozenset[str]] = frozenset(
        {"break", "tbreak", "watch", "commands", "display", "set", "clear", "leave", "quit", "!", "python", "interact"}
    )
    in_program = False
    running_on = False
    ended = False
    first_commands = ""
    talking = False

    def __init__(self, stdin: IO[str] | None = None, stdout: IO[str] | None = None) -> None:
        super().__init__(stdin, stdout)
        self.passes: Counter[str] = Counter()

    def open_pass(self, root: Value, frame: FrameType) -> None:
        """Open on a pass of a program, with the stops and displays of the one before."""
        before = getattr(self, "session", None)
        session = Session(root, before.stops.by_number.values() if before else (), frame)
        session.displays = before.displays if before else {}
        commands, self.first_commands = self.first_commands, ""
        place = place_name(frame)
        self.passes[place] += 1
        which = [ordinal(self.passes.total())]
        if len(self.passes) > 1:
            which.append(ordinal(self.passes[place]))
        self.open(session, commands, f" ({', '.join(which)} at {place})")
        if self.ended:
            raise SystemExit

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Take Ctrl-C: leave a command, or let the running program stop at its next pass; a second one ends it."""
        if self.talking or not self.running_on:
            raise KeyboardInterrupt
        self.running_on = False
        print("\ninterrupted: the shell opens at the next pass; Ctrl-C again ends the program", file=self.stdout)

    def post_mortem(self) -> None:
        """Open once more on the last pass of a program that has failed, if there was one and somebody can type."""
        if hasattr(self, "session") and not self.ended and self.stdin.isatty():
            self.running_on = self.in_program = False
            self.open(self.session, "", ", the last one before the error")

    def open(self, session: Session, commands: str = "", which: str = "") -> None:
        """Talk about a session until it is left; `which` says which pass of the program it is."""
        self.session = session
        self.last_listed = 0
        if self.running_on:
            first = session.run_from_start()
            if not first.hits:
                return
            self.running_on = False
        else:
            first = session.here()
        line = session.cursor.timeline
        count = f"{plural(len(line.steps), 'step')}, {plural(line.end, 'contribution')}"
        root = session.cursor.names.name(line.nodes[-1].number)
        print("\n".join(fold(f"backward pass from {root}{which}: {count}")), file=self.stdout)
        if not self.transcript:
            print("help lists the commands", file=self.stdout)
        self.transcript.append({"command": "", "said": [], "reports": []})
        self.show_stop(first)
        self.transcript[-1].update(position=first.position, contributions=session.position)
        self.talking = True
        try:
            self.converse(commands)
        finally:
            self.talking = False

    def save_transcript(self, file: str | Path) -> None:
        """Write what was typed and what came of it as JSON."""
        write_atomically(file, json.dumps(self.transcript, indent=1, allow_nan=False).encode())

    # Leaving ----------------------------------------------------------------------------------------------------------

    def do_continue(self, arg: str) -> bool:
        """c(ontinue)

        Run to the next breakpoint or watch, or to the end of the pass. At the end, in a program: let it go on
        until a stop is hit in a later pass.
        """
        refuse_argument(arg, "continue")
        if self.session.cursor.at_end and self.in_program:
            self.running_on = True
            return True
        self.show_stop(self.session.continue_())
        return False

    def do_leave(self, arg: str) -> bool:
        """leave

        Leave this pass, wherever it is: every .grad is as a completed backward pass leaves it. What set changed was a
        copy and is gone. A program goes on, and the next pass opens the shell again. Ctrl-D leaves too.
        """
        refuse_argument(arg, "leave")
        self.say("left: every .grad is as after a completed backward pass")
        return True

    def do_leave_now(self, arg: str) -> bool:
        """leave!

        Leave this pass, and every .grad as it was before it. A program goes on.
        """
        refuse_argument(arg, "leave!")
        self.session.abandon()
        self.say("left: every .grad is as it was before the pass")
        return True

    def do_quit(self, arg: str) -> bool:
        """q(uit)

        End the program, as in pdb; where debug() opened the shell, leave it. Every .grad is as a completed backward
        pass leaves it. (quit! leaves every .grad as it was before the pass.)
        """
        refuse_argument(arg, "quit")
        return self.end(self.do_leave(""))

    def do_quit_now(self, arg: str) -> bool:
        """quit!

        Quit, and leave every .grad as it was before the pass, untouched.
        """
        refuse_argument(arg, "quit!")
        return self.end(self.do_leave_now(""))

    def end(self, leaves: bool) -> bool:
        """End the program if there is one; else only leave."""
        if self.in_program:
            self.ended = True
        return leaves

    def do_EOF(self, arg: str) -> bool:  # noqa: N802 - what cmd calls the end of the input
        """EOF

        Leave this pass.
        """
        if not self.echoes:
            print(file=self.stdout)
        return self.do_leave("")
