"""Optimizers: how a parameter moves along its gradient.

Each optimizer's arithmetic is its `rule`, a pure function from one parameter's number, gradient and memory to its new
number and memory. It takes numbers or `Value`s, so the rule that trains here can also be recorded, drawn and compiled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, ClassVar, TypeAlias

from autograd.ops import as_float, sqrt
from autograd.value import Value
from nn.arguments import check_call, whole_number
from nn.schedules import Schedule

Range: TypeAlias = tuple[str, float, float]  # a hyperparameter's name, its least value, and what it must stay below
Memory: TypeAlias = tuple[Any, ...]  # what an optimizer remembers of one parameter from step to step


class Optimizer:
    """The base class of optimizers: parameters, their memory, and a step that applies the rule to each.

    To write one, define `ranges`, `start`, `rule`, and an `__init__` that passes the hyperparameters on, as `SGD` does.

    Attributes:
        parameters: the leaves that are trained.
        memory: for each parameter, what the rule remembers of it.
        steps: the number of steps taken.

    Hyperparameters are attributes too, each a number or a schedule: a function of the number of steps already taken,
    as in `nn.schedules`. They may be assigned between steps, and every step checks them.
    """

    ranges: ClassVar[tuple[Range, ...]]
    start: ClassVar[Memory]  # what is remembered of a parameter before the first step
    rule: Callable[..., tuple[Any, Memory]]  # rule(data, grad, memory, step, *hyperparameters), step counts from 1

    def __init__(self, parameters: Iterable[Value], *hyperparameters: float | Schedule) -> None:
        for name in ("ranges", "start", "rule"):
            if not hasattr(self, name):
                raise TypeError(
                    f"{type(self).__name__} must define `{name}`, as SGD does: it is no optimizer by itself"
                )
        self.parameters = check_parameters(parameters)
        self.memory: list[Memory] = [self.start] * len(self.parameters)
        self.steps = 0
        for (name, _, _), x in zip(self.ranges, hyperparameters, strict=True):
            if callable(x):
                check_call(name, x, f"a schedule, {name}(steps)", 0)
            setattr(self, name, x)
        self.hyperparameters()

    def hyperparameters(self, steps: int | None = None) -> tuple[float, ...]:
        """Return the hyperparameters of the next step, or of the one after `steps` steps, in the rule's order.

        Raises ValueError, with name and value, for one that is no number or outside its range.
        """
        taken = self.steps if steps is None else steps
        return tuple([hyperparameter(getattr(self, name), name, low, high, taken) for name, low, high in self.ranges])

    def constant_runs(self, steps: int, count: int) -> Iterator[tuple[tuple[float, ...], int]]:
        """Yield hyperparameters, and for how many steps they hold, for `count` steps after the first `steps`."""
        if not any(callable(getattr(self, name)) for name, _, _ in self.ranges):
            yield self.hyperparameters(), count
            return
        for settings, run in groupby(range(steps, steps + count), self.hyperparameters):
            yield settings, len(list(run))

    def step(self) -> None:
        """Move every parameter once, by the gradient in its `.grad`."""
        hyperparameters = self.hyperparameters()
        self.steps += 1
        step, rule, memory = float(self.steps), self.rule, self.memory
        for k, parameter in enumerate(self.parameters):
            parameter.data, memory[k] = rule(parameter.data, parameter.grad, memory[k], step, *hyperparameters)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Return all that training changes, as plain numbers: the steps taken, the memory and the hyperparameters.

        A hyperparameter that is a schedule appears as None: the schedule belongs to the code that makes the optimizer.
        """
        settings = {name: getattr(self, name) for name, _, _ in self.ranges}
        return {
            "steps": self.steps,
            "memory": [list(numbers) for numbers in self.memory],
            "hyperparameters": {name: None if callable(x) else as_float(x) for name, x in settings.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set what `state_dict` returned, for an optimizer of the same class and as many parameters.

        Raises TypeError or ValueError for a state that does not fit, before anything changes.
        """
        steps, memory, hyperparameters = check_state(self, state)
        self.steps, self.memory = steps, memory
        for name, x in hyperparameters.items():
            setattr(self, name, x)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={getattr(self, name)!r}" for name, _, _ in self.ranges)
        return f"{type(self).__name__}({len(self.parameters)} parameters, {settings})"


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
        """Return the new number, and the change that led to it as memory."""
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
        """Return the new number, and the two running means, of gradient and squared gradient, as memory."""
        lr, beta1, beta2, epsilon = hyperparameters
        change, means = adam_change(grad, memory, step, lr, beta1, beta2, epsilon)
        return data - change, means


class AdamW(Optimizer):
    """Adam with decoupled weight decay: the decay is a part of the parameter, which the gradient's means never see.

        data(t) = data(t - 1) - eta * (lr * adam(t) + weight_decay * data(t - 1))

    `eta` is the paper's schedule multiplier, which scales the step and the decay alike; `lr` does not scale the decay.
    PyTorch's AdamW multiplies the decay by its lr: pass that lr as `eta`, and 1 as `lr`, for the same steps.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization (2019), algorithm 2.
    """

    lr: float | Schedule
    beta1: float | Schedule
    beta2: float | Schedule
    epsilon: float | Schedule
    weight_decay: float | Schedule
    eta: float | Schedule
    ranges = (*Adam.ranges, ("weight_decay", 0.0, math.inf), ("eta", 0.0, math.inf))
    start = (0.0, 0.0)

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 0.001,
        beta1: float | Schedule = 0.9,
        beta2: float | Schedule = 0.999,
        epsilon: float | Schedule = 1e-8,
        weight_decay: float | Schedule = 1e-5,
        eta: float | Schedule = 1.0,
    ) -> None:
        super().__init__(parameters, lr, beta1, beta2, epsilon, weight_decay, eta)

    @staticmethod
    def rule(data: Any, grad: Any, memory: Memory, step: Any, *hyperparameters: Any) -> tuple[Any, Memory]:
        """Return the new number, and Adam's two running means as memory."""
        lr, beta1, beta2, epsilon, weight_decay, eta = hyperparameters
        change, means = adam_change(grad, memory, step, lr, beta1, beta2, epsilon)
        return data - eta * (change + weight_decay * data), means


def adam_change(
    grad: Any, memory: Memory, step: Any, lr: Any, beta1: Any, beta2: Any, epsilon: Any
) -> tuple[Any, Memory]:
    """Return Adam's change of a number, and as memory the running means of its gradient and squared gradient."""
    m, v = memory
    m, v = beta1 * m + (1.0 - beta1) * grad, beta2 * v + (1.0 - beta2) * (grad * grad)
    corrected_m, corrected_v = m / (1.0 - beta1**step), v / (1.0 - beta2**step)
    return lr * corrected_m / (sqrt(corrected_v) + epsilon), (m, v)


def check_parameters(parameters: Iterable[Value]) -> list[Value]:
    """Return the parameters as a list, or refuse what is not a non-empty list of different leaves."""
    if not isinstance(parameters, Iterable) or getattr(parameters, "shape", None) == ():
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


def hyperparameter(given: Any, name: str, low: float, high: float, steps: int) -> float:
    """Return a hyperparameter after so many steps as a float, or refuse it by name and value."""
    x = given(steps) if callable(given) else given
    try:
        number = math.nan if isinstance(x, bool) else as_float(x)
    except (TypeError, ValueError):
        number = math.nan
    if low <= number < high:
        return number
    origin = f" from its schedule after {steps} steps" if callable(given) else ""
    raise ValueError(f"{name} must be a number from {low:g} to below {high:g}, got {x!r}{origin}")


def check_state(optimizer: Optimizer, state: Any) -> tuple[int, list[Memory], dict[str, float]]:
    """Return the steps, memory and hyperparameters in a state, or refuse one that does not fit the optimizer."""
    kind = type(optimizer).__name__
    if not isinstance(state, Mapping) or state.keys() != {"steps", "memory", "hyperparameters"}:
        raise TypeError(f"expected the state of an optimizer, as state_dict() returns it, got {state!r:.60}")
    steps = whole_number("steps", state["steps"], 0)
    memory = [tuple([as_float(x) for x in numbers]) for numbers in state["memory"]]
    if len(memory) != len(optimizer.parameters):
        raise ValueError(f"the state is of {len(memory)} parameters, and this {kind} has {len(optimizer.parameters)}")
    if any(len(numbers) != len(optimizer.start) for numbers in memory):
        raise ValueError(f"{kind} remembers {len(optimizer.start)} numbers of each parameter, and the state has others")
    settings, ranges = state["hyperparameters"], {name: (low, high) for name, low, high in optimizer.ranges}
    if settings.keys() != ranges.keys():
        raise ValueError(f"{kind} has the hyperparameters {', '.join(ranges)}, the state {', '.join(settings)}")
    for name, x in settings.items():
        if (x is None) != callable(getattr(optimizer, name)):
            kinds = ("a schedule", "a number") if x is None else ("a number", "a schedule")
            raise ValueError(
                f"{name} is {kinds[0]} in the state and {kinds[1]} here: make the optimizer as it was made"
            )
    given = {name: x for name, x in settings.items() if x is not None}
    return steps, memory, {name: hyperparameter(x, name, *ranges[name], steps) for name, x in given.items()}
