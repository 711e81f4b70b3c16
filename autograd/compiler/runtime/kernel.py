"""Kernels: a program's machine code with the memory it runs in."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.llvm import native
from autograd.compiler.llvm.agreement import own_function
from autograd.compiler.llvm.block import module
from autograd.compiler.llvm.bodies import Run
from autograd.compiler.llvm.driver import scratch_size
from autograd.compiler.llvm.find_loops import Loops, loops
from autograd.compiler.llvm.repeats import Repeat
from autograd.compiler.llvm.vector import Vector
from autograd.compiler.runtime.blocks import rows_alone, run_blocks
from autograd.compiler.runtime.columns import FLOAT64, Column
from autograd.compiler.runtime.memory import address, aligned_array, row_addresses
from autograd.compiler.runtime.strided import Strided
from autograd.lowering.invariant import split_invariant
from autograd.lowering.program import Program

if TYPE_CHECKING:
    from autograd.compiler.tape.kernel import TapeKernel

Table = NDArray[np.int64]
Results = tuple[NDArray[np.float64], NDArray[np.float64]]
NO_ROWS: Final = np.empty((0, 1))
NO_NUMBERS: Final = np.empty(0)
NO_PLACES: Final = np.empty(0, np.int64)
MANY: Final = 256  # rows for which it pays to compute apart what is the same in all of them
QUICK: Final = {"add", "subtract", "multiply", "negative", "absolute"}  # ops for which it does not


class Workspace:
    """What one call needs: tables of pointers, steps, sums and scratch. Concurrent calls each have their own."""

    def __init__(self, program: Program, lanes: int, slots: int, spilled: int) -> None:
        inputs, rows, sums = len(program.arguments), len(program.outputs), len(program.sums)
        self.columns, self.steps, self.outs = (array("q", [0] * count) for count in (inputs, inputs, rows))
        self.scratch = aligned_array(scratch_size(inputs, rows, sums, lanes, slots, spilled))
        self.numbers = np.empty(lanes * inputs)
        tables = [table.buffer_info()[0] for table in (self.columns, self.steps, self.outs)]
        self.addresses = [*tables, address(self.scratch)]
        columns, steps, outs, scratch = self.addresses
        known = [id(np.ndarray), id(FLOAT64), address(self.numbers)]
        self.frame = array("q", [0, columns, steps, 0, outs, 0, scratch, *known])
        self.frame_address = self.frame.buffer_info()[0]
        self.places = np.arange(max(inputs, rows))
        self.tables = [
            np.frombuffer(table, np.int64) if len(table) else NO_PLACES for table in (self.columns, self.outs)
        ]

    def point(self, matrix: NDArray[np.float64], results: NDArray[np.float64]) -> None:
        """Enter the columns, which are the rows of a matrix or of a transposed one, and the results, in the tables."""
        for table, pointed in zip(self.tables, (matrix, results), strict=True):
            np.multiply(self.places[: len(table)], pointed.strides[0], out=table)
            table += address(pointed)
        if len(matrix):
            np.frombuffer(self.steps, np.int64)[:] = matrix.strides[1] // matrix.itemsize


class Machine(NamedTuple):
    """A program's machine code: its ways in, and the vectors that a workspace needs."""

    code: native.Code
    take: Any
    enter: Any
    address: int
    slots: int
    spilled: int


class Kernel:
    """A program compiled for this machine, when it is first run; it may be run from any number of threads.

    It computes as many rows at once as a vector has lanes, or as told. A call with a single row would compute a whole
    vector for it: it goes to a kernel of one lane, unless the lanes were told.
    """

    def __init__(
        self,
        program: Program,
        fast: bool,
        lanes: int | None = None,
        found: Loops | None = None,
        repeats: Sequence[Repeat | Run] = (),
        written_out: int = 0,
    ) -> None:
        self.program = program
        self.guards = program.guards
        self.columns, self.outputs, self.sums = len(program.arguments), len(program.outputs), len(program.sums)
        self.fast, self.found, self.repeats = fast, found, repeats
        self.lanes = lanes or native.natural_lanes()
        self.any_rows = lanes is None
        self.rows_alone = rows_alone(self.sums, len(program.code))
        self.written_out = written_out  # edges
        self.workspaces: list[Workspace] = []
        self.splits: dict[tuple[int, ...], tuple[Kernel, Kernel] | None] = {}

    @cached_property
    def machine(self) -> Machine:
        """Compile the program."""
        vector = Vector(self.lanes, self.fast, native.vector_function if self.fast else None, own_function)
        code = native.compile_text(module(self.program, vector, self.found or loops(self.program), self.repeats))
        take = code.function("take", (ctypes.c_void_p, ctypes.py_object), ctypes.c_int)
        enter = code.function("enter", (ctypes.c_void_p,))
        return Machine(code, take, enter, code.address("run"), vector.slots, vector.spilled)

    @cached_property
    def single(self) -> Kernel | TapeKernel:
        """The kernel for calls with one row."""
        return Kernel(self.program, self.fast, 1, self.found, self.repeats) if self.any_rows else self

    @property
    def code(self) -> native.Code:
        return self.machine.code

    @property
    def address(self) -> int:
        return self.machine.address

    def enter(self, frame: int) -> None:
        self.machine.enter(frame)

    def workspace(self) -> Workspace:
        """Take a workspace that no call is using; whoever takes it appends it to `workspaces` again."""
        try:
            return self.workspaces.pop()
        except IndexError:
            return Workspace(self.program, self.lanes, self.machine.slots, self.machine.spilled)

    def run_in_place(self, columns: Sequence[Any], rows: int, theta: Any) -> Results | None:
        """Compute so many rows: give the results row by row, and the sums over the rows.

        Gives None, and does nothing, unless each column is a float64 array of so many numbers without gaps, or an
        array of no dimension, and theta is one of as many numbers as there are parameters. All rows are one block.
        """
        if len(columns) != self.columns:
            return None
        if rows == 1 and self.any_rows:
            return self.single.run_in_place(columns, rows, theta)
        results = np.empty((self.outputs, rows)) if self.outputs else NO_ROWS
        sums = np.empty(self.sums) if self.sums else NO_NUMBERS
        workspace = self.workspace()
        workspace.frame[0] = rows
        taken = self.machine.take(workspace.frame_address, (theta, results, sums, *columns))
        self.workspaces.append(workspace)
        return (results, sums) if taken else None

    def run_strided(self, columns: Strided, theta: Column, threads: int | None = None) -> Results:
        """Compute the rows of columns that are read where they are."""
        rows = 1 if columns.rows is None else columns.rows
        if rows == 1 and self.any_rows:
            return self.single.run_strided(columns, theta)
        if rows > self.rows_alone:
            return run_blocks(self, columns.starts, columns.steps, rows, theta, threads)
        results, sums = np.empty((self.outputs, rows)), np.empty(self.sums)
        self.run_at(columns.starts, columns.steps, row_addresses(results), rows, address(theta), address(sums))
        return results, sums

    def run_at(self, columns: Table, steps: Table, outs: Table, rows: int, theta: int, sums: int) -> None:
        """Compute so many rows from and to addresses: of columns, with the steps between rows, and of results."""
        workspace = self.workspace()
        tables = address(columns), address(steps), address(outs)
        frame = array("q", [rows, *tables[:2], theta, tables[2], sums, address(workspace.scratch)])
        self.machine.enter(frame.buffer_info()[0])
        self.workspaces.append(workspace)

    def run(self, columns: Sequence[Column], rows: int, theta: Column, threads: int | None = None) -> Results:
        """Compute so many rows of columns that are ready; what only numbers for all rows decide is computed once."""
        numbers = tuple([k for k, column in enumerate(columns) if not column.ndim]) if rows >= MANY else ()
        parts = self.split(numbers) if numbers else None
        if parts:
            first = [column[:1] if column.ndim else column for column in columns]
            once, _ = parts[0].run_block(first, 1, theta)
            return parts[1].run([*columns, *[row.reshape(()) for row in once]], rows, theta, threads)
        if rows > self.rows_alone:
            ready = [column if column.ndim else np.full(self.lanes, column) for column in columns]
            starts = np.array([address(column) for column in ready], dtype=np.int64)
            steps = np.array([column.ndim for column in columns], dtype=np.int64)
            return run_blocks(self, starts, steps, rows, theta, threads)
        return self.run_block(columns, rows, theta)

    def split(self, numbers: tuple[int, ...]) -> tuple[Kernel, Kernel] | None:
        """Compile what these columns alone decide apart from the rest, or return None if that does not pay."""
        if numbers not in self.splits:
            self.splits[numbers] = None
            if not (self.sums or self.guards or self.repeats):
                varying = set(range(self.columns)).difference(numbers)
                once, rest = split_invariant(self.program, varying)
                if any(i.inputs and i.op not in QUICK for i in once.code):
                    lanes = None if self.any_rows else self.lanes
                    self.splits[numbers] = Kernel(once, self.fast, lanes), Kernel(rest, self.fast, lanes)
        return self.splits[numbers]

    def run_block(self, columns: Sequence[Column], rows: int, theta: Column) -> Results:
        """Compute so many rows of columns that are ready as one block, whose sums are added row after row."""
        if rows == 1 and self.any_rows:
            return self.single.run(columns, rows, theta)
        done = self.run_in_place(columns, rows, theta)
        if done is None:
            raise RuntimeError("this Python or NumPy keeps its arrays in a way that compiled code does not know")
        return done
