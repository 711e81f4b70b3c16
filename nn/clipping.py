"""Gradient clipping: a limit on each gradient, or on the norm of them all."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from nn.arguments import real_number


class Clipping(NamedTuple):
    """The limits on the gradients of a step; None is no limit.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks (2013), algorithm 1,
    for the norm.
    """

    value: float | None
    norm: float | None

    def __bool__(self) -> bool:
        return self.value is not None or self.norm is not None

    def apply(self, gradients: Iterable[float]) -> list[float]:
        """Return the gradients cut off at +- `value`, then scaled down to a Euclidean norm of at most `norm`.

        Nan stays nan, so that what broke is still found.
        """
        clipped = list(gradients)
        if self.value is not None:
            limit = self.value
            clipped = [limit if g > limit else -limit if g < -limit else g for g in clipped]
        if self.norm is not None:
            size = math.hypot(*clipped)
            if size > self.norm:
                clipped = [g * (self.norm / size) for g in clipped]
        return clipped


def check_clipping(clip_value: float | None, clip_norm: float | None) -> Clipping:
    """Return the limits, or refuse one that is not a number above 0."""
    limits = {"clip_value": clip_value, "clip_norm": clip_norm}
    smallest = math.ulp(0.0)  # above 0
    return Clipping(
        *[
            None if limit is None else real_number(name, limit, smallest, wanted="a number above 0")
            for name, limit in limits.items()
        ]
    )
