"""Training on workers: processes of a `concurrent.futures` executor, or of a Dask cluster.

The data stay where the workers are. Each step sends the parameters out; the workers run the compiled loss and gradient
over blocks of rows, and send back the sums of each block, which are added here in the order of the blocks. So the bits
do not depend on the number of workers, or on which of them died on the way. The optimizer's step is taken here.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from nn.native_training import NativeRun
from nn.tables import FilePart, Table
from nn.task import Task

if TYPE_CHECKING:
    from autograd.compiler.runtime.columns import Column
    from autograd.compiler.runtime.function import CompiledFunction


class DistributedRun(NativeRun):
    """A training run whose steps are computed by workers; the task's rows are the first of the table."""

    def __init__(self, task: Task, table: Table) -> None:
        self.table = table
        super().__init__(task)
        if self.sources:
            raise ValueError(
                f"{type(self.sources[0]).__name__} draws random numbers while training, which workers cannot share: "
                "train on one machine, or call model.eval() to train without it"
            )

    def full_steps(self, count: int) -> Column:
        """Take so many steps on all rows, and return the loss that each met."""
        import numpy as np

        optimizer, divisor = self.task.optimizer, self.table.weight if self.task.reduction == "mean" else 1.0
        totals = []
        for _ in range(count):
            settings = optimizer.hyperparameters(self.descent.steps)
            totals.append(self.descent.step_along(self.sums(), settings, divisor))
        return np.array(totals) / divisor

    def sums(self) -> Column:
        """Return the loss and its gradient, summed over all rows by the workers."""
        from autograd.compiler.runtime.training_loop import add_blocks

        table, sent = self.table, (encode(self.function), self.descent.theta.copy(), self.numbers)
        shares = [[table.parts[place] for place in group] for group in table.groups]
        sums = table.map(sums_of_parts, shares, *([each] * len(shares) for each in sent))
        found = zip(chain.from_iterable(table.groups), chain.from_iterable(sums), strict=True)
        return add_blocks([block for _, blocks in sorted(found, key=itemgetter(0)) for block in blocks])

    def find_anomaly(self, steps: int) -> None:
        """Take the steps before the one that breaks once more, and raise FloatingPointError."""
        self.approach_anomaly(steps)
        self.publish()
        raise FloatingPointError(
            f"step {self.descent.steps + 1} gave a loss, a parameter or a memory of the optimizer that is not finite; "
            "the parameters are as they were before that step. Train on one machine, on part of the rows, to see the "
            "node"
        )


def encode(function: CompiledFunction) -> bytes:
    """Return a compiled function as bytes, without the parameters, which each step sends."""
    from autograd.compiler.runtime.function import CompiledFunction

    return pickle.dumps(CompiledFunction(function.program, 0, [], function.fastmath))


@lru_cache(maxsize=8)
def decode(encoded: bytes) -> Any:
    """Return the kernel for a function, compiled once in each worker."""
    from autograd.compiler.runtime.strategy import build_kernel

    function: CompiledFunction = pickle.loads(encoded)
    return build_kernel("value_and_grad", function.program, function.fastmath, None)


def sums_of_parts(parts: Sequence[Any], encoded: bytes, theta: Any, numbers: list[float]) -> list[Any]:
    """Return the sums over each block of each part: what a worker does in a step."""
    return [sums_of_part(encoded, part, theta, numbers) for part in parts]


def sums_of_part(encoded: bytes, part: Any, theta: Any, numbers: list[float]) -> Any:
    """Return the sums over each block of a part, one row a block."""
    import numpy as np

    from autograd.compiler.runtime.training_loop import block_sums, refuse_rows

    read = part.read() if isinstance(part, FilePart) else part
    table, theta = (x.view(np.float64) for x in (read, theta))  # what was unpickled has a dtype object of its own
    columns = [*table, *[np.full(table.shape[1], number) for number in numbers]]
    refuse = lambda: refuse_rows(pickle.loads(encoded), columns, theta)  # noqa: E731
    return np.array(block_sums(decode(encoded), columns, theta, refuse))
