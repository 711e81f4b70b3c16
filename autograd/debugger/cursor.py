"""A cursor over a recorded backward pass, which moves in both directions.

As in gdb's `reverse.c`, going backwards is no second mechanism: every move names a target position, and one helper goes
there, whichever side it lies on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from autograd.debugger.places import find_places, place_of_step, run
from autograd.debugger.reports import Gradient, Move, Stopped
from autograd.debugger.stops import Stop, Stops
from autograd.debugger.timeline.loaded import LoadedPass
from autograd.debugger.timeline.names import CommandError, Names, short
from autograd.debugger.timeline.timeline import Timeline
from autograd.labels import module_of

AT_END: Final = "the pass is at its end: type rs or rc to go back, restart, or quit"
AT_START: Final = "the pass is at its start: type s or c to go forward"


class Cursor:
    """A place in a recorded pass.

    Attributes:
        loaded: the pass.
        stops: what a move stops at.
        position: how many contributions are done.
        selected: the number of the node at hand, which `up` and `down` change.
    """

    def __init__(self, loaded: LoadedPass, stops: Stops) -> None:
        self.loaded = loaded
        self.stops = stops
        self.position = 0
        self.select_current()

    def load(self, loaded: LoadedPass) -> None:
        """Take another record of the same graph, and stay at the step of the same node."""
        step = self.step_number - 1
        within = self.position - self.timeline.starts[step]
        node = None if self.at_end else self.timeline.steps[step]
        self.loaded = loaded
        line = self.timeline
        index = len(line.steps) if node is None else line.step_of.get(node, min(step, len(line.steps)))
        last = line.starts[index + 1] - 1 if index < len(line.steps) else line.end
        self.position = min(line.starts[index] + within, last)
        self.select_current()

    @property
    def timeline(self) -> Timeline:
        """The moments of the pass."""
        return self.loaded.timeline

    @property
    def names(self) -> Names:
        """The names of its nodes."""
        return self.loaded.names

    # Where it is ------------------------------------------------------------------------------------------------------

    @property
    def step_number(self) -> int:
        """The number of the step that is next or half done, from 1; one more than there are at the end."""
        return self.timeline.step_at(self.position) + 1

    @property
    def at_end(self) -> bool:
        """Whether every step is done."""
        return self.position == self.timeline.end

    def select_current(self) -> None:
        """Select the node of the step that is next; at the end, the root."""
        steps = self.timeline.steps
        self.selected = steps[self.step_number - 1] if not self.at_end else self.timeline.nodes[-1].number

    def gradient(self, node: int) -> Gradient:
        """Return a node's gradient here, partial or complete."""
        done, of = self.timeline.arrival_count(node, self.position)
        reached = bool(of) or node == self.timeline.nodes[-1].number
        return Gradient(self.names.name(node), self.timeline.gradient(node, self.position), done, of, reached)

    def here(self, *reasons: str, hit: Sequence[Stop] = ()) -> Stopped:
        """Report the step that is next."""
        steps = self.timeline.steps
        hits = tuple(stop.number for stop in hit)
        commands = tuple(line for stop in hit for line in stop.commands)
        if self.at_end:
            return Stopped(reasons, len(steps) + 1, len(steps), hits=hits, commands=commands)
        index = self.step_number - 1
        node, gradient, moves = steps[index], self.timeline.gradients[index], tuple(self._moves(index))
        name, formula = self.names.name(node), self.names.formula(node)
        source = self.timeline.nodes[node].source
        at = (self.step_number, len(steps))
        return Stopped(reasons, *at, name, formula, source, gradient, moves, hits, commands)

    def _moves(self, index: int) -> Iterable[Move]:
        gradient, start = self.timeline.gradients[index], self.timeline.starts[index]
        for moment, c in enumerate(self.timeline.contributions(index), start=start):
            when = "done" if moment < self.position else "next" if moment == self.position else "then"
            done, of = self.timeline.arrival_count(c.input, moment + 1)
            yield Move(when, self.names.name(c.input), c.before, gradient, c.partial, c.after, done, of)

    # Moves ------------------------------------------------------------------------------------------------------------

    def step(self, count: int = 1) -> Stopped:
        """Run `count` steps, a node each, or until a stop.

        >>> from autograd import Value
        >>> from autograd.debugger import Session
        >>> x = Value(3.0, "x")
        >>> session = Session(x * x + 1.0)
        >>> session.step().formula, session.step().position
        ('#1 = x * x', 'end')
        """
        return self._run(self.timeline.starts[min(self.step_number - 1 + count, len(self.timeline.steps))])

    def stepi(self, count: int = 1) -> Stopped:
        """Run `count` contributions, or until a stop.

        >>> from autograd import Value
        >>> from autograd.debugger import Session
        >>> x = Value(3.0, "x")
        >>> session = Session(x * x)
        >>> session.stepi().moves[0].lines()
        ['  done  x.grad  0 + 1 * 3 = 3  (partial, 1 of 2)']
        >>> session.reverse_stepi().position
        'step 1/1'
        """
        return self._run(min(self.position + count, self.timeline.end))

    def next(self, count: int = 1) -> Stopped:
        """Run to the step of a node that another line made, `count` times, or until a stop.

        Nodes whose lines nobody noted are a line each.
        """
        index = self.step_number - 1
        while count and index < len(self.timeline.steps):
            index, count = self.timeline.end_of_line(index), count - 1
        return self._run(self.timeline.starts[index])

    def reverse_next(self, count: int = 1) -> Stopped:
        """Run backwards to the first step of this line's nodes or, from there, of the line before; `count` times."""
        index = self.step_number - 1
        index += self.position > self.timeline.starts[index]  # half done
        while count and index:
            index, count = self.timeline.start_of_line(index - 1), count - 1
        return self._run(self.timeline.starts[index])

    def continue_(self) -> Stopped:
        """Run to the next stop, or to the end."""
        return self._run(self.timeline.end)

    def run_from_start(self) -> Stopped:
        """Run to the first stop of the pass, which may be at its very start, or to the end."""
        self.position, hit = run(self.stops.by_number.values(), self.timeline, -1, self.timeline.end)
        return self._arrive(hit)

    def reverse_step(self, count: int = 1) -> Stopped:
        """Run `count` steps backwards; from within a step, the first takes back what is done of it."""
        index = self.step_number - 1
        half_done = self.position > self.timeline.starts[index]
        return self._run(self.timeline.starts[max(index + half_done - count, 0)])

    def reverse_stepi(self, count: int = 1) -> Stopped:
        """Run `count` contributions backwards."""
        return self._run(max(self.position - count, 0))

    def reverse_continue(self) -> Stopped:
        """Run backwards to the stop before, or to the start.

        >>> from autograd import Value
        >>> from autograd.debugger import Session
        >>> session = Session(Value(3.0, "x").tanh().exp())
        >>> stop = session.break_("tanh")
        >>> session.goto("end").position, session.reverse_continue().reasons
        ('end', ('breakpoint 1: tanh',))
        """
        return self._run(0)

    def until(self, target: str = "") -> Stopped:
        """Run until a node's gradient is complete, or until a line's next step ("12", "train.py:12") or "step 3".

        With no name, run until the pass leaves this node's module, or where it belongs to none, this line.

        >>> from autograd import Value
        >>> from autograd.debugger import Session
        >>> session = Session(Value(3.0, "x").tanh().exp())
        >>> session.until("x").position
        'end'
        """
        if not target:
            end = self._end_of_module()
            return self.next() if end is None else self._run(end)
        ahead = [place for place in find_places(self.loaded, target) if place > self.position]
        if not ahead:
            raise CommandError(f"the pass is past {target}: type goto {target} to go back there")
        return self._run(ahead[0])

    def goto(self, target: int | str, contribution: int = 1) -> Stopped:
        """Jump to before a step, by its number or its node's name, without stopping on the way.

        For a leaf, jump to where its gradient is complete. A text may also be "start", "end", "step 3" or "step 3.2",
        or a line, for the first step of its nodes: "train.py:12", or "12" in the file of the `.backward()`.

        >>> from autograd import Value
        >>> from autograd.debugger import Session
        >>> session = Session(Value(3.0, "x").tanh().exp())
        >>> session.goto(2).formula, session.goto("x").position, session.goto("step 1").position
        ('#1 = tanh(x)', 'end', 'step 1/2')
        """
        if isinstance(target, int):
            self.position = place_of_step(self.timeline, target, contribution)
        else:
            ends = {"start": 0, "end": self.timeline.end}
            self.position = ends[target] if target in ends else find_places(self.loaded, target)[0]
        self.select_current()
        return self.here()

    def restart(self) -> Stopped:
        """Jump to the start."""
        return self.goto("start")

    def finish(self) -> Stopped:
        """Run until the pass leaves the module of the node at hand; where it belongs to none, to the end."""
        end = self._end_of_module()
        return self._run(self.timeline.end if end is None else end)

    def _end_of_module(self) -> int | None:
        """Return where the pass leaves the module of the node at hand; None where it belongs to none."""
        steps, index = self.timeline.steps, self.step_number - 1
        here = "" if self.at_end else self._module_of(index)
        if not here:
            return None
        while index < len(steps) and self._module_of(index) == here:
            index += 1
        return self.timeline.starts[index]

    def _module_of(self, index: int) -> str:
        return module_of(self.timeline.nodes[self.timeline.steps[index]].label)

    def _run(self, target: int) -> Stopped:
        if target == self.position:
            raise CommandError(AT_END if self.at_end else AT_START)
        self.position, hit = run(self.stops.by_number.values(), self.timeline, self.position, target)
        return self._arrive(hit, "back at the start")

    def _arrive(self, hit: Sequence[Stop], at_start: str = "") -> Stopped:
        self.select_current()
        for stop in hit:
            if stop.temporary:
                self.stops.clear(stop.number)
        reasons = [self._reason(stop) for stop in hit]
        if not self.position and at_start:
            reasons.append(at_start)
        return self.here(*reasons, hit=hit)

    def _reason(self, stop: Stop) -> str:
        if stop.kind != "watch":
            return f"breakpoint {stop.number}: {stop.target.rpartition('/')[2] if stop.on_line else stop.target}"
        c = self.timeline.contribution(self.position - 1)
        giver = self.names.name(self.timeline.owners[self.position - 1])
        done, of = self.timeline.arrival_count(c.input, self.position)
        change = f"{self.names.name(c.input)}.grad {short(c.before)} -> {short(c.after)}"
        status = "complete" if done == of else f"partial, {done} of {of}"
        return f"watch {stop.number}: {change} from {giver}  ({status})"
