"""Columns: the data that a compiled function is called with, converted to float64 or refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograd.value import Value

Column = NDArray[np.float64]
FLOAT64: Final = np.dtype(np.float64)
REAL_KINDS: Final = "fiub"
MANY: Final = 8  # columns
SHORT: Final = 1024  # rows


def column(x: object, name: str) -> Column:
    """Return x as a contiguous float64 array of no dimension (a number for all rows) or of one."""
    if isinstance(x, np.ma.MaskedArray) and np.any(x.mask):
        raise TypeError(f"column {name!r} has masked numbers: leave these rows out, or pass x.filled(0.0)")
    try:
        array = np.asarray(x)
    except ValueError as ragged:
        raise ValueError(f"column {name!r} is no array of numbers: {ragged}") from None
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.float64)
    if array.dtype.kind == "O" and any(type(x) is Value for x in array.flat):
        raise TypeError(
            f"column {name!r} must hold numbers, got a Value: a compiled function records nothing. Pass .data, or call "
            "the function that was compiled"
        )
    if array.dtype.kind not in REAL_KINDS or array.dtype.itemsize > 8:
        raise TypeError(f"column {name!r} must hold real numbers, got dtype {array.dtype}: convert it to float64")
    if array.ndim > 1:
        raise ValueError(
            f"column {name!r} must have one dimension, got shape {array.shape}: pass its columns one by one, or "
            "one column of all its numbers, x.ravel()"
        )
    ready = np.require(array, FLOAT64, ["C", "A"])
    return (
        ready if ready.dtype is FLOAT64 else ready.view(FLOAT64)
    )  # an unpickled dtype equals FLOAT64, but is another object


def columns(xs: Sequence[object], names: Sequence[str]) -> tuple[list[Column], int | None]:
    """Convert every column, and return them with their number of rows, or None if all are single numbers."""
    if len(xs) != len(names):
        raise TypeError(f"expected {len(names)} columns ({', '.join(names)}), got {len(xs)}")
    table = stack_columns(xs) if len(xs) >= MANY else None
    if table is not None:
        return list(table), table.shape[1]
    converted = [column(x, name) for x, name in zip(xs, names, strict=True)]
    lengths = {len(array) for array in converted if array.ndim}
    if len(lengths) > 1:
        refuse_lengths(converted, names)
    return converted, lengths.pop() if lengths else None


def stack_columns(xs: Sequence[Any]) -> Column | None:
    """Copy many short columns to the rows of one array, several times as quick as looking at each of them.

    Gives None if they are anything but float64 columns of equal length, or are so long that the copy would cost more.
    """
    try:
        lengths = set(map(len, xs))
        rows = lengths.pop()
        if lengths or rows > SHORT:
            return None
        end_to_end = np.concatenate(xs, dtype=np.float64, casting="no")
    except (TypeError, ValueError):
        return None
    if isinstance(end_to_end, np.ma.MaskedArray):
        return None
    return end_to_end.reshape(len(xs), rows) if end_to_end.ndim == 1 else None


def refuse_lengths(arrays: Sequence[Column], names: Sequence[str]) -> None:
    lengths = ", ".join(f"{name}: {array.size}" for array, name in zip(arrays, names, strict=True) if array.ndim)
    raise ValueError(f"columns must be of equal length, got {lengths}")


def parameter_array(theta: Any, count: int, name: str = "theta") -> Column:
    """Check parameters given as an array."""
    array = column(theta, name)
    if array.shape != (count,):
        raise ValueError(f"{name} must hold {count} numbers, one for each parameter, got shape {array.shape}")
    return array
