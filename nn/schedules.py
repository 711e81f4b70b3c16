"""Schedules: hyperparameters that change during training.

A schedule is a function from the number of steps already taken, 0 before the first, to a number. Any optimizer takes
one wherever it takes a number: `SGD(parameters, lr=piecewise_constant({0: 0.005, 20: 0.01}))`. Steps are those of the
optimizer: with all rows in one batch, one step is one epoch. Any function of your own will do, if it always returns
the same number for the same step.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from autograd.ops import as_float
from nn.arguments import whole_number

Schedule: TypeAlias = Callable[[int], float]


def piecewise_constant(values: Mapping[int, float]) -> Schedule:
    """Return a schedule that holds each value from its step on, until the next one: the "step" schedule.

    >>> momentum = piecewise_constant({0: 0.5, 20: 0.9})
    >>> momentum(0), momentum(19), momentum(20), momentum(10_000)
    (0.5, 0.5, 0.9, 0.9)
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"expected a dict of values by the step from which they hold, got {values!r:.60}")
    try:
        held = sorted((whole_number("step", start, 0), values[start]) for start in values)
    except ValueError:
        held = []
    if not held or held[0][0] != 0:
        raise ValueError(f"expected values by the step from which they hold, with one for step 0, got {values!r}")
    starts, numbers = zip(*held, strict=True)
    return PiecewiseConstant(starts, tuple([as_float(x, "values") for x in numbers]))


@dataclass(frozen=True)
class PiecewiseConstant:
    """The schedule that `piecewise_constant` returns: a class rather than a closure, so that it can be pickled."""

    starts: tuple[int, ...]
    values: tuple[float, ...]

    def __call__(self, step: int) -> float:
        return self.values[bisect_right(self.starts, step) - 1]


def warmup_cosine(peak: float, steps: int, warmup: int = 0, end: float = 0.0) -> Schedule:
    """Return a schedule that rises linearly to `peak`, then falls to `end` along half a cosine, and stays there.

    The first step has peak / (warmup + 1), the one after `warmup` steps has the peak, and from `steps` on it is `end`.
    Source: Loshchilov and Hutter, SGDR (2017), eq. 5, without restarts; Goyal et al., Accurate, large minibatch SGD
    (2017), section 2.2, for the gradual warm-up.

    >>> lr = warmup_cosine(0.4, steps=7, warmup=3)
    >>> [round(lr(step), 6) for step in range(9)]
    [0.1, 0.2, 0.3, 0.4, 0.341421, 0.2, 0.058579, 0.0, 0.0]
    """
    warmup = whole_number("warmup", warmup, 0)
    return WarmupCosine(as_float(peak, "peak"), whole_number("steps", steps, warmup + 1), warmup, as_float(end, "end"))


@dataclass(frozen=True)
class WarmupCosine:
    """The schedule that `warmup_cosine` returns: a class rather than a closure, so that it can be pickled."""

    peak: float
    steps: int
    warmup: int
    end: float

    def __call__(self, step: int) -> float:
        if step < self.warmup:
            return self.peak * (step + 1) / (self.warmup + 1)
        done = min((step - self.warmup) / (self.steps - self.warmup), 1.0)
        return self.end + (self.peak - self.end) * (1.0 + math.cos(math.pi * done)) / 2.0
