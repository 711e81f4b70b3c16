"""Random numbers inside a model, in a form that native training can follow.

A module that draws from `random` on its own would be traced once, and its one draw used for the whole of a native
training run (`fit` refuses that). A `Noise` module asks for its draws instead: from its own generator when it is called
by hand, from the generator of the epoch in `fit`, and from a column of numbers in compiled code. The draws are the
same, in the same order, so eager and native training agree in every bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from random import Random
from typing import Any, TypeAlias

from autograd.value import Value
from nn.arguments import real_number
from nn.initialization import generator
from nn.module import Module

Supply: TypeAlias = "Callable[[Noise], Any]"
supply: ContextVar[Supply | None] = ContextVar("supply", default=None)


class Noise(Module):
    """The base class of modules that draw random numbers: define `draw`, and call `sample` in `forward`.

    >>> class Jitter(Noise):
    ...     def draw(self, random: Random) -> float:
    ...         return random.uniform(-0.1, 0.1)
    ...
    ...     def forward(self, inputs):
    ...         return [x + self.sample() for x in inputs] if self.training else inputs
    """

    def __init__(self, seed: int | Random | None = None) -> None:
        self.random = Random(generator(None).getrandbits(64)) if seed is None else generator(seed)

    def draw(self, random: Random) -> float:
        """Return one draw from the generator. It must depend on nothing else that changes."""
        raise NotImplementedError(f"{type(self).__name__} must define draw(self, random), which returns one number")

    def sample(self) -> Any:
        """Return the next draw: a number, or a `Value` while the model is traced."""
        supplied = supply.get()
        return supplied(self) if supplied else self.draw(self.random)


class Dropout(Noise):
    """Set each input to 0 with probability p while training, and scale the others by 1 / (1 - p).

    In evaluation mode (`model.eval()`) inputs pass through unchanged. `fit` draws from the generator of each epoch,
    which follows from its `seed`; `seed` here is for calls outside of `fit`.
    Source: Srivastava et al., Dropout (2014), scaled while training as in PyTorch.

    >>> Dropout(0.5, seed=1)([1.0, 2.0, 3.0])
    [0.0, 4.0, 6.0]
    """

    def __init__(self, p: float = 0.5, seed: int | Random | None = None) -> None:
        super().__init__(seed)
        self.p = real_number("p", p, 0.0, 1.0, "a probability from 0 to below 1")

    def draw(self, random: Random) -> float:
        """Return what an input is multiplied by."""
        return 0.0 if random.random() < self.p else 1.0 / (1.0 - self.p)

    def forward(self, inputs: Sequence[Any] | Any) -> Any:
        """Drop some of the inputs of one row."""
        xs = [inputs] if isinstance(inputs, Value | float | int) else list(inputs)
        ys = [x * self.sample() for x in xs] if self.training else xs
        return ys[0] if len(ys) == 1 else ys


class GaussianNoise(Noise):
    """Add to each input a draw from the normal distribution with standard deviation `sigma`, while training."""

    def __init__(self, sigma: float, seed: int | Random | None = None) -> None:
        super().__init__(seed)
        self.sigma = real_number("sigma", sigma, 0.0, wanted="a finite number >= 0")

    def draw(self, random: Random) -> float:
        """Return what is added to an input."""
        return random.gauss(0.0, self.sigma)

    def forward(self, inputs: Sequence[Any] | Any) -> Any:
        """Add noise to the inputs of one row."""
        xs = [inputs] if isinstance(inputs, Value | float | int) else list(inputs)
        ys = [x + self.sample() for x in xs] if self.training else xs
        return ys[0] if len(ys) == 1 else ys


@contextmanager
def supply_draws(source: Supply) -> Iterator[None]:
    """Let `source(noise)` supply the draws of every `Noise` in this thread."""
    token = supply.set(source)
    try:
        yield
    finally:
        supply.reset(token)


def draw_from(random: Random) -> Any:
    """Return a context in which every `Noise` draws from one generator."""
    return supply_draws(lambda noise: noise.draw(random))


def take_draws(numbers: Iterable[Any]) -> Any:
    """Return a context in which the draws are these numbers, in turn."""
    remaining = iter(numbers)
    return supply_draws(lambda noise: next(remaining))


def record_draws(sources: list[Noise], random: Random) -> Any:
    """Return a context in which draws come from a generator, and the modules that asked are listed in `sources`."""

    def draw(noise: Noise) -> float:
        sources.append(noise)
        return noise.draw(random)

    return supply_draws(draw)
