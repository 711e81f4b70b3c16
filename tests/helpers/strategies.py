"""Random graphs for Hypothesis: shared nodes, repeated inputs, n-ary nodes, constants, and every op of the table.

`graphs()` draws a `Recipe`: plain data, which can be recorded with `Value`s, evaluated with anything else, and shown
when a test fails. Every operand lies in the domain that its row's tests sample, away from kinks, so that the recipe has
a derivative and a truth to compare with.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from autograd import Value
from autograd.ops import OPS, Op

LIMIT = 1e3  # numbers stay below it, so that no product of a few overflows
MARGIN = 1e-3  # how far from a kink or from the end of its domain an operand stays
EXPONENTS = (-3.0, -2.0, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0, 2.7, 3.0)  # few, as in programs: each is compiled by itself
HELD = {"constant_power": 1, "clamp_min": 1, "clamp_max": 1, "where": 0}  # the input that is a number by definition
DIFFERENTIABLE = tuple(name for name in OPS if name != "detach")  # what differences of the function tell of
KINKED = {"relu", "leaky_relu", "elu", "absolute", "sign"}
JUMPING = {"floor", "ceil", "round"}  # at whole numbers, or between two
COMPARING = {"maximum", "minimum", "clamp_min", "clamp_max"}


@dataclass(frozen=True)
class Step:
    """One primitive, applied to earlier numbers by their index, or to constants."""

    op: str
    operands: tuple[int | float, ...]


@dataclass(frozen=True)
class Recipe:
    """Leaves' numbers, and the steps that compute from them; the last step's result is the root."""

    leaves: tuple[float, ...]
    steps: tuple[Step, ...]

    def run(self, leaves: Sequence[Any], apply: Callable[..., Any]) -> list[Any]:
        """Evaluate with `apply(step, operands)` and give all results, the leaves first."""
        results = list(leaves)
        for step in self.steps:
            results.append(apply(step, [results[i] if isinstance(i, int) else i for i in step.operands]))
        return results

    def record(self) -> tuple[list[Value], Value]:
        """Record the graph: its leaves, and its root."""
        leaves = [Value(x, f"x{k}") for k, x in enumerate(self.leaves)]
        return leaves, self.root(*leaves)

    def root(self, *leaves: Value) -> Value:
        """Record the graph on top of given leaves, and give its root."""
        return self.run(leaves, lambda step, operands: Value.record(OPS[step.op], *operands))[-1]

    def numbers(self) -> list[float]:
        """Evaluate with floats."""
        return self.run(self.leaves, lambda step, operands: OPS[step.op].forward(*operands))


def fits(op: Op, xs: Sequence[float], same: bool) -> bool:
    """Whether a row takes these numbers: in its domain, off its kinks, with a result and partials of moderate size."""
    domain = [op.domain[0]] * len(xs) if op.variadic else op.domain
    if not all(low + MARGIN <= x <= high - MARGIN for x, (low, high) in zip(xs, domain, strict=True)):
        return False
    if op.name in KINKED and abs(xs[0]) < MARGIN:
        return False
    if op.name in JUMPING and abs(2.0 * xs[0] - round(2.0 * xs[0])) < 2.0 * MARGIN:
        return False
    if op.name in COMPARING and not same and abs(xs[0] - xs[1]) < MARGIN:
        return False
    if op.name == "arctan2" and abs(xs[0]) < MARGIN and xs[1] < 0.0:  # the angle jumps there
        return False
    y = op.forward(*xs)
    return all(math.isfinite(z) and abs(z) <= LIMIT for z in (y, *op.partials(y, *xs)) if z is not None)


def graphs(max_steps: int = 15, ops: Sequence[str] = DIFFERENTIABLE) -> st.SearchStrategy[Recipe]:
    """Draw a recipe of up to so many steps from the rows named; a leaf may be used often or never.

    It is made from a seed, which is a hundred times faster than a draw for each operand; a failing one shrinks by its
    number of steps, since fewer steps of a seed are a prefix of more.
    """
    return st.builds(random_recipe, st.integers(0, 2**32 - 1), st.integers(1, max_steps), st.just(tuple(ops)))


def random_recipe(seed: int, size: int, ops: Sequence[str] = DIFFERENTIABLE) -> Recipe:
    """Make the recipe of a seed."""
    rng = random.Random(seed)
    leaves = [round(rng.uniform(-2.0, 2.0), 6) for _ in range(rng.randint(1, 4))]
    numbers: list[float] = list(leaves)
    steps: list[Step] = []
    while len(steps) < size:
        step = random_step(rng, numbers, ops)
        xs = [numbers[i] if isinstance(i, int) else i for i in step.operands]
        numbers.append(OPS[step.op].forward(*xs))
        steps.append(step)
    return Recipe(tuple(leaves), tuple(steps))


def random_step(rng: random.Random, numbers: Sequence[float], ops: Sequence[str]) -> Step:
    """Try rows on operands among the numbers so far, recent ones more often, until one takes them."""
    while True:
        name = rng.choice(ops)
        size = OPS[name].arity or rng.randint(2 if name == "dot" else 1, 5)  # a dot of one is its bias alone
        operands = [random_operand(rng, len(numbers), k) for k in range(size)]
        if name == "constant_power":
            operands[1] = rng.choice(EXPONENTS)
        xs = [numbers[i] if isinstance(i, int) else i for i in operands]
        same = isinstance(operands[0], int) and isinstance(operands[-1], int) and operands[0] == operands[-1]
        if fits(OPS[name], xs, same=name not in HELD and same):
            if name in HELD:
                operands[HELD[name]] = xs[HELD[name]]
            return Step(name, tuple(operands))


def random_operand(rng: random.Random, count: int, place: int) -> int | float:
    """An index below count, or a constant: but not as the first operand."""
    if place and rng.random() < 0.2:
        return rng.choice((0.5, 1.0, 2.0, -1.0, 3.0, -0.25, round(rng.uniform(-3.0, 3.0), 3)))
    return rng.randrange(max(0, count - 3), count) if rng.random() < 0.5 else rng.randrange(count)
