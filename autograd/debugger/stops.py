"""Breakpoints at steps, watches at contributions, and all that can be asked of them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from autograd.debugger.places import LINE, SPECIAL, contribution_places, places_with, step_places, targets
from autograd.debugger.timeline.expressions import Evaluate
from autograd.debugger.timeline.loaded import LoadedPass
from autograd.debugger.timeline.names import QUOTED, CommandError, escape_controls, plural

CONSTANT: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|True|False|None|nan|inf", re.IGNORECASE)


class Stop(msgspec.Struct):
    """A place to stop at.

    Attributes:
        number: how commands name it.
        kind: "breakpoint", at steps; "watch", at contributions; or "address", at a position.
        target: what the user asked for.
        test: for a predicate, what must hold of the node at hand.
        condition: what must hold besides, as text.
        hits: how often it was reached with its condition true.
        ignore: how many more hits not to stop at.
        commands: what the shell runs when it stops here.
        counts: for a hit condition, whether to stop at the n-th hit.
        message: for a log point, what to write instead of stopping.
    """

    number: int
    kind: str
    target: str
    test: Evaluate | None = None
    condition: str = ""
    holds: Evaluate | None = None
    temporary: bool = False
    enabled: bool = True
    hits: int = 0
    ignore: int = 0
    commands: tuple[str, ...] = ()
    places: Sequence[int] = ()
    counts: Callable[[int], bool] | None = None
    message: str = ""
    log: Callable[[str, int, int], object] | None = None

    @property
    def on_line(self) -> bool:
        """Whether it stops at the nodes that a line made."""
        return self.kind == "breakpoint" and LINE.fullmatch(self.target) is not None

    def hit(self, subject: int, position: int) -> bool:
        """Count an arrival where the condition holds, and return whether to stop."""
        if self.holds and not self.holds(subject, position):
            return False
        self.hits += 1
        if self.ignore:
            self.ignore -= 1
            return False
        if self.counts and not self.counts(self.hits):
            return False
        if self.message and self.log:
            self.log(self.message, subject, position)
            return False
        return True

    def between(self, start: int, target: int) -> Iterator[int]:
        """Return the places after start up to target, in the order of going there."""
        if target >= start:
            found: Iterable[int] = self.places[bisect_right(self.places, start) : bisect_right(self.places, target)]
        else:
            found = self.places[bisect_left(self.places, target) : bisect_left(self.places, start)][::-1]
        return iter(found)

    def __str__(self) -> str:
        about = ["temporary"] * self.temporary + ["disabled"] * (not self.enabled)
        about += [f"if {self.condition}"] * bool(self.condition) + [plural(self.hits, "hit")] * bool(self.hits)
        about += [f"ignoring the next {self.ignore}"] * bool(self.ignore)
        about += [f"runs {' ;; '.join(self.commands)}"] * bool(self.commands)
        return f"{self.number:>3}  {self.kind:<10}  {', '.join([self.target, *about])}"


class Stops:
    """The breakpoints and watches that are set in a pass.

    Attributes:
        loaded: the pass.
        by_number: the stops, by number.
    """

    def __init__(self, loaded: LoadedPass, stops: Iterable[Stop] = ()) -> None:
        self.loaded = loaded
        self.by_number: dict[int, Stop] = {}
        self._numbered = 0
        for stop in stops:
            self.carry(stop)

    def load(self, loaded: LoadedPass) -> None:
        """Find the places of the stops in another record of the same graph."""
        same_places = loaded.timeline.starts is self.loaded.timeline.starts
        self.loaded = loaded
        for stop in self.by_number.values():
            if not same_places or stop.target in SPECIAL:
                self.carry(stop)
            elif stop.places:  # a stop of another file or pass has none
                stop.test = self._predicate(stop.target) if stop.test else None
                stop.holds = loaded.compile(stop.condition).evaluate if stop.condition else None

    def break_(self, target: str, condition: str = "", temporary: bool = False) -> Stop:
        """Stop at the steps of a node, an op or a module, or where a predicate holds; "nan" and "inf" are known too.

        >>> from autograd import Value
        >>> from autograd.debugger import Session
        >>> session = Session(Value(3.0, "x").tanh().exp())
        >>> print(session.break_("abs(grad) < 3", "op == 'tanh'"))
          1  breakpoint  abs(grad) < 3, if op == 'tanh'
        >>> session.continue_().formula
        '#1 = tanh(x)'
        """
        return self._add("breakpoint", target, condition, temporary)

    def watch(self, target: str, condition: str = "") -> Stop:
        """Stop after each contribution into a node.

        >>> from autograd import Value
        >>> from autograd.debugger import Session
        >>> x = Value(3.0, "x")
        >>> session = Session(x * x)
        >>> print(session.ignore(session.watch("x").number, 1))
          1  watch       x, ignoring the next 1
        >>> session.continue_().reasons
        ('watch 1: x.grad 3 -> 6 from #1  (complete)',)
        """
        return self._add("watch", target, condition)

    def condition(self, number: int, expression: str = "") -> Stop:
        """Make a stop depend on an expression, or on nothing."""
        stop = self.stop(number)
        stop.holds = self.loaded.compile(expression).evaluate if expression else None
        stop.condition = expression
        return stop

    def ignore(self, number: int, count: int) -> Stop:
        """Do not stop at the next `count` hits."""
        stop = self.stop(number)
        stop.ignore = max(count, 0)
        return stop

    def commands(self, number: int, lines: Sequence[str]) -> Stop:
        """Set the commands that a shell runs at a stop."""
        stop = self.stop(number)
        stop.commands = tuple(lines)
        return stop

    def enable(self, *numbers: int, enabled: bool = True) -> list[Stop]:
        """Switch stops on; all of them where no number is given."""
        chosen = [self.stop(number) for number in numbers] or list(self.by_number.values())
        for stop in chosen:
            stop.enabled = enabled
        return chosen

    def disable(self, *numbers: int) -> list[Stop]:
        """Switch stops off; all of them where no number is given."""
        return self.enable(*numbers, enabled=False)

    def clear(self, *numbers: int) -> list[Stop]:
        """Remove stops; all of them where no number is given."""
        chosen = [self.stop(number) for number in numbers] or list(self.by_number.values())
        for stop in chosen:
            self.by_number.pop(stop.number, None)
        return chosen

    def stop(self, number: int) -> Stop:
        """Return a stop by its number."""
        if number not in self.by_number:
            known = (
                f"there are {', '.join(map(str, self.by_number))}" if self.by_number else "set one with break or watch"
            )
            raise CommandError(f"there is no stop {number}: {known}")
        return self.by_number[number]

    def _add(self, kind: str, target: str, condition: str, temporary: bool = False) -> Stop:
        for other in self.by_number.values():
            if (other.kind, other.target, other.condition) == (kind, target.strip(), condition.strip()):
                other.enabled, other.temporary = True, temporary  # set again: the stop that was asked for last
                return other
        stop = Stop(self._numbered + 1, kind, target.strip(), temporary=temporary, condition=condition.strip())
        self._place(stop)
        if not stop.places and stop.target not in SPECIAL:
            missing = "makes no step" if kind == "breakpoint" else "gets no contribution"
            shown = escape_controls(stop.target)
            raise CommandError(f"{shown:.60} {missing} in this pass: type why {shown:.60}")
        self._numbered += 1
        self.by_number[stop.number] = stop
        return stop

    def _place(self, stop: Stop) -> None:
        timeline, names = self.loaded.timeline, self.loaded.names
        stop.test = None
        stop.holds = self.loaded.compile(stop.condition).evaluate if stop.condition else None
        if stop.kind == "address":
            stop.places = [int(stop.target)]
        elif stop.kind == "watch":
            watched = stop.target if names.matches(stop.target) else stop.target.removesuffix(".grad")
            nodes = names.matches(watched) or [names.resolve(watched)]
            stop.places = contribution_places(timeline, nodes)
        elif (found := targets(names, stop.target)) is not None:
            stop.places = step_places(timeline, found)
        elif line := LINE.fullmatch(stop.target):
            stop.places = step_places(timeline, self.loaded.nodes_on_line(line["file"], int(line["line"])))
        elif stop.target in SPECIAL:
            stop.places = places_with(timeline, SPECIAL[stop.target])
        else:
            stop.test = self._predicate(stop.target)
            stop.places = timeline.starts[:-1]

    def _predicate(self, text: str) -> Evaluate:
        """Compile what must hold; refuse a name that nothing has, and what would hold everywhere."""
        if text.isidentifier() or QUOTED.fullmatch(text):
            raise CommandError(self.loaded.names.unknown(text))
        if CONSTANT.fullmatch(text):
            raise CommandError(
                f"{text:.40} does not depend on the node: type a label, an op, a line, or grad > {text:.40}"
            )
        return self.loaded.compile(text).evaluate

    def carry(self, stop: Stop) -> str:
        """Take over a stop that was set elsewhere; return what this graph lacks for it, or nothing."""
        lacking = ""
        try:
            self._place(stop)
        except CommandError as error:
            stop.places = ()
            lacking = str(error)
        self.by_number[stop.number] = stop
        self._numbered = max(self._numbered, stop.number)
        return lacking
