"""Where training broke: the step, the row and the node that gave the first nan or infinity.

`fit` looks at totals only, which costs next to nothing. What broke them is found afterwards, by looking at that one
step again from the weights before it, row by row; the row to blame runs under `detect_anomaly`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import isfinite
from random import Random
from typing import NamedTuple

from autograd.anomaly import detect_anomaly, refuse_contribution
from autograd.backward import backward_pass
from autograd.derivatives import grad
from autograd.text import escape_controls
from autograd.value import Value
from nn.data import Row
from nn.noise import draw_from
from nn.optimizers import Memory, Optimizer
from nn.task import Task, in_visiting_order


class TrainingState(NamedTuple):
    """All that a step changes: the parameters' data, what the optimizer remembers of each, its steps, and buffers."""

    data: list[float]
    memory: list[Memory]
    steps: int
    buffers: list[float]

    @classmethod
    def of(cls, optimizer: Optimizer, buffers: Sequence[Value] = ()) -> TrainingState:
        """Copy the present state."""
        data = [parameter.data for parameter in optimizer.parameters]
        return cls(data, list(optimizer.memory), optimizer.steps, [buffer.data for buffer in buffers])

    def finite(self) -> bool:
        """Whether no parameter and no memory is nan or infinite."""
        return all(map(isfinite, chain(self.data, *self.memory)))

    def restore(self, optimizer: Optimizer, buffers: Sequence[Value] = ()) -> None:
        """Go back to this state."""
        optimizer.memory, optimizer.steps = list(self.memory), self.steps
        for value, x in zip([*optimizer.parameters, *buffers], [*self.data, *self.buffers], strict=True):
            value.data = x


def anomaly(task: Task, batch: Sequence[Row], after: TrainingState, total: float, random: Random) -> FloatingPointError:
    """Return the error that says what broke the optimizer's next step.

    The step would go from the present state to `after`; `total` is its loss, summed over the rows of the batch, and
    `random` the generator before it. Gradients and buffers stay as they are.
    """
    optimizer = task.optimizer
    step = f"step {optimizer.steps + 1}"
    kept = "the parameters are as they were before that step"
    coupled, buffers = task.coupled, [buffer for _, buffer in task.model.named_buffers()]
    before, gradients = TrainingState.of(optimizer, buffers), [parameter.grad for parameter in optimizer.parameters]
    broken = []  # rows are visited as training visits them, so that random draws are the same
    try:
        for rows in [batch] if coupled else [[batch[place]] for place in in_visiting_order(range(len(batch)))]:
            error = find_error(task, rows, random)
            if error:
                place = f"its batch of {len(rows)} rows" if coupled else f"row {rows[0].number}"
                broken.append((batch.index(rows[0]), f"{step}, {place}: {error}; {kept}"))
    finally:
        before.restore(optimizer, buffers)
        for parameter, gradient in zip(optimizer.parameters, gradients, strict=True):
            parameter.grad = gradient
    if broken:
        return FloatingPointError(min(broken)[1])
    return FloatingPointError(f"{step}: each row is finite, but {describe_overflow(optimizer, after, total)}; {kept}")


def find_error(task: Task, rows: Sequence[Row], random: Random) -> str | None:
    """Return the message that names the node that is not finite, or None if loss and gradient of the rows are finite.

    An infinity on the way may be as it should be, as in a sigmoid written by hand.
    """
    draws = random.getstate()
    with draw_from(random):
        (loss,) = task.losses(rows)
    if isfinite(loss.data) and all(map(isfinite, grad(loss, task.optimizer.parameters))):
        return None
    random.setstate(draws)
    try:
        with detect_anomaly(), draw_from(random):
            (loss,) = task.losses(rows)
            for node in backward_pass(loss):  # not loss.backward(), where a debugger would open
                refuse_contribution(node)
    except FloatingPointError as error:
        return str(error)
    return None


def describe_overflow(optimizer: Optimizer, after: TrainingState, total: float) -> str:
    """Say which number a step broke whose rows are finite."""
    for k, (parameter, x, memory) in enumerate(zip(optimizer.parameters, after.data, after.memory, strict=True)):
        name = escape_controls(parameter.label) or f"parameter {k}"
        if not isfinite(x):
            return f"the update took {name} from {parameter.data} to {x}: try a smaller learning rate"
        if not all(map(isfinite, memory)):
            return f"the optimizer would remember {memory} of {name}: its gradient is too large to be squared or added"
    return f"the loss summed over the rows is {total}"
