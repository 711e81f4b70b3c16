"""Kernels: a program's machine code with the memory it runs in."""

from __future__ import annotations

import ctypes
from array import array
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograd.compiler import native
from autograd.compiler.columns import Column, Columns
from autograd.compiler.driver import scratch_size
from autograd.compiler.program import Program
from autograd.compiler.vector import Vector, module

NO_PARAMETERS: Final = np.zeros(1)
LINE: Final = 8  # doubles in a cache line
NO_ROWS: Final = np.empty((0, 1))
DATA: Final = object.__basicsize__  # where an ndarray keeps the address of its data: its first field
pointer_at: Final = ctypes.c_void_p.from_address


class Room:
    """What one call needs: tables of pointers, steps, sums and scratch. Calls at the same time have a room each."""

    def __init__(self, program: Program, lanes: int) -> None:
        inputs, rows, sums = len(program.arguments), len(program.rows), len(program.sums)
        self.columns, self.steps, self.outs = (array("q", [0] * count) for count in (inputs, inputs, rows))
        self.totals = np.empty(sums)
        self.scratch = aligned(scratch_size(inputs, rows, sums, lanes))
        tables = [table.buffer_info()[0] for table in (self.columns, self.steps, self.outs)]
        self.addresses = [*tables, address(self.totals), address(self.scratch)]
        columns, steps, outs, totals, scratch = self.addresses
        self.frame = array("q", [0, columns, steps, 0, outs, totals, scratch])
        self.frame_address = self.frame.buffer_info()[0]


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

    def run(self, columns: Columns, rows: int, theta: Column | None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Compute so many rows: give the results row by row, and the sums over the rows."""
        room = self.room()
        frame = room.frame
        results = NO_ROWS
        if self.program.rows:
            results = np.empty((len(self.program.rows), rows))
            start = address(results)
            for k in range(len(results)):
                room.outs[k] = start + 8 * k * rows
        kept = point(room, columns, self.lanes)
        frame[0], frame[3] = rows, address(NO_PARAMETERS if theta is None else theta)
        self.function(room.frame_address)
        del kept
        sums = room.totals.copy()
        self.rooms.append(room)
        return results, sums


def point(room: Room, columns: Columns, lanes: int) -> list[Column]:
    """Enter columns, or the rows of a table, in a room; give what must be kept until the call is over.

    A number given for all rows fills a vector.
    """
    if isinstance(columns, np.ndarray):
        apart = 8 * columns.shape[1]
        np.frombuffer(room.steps, np.int64).fill(1)
        pointing = np.frombuffer(room.columns, np.int64)
        np.multiply(np.arange(len(columns)), apart, out=pointing)
        pointing += address(columns)
        return []
    pointers, steps = room.columns, room.steps
    repeated: list[Column] = []
    k = 0
    for column in columns:
        steps[k] = column.ndim
        if not column.ndim:
            column = np.full(lanes, column)
            repeated.append(column)
        pointers[k] = address(column)
        k += 1  # noqa: SIM113 - the loop is half of what a call on few rows costs
    return repeated


def aligned(size: int) -> NDArray[np.float64]:
    """Make an array that starts where a cache line does, so that no vector straddles two."""
    room = np.empty(size + LINE)
    skipped = -(address(room) // 8) % LINE
    return room[skipped : skipped + size]


def address_of_data(x: NDArray[Any]) -> int:
    """Tell where an array's data is, five times as fast as NumPy's own ways."""
    return pointer_at(id(x) + DATA).value or 0


def address_by_interface(x: NDArray[Any]) -> int:
    return x.__array_interface__["data"][0]  # type: ignore[no-any-return]


# NumPy's C interface fixes the field; still, it is looked at once before it is relied upon.
PROBE: Final = np.empty(1)
fast_here = object.__basicsize__ == 16 and address_of_data(PROBE) == address_by_interface(PROBE)
address: Final = address_of_data if fast_here else address_by_interface
