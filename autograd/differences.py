"""Derivatives by differences: what `check_grads` and the debugger compare the engine's with.

Central differences at many steps are extrapolated to step 0 by Ridders' method (Advances in Engineering Software 4,
1982, p. 75). Their spread says how far the estimate may be off, and how the function bends at small steps says whether
it has a derivative there at all.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from autograd.value import Value

SHRINK: Final = 1.7  # no simple fraction: steps halved from a multiple of a period would all see the same phase
COLUMNS: Final = 8  # of the table: more gain no digits
SMALLEST: Final = 1e-12  # step, relative to the input: rounding swallows most of the change
SAFETY: Final = 8.0  # times the spread of the table is what an estimate may be off
SURE: Final = 1e-2  # relative: a slope known better than this is sure
UNSURE: Final = 1e-3  # relative: a derivative known worse than this settles nothing
RUN: Final = 4  # steps in a row that must show a kink or a jump


class Difference(NamedTuple):
    """A derivative by differences.

    Attributes:
        estimate: the derivative.
        uncertainty: how far that may be off; infinite where the differences settle on no number.
        kink: whether the function has a kink or a jump there, and so no derivative.
        settled: whether the estimate is sure enough to judge a derivative by.
    """

    estimate: float
    uncertainty: float
    kink: bool
    settled: bool


class Sample(NamedTuple):
    """What the function shows at one step: the best slope of the table, its doubt, and how it bends and jumps."""

    slope: float
    doubt: float
    raw: float  # the slope at this step alone
    bend: float  # the difference of the two one-sided slopes
    jump: float  # f above less f below
    change: float  # the larger of the changes to either side
    noise: float  # what rounding may add to a slope


def difference(f: Callable[..., Any], xs: Sequence[float], k: int) -> Difference:
    """Estimate the derivative of f with respect to input k at the numbers xs.

    An estimate from large steps counts only where those from smaller steps agree with it: a function that oscillates
    within a step looks smooth to it.
    """
    if not math.isfinite(xs[k]):  # there is nothing to either side
        return Difference(math.nan, math.inf, kink=False, settled=False)
    middle = evaluate_shifted(f, xs, k, 0.0)
    found = list(samples(f, xs, k, middle))
    estimate, uncertainty = (math.nan, math.inf) if is_rough(found) else agreed_slope(found)
    typical = max(abs(estimate), abs(middle) / (abs(xs[k]) or 1.0))
    return Difference(estimate, uncertainty, has_kink(found), uncertainty <= UNSURE * typical or uncertainty < UNSURE)


def samples(f: Callable[..., Any], xs: Sequence[float], k: int, middle: float) -> Iterator[Sample]:
    """Yield what f shows at each step."""
    size, last = abs(xs[k]), math.inf
    table: list[float] = []
    for step in steps(size):
        above, below = evaluate_shifted(f, xs, k, step), evaluate_shifted(f, xs, k, -step)
        width = (xs[k] + step) - (xs[k] - step)  # as it was rounded
        table = table if step > 0.5 * last else []
        table, (slope, doubt) = extend_table(table, (above - below) / width)
        noise = sys.float_info.epsilon * (abs(above) + abs(below) + abs(slope) * size) / step
        bend = ((above - middle) - (middle - below)) / step
        change = max(abs(above - middle), abs(middle - below))
        yield Sample(slope, doubt + noise, table[0], bend, above - below, change, noise)
        last = step


def steps(size: float) -> Iterator[float]:
    """Yield steps for an input of some size, from a tenth of the size, or of 1 if that is larger, down to rounding."""
    scales = sorted({max(size, 1.0), size or 1.0}, reverse=True)
    step = math.inf
    for scale in scales:
        step = min(step, 0.1 * scale)
        while step >= max(SMALLEST * scale, 4.0 * math.ulp(size)):
            yield step
            step /= SHRINK


def extend_table(table: Sequence[float], slope: float) -> tuple[list[float], tuple[float, float]]:
    """Return the next row of Ridders' table, and its most reliable entry with that entry's estimated error."""
    row, best = [slope], (slope, math.inf)
    for power, coarser in enumerate(table[: COLUMNS - 1], start=1):
        factor = SHRINK ** (2 * power)
        row.append((factor * row[-1] - coarser) / (factor - 1.0))
        doubt = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser))
        if doubt < best[1]:
            best = row[-1], doubt
    return row, best


def agreed_slope(found: Sequence[Sample]) -> tuple[float, float]:
    """Return the most reliable slope of the largest group that agree, and a bound on its error.

    If no slope is reliable, use the best one that no slope of smaller steps contradicts.
    """
    usable = [sample for sample in without_rounded_tail(found) if math.isfinite(sample.doubt)]
    usable.reverse()  # the smallest steps first: they see most
    sure = [sample for sample in usable if SAFETY * sample.doubt < SURE * abs(sample.slope)]
    groups = [[other for other in sure if overlap(sample, other)] for sample in sure]
    group = max(groups, key=len, default=[])
    if len(group) < RUN:
        group = []
        for sample in usable:
            if all(overlap(sample, other) for other in group):
                group.append(sample)
    best = min(group, key=lambda sample: sample.doubt, default=None)
    return (best.slope, SAFETY * best.doubt) if best else (math.nan, math.inf)


def overlap(one: Sample, other: Sample) -> bool:
    """Return whether two slopes agree within their errors."""
    return abs(one.slope - other.slope) <= SAFETY * (one.doubt + other.doubt)


def without_rounded_tail(found: Sequence[Sample]) -> Sequence[Sample]:
    """Drop the smallest steps if f does not change over them only because it rounds them away.

    Rounding is to blame if f changes evenly on both sides at the next larger steps.
    """
    moving = len(found)
    while moving and found[moving - 1].jump == found[moving - 1].bend == 0.0:
        moving -= 1
    above = found[max(moving - 2 * RUN, 0) : moving]
    even = len(above) == 2 * RUN and all(abs(s.bend) < abs(s.raw) for s in above)
    sizes = [abs(s.raw) for s in above]
    return found[:moving] if even and min(sizes) > 0.25 * max(sizes) else found


def has_kink(found: Sequence[Sample]) -> bool:
    """Return whether f has a kink or a jump: its bends or jumps do not shrink with the step."""
    bends = [abs(sample.bend) for sample in found if abs(sample.bend) > 1e3 * sample.noise]
    jumps = [abs(sample.jump) for sample in found]
    return is_steady(bends[-RUN:]) or is_steady(jumps[-RUN:])


def is_rough(found: Sequence[Sample]) -> bool:
    """Return whether f oscillates within a step: small steps change it about as much as large ones."""
    changes = [sample.change for sample in found]
    return max(changes[-RUN:]) > 0.1 * max(changes)


def is_steady(sizes: Sequence[float]) -> bool:
    """Return whether the sizes are equal within 1 %, and not 0."""
    return len(sizes) == RUN and min(sizes) > 0.99 * max(sizes) > 0.0


def evaluate_shifted(f: Callable[..., Any], xs: Sequence[float], k: int, step: float) -> float:
    """Return the value of f with input k shifted by a step."""
    output = f(*[Value(x + step if i == k else x) for i, x in enumerate(xs)])
    return output.data if isinstance(output, Value) else float(output)
