"""A recorded pass as plain data: forward values, every contribution of the backward pass, an optimizer's update.

A `Pass` runs `backward_pass` and notes what it yields. What was recorded never changes, so a reader may go back and
forth in it: the player and the debugger only move a cursor over a recording.

Terms: a *step* is one node computed (forward), one node passing its gradient on (backward), or one parameter that an
optimizer changed (update). A *contribution* is one input's share in a backward step: gradient * partial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from typing import Any

import msgspec

from autograd.backward import backward_pass
from autograd.graph import topological_order
from autograd.observing import backward_observers, notify
from autograd.op import Op, kind
from autograd.value import Value


class Node(msgspec.Struct, frozen=True, gc=False):
    """A node as it was when the pass was recorded.

    Attributes:
        number: its place in topological order, and its index in `Pass.nodes`.
        label: the `Value`'s label.
        kind: "leaf", "parameter", "constant" or "computed".
        op: the row of the rule table that made it, or None.
        data: its number.
        inputs: the numbers of the nodes it was computed from.
        partials: d node / d input, one for each input; None where nothing flows.
        source: the user's line that made it, where that was noted.
    """

    number: int
    label: str
    kind: str
    op: Op | None
    data: float
    inputs: tuple[int, ...]
    partials: tuple[float | None, ...]
    source: str | None

    @property
    def name(self) -> str:
        """The label, or "#" and the number where there is none."""
        return self.label or f"#{self.number}"


class Contribution(msgspec.Struct, frozen=True, gc=False):
    """One input's share in a backward step: its gradient goes from `before` to `after = before + gradient * partial`.

    `complete` says that no other node will contribute to this input any more.
    """

    input: int
    partial: float
    amount: float
    before: float
    after: float
    complete: bool


class ForwardStep(msgspec.Struct, frozen=True, gc=False, tag="forward"):
    """A node is computed from its inputs."""

    node: int


class BackwardStep(msgspec.Struct, frozen=True, gc=False, tag="backward"):
    """A node, whose gradient is complete, passes it on."""

    node: int
    gradient: float
    contributions: tuple[Contribution, ...]


class UpdateStep(msgspec.Struct, frozen=True, gc=False, tag="update"):
    """An optimizer changes a parameter."""

    node: int
    gradient: float
    old: float
    new: float


Step = ForwardStep | BackwardStep | UpdateStep


class Pass:
    """One forward and backward pass below a root, and the update that followed it.

    Making one runs the backward pass and notes the numbers that can change later. The nodes and steps, several times
    the work, are made when they are first read. It pickles as plain data.

    Attributes:
        earlier_gradients: the gradient that each leaf held before the pass, which the pass adds to; 0 for other nodes.
        updates: what an update after the pass changed.
    """

    def __init__(self, root: Value, update: Callable[[], object] | None = None) -> None:
        self._order = topological_order(root)
        self._noted = [(value.label, value.data) for value in self._order]
        self.earlier_gradients = tuple([0.0 if value.inputs else value.grad for value in self._order])
        self._passed = [(value, value.grad) for value in observed_pass(root)]
        self.updates = tuple(self._run(update)) if update else ()

    def _run(self, update: Callable[[], object]) -> Iterator[UpdateStep]:
        leaves = [(n, value, value.grad) for n, value in enumerate(self._order) if not value.inputs]
        update()
        for n, value, gradient in leaves:
            old = self._noted[n][1]
            if value.data != old and (value.data == value.data or old == old):  # from nan to nan is no change
                yield UpdateStep(n, gradient, old, value.data)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node below the root, in topological order; the root is the last."""
        return tuple(recorded_nodes(self._order, self._noted))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Forward steps, then backward steps, then update steps."""
        number = {value: n for n, value in enumerate(self._order)}
        passed = [(self.nodes[number[value]], gradient) for value, gradient in self._passed]
        forward = [ForwardStep(n) for n in evaluation_order([node.inputs for node in self.nodes])]
        return (*forward, *backward_steps(passed, len(self.nodes)), *self.updates)

    def with_nodes(self, nodes: tuple[Node, ...]) -> Pass:
        """Return the pass over the same graph with other numbers at its nodes. No `Value` takes part in it."""
        changed = Pass.__new__(Pass)
        forward = [step for step in self.steps if type(step) is ForwardStep]
        backward = backward_steps(list(passed_gradients(nodes)), len(nodes))
        changed.__setstate__(
            {
                "earlier_gradients": self.earlier_gradients,
                "updates": (),
                "nodes": nodes,
                "steps": (*forward, *backward),
            }
        )
        return changed

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the plain data."""
        self.__dict__.update(state)

    def __getstate__(self) -> dict[str, Any]:
        """Return the plain data, without the `Value`s it was made from."""
        return {name: getattr(self, name) for name in ("earlier_gradients", "updates", "nodes", "steps")}

    @property
    def root(self) -> Node:
        """The node that was differentiated."""
        return self.nodes[-1]


def observed_pass(root: Value) -> Iterator[Value]:
    """Run the backward pass as `root.backward()` does, observers included, and yield each node before its step."""
    with closing(backward_pass(root)) as steps:  # an observer that raises ends the pass at once
        for value in steps:
            if backward_observers:
                notify(value, backward_observers)
            yield value


def recorded_nodes(order: list[Value], noted: list[tuple[str, float]]) -> Iterator[Node]:
    """Copy a graph into plain data, with the labels and numbers noted when it was recorded."""
    number = {value: n for n, value in enumerate(order)}
    for n, (value, (label, data)) in enumerate(zip(order, noted, strict=True)):
        if value.inputs:
            inputs = tuple([number[input] for input in value.inputs])
            yield Node(n, label, "computed", value.op, data, inputs, value.partials, value.source)
        else:
            yield Node(n, label, kind(value), None, data, (), (), value.source)


def evaluation_order(inputs: Sequence[Sequence[int]]) -> list[int]:
    """List the computed nodes in the order in which Python evaluates an expression: a left operand before a right one.

    The last node is the root; `inputs` has those of each node.
    """
    order: list[int] = []
    seen: set[int] = set()
    stack = [len(inputs) - 1]
    while stack:
        n = stack.pop()
        if n < 0:  # the mark above a node whose inputs are finished
            order.append(~n)
        elif inputs[n] and n not in seen:
            seen.add(n)
            stack.append(~n)
            stack.extend(reversed(inputs[n]))
    return order


def passed_gradients(nodes: Sequence[Node]) -> Iterator[tuple[Node, float]]:
    """Run the backward pass over recorded nodes; yield each node that passes a gradient on, and that gradient."""
    gradients: list[float | None] = [None] * len(nodes)
    gradients[-1] = 1.0
    for node in reversed(nodes):
        gradient = gradients[node.number]
        if gradient is None or not node.inputs:
            continue
        yield node, gradient
        for input, partial in zip(node.inputs, node.partials, strict=True):
            if partial is not None:
                gradients[input] = (gradients[input] or 0.0) + gradient * partial


def backward_steps(passed: list[tuple[Node, float]], count: int) -> Iterator[BackwardStep]:
    """Write down each step of a backward pass over `count` nodes, given the gradient that each node passed on.

    It repeats the pass's own sums, `after = before + gradient * partial`: every number is the pass's to the last bit.
    """
    so_far = [0.0] * count  # what leaves had from before is added when the pass ends
    waiting = [0] * count  # for each node, the contributions still to come
    for node, _ in passed:
        for input, partial in zip(node.inputs, node.partials, strict=True):
            if partial is not None:
                waiting[input] += 1
    for node, gradient in passed:
        contributions = []
        for input, partial in zip(node.inputs, node.partials, strict=True):
            if partial is not None:
                waiting[input] -= 1
                before, amount = so_far[input], gradient * partial
                after = so_far[input] = before + amount
                contributions.append(Contribution(input, partial, amount, before, after, not waiting[input]))
        yield BackwardStep(node.number, gradient, tuple(contributions))
