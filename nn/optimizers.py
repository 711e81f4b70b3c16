"""Optimizers: how a parameter moves along its gradient.

Each optimizer's arithmetic is its `rule`, a pure function from one parameter's number, gradient and memory to its new
number and memory. It takes numbers or `Value`s, so the very rule that trains here can be recorded, drawn and compiled.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, ClassVar, TypeAlias

from autograd.ops import sqrt
from autograd.value import Value
from nn.schedules import Schedule

Range: TypeAlias = tuple[str, float, float]  # a hyperparameter's name, its least value, and what it must stay below
Memory: TypeAlias = tuple[Any, ...]  # what an optimizer remembers of one parameter from step to step


class Optimizer:
    """What optimizers share: parameters, their memory, and a step that applies the rule to each.

    Attributes:
        parameters: the leaves that are trained.
        memory: for each parameter, what the rule remembers of it.
        steps: how many steps have been taken.

    Hyperparameters are attributes too, each a number or a schedule: a function of the number of steps already taken,
    as in `nn.schedules`. They may be assigned between steps, and every step checks them.
    """

    ranges: ClassVar[tuple[Range, ...]]
    start: ClassVar[Memory]  # what is remembered of a parameter before the first step
    rule: Callable[..., tuple[Any, Memory]]  # rule(data, grad, memory, step, *hyperparameters), step counts from 1

    def __init__(self, parameters: Iterable[Value], *hyperparameters: float | Schedule) -> None:
        self.parameters = trainable(parameters)
        self.memory: list[Memory] = [self.start] * len(self.parameters)
        self.steps = 0
        for (name, _, _), x in zip(self.ranges, hyperparameters, strict=True):
            setattr(self, name, x)
        self.hyperparameters()

    def hyperparameters(self, steps: int | None = None) -> tuple[float, ...]:
        """Give the hyperparameters in the order in which the rule takes them, or refuse one by name and value.

        They are those of the next step, or of the step after so many `steps`.
        """
        taken = self.steps if steps is None else steps
        return tuple([checked(getattr(self, name), name, low, high, taken) for name, low, high in self.ranges])

    def stretches(self, steps: int, count: int) -> Iterator[tuple[tuple[float, ...], int]]:
        """Split `count` steps, after so many, into stretches of equal hyperparameters: these, and how many steps."""
        if not any(callable(getattr(self, name)) for name, _, _ in self.ranges):
            yield self.hyperparameters(), count
            return
        for settings, stretch in groupby(range(steps, steps + count), self.hyperparameters):
            yield settings, len(list(stretch))

    def step(self) -> None:
        """Move every parameter once, by the gradient it has in `.grad`."""
        hyperparameters = self.hyperparameters()
        self.steps += 1
        step, rule, memory = float(self.steps), self.rule, self.memory
        for k, parameter in enumerate(self.parameters):
            parameter.data, memory[k] = rule(parameter.data, parameter.grad, memory[k], step, *hyperparameters)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters:
            parameter.grad = 0.0


class SGD(Optimizer):
    """Gradient descent with momentum, by the rule of the 1986 paper:

        change(t) = -lr * gradient + momentum * change(t - 1)

    where the gradient includes weight_decay * parameter: the slope of a penalty on squared weights, which lr scales
    and momentum remembers. PyTorch's SGD multiplies its whole velocity by the present lr instead: the two differ once
    lr is changed in the middle of training.

    `decoupled_decay` is the weight decay of the paper's figure 4: after each change a weight is reduced by this
    proportion of itself, 0.002 there. It is apart from the gradient: neither lr nor momentum touches it.

    Source: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors (1986), eq. 9; on the
    two kinds of decay, Loshchilov and Hutter, Decoupled weight decay regularization (2019).

    >>> from nn import parameter
    >>> w = parameter(1.0)
    >>> optimizer = SGD([w], lr=0.01)
    >>> w.grad = -7.98
    >>> optimizer.step()
    >>> w.data
    1.0798
    """

    lr: float | Schedule
    momentum: float | Schedule
    weight_decay: float | Schedule
    decoupled_decay: float | Schedule
    ranges = (
        ("lr", 0.0, math.inf),
        ("momentum", 0.0, 1.0),
        ("weight_decay", 0.0, math.inf),
        ("decoupled_decay", 0.0, 1.0),
    )
    start = (0.0,)

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule,
        momentum: float | Schedule = 0.0,
        weight_decay: float | Schedule = 0.0,
        decoupled_decay: float | Schedule = 0.0,
    ) -> None:
        super().__init__(parameters, lr, momentum, weight_decay, decoupled_decay)

    @staticmethod
    def rule(data: Any, grad: Any, memory: Memory, step: Any, *hyperparameters: Any) -> tuple[Any, Memory]:
        """Give the new number, and the change that led to it as memory."""
        lr, momentum, weight_decay, decoupled_decay = hyperparameters
        (change,) = memory
        change = momentum * change - lr * (grad + weight_decay * data)
        return (data + change) * (1.0 - decoupled_decay), (change,)


class Adam(Optimizer):
    """Adam: steps of about lr, along running means of the gradient and its square, corrected for their start at 0.

    Source: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1.
    """

    lr: float | Schedule
    beta1: float | Schedule
    beta2: float | Schedule
    epsilon: float | Schedule
    ranges = (("lr", 0.0, math.inf), ("beta1", 0.0, 1.0), ("beta2", 0.0, 1.0), ("epsilon", 1e-30, math.inf))
    start = (0.0, 0.0)

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 0.001,
        beta1: float | Schedule = 0.9,
        beta2: float | Schedule = 0.999,
        epsilon: float | Schedule = 1e-8,
    ) -> None:
        super().__init__(parameters, lr, beta1, beta2, epsilon)

    @staticmethod
    def rule(data: Any, grad: Any, memory: Memory, step: Any, *hyperparameters: Any) -> tuple[Any, Memory]:
        """Give the new number, and the two running means, of gradient and squared gradient, as memory."""
        lr, beta1, beta2, epsilon = hyperparameters
        m, v = memory
        m = beta1 * m + (1.0 - beta1) * grad
        v = beta2 * v + (1.0 - beta2) * (grad * grad)
        corrected_m = m / (1.0 - beta1**step)
        corrected_v = v / (1.0 - beta2**step)
        return data - lr * corrected_m / (sqrt(corrected_v) + epsilon), (m, v)


def trainable(parameters: Iterable[Value]) -> list[Value]:
    """Check what is to be trained: leaves, at least one, each once."""
    if not isinstance(parameters, Iterable):
        raise TypeError(f"expected a list of parameters, got {parameters!r:.60}: pass model.parameters()")
    leaves = list(parameters)
    if not leaves:
        raise ValueError("expected at least one parameter to train, got none")
    for k, leaf in enumerate(leaves):
        if not isinstance(leaf, Value):
            raise TypeError(f"expected parameters, got {type(leaf).__name__} {leaf!r:.60} at position {k}")
        if leaf.inputs:
            raise ValueError(f"expected leaves to train, got a computed node at position {k}: {leaf!r}")
    if len({id(leaf) for leaf in leaves}) < len(leaves):
        raise ValueError("expected each parameter once: some are listed twice, and would move twice a step")
    return leaves


def checked(given: Any, name: str, low: float, high: float, steps: int) -> float:
    """Ask a schedule, and refuse a hyperparameter that is no number, or outside its range, by name and value."""
    x = given(steps) if callable(given) else given
    if isinstance(x, int | float) and not isinstance(x, bool) and low <= x < high and x <= sys.float_info.max:
        return x
    whence = f" from its schedule after {steps} steps" if callable(given) else ""
    raise ValueError(f"{name} must be a number from {low:g} to below {high:g}, got {x!r}{whence}")
