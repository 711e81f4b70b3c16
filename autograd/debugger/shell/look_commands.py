"""The shell's commands that look and doubt. Each is a few words around one method of the session."""

from __future__ import annotations

import code
import re
from collections.abc import Callable
from pathlib import Path

from autograd.debugger.reports import fold
from autograd.debugger.shell.arguments import count, number, numbers, parts, refuse_argument
from autograd.debugger.shell.conversation import Conversation
from autograd.debugger.timeline.names import CommandError, escape_controls

GRADIENT = re.compile(r"(.+)\.grad")
ASSIGNMENT = re.compile(r"(.+?)\s*(?:=|\s)\s*(\S+)")


class LookCommands(Conversation):
    """Looking and doubting."""

    # Looking ----------------------------------------------------------------------------------------------------------

    def default(self, line: str) -> None:
        """Print an expression typed without print; refuse what is none."""
        word = line.split()[0]
        if self.session.cursor.names.matches(line) or re.search(r"[.#()<>=*/+-]|\d", line):
            self.do_print(line)
            return
        raise CommandError(f"there is no command {escape_controls(word):.40}, and no node: type help, or list")

    def do_print(self, arg: str) -> None:
        """p(rint) [node | expression | variable] [, ...], or pp

        Print a node, an expression over nodes (w1.grad * x.data, abs(#4.grad) > 10), or a variable of the program.
        Fields: data, grad, complete, op, label, kind, number. A field alone (grad) is that of the node at hand,
        which up and down change.
        """
        for part in [arg] if self.session.cursor.names.matches(arg) else parts(arg):
            self.say(self.session.show(part))

    def do_args(self, arg: str) -> None:
        """a(rgs) [node]

        Show the inputs of a node, each with its number, the local derivative by it, and its gradient.
        """
        self.say(self.session.inputs(arg))

    def do_info(self, arg: str) -> None:
        """i(nfo) breakpoints | display | layers | args | line

        List the stops, what is displayed, or the largest gradient of each layer; show the inputs of the node at hand,
        or the line that made it.
        """
        topics: dict[str, Callable[[], object]] = {
            "breakpoints": lambda: self.onecmd("break"),
            "watchpoints": lambda: self.onecmd("break"),
            "display": lambda: self.do_display(""),
            "layers": lambda: self.say(self.session.layers()),
            "args": lambda: self.do_args(""),
            "line": lambda: self.say("\n".join(fold(self.session.where().lines()[-1]))),
        }
        found = [topic for topic in topics if arg and topic.startswith(arg)]
        if not found:
            raise CommandError(f"info about what? type info {', info '.join(topics)}")
        topics[found[0]]()

    def do_display(self, arg: str) -> None:
        """display [node | expression]

        Show it now and at every stop. Without argument: list what is displayed.
        """
        if arg:
            number = self.session.display(arg)
            self.say(f"display {number}: {arg} = {self.session.show(arg)}")
            return
        shown = [f"{number:>3}  {expression}" for number, expression in self.session.displays.items()]
        self.say("\n".join(shown) or "nothing is displayed: type display and an expression")

    def do_undisplay(self, arg: str) -> None:
        """undisplay [number ...]

        Stop displaying; everything if no number is given.
        """
        self.session.undisplay(*numbers(arg))

    def do_list(self, arg: str) -> None:
        """l(ist) [first [last] | . | all | leaves]

        List steps in order, done, current and pending, with their gradients: those around the current one, and on
        repetition those that follow. all: every step. leaves: the leaves.
        """
        steps = len(self.session.cursor.timeline.steps)
        if arg == "leaves":
            self.say(self.session.leaves())
            return
        words = arg.replace(",", " ").split()
        if arg == "all":
            listing = self.session.listing(1, steps)
        elif words and arg != ".":
            listing = self.session.listing(*[number(word, "list 1 20") for word in words[:2]])
        else:
            follow = self.last_listed and arg != "." and self.last_listed < steps
            listing = self.session.listing(self.last_listed + 1) if follow else self.session.listing()
        self.last_listed = max((row.step for row in listing.rows if row.step), default=0)
        self.say(listing)

    def do_where(self, arg: str) -> None:
        """w(here) [node]

        Show a path from the root, on top, to the node, each with the line of yours that made it.
        """
        self.say(self.session.where(arg))

    def do_why(self, arg: str) -> None:
        """why [node]

        Show every contribution that adds up to a node's gradient, done and pending, and the sum; then the paths
        from the root along which it came, where they are few, each the product of the partials along it.
        """
        self.say(self.session.why(arg))

    def do_up(self, arg: str) -> None:
        """u(p) [which]

        Go to a node that the node at hand feeds, towards the root: the first, or another by its place.
        """
        self.say(self.session.up(count(arg)))

    def do_down(self, arg: str) -> None:
        """d(own) [which]

        Go to an input of the node at hand: the first, or another by its place.
        """
        self.say(self.session.down(count(arg)))

    def do_graph(self, arg: str) -> None:
        """graph [file]

        Draw the graph with its done, current and pending nodes marked, to graph.svg or the file named.
        """
        self.write(self.session.graph, arg or "graph.svg")

    def do_html(self, arg: str) -> None:
        """html [file]

        Write the player's page, opened at this step, to steps.html or the file named.
        """
        self.write(self.session.html, arg or "steps.html")

    def write(self, make: Callable[[str], Path], file: str) -> None:
        """Make a file; one that cannot be written is refused."""
        try:
            self.say(f"wrote {make(file)}")
        except OSError as error:
            raise CommandError(
                f"cannot write {file}: {error.strerror or error}: name a file in another folder"
            ) from None

    # Python -----------------------------------------------------------------------------------------------------------

    def do_interact(self, arg: str) -> None:
        """interact

        Open a Python prompt that knows the program's variables, and the pass's Values by label with the gradients
        they have here. Ctrl-D comes back.
        """
        refuse_argument(arg, "interact")
        console = code.InteractiveConsole(self.session.namespace)
        if not self.use_rawinput:
            console.raw_input = self.read_line  # type: ignore[method-assign]
        with self.session.gradients_of_here():
            console.interact(banner="Python; Ctrl-D comes back to the debugger", exitmsg="")

    def do_python(self, arg: str) -> None:
        """! statement

        Run a Python statement, with the program's variables, and the pass's Values by label.
        """
        if not arg:
            raise CommandError("run what? type ! and a Python statement: !len(parameters)")
        try:
            with self.session.gradients_of_here():
                exec(compile(arg, "<debugger>", "single"), self.session.namespace)
        except Exception as error:
            raise CommandError(f"{type(error).__name__}: {error}") from None

    def read_line(self, prompt: str = "") -> str:
        """Read a line as the shell does where there is no terminal."""
        print(prompt, end="", file=self.stdout, flush=True)
        line = self.stdin.readline()
        if not line:
            raise EOFError
        if self.echoes:
            print(line, end="", file=self.stdout)
        return line.rstrip("\n")

    # Doubting ---------------------------------------------------------------------------------------------------------

    def do_check(self, arg: str) -> None:
        """check [node]

        Compare a node's complete gradient with central differences: the node is moved, all that depends on it
        computed anew.
        """
        self.say(self.session.check(arg))

    def do_set(self, arg: str) -> None:
        """set leaf = number

        What if a leaf had another number: compute forward anew, record anew, stay at this step. It happens on a
        copy: your program's own Values do not change. undo takes it back.
        """
        assignment, names = ASSIGNMENT.fullmatch(arg), self.session.cursor.names
        if assignment and (field := GRADIENT.fullmatch(assignment[1])) and not names.matches(field[0]):
            raise CommandError(
                f"set changes the number of a leaf, not a gradient, which follows from it: type set {field[1]} = 0.5"
            )
        try:
            data = float(assignment[2]) if assignment else None
        except ValueError:
            data = None
        if assignment is None or data is None:
            raise CommandError("set what? type set, a leaf, = and a number: set w = 0.5")
        name = assignment[1]
        self.say(self.session.assign(name if names.matches(name) else name.removesuffix(".data"), data))
        self.show_stop(self.session.here())

    def do_undo(self, arg: str) -> None:
        """undo

        Take back the last set.
        """
        refuse_argument(arg, "undo")
        self.say(self.session.undo())
        self.show_stop(self.session.here())
