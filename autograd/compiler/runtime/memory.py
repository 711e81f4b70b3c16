"""Where arrays are in memory, which machine code is told."""

from __future__ import annotations

import ctypes
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LINE: Final = 8  # doubles in a cache line
LANES: Final = 8  # of any vector, at most: a number for all rows is repeated as often
DATA: Final = object.__basicsize__  # where an ndarray keeps the address of its data: its first field
pointer_at: Final = ctypes.c_void_p.from_address


def address(x: NDArray[Any]) -> int:
    """Return where an array's data is, five times as fast as NumPy's own ways."""
    return pointer_at(id(x) + DATA).value or 0


def row_addresses(matrix: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return where each row of a matrix begins."""
    starts: NDArray[np.int64] = address(matrix) + matrix.strides[0] * np.arange(len(matrix))
    return starts


def aligned_array(size: int) -> NDArray[np.float64]:
    """Make an array that starts where a cache line does, so that no vector straddles two."""
    workspace = np.empty(size + LINE)
    skipped = -(address(workspace) // 8) % LINE
    return workspace[skipped : skipped + size]
