"""Many rows, in blocks: on every core, with the same bits on any number of threads.

Where rows are added up, they are cut into blocks of a fixed size. Each block adds up its own rows, and the sums of the
blocks are added in their order, whichever thread computed them and when. Where nothing is added, every thread gets as
many rows as another. Machine code runs without the GIL, so threads run side by side.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.runtime.memory import row_addresses
from autograd.lowering.program import BLOCK

if TYPE_CHECKING:
    from autograd.compiler.runtime.kernel import Kernel

Array = NDArray[np.float64]
Table = NDArray[np.int64]
Results = tuple[Array, Array]
WORTHWHILE: Final = 2_000_000  # instructions times rows; with less to do, starting threads costs more than they save


def run_blocks(
    kernel: Kernel, starts: Table, steps: Table, rows: int, theta: Array, threads: int | None
) -> tuple[Array, Array]:
    """Compute so many rows of columns, given by their addresses and the steps from row to row."""
    threads = (threads or cores()) if rows * len(kernel.program.code) > WORTHWHILE else 1
    size = BLOCK if kernel.sums else -(-rows // (threads * kernel.lanes)) * kernel.lanes
    results = np.empty((kernel.outputs, rows))
    outs = row_addresses(results)
    count = -(-rows // size)
    sums = np.empty((count, kernel.sums))

    def compute(block: int) -> None:
        first = block * size
        kernel.run_at(
            starts + 8 * first * steps,
            steps,
            outs + 8 * first,
            min(size, rows - first),
            theta.ctypes.data,
            sums.ctypes.data + block * sums.strides[0],
        )

    for_each(compute, count, threads)
    total = np.zeros(kernel.sums)
    for block_sums in sums:  # in this order, and not as np.sum pairs them
        total += block_sums
    return results, total


def rows_alone(sums: int, instructions: int) -> int:
    """Return up to how many rows one thread computes in one call, so that they need no cutting."""
    return BLOCK if sums else WORTHWHILE // max(1, instructions)


def for_each(work: Callable[[int], None], count: int, threads: int) -> None:
    """Call a function for each number below a count, on so many threads."""
    threads = min(threads, count)
    if threads < 2:
        for k in range(count):
            work(k)
        return

    def share(first: int) -> None:
        for k in range(first, count, threads):
            work(k)

    others = [pool().submit(share, first) for first in range(1, threads)]
    share(0)
    for other in others:
        other.result()


@cache
def pool() -> ThreadPoolExecutor:
    """Start the threads that all compiled functions share, once a process."""
    return ThreadPoolExecutor(max_workers=max(32, cores()), thread_name_prefix="autograd")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=pool.cache_clear)  # threads do not survive a fork


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
