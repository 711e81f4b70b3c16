"""What rounding may have put a graph's numbers and gradients off by: a running error analysis, beside the truth.

Forward: a node computed from inputs that are off by e_k is off by the sum of |d node / d input_k| e_k, by half the sum
of |its second derivatives| e_j e_k, and by the rounding of its own op. Backward: a contribution g * p is off by what g
and p are off by, and by its rounding; p is off by the sum of |its derivatives| e_k, and by its row's ulps. Sums
round once for each addition. All derivatives are the true ones (`truth.py`); only terms of third order in the
errors are left out. See Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, sections 3.1 and 3.3.

With `fast`, each libm call may be 4 ulps further off, and sums may be taken in any order, so that their rounding is
measured against the magnitudes of all that is added up, not against the result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from strategies import Recipe
from truth import ONE, ROWS, ZERO, Row, precise

from autograd.ops import OPS

UNIT = 2.0**-53  # the relative rounding of one operation
LIBM = 2.0  # ulps of a result that a libm call gave; `tests/engine/test_ops.py` holds the rows to it
SEVERAL = {"sigmoid": 4.0, "sigmoid_slope": 4.0, "softplus": 4.0, "gelu": 4.0}  # rounded up to five times on the way
FAST = 4.0  # ulps more, for each libm call in fastmath
CALLS = 4  # no partial has more libm calls in it

# Results that are exact, and those that one operation rounds.
EXACT = {"negative", "sign", "absolute", "relu", "maximum", "minimum", "clamp_min", "clamp_max", "where", "detach"}
ROUNDED = {"add", "subtract", "multiply", "divide", "sqrt", "leaky_relu"}
SUMS = {"add", "subtract", "sum", "dot"}
LINEAR = {"negative", "detach"}  # a sum goes through them
# Partials that are copies of inputs, or 0, 1 or -1.
COPIED = (EXACT | ROUNDED | SUMS) - {"divide", "sqrt"}


class Node(NamedTuple):
    """A number of a graph: the truth, and what the computed one may be off by."""

    value: Any
    error: float
    size: float  # the sum of the magnitudes of what was added up to it
    added: int  # and how often


class Edge(NamedTuple):
    """A local derivative: to which node it leads, the truth, and what the computed one may be off by."""

    input: int
    partial: Any
    error: float


def truths(recipe: Recipe) -> list[Row]:
    """Give the true row of each step: its number, and its derivatives."""
    rows: list[Row] = []
    values = [precise(x) for x in recipe.leaves]
    for step in recipe.steps:
        rows.append(ROWS[step.op](*[values[i] if isinstance(i, int) else precise(i) for i in step.operands]))
        values.append(rows[-1][0])
    return rows


def forward(
    recipe: Recipe, rows: Sequence[Row], fast: bool = False, off: Sequence[float] = ()
) -> tuple[list[Node], list[list[Edge]]]:
    """Analyse the forward pass, given its truths: a node for each leaf and step, and the edges of each step.

    `off` says what the leaves are off by, if they are.
    """
    errors = off or [0.0] * len(recipe.leaves)
    nodes = [Node(precise(x), error, abs(x), 0) for x, error in zip(recipe.leaves, errors, strict=True)]
    edges: list[list[Edge]] = []
    for step, (value, firsts, seconds) in zip(recipe.steps, rows, strict=True):
        inputs = [nodes[i] if isinstance(i, int) else Node(precise(i), 0.0, abs(i), 0) for i in step.operands]
        slopes = [1.0] if step.op == "detach" else [abs(float(p)) for p in firsts]  # it drops gradients, not errors
        curves = bends(seconds, inputs)
        second_order = sum([bend * x.error for bend, x in zip(curves, inputs, strict=True)]) / 2.0
        error = sum([slope * x.error for slope, x in zip(slopes, inputs, strict=True)]) + second_order
        nodes.append(add_rounding(step.op, value, error, inputs, fast))
        allowed = partial_ulps(step.op, inputs, fast)
        each = zip(step.operands, firsts, slopes, curves, strict=True)
        edges.append(
            [
                Edge(i, p, curve + allowed * math.ulp(slope))
                for i, p, slope, curve in each
                if isinstance(i, int) and step.op != "detach"
            ]
        )
    return nodes, edges


def bends(seconds: dict[tuple[int, int], Any], inputs: Sequence[Node]) -> list[float]:
    """What each partial is off by for what the inputs are."""
    off = [0.0] * len(inputs)
    for (j, k), curvature in seconds.items():
        bend = abs(float(curvature))
        off[k] += bend * inputs[j].error
        off[j] += bend * inputs[k].error if j != k else 0.0
    return off


def add_rounding(op: str, value: Any, error: float, inputs: Sequence[Node], fast: bool) -> Node:
    """Add to a node's error the rounding of its own op."""
    y = abs(float(value))
    if op in EXACT:
        return Node(value, error, *((inputs[0].size, inputs[0].added) if fast and op in LINEAR else (y, 0)))
    if op in ROUNDED and not fast:
        return Node(value, error + math.ulp(y) / 2.0, y, 0)
    if op in SUMS:
        terms = [(x.size, x.added) for x in inputs]
        if op == "dot":
            n = len(inputs) // 2
            pairs = zip(inputs[:n], inputs[n : 2 * n], strict=True)
            terms = [(x.size * z.size, x.added + z.added + 1) for x, z in pairs] + terms[2 * n :]
        size = sum([size for size, _ in terms])
        added = len(terms) + sum([added for _, added in terms])
        return Node(value, error + UNIT * added * size, *((size, added) if fast else (y, 0)))
    if op == "logsumexp":  # its error is beside the xs: they are shifted, and shifted back
        y = len(inputs) * (1.0 + max([abs(float(x.value)) for x in inputs]))
    error += (SEVERAL.get(op, LIBM) + (FAST if fast else 0.0)) * math.ulp(y)
    if fast and op == "multiply":
        return Node(value, error, inputs[0].size * inputs[1].size, inputs[0].added + inputs[1].added)
    return Node(value, error, y, 0)


def partial_ulps(op: str, inputs: Sequence[Node], fast: bool) -> float:
    """How many ulps a partial is off by for the rounding of its own formula."""
    if op in COPIED:
        return 0.0
    if not fast:
        return OPS[op].ulps
    shift = 0.0  # what the rows take back by `lost`, which reassociation takes away
    if op == "logsumexp":
        shift = 2.0 * max([abs(float(x.value)) for x in inputs])
    elif op in ("power", "constant_power"):
        x, n = [float(x.value) for x in inputs]
        shift = (1.0 + abs(n)) * abs(math.log(abs(x)))
    return OPS[op].ulps + FAST * CALLS + shift


def backward(recipe: Recipe, edges: Sequence[Sequence[Edge]], fast: bool = False) -> list[tuple[Any, float]]:
    """Analyse the backward pass: for each leaf and step, the true gradient and what the computed one may be off by."""
    count = len(recipe.leaves)
    size = count + len(recipe.steps)
    gradients, errors = [ZERO] * size, [0.0] * size
    sizes, terms = [0.0] * size, [0] * size
    gradients[-1], sizes[-1] = ONE, 1.0
    for number in range(size - 1, -1, -1):
        if terms[number] > 1 or (fast and terms[number]):
            errors[number] += UNIT * terms[number] * sizes[number]
        gradient, error = gradients[number], errors[number]
        if number < count or not (gradient or error):
            continue
        magnitude = sizes[number] if fast else abs(float(gradient))
        for input, partial, off in edges[number - count]:
            if not (partial or off):
                continue  # a branch that was not taken
            slope = abs(float(partial))
            gradients[input] += gradient * partial
            errors[input] += magnitude * off + slope * error + off * error + UNIT * magnitude * slope
            sizes[input] += magnitude * slope
            terms[input] += 1 + (terms[number] if fast else 0)
    return list(zip(gradients, errors, strict=True))


def beyond(true: Sequence[tuple[Any, float]], got: Sequence[float]) -> float:
    """Give the greatest error beside its bound."""
    worst = 0.0
    for (truth, bound), x in zip(true, got, strict=True):
        if x != truth:
            error = abs(float(truth - x))
            bound *= 1.0 + 2.0**-40  # it is computed in floats itself
            worst = max(worst, error / bound if bound else math.inf) if math.isfinite(x) else math.inf
    return worst
