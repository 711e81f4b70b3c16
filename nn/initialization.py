"""Initializations: how a layer draws its initial weights. Biases start at 0.

An initialization is a function (random, fan_in, fan_out) -> one weight, where fan_in is the layer's number of inputs
and fan_out its number of neurons. Any function of these arguments will do.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeAlias

from nn.arguments import check_call, is_whole, real_number

Initialization: TypeAlias = Callable[[Random, int, int], float]


def uniform(bound: float) -> Initialization:
    """Return an initialization that draws weights uniformly from -bound to bound, as in the experiments of 1986."""
    return Uniform(bound)


@dataclass(frozen=True)
class Uniform:
    """The initialization that `uniform` returns: a class rather than a closure, so that it can be pickled."""

    bound: float

    def __post_init__(self) -> None:
        real_number("bound", self.bound, 0.0, wanted="a finite number >= 0")

    def __call__(self, random: Random, fan_in: int, fan_out: int) -> float:
        return random.uniform(-self.bound, self.bound)


def glorot(random: Random, fan_in: int, fan_out: int) -> float:
    """Draw a weight uniformly from -r to r, with r = sqrt(6 / (fan_in + fan_out)); meant for tanh and sigmoid.

    It keeps the variance of signals and gradients the same from layer to layer.
    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010), eq. 16.
    """
    bound = math.sqrt(6.0 / (fan_in + fan_out))
    return random.uniform(-bound, bound)


def he(random: Random, fan_in: int, fan_out: int) -> float:
    """Draw a weight from the normal distribution with mean 0 and variance 2 / fan_in; meant for ReLU.

    Source: He et al., Delving deep into rectifiers (2015), eq. 10.
    """
    return random.gauss(0.0, math.sqrt(2.0 / fan_in))


def check_initialization(initialization: Any) -> Initialization:
    """Return the initialization, or raise TypeError for what is not a function."""
    if not callable(initialization):
        raise TypeError(
            "initialization must be a function, such as nn.glorot, nn.he or nn.uniform(0.5), got "
            f"{initialization!r:.60}"
        )
    if initialization not in (glorot, he) and not isinstance(initialization, Uniform):
        check_call("initialization", initialization, "initialization(random, fan_in, fan_out)", shared, 1, 1)
    return initialization  # type: ignore[no-any-return]


def generator(seed: Any) -> Random:
    """Return the random generator for a seed. A generator is returned as it is, so that layers can share one.

    None stands for the generator that all modules without a seed share; see `manual_seed`.
    """
    if seed is None:
        return shared
    if isinstance(seed, Random):
        return seed
    return Random(check_seed(seed))


def manual_seed(seed: int) -> None:
    """Restart the random generator that modules without a `seed` of their own draw from.

    It begins with seed 0 in every process, so a program that makes its modules in the same order gets the same weights
    each time, and modules made one after the other get different ones.

    >>> from nn import Neuron
    >>> manual_seed(1)
    >>> first, second = Neuron(1), Neuron(1)
    >>> manual_seed(1)
    >>> Neuron(1).state_dict() == first.state_dict() != second.state_dict()
    True
    """
    shared.seed(check_seed(seed))


def check_seed(seed: Any) -> int:
    """Return a seed as an int, or raise TypeError."""
    if not is_whole(seed):
        raise TypeError(f"seed must be an int, got {seed!r:.60}: the same seed gives the same weights")
    return operator.index(seed)


shared: Final = Random(0)
