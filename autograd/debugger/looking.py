"""Looking at a recorded pass from where the cursor is: expressions, listings, paths, and reasons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from autograd.debugger import findings
from autograd.debugger.cursor import Cursor
from autograd.debugger.findings import Checked, Input, Inputs, Layer, Layers, Listing, Path, Row, Share, Where, Why
from autograd.debugger.reports import Gradient, Printed
from autograd.debugger.timeline.names import CommandError, plural
from autograd.debugger.timeline.whatif import root_as_function
from autograd.differences import difference

AROUND: Final = 5  # steps listed before and after the current one
FEW_LEAVES: Final = 8
MANY_NODES: Final = 1000
FEW_PATHS: Final = 6
MOST_VISITS: Final = 10_000  # nodes looked at for paths
MANY_SHARES: Final = 1000  # contributions reported by `why`; of more, the first half and the last half
TOLERANCE: Final = 1e-6


def show(cursor: Cursor, expression: str = "") -> Printed:
    """Evaluate an expression here, or report a node: its number and its gradient, partial or complete.

    >>> from autograd import Value
    >>> from autograd.debugger import Session
    >>> session = Session(Value(2.0, "w") * Value(3.0, "x"))
    >>> print(session.show("w.data * x.data"))
    6.0
    """
    text = expression.strip()
    if not text or cursor.names.matches(text):
        node = cursor.names.resolve(text) if text else cursor.selected
        gradient = cursor.gradient(node)
        data = cursor.timeline.nodes[node].data
        return Printed(text, f"{gradient.node}.data = {data!r}, {gradient.node}.grad = {gradient.value!r}", gradient)
    if text.isidentifier() and text in cursor.loaded.scope:
        return Printed(text, f"{cursor.loaded.scope[text]!r:.1000}")
    compiled = cursor.loaded.compile(text)
    found = compiled.evaluate(cursor.selected, cursor.position)
    asked = dict.fromkeys(cursor.selected if node is None else node for node in compiled.gradients)
    partial = tuple(gradient for gradient in map(cursor.gradient, asked) if not gradient.complete)
    return Printed(text, repr(found), None, partial)


def value(
    cursor: Cursor, expression: str, subject: int | None = None, position: int | None = None
) -> float | bool | str:
    """Evaluate an expression about a node, at a position; here and about the node at hand where none is given."""
    compiled = cursor.loaded.compile(expression)
    node = cursor.selected if subject is None else subject
    return compiled.evaluate(node, cursor.position if position is None else position)  # type: ignore[no-any-return]


def listing(cursor: Cursor, first: int | None = None, last: int | None = None) -> Listing:
    """List steps, done, current and pending, in order: from first to last, or those around the current one.

    >>> from autograd import Value
    >>> from autograd.debugger import Session
    >>> print(Session(Value(3.0, "x").tanh().exp()).listing())
    > current     1  #2 = exp(#1)  1             complete
      pending     2  #1 = tanh(x)  0             0 of 1
      pending  leaf  x = 3         0             0 of 1
    """
    count = len(cursor.timeline.steps)
    if first is None:
        first, last = max(cursor.step_number - AROUND, 1), min(cursor.step_number + AROUND, count)
    if not 1 <= first <= max(count, 1):
        raise CommandError(f"there is no step {first}: type list 1 to list {count}, or list all")
    last = min(count, first + 2 * AROUND if last is None else last)
    rows = [row(cursor, node) for node in cursor.timeline.steps[first - 1 : last]]
    more = leaves(cursor).rows if len(cursor.timeline.nodes) < MANY_NODES else ()
    left = len(more) if len(more) > FEW_LEAVES else 0
    return Listing(tuple(rows) if left else (*rows, *more), left)


def leaves(cursor: Cursor) -> Listing:
    """List the leaves, but for the constants among them that no gradient reaches."""
    nodes, into = cursor.loaded.recorded.nodes, cursor.timeline.contributions_into
    leaves = [n.number for n in nodes if not n.inputs and (n.kind != "constant" or n.number in into)]
    return Listing(tuple([row(cursor, n) for n in leaves]))


def layers(cursor: Cursor) -> Layers:
    """Report for each layer the leaf with the largest gradient here: where gradients vanish or explode.

    A layer is an outermost module that labels name; where they all name the same one, a module in it.

    >>> from autograd import Value
    >>> from autograd.debugger import Session
    >>> session = Session(Value(0.5, "layers.0.weight").tanh() * Value(3.0, "layers.1.weight"))
    >>> report = session.goto("end")
    >>> print(session.layers())
    the largest gradient of each layer's leaves:
      layers.0  2.35934       at layers.0.weight  (1 of 1 complete)
      layers.1  0.462117      at layers.1.weight  (1 of 1 complete)
    """
    gradients = {layer: [cursor.gradient(n) for n in leaves] for layer, leaves in cursor.loaded.layers.items()}
    if not gradients:
        raise CommandError("no leaf's label names a layer, as layers.0.weight does: type list leaves")
    return Layers(
        tuple(
            Layer(layer, max(found, key=size), sum(gradient.complete for gradient in found), len(found))
            for layer, found in gradients.items()
        )
    )


def size(gradient: Gradient) -> float:
    """Return how large a gradient is; nan is the largest."""
    return math.inf if math.isnan(gradient.value) else abs(gradient.value)


def row(cursor: Cursor, node: int) -> Row:
    """Report a node for a listing."""
    step = cursor.timeline.step_of.get(node)
    state = cursor.timeline.state(node, cursor.position)
    return findings.row_of(cursor.names, node, state, None if step is None else step + 1, cursor.gradient(node))


def where(cursor: Cursor, name: str = "") -> Where:
    """Report a path from the root to a node, with the user's lines that made the nodes.

    >>> from autograd import Value
    >>> from autograd.debugger import Session
    >>> [row.formula for row in Session(Value(3.0, "x").tanh().exp()).where("x").rows]
    ['#2 = exp(#1)', '#1 = tanh(x)', 'x = 3']
    """
    path = cursor.timeline.path_to_root(node_of(cursor, name))
    return Where(tuple([row(cursor, n) for n in reversed(path)]))


def why(cursor: Cursor, name: str = "") -> Why:
    """Report every contribution that adds up to a node's gradient, the sum, and the paths where they are few.

    >>> from autograd import Value
    >>> from autograd.debugger import Session
    >>> a = Value(2.0, "a")
    >>> print(Session(a + a).why("a"))
    a.grad = 0  (partial, 0 of 2); 2 contributions in all:
      pending  step 1     #1.grad 1 * partial 1 = 1  0 -> 1
      pending  step 1     #1.grad 1 * partial 1 = 1  1 -> 2
      sum     2.0
      path  #1 > a: 1 = 1
      path  #1 > a: 1 = 1
    """
    node = node_of(cursor, name)
    moments = cursor.timeline.contributions_into.get(node, [])
    left = max(len(moments) - MANY_SHARES, 0)
    if left:
        moments = moments[: MANY_SHARES // 2] + moments[-MANY_SHARES // 2 :]
    shares = [share(cursor, moment) for moment in moments]
    total = shares[-1].after if shares else cursor.timeline.gradient(node, 0)
    earlier = cursor.loaded.recorded.earlier_gradients[node]
    gradient = cursor.gradient(node)
    return Why(gradient, tuple(shares), left, total, earlier, few_paths(cursor, node), find_blocker(cursor, node))


def find_blocker(cursor: Cursor, node: int) -> str:
    if cursor.gradient(node).reached:
        return ""
    way = cursor.timeline.path_to_root(node)
    return next(cursor.names.formula(n) for n in way if n in cursor.timeline.step_of)


def share(cursor: Cursor, moment: int) -> Share:
    index, c = cursor.timeline.step_at(moment), cursor.timeline.contribution(moment)
    user, gradient = cursor.names.name(cursor.timeline.steps[index]), cursor.timeline.gradients[index]
    return Share(moment < cursor.position, index + 1, user, gradient, c.partial, c.amount, c.before, c.after)


def few_paths(cursor: Cursor, node: int) -> tuple[Path, ...]:
    """Return the ways from the root to a node; none where there are many, or it takes long to find them.

    Every contribution came along at least one. The search goes from the node up, depth first.
    """
    found: list[Path] = []
    path: list[int] = [node]
    partials: list[float] = []
    branches = [cursor.timeline.contributors(node)]
    for _ in range(MOST_VISITS):
        user, contribution = next(branches[-1], (0, None))
        if contribution is None:
            branches.pop()
            path.pop()
            if not branches:
                return tuple(found)
            partials.pop()
            continue
        path.append(user)
        partials.append(contribution.partial)
        branches.append(cursor.timeline.contributors(user))
        if user == cursor.timeline.nodes[-1].number:
            factors = tuple(reversed(partials))
            found.append(Path(tuple([cursor.names.name(n) for n in reversed(path)]), factors, math.prod(factors)))
            if len(found) > FEW_PATHS:
                break
    return ()


def check(cursor: Cursor, name: str = "") -> Checked:
    """Compare a node's complete gradient with central differences of the root, at the recorded numbers.

    Source: Ridders' method, as in `autograd.differences`. What earlier passes left on a leaf does not count.

    >>> from autograd import Value
    >>> from autograd.debugger import Session
    >>> x = Value(3.0, "x")
    >>> Session(x * x).check("x").agrees
    True
    """
    node = node_of(cursor, name)
    nodes = cursor.timeline.nodes
    if not cursor.gradient(node).reached:
        raise CommandError(f"no gradient reaches {cursor.names.name(node)}: type why {cursor.names.name(node)}")
    total = 1.0 if node == len(nodes) - 1 else 0.0
    for _, contribution in cursor.timeline.contributors(node):
        total += contribution.amount
    estimate, uncertainty, *_ = difference(
        root_as_function(cursor.loaded.program, cursor.timeline.data, node), [nodes[node].data], 0
    )
    agrees = abs(total - estimate) <= TOLERANCE * max(abs(total), abs(estimate)) + uncertainty
    return Checked(cursor.gradient(node), total, estimate, uncertainty, agrees)


def inputs(cursor: Cursor, name: str = "") -> Inputs:
    """Report the inputs of a node, each with the local derivative by it.

    >>> from autograd import Value
    >>> from autograd.debugger import Session
    >>> print(Session(Value(3.0, "x") * Value(2.0, "y")).inputs())
    #2 = x * y
      x.data = 3, partial 2, x.grad = 0  (partial, 0 of 1)
      y.data = 2, partial 3, y.grad = 0  (partial, 0 of 1)
    """
    number = node_of(cursor, name)
    node, nodes = cursor.timeline.nodes[number], cursor.timeline.nodes
    if not node.inputs:
        raise CommandError(f"{cursor.names.name(number)} is a leaf: it is computed from nothing")
    pairs = zip(node.inputs, node.partials, strict=True)
    rows = [Input(nodes[n].data, partial, cursor.gradient(n)) for n, partial in pairs]
    return Inputs(cursor.names.formula(number), tuple(rows))


def up(cursor: Cursor, which: int = 1) -> Row:
    """Select a node that the selected one feeds, towards the root: the one that `where` shows, or another by place."""
    users = cursor.timeline.users.get(cursor.selected, [])
    first = cursor.timeline.path_to_root(cursor.selected)[1:2]
    return select(cursor, [*first, *[user for user in users if user not in first]], which, "feeds")


def down(cursor: Cursor, which: int = 1) -> Row:
    """Select an input of the selected node: the first, or another by its place.

    >>> from autograd import Value
    >>> from autograd.debugger import Session
    >>> session = Session(Value(3.0, "x") * Value(2.0, "y"))
    >>> session.down(2).formula, session.up().formula
    ('y = 2', '#2 = x * y')
    """
    return select(cursor, cursor.timeline.nodes[cursor.selected].inputs, which, "is computed from")


def select(cursor: Cursor, choices: Sequence[int], which: int, verb: str) -> Row:
    nodes = choices
    here = cursor.names.name(cursor.selected)
    if not nodes:
        raise CommandError(f"{here} {verb} nothing: type {'up' if verb != 'feeds' else 'down'}")
    if not 1 <= which <= len(nodes):
        raise CommandError(f"{here} {verb} {plural(len(nodes), 'node')}: type a number from 1 to {len(nodes)}")
    cursor.selected = nodes[which - 1]
    return row(cursor, cursor.selected)


def node_of(cursor: Cursor, name: str) -> int:
    return cursor.names.resolve(name) if name.strip() else cursor.selected
