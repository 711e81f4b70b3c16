"""`fit(native=True)`: the epochs of a training run on compiled code.

The model, its loss and the optimizer's rule are traced once. The parameters live in one array from then on, and are
written back into the `Value`s when the run ends, however it ends, and before each callback.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, Final

from autograd.value import Value
from nn.anomalies import Numbers, anomaly
from nn.data import Row
from nn.module import Module
from nn.optimizers import Optimizer

if TYPE_CHECKING:
    from autograd.compiler.runtime.columns import Column
    from autograd.compiler.runtime.function import CompiledFunction
    from autograd.compiler.runtime.training_loop import Descent

AT_A_TIME: Final = 0.05  # seconds for which native code may run before Python gets its turn


class NativeRun:
    """A training run: data as columns, parameters as one array."""

    def __init__(
        self,
        model: Module,
        rows: Sequence[Row],
        loss: Callable[[Any, Any], Any],
        optimizer: Optimizer,
        batch_size: int,
        reduction: str,
        random: Random,
        terminate_on_nan: bool,
    ) -> None:
        import numpy as np

        from autograd.compiler.runtime.training_loop import Descent

        self.model, self.rows, self.loss, self.terminate_on_nan = model, rows, loss, terminate_on_nan
        self.optimizer, self.batch_size, self.reduction, self.random = optimizer, batch_size, reduction, random
        self.data = np.array([[*row.inputs, *listed(row.target)] for row in rows], dtype=np.float64).T.copy()
        self.order = list(range(len(rows)))
        function = traced_loss(model, rows[0], loss, optimizer)
        theta = np.array([parameter.data for parameter in optimizer.parameters], dtype=np.float64)
        memory = np.array(optimizer.memory, dtype=np.float64).T.copy()
        settings = len(optimizer.hyperparameters())
        mean, batch = reduction == "mean", min(batch_size, len(rows))
        self.descent: Descent = Descent(function, optimizer.rule, theta, memory, settings, mean, batch, optimizer.steps)

    def epochs(self, count: int, singly: bool) -> Generator[list[float], None, None]:
        """Train for so many epochs, and yield their losses, several at a time unless `singly`."""
        chunk, done = 1, 0
        try:
            while done < count:
                began = time.perf_counter()
                chunk = min(chunk, count - done)
                before = self.descent.state()
                losses = self.full(chunk) if self.batch_size >= len(self.order) else self.batches()
                if self.terminate_on_nan and not self.descent.finite(losses):
                    self.descent.restore(before)
                    self.find_anomaly(chunk)
                done += len(losses)
                if singly:
                    self.publish()
                elif time.perf_counter() - began < AT_A_TIME:
                    chunk *= 4
                yield losses.tolist()
        finally:
            self.publish()

    def full(self, count: int) -> Column:
        """Take so many steps on all rows at once, and give the loss that each met."""
        import numpy as np

        columns, stretches = list(self.data), self.optimizer.stretches(self.descent.steps, count)
        totals = [self.descent.run(columns, steps, settings) for settings, steps in stretches]
        return self.reported(np.concatenate(totals))

    def batches(self) -> Column:
        """Take the steps of one epoch, on the batches that eager training would draw, and give its loss."""
        self.random.shuffle(self.order)
        return self.reported(sum(map(self.step, self.drawn())))

    def drawn(self) -> list[Column]:
        """Cut the rows, in the order of this epoch, into batches: a table of columns for each."""
        shuffled = self.data.take(self.order, axis=1)
        return [shuffled[:, start : start + self.batch_size] for start in range(0, len(self.order), self.batch_size)]

    def step(self, batch: Column) -> Column:
        """Take one step on a batch, and give the loss, summed over its rows, that it met."""
        return self.descent.run(list(batch), 1, self.optimizer.hyperparameters(self.descent.steps))

    def reported(self, totals: Any) -> Column:
        return totals / len(self.order) if self.reduction == "mean" else totals  # type: ignore[no-any-return]

    def find_anomaly(self, steps: int) -> None:
        """Take steps that are known to break once more, up to the one that does; that one raises FloatingPointError."""
        if self.batch_size >= len(self.order):
            self.go_near(steps)
        for k, batch in enumerate(self.drawn()):
            before = self.descent.state()
            total = self.step(batch)
            if not self.descent.finite(total):
                self.publish()
                after = Numbers.of(self.optimizer)
                self.descent.restore(before)
                self.publish()
                rows = [self.rows[n] for n in self.order[k * self.batch_size :][: self.batch_size]]
                raise anomaly(self.model, rows, self.loss, self.optimizer, after, float(total[0]))

    def go_near(self, steps: int) -> None:
        """Take those of so many steps on all rows that come before the one that breaks, by halving."""
        while steps > 1:
            before, half = self.descent.state(), steps // 2
            if self.descent.finite(self.full(half)):
                steps -= half
            else:  # once a parameter is not finite, it stays so
                self.descent.restore(before)
                steps = half

    def publish(self) -> None:
        """Write the parameters, and what the optimizer remembers of them, back."""
        self.optimizer.steps = self.descent.steps
        self.optimizer.memory = [tuple(numbers) for numbers in self.descent.memory.T.tolist()]
        for parameter, x in zip(self.optimizer.parameters, self.descent.theta.tolist(), strict=True):
            parameter.data = x


def traced_loss(model: Module, row: Row, loss: Callable[[Any, Any], Any], optimizer: Optimizer) -> CompiledFunction:
    """Compile the loss of one row, traced on the first, as a function of its inputs, its targets and the parameters."""
    from autograd.compiler.runtime.function import compile

    width = len(row.inputs)

    def row_loss(*xs: Any) -> Any:
        inputs, target = list(xs[:width]), list(xs[width:])
        return loss(model(inputs), target if isinstance(row.target, list) else target[0])

    held = set(optimizer.parameters)
    fixed = [parameter for parameter in model.parameters() if parameter not in held]
    with frozen(fixed):
        return compile(row_loss, optimizer.parameters, example=[*row.inputs, *listed(row.target)])


def listed(target: Any) -> list[float]:
    return target if isinstance(target, list) else [target]


class frozen:  # noqa: N801 - it reads as a verb: with frozen(...)
    """Let parameters that are not trained count as constants while the model is traced."""

    def __init__(self, parameters: Sequence[Value]) -> None:
        self.parameters = parameters
        self.ops = [parameter.op for parameter in parameters]

    def __enter__(self) -> None:
        for parameter in self.parameters:
            parameter.op = None

    def __exit__(self, *exception: object) -> None:
        for parameter, op in zip(self.parameters, self.ops, strict=True):
            parameter.op = op
