"""Second derivatives of a graph: the truth, and what rounding may have put those of `create_graph` off by.

The truth is MPFR's, forward over reverse: the tangent of every number and of every gradient, by the second derivatives
of `truth.py`. The error bound is that of `condition.py` for the graph that `create_graph` recorded, which is a graph
like any other: its nodes are rows of the rule table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from condition import backward, forward, truths
from strategies import Recipe, Step
from truth import ONE, ZERO, Row

from autograd import Value, topological_order
from autograd.ieee import LN2, LN10, SQRT_HALF, SQRT_PI, SQRT_TWO_PI
from autograd.ops import CONSTANT

# Numbers of the rule table that a float only comes near to.
IRRATIONAL = {LN2, 1.0 / LN2, 1.0 / LN10, -SQRT_HALF, SQRT_TWO_PI, -2.0 / SQRT_PI}


def true_curvatures(recipe: Recipe, rows: Sequence[Row], place: int) -> list[Any]:
    """Return the derivatives of the root's slope by one leaf, with respect to each leaf, from a graph's truths.

    What does not move with the leaf has no share in them, however steep or bent the graph is there.
    """
    count = len(recipe.leaves)
    tangents = [ONE if k == place else ZERO for k in range(count)]
    for step, (_, firsts, _) in zip(recipe.steps, rows, strict=True):
        moved = [tangents[i] if isinstance(i, int) else ZERO for i in step.operands]
        tangents.append(sum([p * t for p, t in zip(firsts, moved, strict=True) if t], ZERO))
    slopes, curves = [ZERO] * len(tangents), [ZERO] * len(tangents)
    slopes[-1] = ONE
    for number in range(len(tangents) - 1, count - 1, -1):
        step, (_, firsts, seconds) = recipe.steps[number - count], rows[number - count]
        moved = [tangents[i] if isinstance(i, int) else ZERO for i in step.operands]
        for k, input in enumerate(step.operands):
            if isinstance(input, int):
                bends = [seconds.get((min(j, k), max(j, k)), ZERO) * t for j, t in enumerate(moved) if t]
                slopes[input] += slopes[number] * firsts[k]
                curves[input] += curves[number] * firsts[k] if curves[number] else ZERO
                curves[input] += slopes[number] * sum(bends, ZERO) if bends else ZERO
    return curves[:count]


def with_bounds(slope: Value, leaves: Sequence[Value], trusted: float) -> list[float] | None:
    """What the derivatives of a recorded slope may be off by, for each leaf; None where an error reaches `trusted`."""
    recipe, known = recipe_of(slope)
    if not recipe.steps:
        return [0.0] * len(leaves)
    off = [0.0 if leaf in leaves else math.ulp(leaf.data) / 2.0 for leaf in known]
    nodes, edges = forward(recipe, truths(recipe), off=off)
    if not max([node.error for node in nodes]) < trusted:
        return None
    bounds = dict(zip(known, backward(recipe, edges), strict=False))
    return [bounds[leaf][1] if leaf in bounds else 0.0 for leaf in leaves]


def recipe_of(root: Value) -> tuple[Recipe, list[Value]]:
    """Write a recorded graph down as a recipe, and its leaves; irrational constants are leaves too."""
    order = topological_order(root)
    known = [x for x in order if not x.inputs and (x.op is not CONSTANT or x.data in IRRATIONAL)]
    computed = [x for x in order if x.inputs]
    place = {x: k for k, x in enumerate([*known, *computed])}
    steps = [Step(x.op.name, tuple([place.get(i, i.data) for i in x.inputs])) for x in computed if x.op]
    return Recipe(tuple([x.data for x in known]), tuple(steps)), known
