"""Columns: the data that a compiled function is called with, converted to float64 or refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]
FLOAT64: Final = np.dtype(np.float64)
REAL_KINDS: Final = "fiu"


def column(x: object, name: str) -> Column:
    """Give x as a contiguous float64 array of no dimension (a number for all rows) or of one."""
    if type(x) is np.ndarray and x.dtype is FLOAT64 and x.ndim == 1 and x.flags.c_contiguous and x.flags.aligned:
        return x
    try:
        array = np.asarray(x)
    except ValueError as ragged:
        raise ValueError(f"column {name!r} is no array of numbers: {ragged}") from None
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.float64)
    if array.dtype.kind not in REAL_KINDS or array.dtype.itemsize > 8:
        raise TypeError(f"column {name!r} must hold real numbers, got dtype {array.dtype}: convert it to float64")
    if array.ndim > 1:
        raise ValueError(
            f"column {name!r} must have one dimension, got shape {array.shape}: pass its columns one by one"
        )
    return np.require(array, np.float64, ["C", "A"])


def columns(xs: Sequence[object], names: Sequence[str]) -> tuple[list[Column], int | None]:
    """Convert every column, and tell how many rows they have: None if all are single numbers."""
    if len(xs) != len(names):
        raise TypeError(f"expected {len(names)} columns ({', '.join(names)}), got {len(xs)}")
    converted = [column(x, name) for x, name in zip(xs, names, strict=True)]
    rows: int | None = None
    for array in converted:
        if array.ndim:
            if rows is None:
                rows = len(array)
            elif len(array) != rows:
                lengths = ", ".join(f"{n}: {a.size}" for a, n in zip(converted, names, strict=True) if a.ndim)
                raise ValueError(f"columns must be of equal length, got {lengths}")
    return converted, rows


def parameter_array(theta: Any, count: int) -> Column:
    """Check parameters given as an array."""
    array = column(theta, "theta")
    if array.shape != (count,):
        raise ValueError(f"theta must hold {count} numbers, one for each parameter, got shape {array.shape}")
    return array
