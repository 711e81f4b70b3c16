"""One recorded backward pass as a line of moments, and the state at any place on it.

Terms: a *moment* is one contribution; a step that passes nothing on has one empty moment. A *position* counts the
moments that are done, from 0 to `len(moments)`. The state at a position is looked up, never computed by adding or
subtracting, so going back is as exact as going forward.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from copy import copy
from functools import cached_property
from math import isfinite
from typing import Final

from autograd.recording.steps import Contribution, Node, Pass

Partials = tuple[float | None, ...]
NOTHING: Final = -1  # in place of a node or an operand, at the empty moment of a step that passes nothing on


class Timeline:
    """The moments of a recorded pass, and the numbers at each, in columns.

    A `Node`, a `BackwardStep` or a `Contribution` is made when it is looked at. So the same pass with other numbers
    takes a few tens of milliseconds in 100,000 nodes, where making all of them takes most of a second.

    Attributes:
        nodes: every node, in topological order.
        data, partials: the numbers of the nodes, and their partials.
        steps: the nodes that pass a gradient on, in the order of their steps; step k of the shell is `steps[k - 1]`.
        gradients: the gradient that each step passes on.
        starts: the position before each step, and then the end.
        owners: the node whose step each moment belongs to.
        operands: the place of a moment's contribution among the inputs of its owner; NOTHING for an empty moment.
        inputs: the node that each moment contributes to; NOTHING for an empty moment.
        amounts, sums: what each moment contributes, and what its input's gradient is then.
        last_into: the last moment of a contribution into each node; NOTHING where there is none.
        contributions_into: for each node that gets any, the moments of the contributions into it.
        step_of: the index of a node's step; nodes that no gradient reaches, and leaves, have none.
    """

    def __init__(self, record: Pass) -> None:
        self.nodes: Sequence[Node] = record.nodes
        self.data = [node.data for node in record.nodes]
        self.partials = [node.partials for node in record.nodes]
        self._recorded = record.nodes
        self._earlier = list(record.earlier_gradients)
        self._earlier[-1] += 1.0  # d root / d root
        self._lay_out()

    def _lay_out(self) -> None:
        """Run the pass, and write down its moments."""
        self.steps: list[int] = []
        self.gradients: list[float] = []
        self.starts: list[int] = []
        self.owners: list[int] = []
        self.operands: list[int] = []
        self.inputs: list[int] = []
        self.amounts: list[float] = []
        self.sums: list[float] = []
        self.last_into = [NOTHING] * len(self.data)
        self.contributions_into: defaultdict[int, list[int]] = defaultdict(list)
        gradients: list[float | None] = [None] * len(self.data)
        gradients[-1] = 1.0
        for node in reversed(self._recorded):
            gradient = gradients[node.number]
            if node.inputs and gradient is not None:
                self._append_step(node, gradient, gradients)
        self.starts.append(len(self.owners))
        self.step_of = {node: index for index, node in enumerate(self.steps)}

    def _append_step(self, node: Node, gradient: float, gradients: list[float | None]) -> None:
        n, moment = node.number, len(self.owners)
        self.steps.append(n)
        self.gradients.append(gradient)
        self.starts.append(moment)
        for operand, (input, partial) in enumerate(zip(node.inputs, self.partials[n], strict=True)):
            if partial is not None:
                amount = gradient * partial
                total = gradients[input] = (gradients[input] or 0.0) + amount
                self.inputs.append(input)
                self.operands.append(operand)
                self.amounts.append(amount)
                self.sums.append(total)
                self.last_into[input] = moment
                self.contributions_into[input].append(moment)
                moment += 1
        if moment == self.starts[-1]:
            self.inputs.append(NOTHING)
            self.operands.append(NOTHING)
            self.amounts.append(0.0)
            self.sums.append(0.0)
            moment += 1
        self.owners += [n] * (moment - self.starts[-1])

    def with_numbers(
        self,
        nodes: Sequence[Node],
        data: list[float],
        partials: list[Partials],
        changed: Set[int],
        same_moments: bool,
    ) -> Timeline:
        """Return the timeline of the same graph with other numbers.

        Args:
            nodes, data, partials: the nodes, and their numbers and partials by themselves.
            changed: the nodes whose number or partials differ.
            same_moments: whether the same partials are blocked.
        """
        timeline = copy(self)
        timeline.nodes, timeline.data, timeline.partials = nodes, data, partials
        timeline.__dict__.pop("not_finite", None)
        if same_moments:
            timeline._repeat(changed)
        else:
            timeline.__dict__.pop("branch_nodes", None)
            timeline._lay_out()
        return timeline

    def _repeat(self, changed: Set[int]) -> None:
        """Run anew the steps of the changed nodes, and those after them as far as a number changes."""
        partials, starts, inputs, operands = self.partials, self.starts, self.inputs, self.operands
        gradients = self.gradients = list(self.gradients)
        amounts, self.sums = list(self.amounts), list(self.sums)
        self.amounts = amounts
        other = [False] * len(self.data)  # whether a contribution into a node is another
        leaves: list[int] = []  # those into which one is
        for index, n in enumerate(self.steps):
            if other[n]:
                gradients[index] = self._sum_into(n)
            elif n not in changed:
                continue
            gradient, slopes = gradients[index], partials[n]
            for moment in range(starts[index], starts[index + 1]):
                input = inputs[moment]
                if input == NOTHING:
                    continue
                amount = gradient * slopes[operands[moment]]  # type: ignore[operator]  # none is blocked
                if amount != amounts[moment] or not amount:  # zeros of two signs are equal
                    amounts[moment] = amount
                    if not other[input]:
                        other[input] = True
                        if input not in self.step_of:
                            leaves.append(input)
        for leaf in leaves:
            self._sum_into(leaf)

    def _sum_into(self, node: int) -> float:
        """Add up the contributions into a node anew, and return the sum."""
        total = 0.0
        for moment in self.contributions_into[node]:
            total += self.amounts[moment]
            self.sums[moment] = total
        return total

    @cached_property
    def branch_nodes(self) -> frozenset[int]:
        """The nodes that block an input which is no constant: another number may make them block another."""
        nodes = self._recorded
        return frozenset(
            n
            for n, partials in enumerate(self.partials)
            if None in partials
            and any(p is None and nodes[i].kind != "constant" for p, i in zip(partials, nodes[n].inputs, strict=True))
        )

    @property
    def end(self) -> int:
        """The position where every step is done."""
        return len(self.owners)

    def step_at(self, position: int) -> int:
        """Return the index of the step that is next or half done; `len(steps)` at the end."""
        return bisect_right(self.starts, position) - 1

    def arrival_count(self, node: int, position: int) -> tuple[int, int]:
        """Return how many contributions into a node are done, and of how many."""
        moments = self.contributions_into.get(node, ())
        return bisect_left(moments, position), len(moments)

    def complete(self, node: int, position: int) -> bool:
        """Whether nothing more will come into a node's gradient."""
        done, of = self.arrival_count(node, position)
        return done == of

    def gradient(self, node: int, position: int) -> float:
        """Return a node's gradient as it is at a position: what the last contribution into it left."""
        last = self.last_into[node]
        if last < position:  # complete, as at its own step: predicates ask for it at 100,000 steps
            return self.sums[last] if last >= 0 else self._earlier[node]
        moments = self.contributions_into[node]
        done = bisect_left(moments, position)
        return self.sums[moments[done - 1]] if done else 0.0  # what a leaf had before is added when the pass ends

    def contribution(self, moment: int) -> Contribution:
        """Return the contribution of a moment that is not empty."""
        input, total = self.inputs[moment], self.sums[moment]
        partial = self.partials[self.owners[moment]][self.operands[moment]]
        assert partial is not None
        moments = self.contributions_into[input]
        done = bisect_left(moments, moment)
        before = self.sums[moments[done - 1]] if done else 0.0
        return Contribution(input, partial, self.amounts[moment], before, total, done + 1 == len(moments))

    def contributions(self, index: int) -> list[Contribution]:
        """Return the contributions of a step."""
        moments = range(self.starts[index], self.starts[index + 1])
        return [self.contribution(moment) for moment in moments if self.inputs[moment] != NOTHING]

    def contributors(self, node: int) -> Iterator[tuple[int, Contribution]]:
        """Yield the contributions into a node, each after the number of the node that makes it."""
        for moment in self.contributions_into.get(node, ()):
            yield self.owners[moment], self.contribution(moment)

    def state(self, node: int, position: int) -> str:
        """Return "done", "current" or "pending"; a leaf is done when its gradient is complete.

        A node that no gradient reaches has nothing to wait for: it is done.
        """
        index = self.step_of.get(node)
        if index is None:
            return "done" if self.complete(node, position) else "pending"
        now = self.step_at(position)
        return "done" if index < now else "current" if index == now else "pending"

    @cached_property
    def users(self) -> dict[int, list[int]]:
        """For each node that feeds any, the numbers of the nodes it feeds."""
        users: dict[int, list[int]] = {}
        for node in self._recorded:
            for input in dict.fromkeys(node.inputs):
                users.setdefault(input, []).append(node.number)
        return users

    def path_to_root(self, node: int) -> list[int]:
        """Return one way along which the gradient came: the node first, then users, the root last."""
        path, root = [node], len(self.data) - 1
        while node != root:
            moments = self.contributions_into.get(node)
            node = self.owners[moments[0]] if moments else self.users[node][0]
            path.append(node)
        return path

    def end_of_line(self, index: int) -> int:
        """Return the index behind a step and those that follow it whose nodes the same line made."""
        line = self._line(index)
        index += 1
        while line is not None and index < len(self.steps) and self._line(index) == line:
            index += 1
        return index

    def start_of_line(self, index: int) -> int:
        """Return the index of the first of a step and those just before it whose nodes the same line made."""
        line = self._line(index)
        while line is not None and index > 0 and self._line(index - 1) == line:
            index -= 1
        return index

    def _line(self, index: int) -> str | None:
        return self._recorded[self.steps[index]].source

    @cached_property
    def not_finite(self) -> list[int]:
        """The indices of the steps that have, or make, a number that is nan or infinite.

        What a contribution adds is finite where what it leaves is, so one look at each contribution is enough; and
        where the sum of all these numbers is finite, each of them is.
        """
        if isfinite(sum(self.data) + sum(self.gradients) + sum(self.sums)):
            return []
        return [index for index in range(len(self.steps)) if self._is_not_finite(index)]

    def _is_not_finite(self, index: int) -> bool:
        if not (isfinite(self.gradients[index]) and isfinite(self.data[self.steps[index]])):
            return True
        return not all(map(isfinite, self.sums[self.starts[index] : self.starts[index + 1]]))

    def fields(self) -> dict[str, Callable[[int, int], float | bool | str]]:
        """Return what expressions may ask of a node at a position, by the name of the field."""
        nodes, data = self._recorded, self.data
        return {
            "data": lambda node, position: data[node],
            "grad": self.gradient,
            "complete": self.complete,
            "number": lambda node, position: float(node),
            "op": lambda node, position: op.symbol if (op := nodes[node].op) else "",
            "label": lambda node, position: nodes[node].label,
            "kind": lambda node, position: nodes[node].kind,
        }
