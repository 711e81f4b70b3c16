"""The mechanics of the shell's conversation, whatever its commands are.

Reading and splitting lines, abbreviations, repetition, errors in one line, help from docstrings, completion, and the
transcript. A command is a method `do_name`, as `cmd` has it; the first line of its docstring is its usage.
"""

from __future__ import annotations

import builtins
import cmd
import types
from contextlib import redirect_stdout
from typing import IO, Any, ClassVar

import msgspec

from autograd.debugger.reports import Report, Stopped, fold
from autograd.debugger.session import Session
from autograd.debugger.shell.arguments import complete_word, delimit_completion
from autograd.debugger.timeline.names import CommandError, escape_controls

PROMPT = "(autograd) "
COLLECTING = "(commands) "
MOST_ALIASES = 100  # that one may stand for another in turn
TOO_MANY = 1000  # commands that one line may set off through stops


class FollowUp(str):
    """A line that follows from another and was not typed for itself."""


class Scripted(str):
    """A line that was given to the shell when it was opened."""


class Conversation(cmd.Cmd):
    """A `cmd.Cmd` whose commands are words like `reverse-step`, and may be abbreviated.

    Attributes:
        session: the session talked about; `open` sets it.
        transcript: what was typed and what came of it, as plain data.
    """

    prompt = PROMPT
    session: Session
    aliases: ClassVar[dict[str, str]] = {}
    groups: ClassVar[dict[str, str]] = {}
    not_repeated: ClassVar[frozenset[str]] = frozenset()  # commands that a blank line does not repeat

    def __init__(self, stdin: IO[str] | None = None, stdout: IO[str] | None = None) -> None:
        super().__init__(stdin=stdin, stdout=stdout)
        self.use_rawinput = stdin is None
        real = isinstance(builtins.input, types.BuiltinFunctionType)  # a notebook has its own, which echoes
        self.echoes = real and not self.stdin.isatty()
        self.transcript: list[dict[str, Any]] = []
        self.collecting: tuple[int, list[str]] | None = None
        self.set_off = 0
        self.candidates: list[str] = []
        self.commands_of_aliases: dict[str, str] = {}
        self.last_listed = 0  # the last step that `list` has shown

    def show_stop(self, report: Stopped) -> None:
        """Show where a move ended, what is displayed, and run the commands of the stops that were hit."""
        self.last_listed = 0
        commands = report.commands
        if "silent" in commands[:1]:
            commands = commands[1:]
        else:
            self.say(report)
            for expression, value in self.session.displayed():
                self.say("\n".join(fold(f"  {expression}: {value}")))
        self.set_off_commands(commands)

    def say(self, said: object) -> None:
        """Show a report or a text, and write it down."""
        text = str(said)
        print(text, file=self.stdout)
        if self.transcript:
            now = self.transcript[-1]
            now["said"].extend(text.split("\n"))
            if isinstance(said, Report):
                now["reports"].append({"type": type(said).__name__, **plain(msgspec.structs.asdict(said))})

    # The loop ---------------------------------------------------------------------------------------------------------

    def converse(self, commands: str = "") -> None:
        """Run the commands, then read on until one of them leaves."""
        self.cmdqueue = [Scripted(piece) for piece in pieces(commands)]
        restore = delimit_completion() if self.use_rawinput else None
        try:
            while True:
                try:
                    with redirect_stdout(self.stdout):  # a program may have sent its own output elsewhere
                        self.cmdloop()
                    return
                except KeyboardInterrupt:
                    self.cmdqueue = []
                    self.stop_collecting()
                    print("\n--KeyboardInterrupt--", file=self.stdout)
        finally:
            if restore:
                restore()

    def precmd(self, line: str) -> str:
        """Show a line that nobody typed, as if it had been; leave what follows `;;` for later."""
        if not isinstance(line, FollowUp):
            self.set_off = 0
        if isinstance(line, Scripted):
            print(self.prompt + line, file=self.stdout)
        elif self.echoes and not isinstance(line, FollowUp):
            print("" if line == "EOF" else line, file=self.stdout)
        first, *rest = pieces(line) or [line]
        self.cmdqueue[:0] = map(FollowUp, rest)
        return first

    def onecmd(self, line: str) -> bool:
        """Carry out one command; what goes wrong is said in one line."""
        if self.collecting:
            return self.collect(line)
        line = line.strip()
        self.transcript.append({"command": line or self.lastcmd, "said": [], "reports": []})
        try:
            leaves = self.emptyline() if not line else self.carry_out(line)
        except (ValueError, ImportError) as error:  # a CommandError, or drawing's own, which say what to do too
            self.fail(str(error))
            leaves = False
        self.transcript[-1].update(position=self.session.here().position, contributions=self.session.position)
        return leaves

    def carry_out(self, line: str) -> bool:
        """Run the command that a line begins with, and keep the line if a blank one may repeat it; True leaves."""
        line = self.expand_alias(line)
        word, _, rest = ("!", "", line[1:]) if line.startswith("!") else line.partition(" ")
        name = self.command(word)
        self.lastcmd = line if name not in self.not_repeated else ""
        method = getattr(self, f"do_{name}") if name else self.default
        return bool(method(rest.strip() if name else line))

    def expand_alias(self, line: str) -> str:
        """Replace an alias at the beginning of a line by what it stands for; %1, %2 and %* are the words after it."""
        for _ in range(MOST_ALIASES):
            word, *words = line.split()
            if word not in self.commands_of_aliases:
                return line
            line = self.commands_of_aliases[word]
            for k, given in enumerate(words, start=1):
                line = line.replace(f"%{k}", given)
            line = line.replace("%*", " ".join(words)).strip()
            if not line:
                raise CommandError(
                    f"the alias {word} stands for {self.commands_of_aliases[word]}: type what to put there after it"
                )
        raise CommandError(f"the alias {word} stands for itself: type unalias {word}")

    def do_alias(self, arg: str) -> None:
        """alias [name [command]]

        Make name stand for a command, in which %1, %2 and %* are the words typed after it. Without command: show what
        name stands for; without name: show all.
        """
        name, _, command = arg.partition(" ")
        if command:
            self.commands_of_aliases[name] = command.strip()
            return
        if name and name not in self.commands_of_aliases:
            raise CommandError(f"there is no alias {escape_controls(name):.40}: type alias {name:.40} and a command")
        shown = [
            f"{each} = {self.commands_of_aliases[each]}" for each in ([name] if name else self.commands_of_aliases)
        ]
        self.say("\n".join(shown) or "no aliases yet: type alias, a name and a command")

    def do_unalias(self, arg: str) -> None:
        """unalias name

        Forget an alias.
        """
        if self.commands_of_aliases.pop(arg, None) is None:
            given = escape_controls(arg) or "without a name"
            raise CommandError(f"there is no alias {given:.40}: type alias to list them")

    def fail(self, message: str) -> None:
        """Show an error in one line, and drop the commands that were to follow."""
        self.cmdqueue = []
        self.transcript[-1]["error"] = message
        self.say("*** " + " ".join(message.split()))

    def emptyline(self) -> bool:
        """Repeat the last command."""
        return self.carry_out(self.lastcmd) if self.lastcmd else False

    def set_off_commands(self, lines: tuple[str, ...]) -> None:
        """Run the commands of a stop next."""
        self.set_off += len(lines)
        if self.set_off > TOO_MANY:
            raise CommandError("the commands of the stops set each other off without end: change them with commands")
        self.cmdqueue[:0] = map(FollowUp, lines)

    def collect(self, line: str) -> bool:
        """Take one line of what `commands` gives to a stop."""
        assert self.collecting
        number, lines = self.collecting
        if line.strip() in ("end", "EOF"):
            self.stop_collecting()
            self.session.commands(number, lines)
        elif line.strip():
            lines.append(line.strip())
        return False

    def stop_collecting(self) -> None:
        """Go back to taking commands."""
        self.collecting = None
        self.prompt = PROMPT

    # Names of commands ------------------------------------------------------------------------------------------------

    def command(self, word: str) -> str | None:
        """Return the command that a word stands for, None where it may be an expression."""
        commands = self.commands()
        name = self.aliases.get(word, word)
        if name in commands:
            return commands[name]
        if self.session.cursor.names.matches(word):
            return None
        found = [name for name in commands if name.startswith(word)]
        if len(found) > 1:
            raise CommandError(f"{word} may be {' or '.join(found)}: type more of it")
        return commands[found[0]] if found else None

    def commands(self) -> dict[str, str]:
        """Return the commands as they are typed, and the names of their methods without `do_`."""
        named = {name: name for group in self.groups.values() for name in group.split()}
        return {name: name.replace("-", "_").replace("!", "_now") for name in named} | {"!": "python", "EOF": "EOF"}

    def do_help(self, arg: str) -> None:
        """h(elp) [command]

        List the commands, or explain one. Any unambiguous beginning of a command will do; a blank line repeats the
        last one; ;; stands between several on a line. A line that is no command is an expression to print.
        """
        if arg:
            name = self.command(arg)
            if not name or name == "EOF":
                raise CommandError(f"there is no command {escape_controls(arg):.40}: type help to list them")
            lines = (getattr(self, f"do_{name}").__doc__ or "").expandtabs().splitlines()
            self.say("\n".join([lines[0], *[line.strip() for line in lines[2:] if line.strip()]]))
            return
        for group, names in self.groups.items():
            self.say("\n".join([f"{group}:", *fold(f"  {', '.join(map(self.with_short, names.split()))}")]))
        self.say("help step explains step. A blank line repeats the last; ;; stands between two.")

    def with_short(self, name: str) -> str:
        """Add what a command may be shortened to."""
        shorts = [short for short, of in self.aliases.items() if of == name and len(short) < 4]
        return f"{name} ({', '.join(shorts)})" if shorts else name

    # Completion -------------------------------------------------------------------------------------------------------

    def complete(self, text: str, state: int) -> str | None:  # type: ignore[override]  # one at a time, as readline asks
        """Return the next way to complete a word: a command first, then labels, fields, ops and functions."""
        import readline

        if state == 0:
            before = readline.get_line_buffer()[: readline.get_begidx()].rpartition(";;")[2].split()
            self.candidates = self.completions(before, text)
        return self.candidates[state] if state < len(self.candidates) else None

    def completions(self, before: list[str], text: str) -> list[str]:
        """Complete a word, given those before it."""
        commands = [name for name in self.commands() if name.startswith(text) and name != "EOF"]
        if not before:
            return commands or complete_word(self.session.cursor.names, "print", text)
        name = self.command(before[0]) or "print"
        return commands if name == "help" else complete_word(self.session.cursor.names, name, text)


def pieces(line: str) -> list[str]:
    """Split a line at `;;`."""
    return [piece.strip() for piece in line.split(";;") if piece.strip()]


def plain(x: Any) -> Any:
    """Turn a report into what JSON can say; nan and the infinities become texts."""
    if isinstance(x, msgspec.Struct):
        return plain(msgspec.structs.asdict(x))
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, tuple | list):
        return [plain(value) for value in x]
    return x if not isinstance(x, float) or abs(x) < float("inf") else repr(x)
