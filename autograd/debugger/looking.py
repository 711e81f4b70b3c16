"""Looking at a recorded pass from where the cursor is: expressions, listings, paths, and reasons."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from autograd.debugger import findings
from autograd.debugger.cursor import Cursor
from autograd.debugger.expressions import compile_expression
from autograd.debugger.findings import Listing, Path, Row, Share, Where, Why
from autograd.debugger.names import CommandError, plural
from autograd.debugger.reports import Printed
from autograd.recording.steps import Contribution

AROUND: Final = 5  # steps listed before and after the current one
FEW_LEAVES: Final = 8
MANY_NODES: Final = 1000
FEW_PATHS: Final = 6


class Looking(Cursor):
    """A cursor, and what can be seen from it."""

    def show(self, expression: str = "") -> Printed:
        """Evaluate an expression here, or report a node: its number and its gradient, partial or complete.

        >>> from autograd import Value
        >>> from autograd.recording.steps import Pass
        >>> session = Looking(Pass(Value(2.0, "w") * Value(3.0, "x")))
        >>> print(session.show("w.data * x.data"))
        6.0
        """
        text = expression.strip()
        if not text or self.names.all(text):
            node = self.names.one(text) if text else self.selected
            gradient = self.gradient(node)
            data = self.timeline.nodes[node].data
            return Printed(
                text, f"{gradient.node}.data = {data!r}, {gradient.node}.grad = {gradient.value!r}", gradient
            )
        expression_ = compile_expression(text, self.names.one, self.timeline.fields())
        value = expression_.evaluate(self.selected, self.position)
        asked = dict.fromkeys(self.selected if node is None else node for node in expression_.gradients)
        partial = tuple(gradient for gradient in map(self.gradient, asked) if not gradient.complete)
        return Printed(text, repr(value), None, partial)

    def value(self, expression: str, subject: int | None = None, position: int | None = None) -> float | bool | str:
        """Evaluate an expression about a node, at a position; here and about the node at hand where none is given."""
        compiled = compile_expression(expression, self.names.one, self.timeline.fields())
        node = self.selected if subject is None else subject
        return compiled.evaluate(node, self.position if position is None else position)  # type: ignore[no-any-return]

    def listing(self, first: int | None = None, last: int | None = None) -> Listing:
        """List steps, done, current and pending, in order: from first to last, or those around the current one.

        >>> from autograd import Value
        >>> from autograd.recording.steps import Pass
        >>> print(Looking(Pass(Value(3.0, "x").tanh().exp())).listing())
        > current     1  #2 = exp(#1)  grad 1             complete
          pending     2  #1 = tanh(x)  grad 0             partial, 0 of 1
          pending  leaf  x = 3         grad 0             partial, 0 of 1
        """
        count = len(self.timeline.steps)
        if first is None:
            first, last = max(self.step_number - AROUND, 1), min(self.step_number + AROUND, count)
        if not 1 <= first <= max(count, 1):
            raise CommandError(f"there is no step {first}: type list 1 to list {count}, or list all")
        last = min(count, first + 2 * AROUND if last is None else last)
        rows = [self.row(step.node) for step in self.timeline.steps[first - 1 : last]]
        leaves = self.leaves().rows if len(self.timeline.nodes) < MANY_NODES else ()
        left = len(leaves) if len(leaves) > FEW_LEAVES else 0
        return Listing(tuple(rows) if left else (*rows, *leaves), left)

    def leaves(self) -> Listing:
        """List the leaves, but for the constants among them that no gradient reaches."""
        nodes, into = self.timeline.nodes, self.timeline.into
        leaves = [n.number for n in nodes if not n.inputs and (n.kind != "constant" or n.number in into)]
        return Listing(tuple([self.row(n) for n in leaves]))

    def row(self, node: int) -> Row:
        """Report a node for a listing."""
        step = self.timeline.step_of.get(node)
        state = self.timeline.state(node, self.position)
        return findings.row_of(self.names, node, state, None if step is None else step + 1, self.gradient(node))

    def where(self, name: str = "") -> Where:
        """Report a path from the root to a node, with the user's lines that made the nodes.

        >>> from autograd import Value
        >>> from autograd.recording.steps import Pass
        >>> [row.formula for row in Looking(Pass(Value(3.0, "x").tanh().exp())).where("x").rows]
        ['#2 = exp(#1)', '#1 = tanh(x)', 'x = 3']
        """
        path = self.timeline.path_to_root(self._named(name))
        return Where(tuple([self.row(n) for n in reversed(path)]))

    def why(self, name: str = "") -> Why:
        """Report every contribution that adds up to a node's gradient, the sum, and the paths where they are few.

        >>> from autograd import Value
        >>> from autograd.recording.steps import Pass
        >>> a = Value(2.0, "a")
        >>> print(Looking(Pass(a + a)).why("a"))
        a.grad = 0  (partial, 0 of 2); 2 contributions in all:
          pending  step 1     #1.grad 1 * partial 1 = 1  0 -> 1
          pending  step 1     #1.grad 1 * partial 1 = 1  1 -> 2
          sum     2.0
          path  #1 > a: 1 = 1
          path  #1 > a: 1 = 1
        """
        node = self._named(name)
        done, _ = self.timeline.arrived(node, self.position)
        shares = [self._share(k < done, user, c) for k, (user, c) in enumerate(self.timeline.contributors(node))]
        paths = tuple(islice(self._paths(node), FEW_PATHS + 1))
        total = shares[-1].after if shares else self.timeline.gradient(node, 0)
        paths = paths if len(paths) <= FEW_PATHS else ()
        earlier = self.record.earlier_gradients[node]
        return Why(self.gradient(node), tuple(shares), total, earlier, paths, self._blocked_at(node))

    def _blocked_at(self, node: int) -> str:
        if self.gradient(node).reached:
            return ""
        way = self.timeline.path_to_root(node)
        return next(self.names.formula(n) for n in way if n in self.timeline.step_of)

    def _share(self, done: bool, user: int, c: Contribution) -> Share:
        index = self.timeline.step_of[user]
        gradient = self.timeline.steps[index].gradient
        return Share(done, index + 1, self.names.name(user), gradient, c.partial, c.amount, c.before, c.after)

    def _paths(self, node: int) -> Iterator[Path]:
        """Give the ways from the root, one at a time: every contribution came along at least one."""
        path: list[int] = [node]
        partials: list[float] = []
        branches = [iter(self.timeline.contributors(node))]
        while branches:
            user, contribution = next(branches[-1], (None, None))
            if user is None or contribution is None:
                branches.pop()
                path.pop()
                if partials:
                    partials.pop()
                continue
            path.append(user)
            partials.append(contribution.partial)
            branches.append(iter(self.timeline.contributors(user)))
            if user == self.timeline.nodes[-1].number:
                factors = tuple(reversed(partials))
                yield Path(tuple([self.names.name(n) for n in reversed(path)]), factors, math.prod(factors))

    def up(self, which: int = 1) -> Row:
        """Select a node that the selected one feeds, towards the root: the first, or another by its place."""
        return self._select(self.timeline.users.get(self.selected, []), which, "feeds")

    def down(self, which: int = 1) -> Row:
        """Select an input of the selected node: the first, or another by its place.

        >>> from autograd import Value
        >>> from autograd.recording.steps import Pass
        >>> looking = Looking(Pass(Value(3.0, "x") * Value(2.0, "y")))
        >>> looking.down(2).formula, looking.up().formula
        ('y = 2', '#2 = x * y')
        """
        return self._select(self.timeline.nodes[self.selected].inputs, which, "is computed from")

    def _select(self, choices: Sequence[int], which: int, verb: str) -> Row:
        nodes = choices
        here = self.names.name(self.selected)
        if not nodes:
            raise CommandError(f"{here} {verb} nothing: type {'up' if verb != 'feeds' else 'down'}")
        if not 1 <= which <= len(nodes):
            raise CommandError(f"{here} {verb} {plural(len(nodes), 'node')}: type a number from 1 to {len(nodes)}")
        self.selected = nodes[which - 1]
        return self.row(self.selected)

    def _named(self, name: str) -> int:
        return self.names.one(name) if name.strip() else self.selected
