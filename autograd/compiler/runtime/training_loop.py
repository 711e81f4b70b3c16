"""The training loop as native code: gradient, update, gradient, update, without Python in between.

An optimizer's update is itself a scalar function, from one parameter's number, gradient and memory to its new number
and memory. It is traced like any other, and runs over the parameters as its rows.
"""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Callable, Sequence
from functools import cache, reduce
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.llvm import native
from autograd.compiler.runtime.columns import Column
from autograd.compiler.runtime.function import CompiledFunction
from autograd.compiler.runtime.guards import check
from autograd.compiler.runtime.kernel import NO_ROWS, Kernel, Workspace
from autograd.compiler.runtime.memory import LANES, address, aligned_array
from autograd.compiler.runtime.strategy import build_kernel
from autograd.compiler.runtime.update import Rule, Update, compile_update
from autograd.compiler.tape.kernel import TapeKernel
from autograd.lowering.program import BLOCK

Clip = Callable[[list[float]], list[float]]

DESCEND: Final = """
define void @descend(i64 %count, ptr %history, ptr %totals, ptr %step,
                     ptr %gradient, i64 %rows, ptr %columns, ptr %steps, ptr %theta, ptr %outs, ptr %scratch,
                     ptr %prepare, ptr %pcolumns, ptr %psteps, ptr %pouts, ptr %pscratch,
                     ptr %update, i64 %size, ptr %ucolumns, ptr %usteps, ptr %uouts, ptr %uscratch) {
entry:
  %prepares = icmp ne ptr %prepare, null
  br label %each
each:
  %k = phi i64 [ 0, %entry ], [ %next, %moving ]
  %step.now = load <8 x double>, ptr %step, align 8
  %step.new = fadd <8 x double> %step.now, splat (double 1.0)
  store <8 x double> %step.new, ptr %step, align 8
  call void %gradient(i64 %rows, ptr %columns, ptr %steps, ptr %theta, ptr %outs, ptr %totals, ptr %scratch)
  %loss = load double, ptr %totals, align 8
  %at = getelementptr double, ptr %history, i64 %k
  store double %loss, ptr %at, align 8
  br i1 %prepares, label %preparing, label %moving
preparing:
  call void %prepare(i64 8, ptr %pcolumns, ptr %psteps, ptr %theta, ptr %pouts, ptr %totals, ptr %pscratch)
  br label %moving
moving:
  call void %update(i64 %size, ptr %ucolumns, ptr %usteps, ptr %theta, ptr %uouts, ptr %totals, ptr %uscratch)
  %next = add i64 %k, 1
  %more = icmp ult i64 %next, %count
  br i1 %more, label %each, label %done
done:
  ret void
}
"""

# The next training with a function starts at once. Weak keys let a function die with its kernels.
GRADIENTS: Final[WeakKeyDictionary[CompiledFunction, dict[int, Kernel | TapeKernel]]] = WeakKeyDictionary()


@cache
def compile_loop() -> tuple[native.Code, Any]:
    """Compile the loop, once a process; it is the same for all functions and rules."""
    code = native.Code(DESCEND)
    i64, ptr = ctypes.c_int64, ctypes.c_void_p
    arguments = (i64, *(ptr,) * 4, i64, *(ptr,) * 11, i64, *(ptr,) * 4)
    return code, code.function("descend", arguments)


class Descent:
    """Steps of an optimizer down a compiled function of parameters, on columns of data.

    Attributes:
        steps: how many steps were taken.
    """

    def __init__(
        self,
        function: CompiledFunction,
        rule: Rule,
        theta: Column,
        memory: NDArray[np.float64],
        settings: int,
        rows: int,
        steps: int = 0,
        clip: Clip | None = None,
        update: Update | None = None,
    ) -> None:
        """Prepare for steps on so many rows, with so many hyperparameters of the rule as settings.

        `clip` takes the gradients of a step, already divided, and returns those that the rule gets. `update` is the
        rule compiled earlier, if it reads nothing that may have changed since.
        """
        self.size = len(theta)
        self.rows_of_parameters = stack_rows(theta, *memory)
        self.function = function
        self.gradient = gradient_kernel(function, lanes_for(rows))
        update = update or compile_update(rule, len(memory), settings, function.fastmath)
        self.update = update
        self.clip = clip
        self.edges = sum([len(instruction.inputs) for instruction in function.program.code])
        self.step = np.full(LANES, float(steps))
        self.settings = np.zeros((1 + settings, LANES))
        self.totals = np.zeros(1 + self.rows_of_parameters.shape[1])
        data, *remembered = self.rows_of_parameters
        columns = [data, self.totals[1:], *remembered, self.step, *self.settings]
        self.prepared = np.zeros((update.prepared, LANES))
        prepare = update.prepare
        self.prepare = (prepare, fill_workspace(prepare, columns, 0, self.prepared)) if prepare else None
        self.update_workspace = fill_workspace(
            update.move, [*columns, *self.prepared], 2 + len(remembered), self.rows_of_parameters
        )

    @property
    def theta(self) -> NDArray[np.float64]:
        """The parameters, which every step moves."""
        return self.rows_of_parameters[0, : self.size]

    @property
    def memory(self) -> NDArray[np.float64]:
        """What the rule remembers of each parameter, one row for each of its numbers."""
        return self.rows_of_parameters[1:, : self.size]

    @property
    def steps(self) -> int:
        return int(self.step[0])

    def state(self) -> tuple[NDArray[np.float64], float]:
        """Copy all that a step changes, for `restore`."""
        return self.rows_of_parameters.copy(), float(self.step[0])

    def restore(self, state: tuple[NDArray[np.float64], float]) -> None:
        """Go back to a state."""
        self.rows_of_parameters[:], self.step[:] = state

    def finite(self, losses: Column) -> bool:
        """Whether parameters, memory and these losses are free of nan and infinity."""
        return bool(np.isfinite(losses).all() and np.isfinite(self.rows_of_parameters[:, : self.size]).all())

    def row_loss(self, numbers: Sequence[float]) -> float:
        """Return the loss of one row, whatever path it takes."""
        _, sums = self.gradient.run([np.array([x]) for x in numbers], 1, self.theta)
        return float(sums[0])

    def updates(self, points: Sequence[Sequence[float]]) -> list[list[float]]:
        """Return the new number and memory for each point: data, gradient, memory, step, divisor and settings."""
        columns = [np.array(column) for column in zip(*points, strict=True)]
        return self.update.run(columns, len(points)).T.tolist()  # type: ignore[no-any-return]

    def check_guards(self, columns: Sequence[Column] | NDArray[np.float64]) -> None:
        """Raise GuardError if rows of the columns leave the traced path."""
        if self.gradient.guards:
            results, _ = self.gradient.run(list(columns), len(columns[0]), self.theta)
            check(self.gradient.guards, results, lambda: refuse_rows(self.function, list(columns), self.theta))

    def run(
        self,
        columns: Sequence[Column] | NDArray[np.float64],
        count: int,
        settings: Sequence[float],
        divisor: float,
    ) -> NDArray[np.float64]:
        """Take so many steps on all rows of the columns, and return the summed loss that each step met.

        Columns may be the rows of one matrix, or of a transposed one, which takes less time to enter. Gradients, which
        are sums over the rows, are divided by `divisor`. Raises GuardError before the step whose rows leave the traced
        path.
        """
        rows = len(columns[0])
        self.settings.T[:] = [1.0 if self.clip else divisor, *settings]
        kernel = self.gradient
        if self.clip or isinstance(kernel, TapeKernel) or kernel.guards or rows > BLOCK:
            ready = [np.ascontiguousarray(column) for column in columns]
            return np.array([self.slow_step(kernel, ready, rows, divisor) for _ in range(count)])
        workspace = kernel.workspace()
        if isinstance(columns, np.ndarray):
            workspace.point(columns, NO_ROWS)
        else:
            point(workspace, columns, len(columns))
        history = np.empty(count)
        table, steps, outs, scratch = workspace.addresses
        theta, size, totals = address(self.theta), self.rows_of_parameters.shape[1], address(self.totals)
        gradient = (kernel.address, rows, table, steps, theta, outs, scratch)
        prepare: tuple[int | None, ...] = (None,) * 5
        if self.prepare:
            prepare = (self.prepare[0].address, *self.prepare[1].addresses)
        update = (self.update.move.address, size, *self.update_workspace.addresses)
        compile_loop()[1](count, address(history), totals, address(self.step), *gradient, *prepare, *update)
        kernel.workspaces.append(workspace)
        return history

    def slow_step(self, kernel: Kernel | TapeKernel, columns: Sequence[Column], rows: int, divisor: float) -> float:
        """Take one step from Python, which checks guards and clips gradients, and runs many rows on every core."""
        results, sums = kernel.run(columns, rows, self.theta)
        check(kernel.guards, results, lambda: refuse_rows(self.function, columns, self.theta))
        return self.move(sums, divisor)

    def step_along(self, sums: Column, settings: Sequence[float], divisor: float) -> float:
        """Take one step along gradients summed elsewhere, after the loss in `sums`, and return that loss."""
        self.settings[:] = np.reshape([1.0 if self.clip else divisor, *settings], (-1, 1))
        return self.move(sums, divisor)

    def move(self, sums: Column, divisor: float) -> float:
        """Update the parameters from Python, with clipped gradients; return the summed loss."""
        self.step += 1.0
        self.totals[: len(sums)] = sums
        if self.clip:
            self.totals[1 : len(sums)] = self.clip((sums[1:] / divisor).tolist())
        if self.prepare:
            kernel, workspace = self.prepare
            workspace.frame[0] = LANES
            kernel.enter(workspace.frame_address)
        self.update_workspace.frame[0] = self.rows_of_parameters.shape[1]
        self.update.move.enter(self.update_workspace.frame_address)
        return float(sums[0])


def refuse_rows(function: CompiledFunction, columns: Sequence[Column], theta: Column) -> None:
    """Raise GuardError for the first guard of a function that does not hold in some row."""
    kernel = build_kernel("guards", function.program, function.fastmath, None)
    check(kernel.guards, kernel.run(columns, len(columns[0]), theta)[0], lambda: None)


def block_sums(
    kernel: Kernel | TapeKernel, columns: Sequence[Column], theta: Column, refuse: Callable[[], object]
) -> list[Column]:
    """Return the sums over each BLOCK of rows, which have the same bits wherever they are computed.

    Raises GuardError if rows leave the traced path; `refuse` does it where one condition stands for several guards.
    """
    rows, found = len(columns[0]), []
    conditions = []
    for start in range(0, rows, BLOCK):
        results, sums = kernel.run([x[start : start + BLOCK] for x in columns], min(BLOCK, rows - start), theta)
        found.append(sums)
        conditions.append(results)
    if kernel.guards:
        check(kernel.guards, np.concatenate(conditions, axis=1), refuse)
    return found


def add_blocks(sums: Sequence[Column]) -> Column:
    """Add the sums of blocks in their order, as `run_blocks` does."""
    return reduce(operator.add, sums, np.zeros(len(sums[0]))) if len(sums) > 1 else sums[0]


def stack_rows(*rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stack rows of equal length, filled up with zeros to whole vectors."""
    size = len(rows[0])
    width = -(-size // LANES) * LANES
    stacked = aligned_array(len(rows) * width).reshape(len(rows), width)
    stacked[:] = 0.0
    stacked[:, :size] = rows
    return stacked


def lanes_for(rows: int) -> int:
    """Return how wide vectors should be for so many rows: no wider than they fill."""
    return min(native.natural_lanes(), 1 << (rows.bit_length() - 1))


def gradient_kernel(function: CompiledFunction, lanes: int) -> Kernel | TapeKernel:
    """Return the gradient of a function for vectors of so many lanes, compiled the first time it is asked for."""
    kernels = GRADIENTS.setdefault(function, {})
    if lanes not in kernels:
        kernels[lanes] = build_kernel("value_and_grad", function.program, function.fastmath, lanes)
    return kernels[lanes]


def fill_workspace(kernel: Kernel, columns: Sequence[Column], moving: int, results: NDArray[np.float64]) -> Workspace:
    """Return a workspace that takes these columns, of which so many move from row to row, and fills these results."""
    workspace = kernel.workspace()
    point(workspace, columns, moving)
    for k, out in enumerate(results):
        workspace.outs[k] = address(out)
    return workspace


def point(workspace: Workspace, columns: Sequence[Column], moving: int) -> None:
    """Enter columns in a workspace's tables; those from `moving` on hold one number for all rows."""
    for k, column in enumerate(columns):
        workspace.columns[k] = address(column)
        workspace.steps[k] = column.strides[0] // column.itemsize if k < moving else 0
