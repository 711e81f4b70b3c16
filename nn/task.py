"""`Task`: what a training run is given, checked, in the form that eager and native training share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from random import Random
from typing import Any, TypeAlias

from autograd.functions import sum as sum_values
from autograd.lowering.program import BLOCK, TOTALS
from autograd.value import Value
from nn.blocks import couples_rows
from nn.clipping import Clipping
from nn.data import Row
from nn.module import Module
from nn.optimizers import Optimizer

Loss: TypeAlias = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Task:
    """What to train, on what, and how. Eager and native training take the same rows, order and draws from it."""

    model: Module
    rows: Sequence[Row]
    validation: Sequence[Row]
    loss: Loss
    optimizer: Optimizer
    batch_size: int
    reduction: str
    clipping: Clipping
    seed: int | Random
    terminate_on_nan: bool

    @property
    def full_batch(self) -> bool:
        return self.batch_size >= len(self.rows)

    @property
    def weighted(self) -> bool:
        return self.rows[0].weight is not None

    @property
    def coupled(self) -> bool:
        return couples_rows(self.model)

    def random(self, steps: int) -> Random:
        """Return the generator of the epoch that begins after so many steps, for its order and its draws.

        It follows from the seed and the steps alone, so that a run can be interrupted and resumed anywhere. A seed
        that is a generator itself goes on from epoch to epoch.
        """
        return self.seed if isinstance(self.seed, Random) else Random(f"{self.seed} {steps}")

    def batches(self, random: Random) -> Iterator[list[int]]:
        """Yield the places of the rows of each batch of an epoch; rows are shuffled unless they are all in one."""
        order = list(range(len(self.rows)))
        if not self.full_batch:
            random.shuffle(order)
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size]

    def divisor(self, rows: Sequence[Row]) -> float:
        """Return what sums over these rows are divided by: their number or summed weights, or 1 for reduction "sum"."""
        if self.reduction == "sum":
            return 1.0
        if not self.weighted:
            return float(len(rows))
        return fsum([row.weight for row in rows if row.weight]) or 1.0

    def row_loss(self, inputs: Any, target: Any, weight: Any = None) -> Any:
        """Return the loss of one row, times its weight if there are weights."""
        loss = self.loss(self.model(inputs), target)
        return loss if weight is None else loss * weight

    def losses(self, rows: Sequence[Row]) -> Iterator[Value]:
        """Yield the loss of each row, or, where rows are coupled, that of all of them in one."""
        if not self.coupled:
            for row in rows:
                yield self.row_loss(row.inputs, row.target, row.weight)
            return
        outputs = self.model.batch([row.inputs for row in rows])
        losses = [self.loss(output, row.target) for output, row in zip(outputs, rows, strict=True)]
        weights = [1.0 if row.weight is None else row.weight for row in rows]
        weighted = [loss * weight for loss, weight in zip(losses, weights, strict=True)] if self.weighted else losses
        yield sum_values(weighted)

    def reported(self, total: Any) -> Any:
        """Return the loss of an epoch from its sum over all rows."""
        return total / self.divisor(self.rows)

    def validation_loss(self, losses: Sequence[float]) -> float:
        """Return the validation loss from that of each row."""
        return fsum(losses) / (float(len(losses)) if self.reduction == "mean" else 1.0)


class FunctionModel(Module):
    """A plain function, or an object with `__call__`, as a `Module` whose parameters are those it lists."""

    def __init__(self, function: Callable[[Any], Any], optimizer: Optimizer) -> None:
        object.__setattr__(self, "function", function)  # not to be searched for parameters
        object.__setattr__(self, "optimizer", optimizer)

    def forward(self, inputs: Any) -> Any:
        return self.function(inputs)

    def parameters(self) -> list[Value]:
        """Return what the object's own `parameters()` lists, or else what the optimizer trains."""
        own = getattr(self.function, "parameters", None)
        return list(own()) if callable(own) else list(self.optimizer.parameters)

    function: Callable[[Any], Any]
    optimizer: Optimizer


def in_visiting_order(places: Sequence[int]) -> list[int]:
    """Return the places of a batch's rows in the order in which training visits them, block by block."""
    blocks = [places[start : start + BLOCK] for start in range(0, len(places), BLOCK)]
    return [place for block in blocks for k in range(TOTALS) for place in block[k::TOTALS]]
