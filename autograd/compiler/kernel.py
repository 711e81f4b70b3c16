"""Kernels: a program's machine code with the memory it runs in."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograd.compiler import native
from autograd.compiler.columns import Column
from autograd.compiler.driver import scratch_size
from autograd.compiler.program import Program
from autograd.compiler.vector import Vector, module

ARGUMENTS: Final = (ctypes.c_int64, *(ctypes.c_void_p,) * 6)
NO_PARAMETERS: Final = np.zeros(1)


class Room:
    """What one call needs: tables of pointers, steps, sums and scratch. Calls at the same time have a room each."""

    def __init__(self, program: Program, lanes: int) -> None:
        inputs, rows, sums = len(program.arguments), len(program.rows), len(program.sums)
        self.columns = (ctypes.c_void_p * max(inputs, 1))()
        self.steps = (ctypes.c_int64 * max(inputs, 1))()
        self.outs = (ctypes.c_void_p * max(rows, 1))()
        self.totals = np.empty(sums)
        self.scratch = np.empty(scratch_size(inputs, rows, sums, lanes))
        self.addresses = [
            ctypes.addressof(self.columns),
            ctypes.addressof(self.steps),
            ctypes.addressof(self.outs),
            address(self.totals),
            address(self.scratch),
        ]


class Kernel:
    """A program compiled for this machine; `run` may be called from any number of threads."""

    def __init__(self, program: Program, fast: bool, lanes: int | None = None) -> None:
        self.program = program
        self.guards = program.guards
        self.lanes = lanes or native.natural_lanes()
        vector = Vector(self.lanes, fast, native.vector_function if fast else None)
        self.code = native.compiled(module(program, vector))
        self.function = self.code.function("run", ARGUMENTS)
        self.address = self.code.address("run")
        self.rooms: list[Room] = []

    def room(self) -> Room:
        """Take a room that no call is using; whoever takes it appends it to `rooms` again."""
        try:
            return self.rooms.pop()
        except IndexError:
            return Room(self.program, self.lanes)

    def run(self, columns: Sequence[Column], rows: int, theta: Column | None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Compute so many rows: give the results row by row, and the sums over the rows."""
        room = self.room()
        results = np.empty((len(self.program.rows), rows))
        start = address(results)
        for k in range(len(results)):
            room.outs[k] = start + 8 * k * rows
        repeated: list[Column] = []  # a number given for all rows fills a vector; kept until the call is over
        for k, column in enumerate(columns):
            if column.ndim == 0:
                column = np.full(self.lanes, column)
                repeated.append(column)
                room.steps[k] = 0
            else:
                room.steps[k] = 1
            room.columns[k] = address(column)
        table, steps, outs, totals, scratch = room.addresses
        self.function(rows, table, steps, address(NO_PARAMETERS if theta is None else theta), outs, totals, scratch)
        sums = room.totals.copy()
        self.rooms.append(room)
        return results, sums


def address(array: NDArray[Any]) -> int:
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]
