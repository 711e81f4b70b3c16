"""Training by recording: each row's loss is recorded, sends its gradient back, and is let go before the next.

Memory does not grow with the data. Only where rows are coupled, as by batch normalisation, is a batch recorded whole.
"""

from __future__ import annotations

import operator
from collections.abc import Generator, Sequence
from functools import reduce
from math import isfinite
from random import Random

from autograd.lowering.program import BLOCK, TOTALS
from autograd.value import Value
from nn.anomalies import TrainingState, anomaly
from nn.data import Row
from nn.module import evaluation_mode
from nn.noise import draw_from
from nn.task import Task


class EagerRun:
    """A training run, one recorded row at a time."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.buffers = [buffer for _, buffer in task.model.named_buffers()]

    def epochs(self, count: int, one_by_one: bool, read_back: bool) -> Generator[list[float], None, None]:
        """Train for so many epochs, and yield the loss of each, in a list of its own.

        Eager training goes epoch by epoch and always reads the model as it is, whatever is asked for.
        """
        for _ in range(count):
            yield [self.epoch()]

    def epoch(self) -> float:
        """Train for one epoch, and return its loss."""
        task, total = self.task, 0.0
        random = task.random(task.optimizer.steps)
        for places in task.batches(random):
            total += self.step([task.rows[place] for place in places], random)
        return float(task.reported(total))

    def step(self, batch: Sequence[Row], random: Random) -> float:
        """Take one step on a batch, and return the loss, summed over its rows, that it met.

        A step that fails or is interrupted leaves parameters, buffers and optimizer as they were before it.
        """
        task, optimizer = self.task, self.task.optimizer
        before, draws = TrainingState.of(optimizer, self.buffers), random.getstate()
        try:
            with draw_from(random):
                loss = train_step(task, batch)
            if task.terminate_on_nan and not (isfinite(loss) and TrainingState.of(optimizer).finite()):
                after = TrainingState.of(optimizer)
                before.restore(optimizer, self.buffers)
                random.setstate(draws)
                raise anomaly(task, batch, after, loss, random)
        except BaseException:
            before.restore(optimizer, self.buffers)
            raise
        return loss

    def validation_loss(self) -> float:
        """Return the loss of the validation data, in evaluation mode."""
        with evaluation_mode(self.task.model):
            return self.task.validation_loss([loss.data for loss in self.task.losses(self.task.validation)])


def train_step(task: Task, batch: Sequence[Row]) -> float:
    """Take one step on a batch, and return the loss, summed over its rows, that it met."""
    optimizer = task.optimizer
    optimizer.zero_grad()
    kept = [parameter.grad for parameter in optimizer.parameters]  # 0, unless a subclass keeps gradients on purpose
    total = accumulate(task, batch)
    divisor = task.divisor(batch)
    for parameter in optimizer.parameters:
        parameter.grad /= divisor
    if task.clipping:
        clipped = task.clipping.apply([parameter.grad for parameter in optimizer.parameters])
        for parameter, gradient in zip(optimizer.parameters, clipped, strict=True):
            parameter.grad = gradient
    if any(kept):
        for parameter, gradient in zip(optimizer.parameters, kept, strict=True):
            parameter.grad += gradient
    optimizer.step()
    return total


def accumulate(task: Task, batch: Sequence[Row]) -> float:
    """Leave the gradient of the batch's summed loss in the parameters, and return that loss.

    It adds as compiled code does, so that both have the same bits: one block of rows after the other. Rows that are
    coupled have one loss.
    """
    parameters = list(dict.fromkeys([*task.optimizer.parameters, *task.model.parameters()]))
    if task.coupled:
        sums = sum_rows(task, batch, parameters)
    else:
        blocks = [sum_block(task, batch[start : start + BLOCK], parameters) for start in range(0, len(batch), BLOCK)]
        sums = reduce(add_all, blocks, [0.0] * len(blocks[0])) if len(blocks) > 1 else blocks[0]
    total, *gradients = sums
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    return total


def sum_block(task: Task, rows: Sequence[Row], parameters: Sequence[Value]) -> list[float]:
    """Add up the rows' losses and gradients in several running totals, then those, the first half to the second."""
    totals = [sum_rows(task, rows[k::TOTALS], parameters) for k in range(TOTALS)]
    while len(totals) > 1:
        half = len(totals) // 2
        totals = [add_all(*pair) for pair in zip(totals[:half], totals[half:], strict=True)]
    return totals[0]


def add_all(xs: list[float], zs: list[float]) -> list[float]:
    return list(map(operator.add, xs, zs))


def sum_rows(task: Task, rows: Sequence[Row], parameters: Sequence[Value]) -> list[float]:
    """Add up the rows' losses and gradients, row by row: the loss first, then the gradient of each parameter."""
    for parameter in parameters:
        parameter.grad = 0.0
    total = 0.0
    for loss in task.losses(rows):
        loss.backward()
        total += loss.data
    return [total, *[parameter.grad for parameter in parameters]]
