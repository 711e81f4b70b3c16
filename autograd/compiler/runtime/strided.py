"""Arguments that are lists of numbers, which compiled code reads where they are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.runtime.columns import Column, column
from autograd.compiler.runtime.memory import LANES, address

Integers = NDArray[np.int64]


class Strided(NamedTuple):
    """The columns of some arguments: the address of each, and how many numbers further on its next row is.

    A number for all rows has the step 0, and stands there as often as a vector may have lanes.
    """

    starts: Integers
    steps: Integers
    rows: int | None  # None if each argument is given for one row
    arguments: list[Column]
    sizes: Sequence[int | None]  # of the arguments: None for a number, or how many a list has
    memory: list[Column]  # what `starts` points into

    def columns(self) -> list[Any]:
        """List an array for each column, or a number for all rows."""
        found: list[Any] = []
        for x, size in zip(self.arguments, self.sizes, strict=True):
            found += [x] if size is None else x.T
        return found


def strided(xs: Sequence[object], names: Sequence[str], sizes: Sequence[int | None]) -> Strided:
    """Find the columns of arguments: a number or a column for each, and for a list of n an array of (n,) or (rows, n).

    Raises TypeError or ValueError for an argument that is no such array, by its name.
    """
    if len(xs) != len(names):
        raise TypeError(f"expected {len(names)} arguments ({', '.join(names)}), got {len(xs)}")
    arguments = [
        column(x, name) if size is None else table(x, name, size)
        for x, name, size in zip(xs, names, sizes, strict=True)
    ]
    by_row = tuple([x.ndim == (1 if size is None else 2) for x, size in zip(arguments, sizes, strict=True)])
    lengths = {len(x) for x, several in zip(arguments, by_row, strict=True) if several}
    if len(lengths) > 1:
        raise ValueError(f"arguments must have equally many rows, got {sorted(lengths)}")
    rows = lengths.pop() if lengths else None
    memory = arguments
    if not all(by_row) and rows is not None:
        memory = [x if several else np.repeat(x, LANES) for x, several in zip(arguments, by_row, strict=True)]
    argument, offset, steps = layout(tuple(sizes), by_row, rows is None)
    addresses = [address(x) for x in memory]
    starts = offset + addresses[0] if len(addresses) == 1 else offset + np.array(addresses, dtype=np.int64)[argument]
    return Strided(starts, steps, rows, arguments, sizes, memory)


@lru_cache(maxsize=256)
def layout(
    sizes: tuple[int | None, ...], by_row: tuple[bool, ...], single: bool
) -> tuple[Integers, Integers, Integers]:
    """Return for each column of such arguments which it belongs to, how many bytes after its start, and the step."""
    counts = [1 if size is None else size for size in sizes]
    argument = np.repeat(np.arange(len(counts)), counts)
    place = np.concatenate([np.arange(count) for count in counts]) if counts else np.empty(0, np.int64)
    apart = np.array([8 if several or single else 8 * LANES for several in by_row], dtype=np.int64)
    steps = np.array([count if several else 0 for count, several in zip(counts, by_row, strict=True)], dtype=np.int64)
    return argument, place * apart[argument], steps[argument]


def table(x: object, name: str, size: int) -> Column:
    """Return a list argument as a float64 array of shape (size,) or (rows, size)."""
    array = np.asarray(x)
    if array.ndim not in (1, 2) or array.shape[-1] != size:
        raise ValueError(f"{name!r} must have the shape ({size},) or (rows, {size}), got {array.shape}")
    return column(array.ravel(), name).reshape(array.shape)
