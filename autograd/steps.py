"""A recorded pass as plain data: forward values, every contribution of the backward pass, an optimizer's update.

The recorder listens to `backward_pass` and writes down what it sees. What was recorded never changes, so a reader may
go back and forth in it: the player and the debugger only move a cursor over a `Recording`.

Terms: a *step* is one node computed (forward), one node passing its gradient on (backward), or one parameter that an
optimizer changed (update). A *contribution* is one input's share in a backward step: gradient * partial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from os import PathLike

import msgspec

from autograd.backward import backward_pass
from autograd.graph import numbered, topological_order
from autograd.ops import CONSTANT, PARAMETER, Op
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


class Forward(msgspec.Struct, frozen=True, gc=False, tag="forward"):
    """A node is computed from its inputs."""

    node: int


class Backward(msgspec.Struct, frozen=True, gc=False, tag="backward"):
    """A node, whose gradient is complete, passes it on."""

    node: int
    gradient: float
    contributions: tuple[Contribution, ...]


class Update(msgspec.Struct, frozen=True, gc=False, tag="update"):
    """An optimizer changes a parameter."""

    node: int
    gradient: float
    old: float
    new: float


Step = Forward | Backward | Update


class Pass:
    """One forward and backward pass below a root, and the update that followed it.

    Making one runs the backward pass and notes the numbers that can change later. The plain data, several times the
    work, is made when it is first looked at.
    """

    def __init__(self, root: Value, update: Callable[[], object] | None = None) -> None:
        self._order = topological_order(root)
        self._noted = [(value.label, value.data) for value in self._order]
        self.gradients = tuple([0.0 if value.inputs else value.grad for value in self._order])
        self._passed = [(value, value.grad) for value in backward_pass(root)]
        self.updates = tuple(self._run(update)) if update else ()

    def _run(self, update: Callable[[], object]) -> Iterator[Update]:
        leaves = [(n, value, value.grad) for n, value in enumerate(self._order) if not value.inputs]
        update()
        for n, value, gradient in leaves:
            old = self._noted[n][1]
            if value.data != old and (value.data == value.data or old == old):  # from nan to nan is no change
                yield Update(n, gradient, old, value.data)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node below the root, in topological order; the root is the last."""
        return tuple(recorded_nodes(self._order, self._noted))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Forward steps, then backward steps, then update steps."""
        number = numbered(self._order)
        passed = [(self.nodes[number[value]], gradient) for value, gradient in self._passed]
        forward = [Forward(n) for n in evaluation_order([node.inputs for node in self.nodes])]
        return (*forward, *backward_steps(passed, len(self.nodes)), *self.updates)

    @property
    def root(self) -> Node:
        """The node that was differentiated."""
        return self.nodes[-1]


class Recording(msgspec.Struct, frozen=True):
    """One or more recorded passes: several where a training loop was recorded.

    >>> w, x = Value(1.0, "w"), Value(2.1, "x")
    >>> recording = record_steps((w * x - 4.0) ** 2)
    >>> for step in recording.passes[0].steps[-3:]:
    ...     print(step.node, round(step.gradient, 2), [round(c.amount, 2) for c in step.contributions])
    6 1.0 [-3.8]
    4 -3.8 [-3.8]
    2 -3.8 [-7.98, -3.8]
    """

    passes: tuple[Pass, ...]

    def save(self, path: str | PathLike[str]) -> None:
        """Write the recording to a file, all of it or nothing; `autograd.load_recording` reads it.

        Raises ValueError for an op outside the rule table, or text that is no Unicode; OSError if it cannot be written.
        """
        from autograd.records import save

        save(self, path)

    def save_html(self, path: str | PathLike[str], step: int = 0, title: str = "") -> None:
        """Write the recording as one self-contained web page that plays it.

        Args:
            path: the file to write.
            step: the step to open at, counted from 1 through all passes; 0 is before the first.
            title: the page's heading.

        Raises:
            ValueError: for a step that is not there, or a graph too large to look at.
            ModuleNotFoundError: where there is no Graphviz; it names the `pip install` that brings one.
            TimeoutError: where Graphviz takes more than a minute.
        """
        from autograd.player.page import save

        save(self, path, step, title)

    def _repr_html_(self) -> str:
        """Show the player in a notebook."""
        from autograd.player.page import frame

        return frame(self)


def record_steps(
    root: Value | Callable[[], Value], update: Callable[[], object] | None = None, times: int = 1
) -> Recording:
    """Run the backward pass below root and record it, and the forward pass that had made root.

    It leaves every `.grad` as `root.backward()` would.

    Args:
        root: the `Value` to differentiate, or a function that computes it anew, for several passes.
        update: called after each pass, for example an optimizer's `step`; the leaves it changes are recorded.
        times: how many passes to record.

    Raises:
        TypeError: for what gives no `Value`, or an update that cannot be called.
        ValueError: for several passes over one root, which would all be alike but for what leaves accumulate.
    """
    if update is not None and not callable(update):
        raise TypeError(f"expected a function as update, such as an optimizer's step, got {update!r:.60}")
    if isinstance(root, Value) and times != 1:
        raise ValueError(f"expected a function that computes the root anew for each of {times} passes, got a Value")
    passes = [Pass(root if isinstance(root, Value) else root(), update) for _ in range(times)]
    return Recording(tuple(passes))


def kind(value: Value) -> str:
    """Say what a `Value` is: "computed", "parameter", "constant" or "leaf"."""
    if value.inputs:
        return "computed"
    return "parameter" if value.op is PARAMETER else "constant" if value.op is CONSTANT else "leaf"


def recorded_nodes(order: list[Value], noted: list[tuple[str, float]]) -> Iterator[Node]:
    """Copy a graph into plain data, with the labels and numbers noted when it was recorded."""
    number = numbered(order)
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


def backward_steps(passed: list[tuple[Node, float]], count: int) -> Iterator[Backward]:
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
        yield Backward(node.number, gradient, tuple(contributions))
