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

NO_PARAMETERS: Final = np.zeros(1)
NO_ROWS: Final = np.empty((0, 0))
DATA: Final = object.__basicsize__  # where an ndarray keeps the address of its data: its first field
pointer_at: Final = ctypes.c_void_p.from_address


class Room:
    """What one call needs: tables of pointers, steps, sums and scratch. Calls at the same time have a room each."""

    def __init__(self, program: Program, lanes: int) -> None:
        inputs, rows, sums = len(program.arguments), len(program.rows), len(program.sums)
        self.columns = (ctypes.c_void_p * max(inputs, 1))()
        self.steps = (ctypes.c_int64 * max(inputs, 1))()
        self.outs = (ctypes.c_void_p * max(rows, 1))()
        self.totals = np.empty(sums)
        self.scratch = np.empty(scratch_size(inputs, rows, sums, lanes))
        tables = [ctypes.addressof(table) for table in (self.columns, self.steps, self.outs)]
        self.addresses = [*tables, address(self.totals), address(self.scratch)]
        columns, steps, outs, totals, scratch = self.addresses
        self.frame = (ctypes.c_int64 * 7)(0, columns, steps, 0, outs, totals, scratch)
        self.frame_address = ctypes.addressof(self.frame)


class Kernel:
    """A program compiled for this machine; `run` may be called from any number of threads."""

    def __init__(self, program: Program, fast: bool, lanes: int | None = None) -> None:
        self.program = program
        self.guards = program.guards
        self.lanes = lanes or native.natural_lanes()
        vector = Vector(self.lanes, fast, native.vector_function if fast else None)
        self.code = native.compiled(module(program, vector))
        self.function = self.code.function("enter", (ctypes.c_void_p,))
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
        results = np.empty((len(self.program.rows), rows)) if self.program.rows else NO_ROWS
        for k, row in enumerate(results):
            room.outs[k] = address(row)
        repeated: list[Column] = []  # a number given for all rows fills a vector; kept until the call is over
        for k, column in enumerate(columns):
            room.steps[k] = column.ndim
            if not column.ndim:
                column = np.full(self.lanes, column)
                repeated.append(column)
            room.columns[k] = address(column)
        room.frame[0] = rows
        room.frame[3] = address(NO_PARAMETERS if theta is None else theta)
        self.function(room.frame_address)
        sums = room.totals.copy()
        self.rooms.append(room)
        return results, sums


def address_of_data(array: NDArray[Any]) -> int:
    """Tell where an array's data is, five times as fast as NumPy's own ways."""
    return pointer_at(id(array) + DATA).value or 0


def address_by_interface(array: NDArray[Any]) -> int:
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]


# NumPy's C interface fixes the field; still, it is looked at once before it is relied upon.
PROBE: Final = np.empty(1)
fast_here = object.__basicsize__ == 16 and address_of_data(PROBE) == address_by_interface(PROBE)
address: Final = address_of_data if fast_here else address_by_interface
