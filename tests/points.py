"""Points to try a primitive at: spread over its row's domain, dense near zero and near the ends."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from autograd.ops import Op

# Inputs at which a selecting op has a kink: differences across it mean nothing.
KINKS = {
    "relu": lambda x: x == 0.0,
    "leaky_relu": lambda x, _: x == 0.0,
    "absolute": lambda x: x == 0.0,
    "sign": lambda x: x == 0.0,
    "maximum": lambda x, z: x == z,
    "minimum": lambda x, z: x == z,
    "clamp_min": lambda x, z: x == z,
    "clamp_max": lambda x, z: x == z,
}

# The rows that pass one branch on and drop another, so that a partial may be BLOCKED.
SELECTING = {"relu", "leaky_relu", "maximum", "minimum", "clamp_min", "clamp_max", "where", "detach"}


def points(op: Op, count: int, seed: int = 0) -> Iterator[list[float]]:
    """Yield that many points of a row's domain."""
    rng = random.Random(f"{op.name} {seed}")
    at_kink = KINKS.get(op.name, lambda *_: False)
    while count:
        xs = [coordinate(rng, low, high) for low, high in op.domain]
        if not at_kink(*xs):
            yield xs
            count -= 1


def coordinate(rng: random.Random, low: float, high: float) -> float:
    """Draw evenly, or log-evenly from zero or from an end, so that every order of magnitude has its turn."""
    if low > 0.0 and high / low > 1e3:
        return math.exp(rng.uniform(math.log(low), math.log(high)))
    match rng.randrange(4):
        case 0 if low < 0.0 < high:
            return rng.choice((low, high)) * 10.0 ** rng.uniform(-12.0, 0.0)
        case 1:
            away = (high - low) * 10.0 ** rng.uniform(-12.0, -1.0)
            x = rng.choice((low + away, high - away))
            return x if low < x < high else rng.uniform(low, high)
        case _:
            return rng.uniform(low, high)
