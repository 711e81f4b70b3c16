"""`fit(native=True)`: the epochs of a training run on compiled code.

The loss of one row and the optimizer's rule are traced and compiled. The parameters live in one array from then on,
and are written back into the `Value`s when the run ends, however it ends, and before each callback. After a callback
that may have changed something everything is read again.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from random import Random
from typing import TYPE_CHECKING, Final

from nn.anomalies import TrainingState, anomaly
from nn.extras import extra
from nn.module import evaluation_mode
from nn.native_constants import OutsideConstants
from nn.native_tracing import as_list, check_followed, check_rows, check_rule, in_step, trace_loss
from nn.noise import Noise
from nn.task import Task, in_visiting_order

if TYPE_CHECKING:
    from autograd.compiler.runtime.columns import Column
    from autograd.compiler.runtime.training_loop import Descent

TIME_SLICE: Final = 0.05  # seconds for which native code may run before Python gets its turn


class NativeRun:
    """A training run: data as columns, parameters as one array."""

    def __init__(self, task: Task) -> None:
        for package in ("numpy", "llvmlite"):
            extra(package, "fit(native=True)", name="native")
        import numpy as np

        check_followed(task)
        self.task = task
        rows = [[*row.inputs, *as_list(row.target), *as_list(row.weight)] for row in task.rows]
        self.by_row = np.array(rows, dtype=np.float64)
        self.data = self.by_row.T.copy()
        self.random = task.random(task.optimizer.steps)
        rows = [[*row.inputs, *as_list(row.target)] for row in task.validation]
        self.validation = list(np.array(rows, dtype=np.float64).T.copy())
        self.constants, self.evaluation_constants = OutsideConstants(), OutsideConstants()
        self.compile()
        self.descent.check_guards(self.columns(self.data, Random(0)))
        check_rows(task, self.descent, self.sources)
        check_rule(task.optimizer, self.descent)

    def compile(self) -> None:
        """Trace the loss and the rule as they are now, and take over the parameters and the optimizer's memory."""
        import numpy as np

        from autograd.compiler.runtime.training_loop import Descent

        task, optimizer = self.task, self.task.optimizer
        traced, self.sources = trace_loss(task)
        self.function, self.numbers = self.constants.as_columns(traced)
        theta = np.array([parameter.data for parameter in optimizer.parameters], dtype=np.float64)
        memory = np.array(optimizer.memory, dtype=np.float64).T.copy()
        settings, rows, steps = len(optimizer.hyperparameters()), min(task.batch_size, len(task.rows)), optimizer.steps
        clip = task.clipping.apply if task.clipping else None
        with in_step(optimizer, steps + 1):
            self.descent: Descent = Descent(self.function, optimizer.rule, theta, memory, settings, rows, steps, clip)
        if task.validation:
            with evaluation_mode(task.model):
                traced, _ = trace_loss(task, weighted=False)
            self.evaluation, self.evaluation_numbers = self.evaluation_constants.as_columns(traced)

    def epochs(self, count: int, one_by_one: bool, read_back: bool) -> Generator[list[float], None, None]:
        """Train for so many epochs, and yield their losses, several at a time unless `one_by_one`."""
        chunk, done = 1, 0
        try:
            while done < count:
                began = time.perf_counter()
                chunk = min(chunk, count - done)
                self.published = False
                losses = self.checked_epochs(chunk)
                done += len(losses)
                if one_by_one:
                    self.publish()
                elif time.perf_counter() - began < TIME_SLICE:
                    chunk *= 4
                yield losses.tolist()
                if one_by_one and read_back and done < count:
                    self.compile()
        finally:
            if not self.published:  # or it would undo what the last callback wrote
                self.publish()

    def checked_epochs(self, count: int) -> Column:
        """Train for up to so many epochs, and return their losses, or raise FloatingPointError at the first anomaly."""
        before = self.descent.state()
        self.random = self.task.random(self.descent.steps)
        draws = self.random.getstate()
        losses = self.full_steps(count) if self.in_one_piece else self.epoch()
        if self.task.terminate_on_nan and not self.descent.finite(losses):
            self.descent.restore(before)
            self.random.setstate(draws)
            self.find_anomaly(count)
        return losses

    @property
    def in_one_piece(self) -> bool:
        """Whether every epoch is one step on the same columns."""
        return self.task.full_batch and not self.sources

    def full_steps(self, count: int) -> Column:
        """Take so many steps on all rows at once, and return the loss that each met."""
        import numpy as np

        columns, divisor = self.columns(self.data, self.random), self.task.divisor(self.task.rows)
        runs = self.task.optimizer.constant_runs(self.descent.steps, count)
        totals = [self.descent.run(columns, steps, settings, divisor) for settings, steps in runs]
        return self.task.reported(np.concatenate(totals))  # type: ignore[no-any-return]

    def epoch(self) -> Column:
        """Take the steps of one epoch, on the batches and with the draws of eager training, and return its loss."""
        return self.task.reported(sum(map(self.step, self.task.batches(self.random))))  # type: ignore[no-any-return]

    def step(self, places: Sequence[int]) -> Column:
        """Take one step on a batch, and return the loss, summed over its rows, that it met."""
        rows = [self.task.rows[place] for place in places]
        columns = self.columns(self.by_row.take(places, axis=0).T, self.random)
        settings = self.task.optimizer.hyperparameters(self.descent.steps)
        return self.descent.run(columns, 1, settings, self.task.divisor(rows))

    def columns(self, data: Column, random: Random) -> Column | list[Column]:
        """Return the columns that the loss takes: data, draws, and numbers from outside that have changed."""
        import numpy as np

        if not self.sources and not self.numbers:
            return data
        rows = data.shape[1]
        outside = [np.full(rows, number) for number in self.numbers]
        return [*data, *noise_columns(self.sources, rows, random), *outside]

    def find_anomaly(self, steps: int) -> None:
        """Take steps that are known to break once more, up to the one that does; that one raises FloatingPointError."""
        if self.in_one_piece:
            self.approach_anomaly(steps)
        for places in self.task.batches(self.random):
            before, draws = self.descent.state(), self.random.getstate()
            total = self.step(places)
            if not self.descent.finite(total):
                self.publish()
                after = TrainingState.of(self.task.optimizer)
                self.descent.restore(before)
                self.publish()
                self.random.setstate(draws)
                rows = [self.task.rows[place] for place in places]
                raise anomaly(self.task, rows, after, float(total[0]), self.random)

    def approach_anomaly(self, steps: int) -> None:
        """Take those of so many steps on all rows that come before the one that breaks, by bisection."""
        while steps > 1:
            before, half = self.descent.state(), steps // 2
            if self.descent.finite(self.full_steps(half)):
                steps -= half
            else:  # once a parameter is not finite, it stays so
                self.descent.restore(before)
                steps = half

    def publish(self) -> None:
        """Write the parameters and the optimizer's memory back."""
        optimizer = self.task.optimizer
        self.published = True
        optimizer.steps = self.descent.steps
        optimizer.memory = [tuple(numbers) for numbers in self.descent.memory.T.tolist()]
        for parameter, x in zip(optimizer.parameters, self.descent.theta.tolist(), strict=True):
            parameter.data = x

    def validation_loss(self) -> float:
        """Return the loss of the validation data, in evaluation mode."""
        columns = [*self.validation, *self.evaluation_numbers]
        return self.task.validation_loss(self.evaluation(*columns, theta=self.descent.theta).tolist())


def noise_columns(sources: Sequence[Noise], rows: int, random: Random) -> Column:
    """Return the draws for so many rows, one column for each source in the order in which the model asks."""
    import numpy as np

    draws = np.empty((len(sources), rows))
    for place in in_visiting_order(range(rows)) if sources else ():
        draws[:, place] = [source.draw(random) for source in sources]
    return draws
