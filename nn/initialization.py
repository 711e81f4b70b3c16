"""Initialisations: how a layer draws the weights it starts from. Biases start from 0.

An initialisation is a function (random, fan_in, fan_out) -> one weight, where fan_in is the number of inputs of the
layer and fan_out the number of its neurons. Whatever has these arguments will do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import TypeAlias

Initialization: TypeAlias = Callable[[Random, int, int], float]


def uniform(bound: float) -> Initialization:
    """Draw weights evenly from -bound to bound, as the 1986 experiments did."""
    if not 0.0 <= bound < math.inf:
        raise ValueError(f"bound must be a finite number >= 0, got {bound!r}")
    return lambda random, fan_in, fan_out: random.uniform(-bound, bound)


def glorot(random: Random, fan_in: int, fan_out: int) -> float:
    """Draw a weight evenly from -r to r, with r = sqrt(6 / (fan_in + fan_out)); meant for tanh and sigmoid.

    It keeps the variance of signals and gradients alike from layer to layer.
    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010), eq. 16.
    """
    bound = math.sqrt(6.0 / (fan_in + fan_out))
    return random.uniform(-bound, bound)


def he(random: Random, fan_in: int, fan_out: int) -> float:
    """Draw a weight from the normal distribution with mean 0 and variance 2 / fan_in; meant for ReLU.

    Source: He et al., Delving deep into rectifiers (2015), eq. 10.
    """
    return random.gauss(0.0, math.sqrt(2.0 / fan_in))


def generator(seed: int | Random) -> Random:
    """Give the generator for a seed; a generator goes through, so that layers can draw from one in turn."""
    if isinstance(seed, Random):
        return seed
    if type(seed) is not int:
        raise TypeError(f"seed must be an int, got {seed!r}: the same seed gives the same weights")
    return Random(seed)
