"""One recorded backward pass as a line of moments, and the state at any place on it.

Terms: a *moment* is one contribution; a step that passes nothing on has one empty moment. A *position* counts the
moments that are done, from 0 to `len(moments)`. The state at a position is looked up, never computed by adding or
subtracting, so going back is as exact as going forward.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from functools import cached_property
from math import isfinite
from typing import Final

from autograd.recording.steps import BackwardStep, Contribution, Node, Pass


def real_path(file: str) -> str:
    """Return the absolute path of a file, without links; code that is in no file keeps its name."""
    return file if file.startswith("<") else os.path.realpath(file)


def block_mask(node: Node) -> list[bool]:
    """Return for each input of a node whether its partial is blocked."""
    return [partial is None for partial in node.partials]


class Timeline:
    """The moments of a recorded pass.

    Attributes:
        nodes: every node, in topological order.
        steps: the backward steps in order; step k of the shell is `steps[k - 1]`.
        moments: the contributions of all steps in order, None for a step that passes nothing on.
        starts: the position before each step, and then the end.
        contributions_into: for each node that gets any, the moments of the contributions into it.
        step_of: the index of a node's step; nodes that no gradient reaches, and leaves, have none.
    """

    def __init__(self, record: Pass) -> None:
        self.nodes = record.nodes
        self.steps = [step for step in record.steps if type(step) is BackwardStep]
        self.moments: list[Contribution | None] = [c for step in self.steps for c in step.contributions or (None,)]
        self.step_of: Final = {step.node: index for index, step in enumerate(self.steps)}
        self.starts: Final = [0]
        self.contributions_into: Final[defaultdict[int, list[int]]] = defaultdict(list)
        for moment, contribution in enumerate(self.moments):
            if contribution:
                self.contributions_into[contribution.input].append(moment)
        for step in self.steps:
            self.starts.append(self.starts[-1] + (len(step.contributions) or 1))
        self._before = list(record.earlier_gradients)
        self._before[-1] += 1.0  # d root / d root
        for node in self.contributions_into:
            self._before[node] = 0.0  # what a leaf had from before is added when the pass ends

    def with_steps(
        self,
        nodes: tuple[Node, ...],
        changed: Iterable[int],
        moments: Mapping[int, Contribution],
        gradients: Mapping[int, float],
    ) -> Timeline:
        """Return the timeline with other numbers, at the same steps and moments.

        Args:
            nodes: all nodes.
            changed: the numbers of the nodes that differ.
            moments: the contributions that differ, by their moments.
            gradients: the gradients of steps that differ, by the steps' indices.
        """
        timeline = copy(self)
        timeline.nodes, timeline.steps, timeline.moments = nodes, list(self.steps), list(self.moments)
        for moment, contribution in moments.items():
            timeline.moments[moment] = contribution
        passed = {*gradients, *map(self.step_at, moments)}
        for index in passed:
            step, span = self.steps[index], slice(*self.starts[index : index + 2])
            contributions = tuple([c for c in timeline.moments[span] if c])
            timeline.steps[index] = BackwardStep(step.node, gradients.get(index, step.gradient), contributions)
        passed.update(self.step_of[n] for n in changed if n in self.step_of)
        if "not_finite" in self.__dict__:
            kept = [index for index in self.not_finite if index not in passed]
            timeline.not_finite = sorted([*kept, *filter(timeline._is_not_finite, passed)])
        return timeline

    @property
    def end(self) -> int:
        """The position where every step is done."""
        return len(self.moments)

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
        moments = self.contributions_into.get(node)
        if moments and moments[-1] < position:  # complete, as at its own step
            return self.moments[moments[-1]].after  # type: ignore[union-attr]  # asked at each of 100,000 steps
        done = bisect_left(moments, position) if moments else 0
        return self.contribution(moments[done - 1]).after if moments and done else self._before[node]

    def contribution(self, moment: int) -> Contribution:
        """Return the contribution of a moment that is not empty."""
        contribution = self.moments[moment]
        assert contribution is not None
        return contribution

    def contributors(self, node: int) -> Iterator[tuple[int, Contribution]]:
        """Yield the contributions into a node, each after the number of the node that makes it."""
        for moment in self.contributions_into.get(node, ()):
            yield self.owner(moment), self.contribution(moment)

    def owner(self, moment: int) -> int:
        """Return the number of the node whose step a moment belongs to."""
        return self.owners[moment]

    @cached_property
    def owners(self) -> list[int]:
        """The number of the node whose step each moment belongs to."""
        return [step.node for step in self.steps for _ in step.contributions or (None,)]

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
        for node in self.nodes:
            for input in dict.fromkeys(node.inputs):
                users.setdefault(input, []).append(node.number)
        return users

    @cached_property
    def first_contributor(self) -> dict[int, int]:
        """For each node that gets any contribution, the number of the node that makes the first."""
        first: dict[int, int] = {}
        for step in self.steps:
            for contribution in step.contributions:
                first.setdefault(contribution.input, step.node)
        return first

    def path_to_root(self, node: int) -> list[int]:
        """Return one way along which the gradient came: the node first, then users, the root last."""
        path, root, first = [node], self.nodes[-1].number, self.first_contributor
        while node != root:
            node = first[node] if node in first else self.users[node][0]
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
        return self.nodes[self.steps[index].node].source

    @cached_property
    def lines(self) -> dict[str, dict[int, list[int]]]:
        """For each file by its real path, and each line that made nodes, the numbers of the computed ones."""
        made: dict[str, list[int]] = {}
        for node in self.nodes:
            if node.source and node.inputs:
                made.setdefault(node.source, []).append(node.number)
        lines: dict[str, dict[int, list[int]]] = {}
        for source, numbers in made.items():
            file, _, line = source.rpartition(":")
            lines.setdefault(real_path(file), {}).setdefault(int(line), []).extend(numbers)
        return lines

    @cached_property
    def not_finite(self) -> list[int]:
        """The indices of the steps that have, or make, a number that is nan or infinite.

        What a contribution adds is finite where what it leaves is, so one look at each contribution is enough.
        """
        return [index for index in range(len(self.steps)) if self._is_not_finite(index)]

    def _is_not_finite(self, index: int) -> bool:
        step = self.steps[index]
        if not (isfinite(step.gradient) and isfinite(self.nodes[step.node].data)):
            return True
        return not all(isfinite(c.after) for c in step.contributions)

    def nodes_at(self, file: str, line: int) -> list[int]:
        """List the computed nodes that a line made; the file by its path, or the end of it."""
        return [n for made in self._files(file) for n in made.get(line, ())]

    def lines_of(self, file: str) -> list[int]:
        """List the lines of a file that made nodes."""
        return sorted(line for made in self._files(file) for line in made)

    def _files(self, file: str) -> list[dict[int, list[int]]]:
        path = real_path(file)
        if path in self.lines:
            return [self.lines[path]]
        return [made for known, made in self.lines.items() if file and known.endswith("/" + file)]

    def fields(self) -> dict[str, Callable[[int, int], float | bool | str]]:
        """Return what expressions may ask of a node at a position, by the name of the field."""
        nodes = self.nodes
        return {
            "data": lambda node, position: nodes[node].data,
            "grad": self.gradient,
            "complete": self.complete,
            "number": lambda node, position: float(node),
            "op": lambda node, position: op.symbol if (op := nodes[node].op) else "",
            "label": lambda node, position: nodes[node].label,
            "kind": lambda node, position: nodes[node].kind,
        }
