"""Huge programs: a tape of codes and operands, for whose interpreter LLVM compiles each kind of instruction once.

Straight-line code would take LLVM longer than linear time; a tape takes it none. Gradients need no longer tape: the
same one is run in reverse, as the engine goes through its nodes.

A kind is an op with its number of operands and which of them are constants.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.llvm import native
from autograd.compiler.runtime.columns import Column
from autograd.compiler.runtime.strided import Strided
from autograd.compiler.tape.interpreter import Kind, interpreter
from autograd.lowering.program import BLOCK, LEAVES, TOTALS, Instruction, Program, is_condition

Array = NDArray[np.float64]
Indices = NDArray[np.int32]
NUMBERED: Final = ("constant_power",)  # ops whose rule needs to know its constants


class TapeKernel:
    """A program on a tape, and the interpreter for it: it offers what a `Kernel` offers, and runs row after row."""

    def __init__(self, program: Program, fast: bool, differentiate: bool = False) -> None:
        self.program = program
        self.guards = program.guards
        self.rows_alone = 0
        self.differentiate = differentiate
        leaves = [number for number, i in enumerate(program.code) if i.op in LEAVES]
        computed = [number for number, i in enumerate(program.code) if i.op not in LEAVES]
        self.first, self.count = len(leaves), len(computed)
        self.slot = np.empty(len(program.code), dtype=np.int64)  # leaves first, then what is computed from them
        self.slot[leaves + computed] = np.arange(len(program.code))
        kinds: dict[Kind, int] = {}
        self.codes, self.operands = self.tape(computed, kinds)
        nodes = [number for number in computed if not is_condition(program.code[number].op)]
        self.reverse = (self.slot[nodes].astype(np.int32), *self.tape(nodes, kinds))
        self.values = np.empty(len(program.code))
        self.values[: self.first] = [program.code[number].value for number in leaves]
        self.code = native.compile_text(interpreter(list(kinds), fast))
        i64, ptr = ctypes.c_int64, ctypes.c_void_p
        self.forward = self.code.function("forward", (i64, i64, *(ptr,) * 3))
        self.backward = self.code.function("backward", (i64, *(ptr,) * 6))
        self.inputs = self.leaf_slots("input")
        self.parameters = self.leaf_slots("parameter")

    def tape(self, numbers: Sequence[int], kinds: dict[Kind, int]) -> tuple[Indices, Indices]:
        """Write codes and operands for instructions in a given order; `kinds` gets those that are new."""
        code = self.program.code
        codes = [kinds.setdefault(kind_of(code, code[number]), len(kinds)) for number in numbers]
        operands = list(chain.from_iterable([code[number].inputs for number in numbers]))
        return np.array(codes, dtype=np.int32), self.slot[operands].astype(np.int32)

    def leaf_slots(self, op: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the slots of the leaves of one kind, and their places among arguments or parameters."""
        found = [(self.slot[n], int(i.value)) for n, i in enumerate(self.program.code) if i.op == op]
        slots, places = zip(*found, strict=True) if found else ((), ())
        return np.array(slots, dtype=np.int64), np.array(places, dtype=np.int64)

    def run_in_place(self, columns: Sequence[Any], rows: int, theta: Any) -> None:
        """Leave it to `run`: a tape takes rows one by one, and to look at columns first costs little beside that."""

    def run_strided(self, columns: Strided, theta: Column, threads: int | None = None) -> tuple[Array, Array]:
        """Compute the rows of columns that are read where they are."""
        return self.run(columns.columns(), 1 if columns.rows is None else columns.rows, theta)

    def run(
        self, columns: Sequence[Column], rows: int, theta: Column, threads: int | None = None
    ) -> tuple[Array, Array]:
        """Compute so many rows: give the results row by row, and the sums over the rows, block by block."""
        if rows <= BLOCK:
            return self.run_block(columns, rows, theta)
        done = []
        for first in range(0, rows, BLOCK):
            part = [column[first : first + BLOCK] if column.ndim else column for column in columns]
            done.append(self.run_block(part, min(BLOCK, rows - first), theta))
        total = np.zeros(len(done[0][1]))
        for _, sums in done:
            total += sums
        return np.concatenate([results for results, _ in done], axis=1), total

    def run_block(self, columns: Sequence[Column], rows: int, theta: Column) -> tuple[Array, Array]:
        """Compute the rows of one block."""
        values = self.values.copy()
        if len(theta):
            values[self.parameters[0]] = theta[self.parameters[1]]
        results, totals = [], np.zeros((0, TOTALS))
        for row in range(rows):
            point = np.array([column if column.ndim == 0 else column[row] for column in columns])
            if len(point):
                values[self.inputs[0]] = point[self.inputs[1]]
            by_row, summed = self.run_row(values)
            results.append(by_row)
            totals = totals if len(totals) else np.zeros((len(summed), TOTALS))
            totals[:, row % TOTALS] += summed
        if not rows:
            by_row, summed = self.run_row(values)
            return np.empty((len(by_row), 0)), np.zeros(len(summed))
        return np.array(results).T.copy(), fold_totals(totals)

    def run_row(self, values: Array) -> tuple[Array, Array]:
        """Compute one row: its results, and what it adds to the sums."""
        codes, operands = self.codes.ctypes.data, self.operands.ctypes.data
        if self.count:
            self.forward(self.count, self.first, codes, operands, values.ctypes.data)
        rows, sums = values[self.slot[list(self.program.outputs)]], values[self.slot[list(self.program.sums)]]
        if not self.differentiate:
            return rows, sums
        slopes = self.slopes(values)
        if self.program.parameters:
            return rows[1:], np.concatenate([rows[:1], slopes])
        return np.concatenate([rows[:1], slopes, rows[1:]]), sums

    def slopes(self, values: Array) -> Array:
        """Run the tape in reverse, and give the derivatives with respect to parameters, or to arguments."""
        gradients = np.zeros(len(values))
        reached = np.zeros(len(values), dtype=np.int8)
        root = self.slot[self.program.outputs[0]]
        gradients[root], reached[root] = 1.0, 1
        nodes, codes, operands = self.reverse
        end = operands.ctypes.data + operands.nbytes
        tables = (values.ctypes.data, gradients.ctypes.data, reached.ctypes.data)
        if len(codes):
            self.backward(len(codes), nodes.ctypes.data, codes.ctypes.data, end, *tables)
        slots, places = self.parameters if self.program.parameters else self.inputs
        slopes = np.zeros(self.program.parameters or len(self.program.arguments))
        slopes[places] = gradients[slots]
        return slopes


def fold_totals(totals: Array) -> Array:
    """Fold running totals in halves, as `llvm/driver.py` does."""
    while totals.shape[1] > 1:
        half = totals.shape[1] // 2
        totals = totals[:, :half] + totals[:, half:]
    return totals[:, 0]


def kind_of(code: Sequence[Instruction], instruction: Instruction) -> Kind:
    """Return what decides a code: the op, which operands are constants, and the constant of an op in NUMBERED."""
    op, inputs = instruction.op, instruction.inputs
    if op in NUMBERED:
        return op, (True, code[inputs[1]].value)
    return op, tuple([code[input].op != "constant" for input in inputs])
