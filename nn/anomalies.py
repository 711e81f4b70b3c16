"""Where training broke: the step, the row and the node that gave the first nan or infinity.

`fit` looks at totals only, which costs next to nothing. What broke them is found afterwards, by looking at that one
step again from the weights before it, row by row; the row that is to blame runs under `detect_anomaly`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from math import isfinite
from typing import Any, NamedTuple

from autograd.check import detect_anomaly
from autograd.derivatives import grad
from autograd.text import escape_controls
from autograd.value import Value
from nn.blocks import couples_rows
from nn.data import Row, losses
from nn.module import Module
from nn.optimizers import Memory, Optimizer


class Numbers(NamedTuple):
    """All that a step changes: the parameters' data, what the optimizer remembers of each, its steps, and buffers."""

    data: list[float]
    memory: list[Memory]
    steps: int
    buffers: list[float]

    @classmethod
    def of(cls, optimizer: Optimizer, buffers: Sequence[Value] = ()) -> Numbers:
        """Take the numbers down."""
        data = [parameter.data for parameter in optimizer.parameters]
        return cls(data, list(optimizer.memory), optimizer.steps, [buffer.data for buffer in buffers])

    def finite(self) -> bool:
        """Whether no number among them is nan or infinite."""
        return all(map(isfinite, chain(self.data, *self.memory)))

    def restore(self, optimizer: Optimizer, buffers: Sequence[Value] = ()) -> None:
        """Write the numbers back."""
        optimizer.memory, optimizer.steps = list(self.memory), self.steps
        for value, x in zip([*optimizer.parameters, *buffers], [*self.data, *self.buffers], strict=True):
            value.data = x


def anomaly(
    model: Module,
    rows: Sequence[Row],
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    after: Numbers,
    total: float,
) -> FloatingPointError:
    """Say what broke the optimizer's next step, which would take it from the numbers it has to those in `after`.

    `total` is the loss of that step, summed over its rows. Gradients and buffers stay as they are.
    """
    step = f"step {optimizer.steps + 1}"
    kept = "the parameters are as they were before that step"
    coupled, buffers = couples_rows(model), [buffer for _, buffer in model.named_buffers()]
    before, gradients = Numbers.of(optimizer, buffers), [parameter.grad for parameter in optimizer.parameters]
    try:
        for part in [rows] if coupled else [[row] for row in rows]:
            where = f"its batch of {len(rows)} rows" if coupled else f"row {part[0].number}"
            retrace(model, part, loss, optimizer, coupled)
    except FloatingPointError as error:
        return FloatingPointError(f"{step}, {where}: {error}; {kept}")
    finally:
        before.restore(optimizer, buffers)
        for parameter, gradient in zip(optimizer.parameters, gradients, strict=True):
            parameter.grad = gradient
    return FloatingPointError(f"{step}: each row is finite, but {overflowed(optimizer, after, total)}; {kept}")


def retrace(
    model: Module, rows: Sequence[Row], loss: Callable[[Any, Any], Any], optimizer: Optimizer, coupled: bool
) -> None:
    """Raise FloatingPointError if a loss, or a gradient of it, is not finite; it names the node."""
    (part,) = losses(model, rows, loss, coupled)
    if isfinite(part.data) and all(map(isfinite, grad(part, optimizer.parameters))):
        return  # though an infinity on the way may be as it should be, as in sigmoid by hand
    with detect_anomaly():
        (part,) = losses(model, rows, loss, coupled)
        part.backward()


def overflowed(optimizer: Optimizer, after: Numbers, total: float) -> str:
    """Say which number a step broke whose rows are finite."""
    for k, (parameter, x, memory) in enumerate(zip(optimizer.parameters, after.data, after.memory, strict=True)):
        name = escape_controls(parameter.label) or f"parameter {k}"
        if not isfinite(x):
            return f"the update took {name} from {parameter.data} to {x}: try a smaller learning rate"
        if not all(map(isfinite, memory)):
            return f"the optimizer would remember {memory} of {name}: its gradient is too large to be squared or added"
    return f"the loss summed over the rows is {total}"
