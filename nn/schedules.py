"""Schedules: hyperparameters that change while a network is trained.

A schedule is a plain function from the number of steps already taken, 0 before the first, to a number. Any optimizer
takes one wherever it takes a number: `SGD(parameters, lr=piecewise_constant({0: 0.005, 20: 0.01}))`. Steps are those of
the optimizer: with all rows in one batch, as many as epochs. A function of your own will do as well, if it gives the
same number for the same step.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import TypeAlias

Schedule: TypeAlias = Callable[[int], float]


def piecewise_constant(values: Mapping[int, float]) -> Schedule:
    """Hold each value from its step on, until the next: the "step" schedule.

    >>> momentum = piecewise_constant({0: 0.5, 20: 0.9})
    >>> momentum(0), momentum(19), momentum(20), momentum(10_000)
    (0.5, 0.5, 0.9, 0.9)
    """
    starts = sorted(values)
    if not starts or starts[0] != 0 or any(type(start) is not int for start in starts):
        raise ValueError(f"expected values by the step from which they hold, with one for step 0, got {values!r}")
    held = [values[start] for start in starts]
    return lambda step: held[bisect_right(starts, step) - 1]


def warmup_cosine(peak: float, steps: int, warmup: int = 0, end: float = 0.0) -> Schedule:
    """Rise evenly to the peak in `warmup` steps, then fall to `end` along half a cosine, and stay there.

    The first step has peak / (warmup + 1), the one after `warmup` steps has the peak, and from `steps` on it is `end`.
    Source: Loshchilov and Hutter, SGDR (2017), eq. 5, without restarts; Goyal et al., Accurate, large minibatch SGD
    (2017), section 2.2, for the gradual warm-up.

    >>> lr = warmup_cosine(0.4, steps=7, warmup=3)
    >>> [round(lr(step), 6) for step in range(9)]
    [0.1, 0.2, 0.3, 0.4, 0.341421, 0.2, 0.058579, 0.0, 0.0]
    """
    for name, count, least in (("warmup", warmup, 0), ("steps", steps, warmup + 1 if type(warmup) is int else 1)):
        if type(count) is not int or count < least:
            raise ValueError(f"{name} must be an int of at least {least}, got {count!r}")

    def rate(step: int) -> float:
        """Give the learning rate of a step, counted from 0."""
        if step < warmup:
            return peak * (step + 1) / (warmup + 1)
        done = min((step - warmup) / (steps - warmup), 1.0)
        return end + (peak - end) * (1.0 + math.cos(math.pi * done)) / 2.0

    return rate
