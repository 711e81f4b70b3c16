"""The tracer: what a trace has met, and how it refuses what it cannot follow. `watching` connects it to `Value`."""

from __future__ import annotations

from collections.abc import Sequence
from threading import get_ident
from typing import Final

from autograd import ops
from autograd.compiler.frontend.conditions import CONDITIONS, Condition
from autograd.compiler.frontend.nodes import TraceError
from autograd.source_lines import note_source, source_text
from autograd.value import Value, new_node

tracers: Final[list[Tracer]] = []


class Tracer:
    """What one trace has met: the `Value`s that depend on arguments or parameters, conditions, and guards.

    Attributes:
        known: the `Value`s that depend on an argument or parameter, by id, since their hash is watched too.
        numbers: the ids of those that stand for plain numbers: arguments, `.data`, and what was computed from them.
        sides: each condition's node with the nodes it was made from, which it gets as inputs when the trace is over.
        guards: the conditions that Python branched on, in order.
    """

    def __init__(self, arguments: Sequence[Value], parameters: Sequence[Value]) -> None:
        self.thread = get_ident()
        self.known = {id(x): x for x in (*arguments, *parameters)}
        self.numbers = {id(x) for x in arguments}
        self.sides: dict[Value, tuple[Value, ...]] = {}
        self.guards: list[Value] = []

    def knows(self, x: Value) -> bool:
        return id(x) in self.known

    def note(self, node: Value) -> None:
        """Remember a new node if it depends on an argument or parameter."""
        if get_ident() == self.thread:
            inputs = tuple(map(id, node.inputs))
            if not self.known.keys().isdisjoint(inputs):
                self.known[id(node)] = node
                if not self.numbers.isdisjoint(inputs):
                    self.numbers.add(id(node))

    def number_of(self, x: Value) -> Value:
        """Return what `x.data` stands for, as a detached `Value`."""
        number = Value.record(ops.detach, x)
        self.numbers.add(id(number))
        return number

    def condition(self, name: str, *sides: Value) -> Condition:
        """Record a comparison, or a combination of conditions."""
        op = CONDITIONS[name]
        node = new_node(op.forward(*[x.data for x in sides]), op)
        self.sides[node] = sides
        if any(self.knows(x) for x in sides):
            self.known[id(node)] = node
            self.numbers.add(id(node))
        return Condition(node, self)

    def equality(self, x: Value, z: Value) -> Condition:
        below, above = self.condition("less_equal", x, z), self.condition("greater_equal", x, z)
        return self.condition("both", below.recorded, above.recorded)

    def guard(self, condition: Value) -> bool:
        """Return the outcome of a condition for the example, and make sure that every row agrees."""
        if condition.source is None:
            note_source(condition)
            self.guards.append(condition)
        return condition.data != 0.0

    def error(self, what: str, remedy: str) -> TraceError:
        """Make the error that names what the function did, the line, and the remedy."""
        marker = new_node(0.0)
        note_source(marker)
        return TraceError(
            f"{what}, at {source_text(marker)}\nA compiled function runs for other numbers than the one it is traced "
            f"on, and would go on using that one. {remedy}"
        )

    def finish(self) -> None:
        """Return each condition its inputs."""
        for node, sides in self.sides.items():
            node.inputs, node.partials = sides, (None,) * len(sides)


def current() -> Tracer | None:
    """Return the innermost tracer if it traces in this thread.

    `Value`'s methods of a trace ask this in every thread, also in one that has entered them just as the trace ended.
    """
    tracer = next(iter(tracers[-1:]), None)  # read once: the thread that traces may take it away at any time
    return tracer if tracer is not None and tracer.thread == get_ident() else None


def tracer_of(x: Value) -> Tracer | None:
    """Return the tracer of this thread, if x depends on an argument or parameter of its function."""
    tracer = current()
    return tracer if tracer is not None and tracer.knows(x) else None
