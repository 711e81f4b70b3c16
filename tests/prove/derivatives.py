"""Hold each row of the rule table to its accuracy: first derivatives to 4 ulp, second ones to 16, on 100,000 points.

The points are of all that a row is defined on: dense in its domain, of any magnitude, subnormal, huge, and next to each
singularity (`everywhere` in `points.py`). The truth is MPFR's at 72 digits (`truth.py`), which is held itself
to differences of the definitions in mpmath. A derivative that no float can hold is not tried, nor is a second one.

Two things widen a bound, and nothing else does; `measured` looks for them where a derivative needs it.

- *Underflow.* A result below 2**-1022 is a multiple of 2**-1074, and has lost the digits below. What is computed from
  it is off by up to 2**-1074 times its derivative with respect to that result, for each such result on the way: by
  2**-1074 / z in d/dz of a subnormal x / z. Only a formula that scales its inputs first would not be.
- *Cancellation*, for the rows of CANCELLING alone: a derivative that is a sum passes through zero where its terms do
  not. Each term is a product of factors right to a few ulps, so that the sum is right to as many ulps of the sum of the
  terms' magnitudes: beside the zero, many ulps of the result. Those few have no bound in ulps of the result.

Where a float on the way to a derivative is infinite, as 1 / r is for a subnormal radius r, and the result so neither
right nor finite, the derivative is passed over; the report counts these.
"""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

sys.path.append(str(Path(__file__).parents[1] / "helpers"))

from claims import Claim, share_of, tell
from oracle import EPSILON, HELD, TRUTH, exact, first, mp, second
from points import everywhere, points
from truth import ROWS, ZERO, precise

from autograd import Value, grad, topological_order
from autograd.ops import OPS, Op

POINTS = 100_000  # a row
BATCH = 5_000  # points a task, each with a seed of its own: tasks spread over the cores
COMPARED = 100  # points a row at which the truth itself is held to mpmath's differences
ALIKE = 1e-24  # how near the two truths are: a difference with a step of 1e-25 is off by 1e-26, 1e-12 from a pole
SECOND = 16.0  # ulps; the bound of the first is in the row
TINY, LEAST = 2.0**-1022, 2.0**-1074

CANCELLING = {  # the rows of which a derivative passes through zero where its terms do not, and which it is
    "power": "d2/dx dn = x**(n - 1) * (1 + n log x)",
    "hypot": "d2/dx2 = (1 - (x / r)**2) / r",
    "arctan2": "d2/dx dy = (y**2 - x**2) / r**4",
    "sigmoid_slope": "the second, s' * (1 - 6 s')",
    "silu": "the first, s + x s', and the second, 2 s' + x s''",
    "gelu": "the first, Phi(x) + x phi(x), and the second, (2 - x**2) phi(x)",
    "logsumexp": "d2/dx2 = p - p**2, where p, of the softmax, is near 1",
}

MANY = ("sum", "dot", "logsumexp")  # rows that take any number: of each point the slope by one of them, in turn


class Found(NamedTuple):
    """A derivative as it was found: its error beside the bound, at most 1 where that holds, in ulps, and where."""

    beside_bound: float
    ulps: float
    by: tuple[int, ...]  # the input, or the two, that it is with respect to
    xs: tuple[float, ...]


@dataclass
class Tally:
    """What was found of a row's first derivatives, or of its second ones."""

    worst: Found | None = None
    tried: int = 0
    passed_over: int = 0

    def note(self, beside_bound: float, ulps: float, by: tuple[int, ...], xs: Sequence[float]) -> None:
        """Note a derivative that was tried: what makes a `Found`."""
        self.tried += 1
        if not (self.worst and beside_bound <= self.worst.beside_bound):
            self.worst = Found(beside_bound, ulps, by, tuple(xs))


def main(arguments: Sequence[str] | None = None, names: Sequence[str] = tuple(OPS)) -> int:
    """Try the rows on both cores, and tell."""
    count = max(1, round(POINTS * share_of("Hold each op's derivatives to their accuracy.", arguments)))
    sizes = [min(BATCH, count - start) for start in range(0, count, BATCH)]
    tasks = [(name, size, seed) for name in names for seed, size in enumerate(sizes)]
    with ProcessPoolExecutor(initializer=gc.disable) as pool:  # no graph has a cycle: a seventh of the time is saved
        truth = pool.submit(truth_agrees, names, max(1, COMPARED * count // POINTS))
        found = list(pool.map(try_row, tasks))
    orders = {
        name: [merge(tallies) for tallies in zip(*found[k * len(sizes) :][: len(sizes)], strict=True)]
        for k, name in enumerate(names)
    }
    exact = [name for name in names if not any(tally.worst and tally.worst.ulps for tally in orders[name])]
    told = [claim_of(name, count, *orders[name]) for name in names if name not in exact]
    every = sum([tally.tried for name in exact for tally in orders[name]])
    told.append(Claim("exact first and second derivatives", ", ".join(exact), every, "none is off by a bit", True))
    return tell("derivatives", [*told, truth.result()])


def claim_of(name: str, count: int, first: Tally, second: Tally) -> Claim:
    """Make a row of the report of what was found of one op."""
    how = f"{count:,} points"
    if over := first.passed_over + second.passed_over:
        how += f"; {over:,} derivatives passed over, a float on the way to them is infinite"
    if name in CANCELLING:
        how += f"; in ulps of the terms where they cancel: {CANCELLING[name]}"
    worst = [(tally.worst, ulps) for tally, ulps in ((first, OPS[name].ulps), (second, SECOND)) if tally.worst]
    return Claim(
        f"{name}: first derivatives within {OPS[name].ulps:g} ulp, second within {SECOND:g}",
        how,
        first.tried + second.tried,
        "; ".join([describe(one, ulps) for one, ulps in worst]),
        all(one.beside_bound <= 1.0 for one, _ in worst),
    )


def describe(found: Found, ulps: float) -> str:
    """Say how far off a derivative is, and where: "2.1 ulp by x0 at 0.25"; and what was allowed, if that is more."""
    bound = f" ({found.beside_bound:.2f} of what is allowed)" if found.ulps > ulps else ""
    by = " ".join(f"x{k}" for k in found.by)
    return f"{found.ulps:.2g} ulp{bound} by {by} at {', '.join(map(repr, found.xs))}"


def merge(tallies: Sequence[Tally]) -> Tally:
    """Join what several tasks found."""
    worst = max([tally.worst for tally in tallies if tally.worst], default=None)
    return Tally(worst, sum([tally.tried for tally in tallies]), sum([tally.passed_over for tally in tallies]))


def try_row(task: tuple[str, int, int]) -> tuple[Tally, Tally]:
    """Try one row on that many points: its first derivatives, and its second ones."""
    name, count, seed = task
    op, firsts, seconds = OPS[name], Tally(), Tally()
    for number, xs in enumerate(everywhere(op, count, seed)):
        for by, got, true, slope, leaf in derivatives_at(op, xs, number):
            tally = seconds if leaf else firsts
            found = (0.0, 0.0) if got == true else measure(op, got, true, slope, leaf)
            if found:
                tally.note(*found, by, xs)
            else:
                tally.passed_over += 1
    return firsts, seconds


Derivative = tuple[tuple[int, ...], float, Any, Value, Value | None]


def derivatives_at(op: Op, xs: Sequence[float], number: int) -> Iterator[Derivative]:
    """Yield the derivatives of a row at a point, those of each slope after it.

    Of each: the input, or the two, that it is with respect to; the float and the truth; the slope, and for a second
    derivative the leaf that the slope is differentiated by.
    """
    held = HELD.get(op.name, ())
    _, true, curvatures = ROWS[op.name](*[precise(x) for x in xs])
    if math.inf in [abs(float(x)) for x in true]:
        return
    leaves = [Value(x) for x in xs]
    operands = [x if k in held else leaf for k, (x, leaf) in enumerate(zip(xs, leaves, strict=True))]
    slopes = op.partials(Value.record(op, *operands), *operands)
    free = [k for k in range(len(xs)) if k not in held]
    for k in [free[number % len(free)]] if op.name in MANY else free:
        for leaf in leaves:
            leaf.grad = 0.0
        slope = slopes[k]
        if isinstance(slope, Value):
            slope.backward()  # the bits of `grad`, as `graphs.py` shows, in half the time
        else:
            slope = Value(slope or 0.0)  # None carries no gradient
        yield (k,), slope.data, true[k], slope, None
        for j in free:
            curvature = curvatures.get((j, k) if j < k else (k, j), ZERO)
            if not math.isinf(float(curvature)):
                yield (k, j), leaves[j].grad, curvature, slope, leaves[j]


def measure(op: Op, got: float, true: Any, slope: Value, leaf: Value | None) -> tuple[float, float] | None:
    """Measure a derivative that is not the truth: its error beside the bound, and in ulps; None to pass it over."""
    ulps, unit = SECOND if leaf else op.ulps, math.ulp(float(true))
    error, allowed = abs(float(true - got)), ulps * unit
    if error > allowed and op.name in CANCELLING:
        allowed += ulps * EPSILON * terms(slope, leaf)
    if error <= allowed < math.inf:
        return error / allowed, error / unit
    quantity = grad(slope, [leaf], create_graph=True)[0] if leaf else slope
    allowed += underflow_error(quantity)
    if math.isfinite(got) and math.isfinite(allowed):
        return error / allowed, error / unit
    return None if overflow(quantity) else (math.inf, math.inf)


def underflow_error(quantity: Value) -> float:
    """What underflow may put a derivative off by; not finite where a float on the way to it is not."""
    lost = [node for node in topological_order(quantity) if node.inputs and abs(node.data) < TINY]
    return LEAST * sum([abs(x) for x in grad(quantity, lost)])


def terms(slope: Value, leaf: Value | None) -> float:
    """Add up the magnitudes of the terms of a slope that is a sum, or of its derivative, a term for each path."""
    if leaf is None:
        return sum([abs(x.data) for x in slope.inputs]) if slope.op is OPS["add"] else 0.0
    size = dict.fromkeys(topological_order(slope), 0.0)
    size[slope] = 1.0
    for node in reversed([*size]):
        for input, partial in zip(node.inputs, node.partials, strict=True):
            if partial is not None:
                size[input] += size[node] * abs(partial)
    return size.get(leaf, 0.0)


def overflow(quantity: Value) -> bool:
    """Whether a float on the way to a derivative, or to how it bears on it, is infinite."""
    nodes = topological_order(quantity)
    numbers = [x for node in nodes for x in (node.data, *node.partials) if x is not None]
    return not all(map(math.isfinite, [*numbers, *grad(quantity, nodes)]))


def truth_agrees(names: Sequence[str], count: int) -> Claim:
    """Hold the formulas of `truth.py` to differences of the definitions, in the domains of the rows."""
    worst, place, seen = 0.0, "", 0
    for name in names:
        for xs in points(OPS[name], count):
            for got, true in both_truths(name, xs):
                apart = float(abs(got - true) / max(abs(true), 1))
                seen += 1
                if apart >= worst:
                    worst, place = apart, f"{name} at {xs}"
    return Claim(
        "the truth itself: its formulas are the derivatives of the definitions",
        f"MPFR's formulas against mpmath's differences at 85 and 150 digits, {count} points an op",
        seen,
        f"{worst:.1e} apart, {place}",
        worst <= ALIKE,
    )


def both_truths(name: str, xs: Sequence[float]) -> Iterator[tuple[Any, Any]]:
    """Yield the first and second derivatives of a row by its formulas, and by differences of its definition."""
    held = HELD.get(name, ())
    free = [k for k in range(len(xs)) if k not in held]
    _, firsts, seconds = ROWS[name](*map(precise, xs))
    for k in free:
        yield mp.mpf(str(firsts[k])), first(TRUTH[name], exact(xs), k)
        for j in free:
            if j <= k:
                yield mp.mpf(str(seconds.get((j, k), ZERO))), second(TRUTH[name], exact(xs), j, k)


if __name__ == "__main__":
    sys.exit(main())
