"""Where training broke: the step, the row and the node that gave the first nan or infinity.

`fit` looks at totals only, which costs next to nothing. What broke them is found afterwards, by looking at that one
step again from the weights before it, row by row; the row that is to blame runs under `detect_anomaly`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from math import isfinite
from typing import Any, NamedTuple

from autograd.check import detect_anomaly, printable
from autograd.derivatives import grad
from nn.data import Row
from nn.module import Module
from nn.optimizers import Memory, Optimizer


class Numbers(NamedTuple):
    """All that a step of an optimizer changes: the parameters' data, what it remembers of each, the steps taken."""

    data: list[float]
    memory: list[Memory]
    steps: int

    @classmethod
    def of(cls, optimizer: Optimizer) -> Numbers:
        """Take the numbers down."""
        return cls([parameter.data for parameter in optimizer.parameters], list(optimizer.memory), optimizer.steps)

    def finite(self) -> bool:
        """Whether no number among them is nan or infinite."""
        return all(map(isfinite, chain(self.data, *self.memory)))

    def restore(self, optimizer: Optimizer) -> None:
        """Write the numbers back."""
        optimizer.memory, optimizer.steps = list(self.memory), self.steps
        for parameter, x in zip(optimizer.parameters, self.data, strict=True):
            parameter.data = x


def anomaly(
    model: Module,
    rows: Sequence[Row],
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    after: Numbers,
    total: float,
) -> FloatingPointError:
    """Say what broke the optimizer's next step, which would take it from the numbers it has to those in `after`.

    `total` is the loss of that step, summed over its rows. Every `.grad` stays as it is.
    """
    step = f"step {optimizer.steps + 1}"
    kept = "the parameters are as they were before that step"
    before = [parameter.grad for parameter in optimizer.parameters]
    try:
        for row in rows:
            retrace(model, row, loss, optimizer)
    except FloatingPointError as error:
        return FloatingPointError(f"{step}, row {row.number}: {error}; {kept}")
    finally:
        for parameter, gradient in zip(optimizer.parameters, before, strict=True):
            parameter.grad = gradient
    return FloatingPointError(f"{step}: each row is finite, but {overflowed(optimizer, after, total)}; {kept}")


def retrace(model: Module, row: Row, loss: Callable[[Any, Any], Any], optimizer: Optimizer) -> None:
    """Raise FloatingPointError if a row's loss, or a gradient of it, is not finite; it names the node."""
    row_loss = loss(model(row.inputs), row.target)
    if isfinite(row_loss.data) and all(map(isfinite, grad(row_loss, optimizer.parameters))):
        return  # though an infinity on the way may be as it should be, as in sigmoid by hand
    with detect_anomaly():
        loss(model(row.inputs), row.target).backward()


def overflowed(optimizer: Optimizer, after: Numbers, total: float) -> str:
    """Say which number a step broke whose rows are finite."""
    for k, (parameter, x, memory) in enumerate(zip(optimizer.parameters, after.data, after.memory, strict=True)):
        name = printable(parameter.label) or f"parameter {k}"
        if not isfinite(x):
            return f"the update took {name} from {parameter.data} to {x}: try a smaller learning rate"
        if not all(map(isfinite, memory)):
            return f"the optimizer would remember {memory} of {name}: its gradient is too large to be squared or added"
    return f"the loss summed over the rows is {total}"
