"""Tables: large data as one array of columns, on disk or on the workers of a Dask cluster, for training on workers.

A table has a row of numbers for each column of the data: inputs, then targets, then the weight if there are weights.
It is cut at multiples of BLOCK rows, so that sums over blocks do not depend on who computes them.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from autograd.lowering.program import BLOCK
from nn.data import Row
from nn.extras import extra

SHOWN: Final = 1000  # rows on which the model, the loss and the compiled code are tried before training
DEATHS: Final = 10  # of workers amid one task, beyond the four after which Dask gives up: it may be what kills them
PATIENCE: Final = 60.0  # seconds without any worker after which training ends; Dask would wait for ever
PARTS: Final = 8  # tasks a step for an executor, which does not say how many workers it has


class Layout(NamedTuple):
    """How the rows of a table are read: the number of inputs, of targets (None for single numbers), and weights."""

    inputs: int
    targets: int | None
    weighted: bool

    @classmethod
    def of(cls, given: Sequence[Any]) -> Layout:
        """Return the layout of arrays of inputs, targets and, if there is a third, weights."""
        inputs, targets, *weights = given
        width = 1 if inputs.ndim == 1 else inputs.shape[1]
        return cls(width, None if targets.ndim == 1 else targets.shape[1], bool(weights))

    def examples(self, table: Any) -> list[Row]:
        """Return the first rows of a table."""
        return [self.row(numbers, k) for k, numbers in enumerate(table[:, :SHOWN].T.tolist())]

    def row(self, numbers: Sequence[float], place: int) -> Row:
        """Return a row of the table as an example."""
        ends = self.inputs + (1 if self.targets is None else self.targets)
        target = numbers[self.inputs] if self.targets is None else list(numbers[self.inputs : ends])
        return Row(list(numbers[: self.inputs]), target, place, numbers[ends] if self.weighted else None)


@dataclass(eq=False)
class Table:
    """Data for training on workers.

    Attributes:
        parts: the parts in order, each a `FilePart` or a Dask future of an array of columns.
        groups: the places of the parts that one task of a step takes, such as those that are on one worker.
        rows: the number of rows in all.
        weight: the sum of the weights, or the number of rows.
        shown: the first rows, as examples.
        map: map(function, *iterables) calls a function on the workers, as `Executor.map` does; results are in order.
    """

    parts: Sequence[Any]
    groups: Sequence[Sequence[int]]
    rows: int
    weight: float
    shown: list[Row]
    map: Callable[..., Iterable[Any]]


class FilePart(NamedTuple):
    """Some rows of a table in a file, which every worker of this machine (or of a shared file system) can read."""

    path: str
    start: int
    stop: int

    def read(self) -> Any:
        """Return the part as an array, which the operating system reads when it is used."""
        import numpy as np

        return np.asarray(np.load(self.path, mmap_mode="r"))[:, self.start : self.stop]


def table_for_workers(data: tuple[Any, Any, Any], finite: bool, executor: Any, client: Any) -> Table | None:
    """Return inputs, targets and sample weights as a table on workers, or None if there are no workers."""
    distributed = any(map(is_distributed, data))
    if executor is not None and (client is not None or distributed):
        raise ValueError("Dask's data are trained on by its own client: leave executor out, or pass plain arrays")
    if executor is not None:
        if not callable(getattr(executor, "map", None)):
            raise TypeError(f"executor must be a concurrent.futures.Executor, got {executor!r:.60}")
        return table_in_file(*data, finite, executor.map, PARTS)
    if client is None and not distributed:
        return None
    dask = extra("distributed", "training on a Dask cluster", name="dask")
    client = dask.get_client() if client is None else client
    if not isinstance(client, dask.Client):
        raise TypeError(f"client must be a dask.distributed.Client, got {client!r:.60}")
    map_on_workers = partial(map_on_dask, client, dask)
    if distributed:
        return table_in_dask(*data, finite, client, map_on_workers)
    return table_in_file(*data, finite, map_on_workers, max(1, sum(client.nthreads().values())))


def is_distributed(data: Any) -> bool:
    """Return whether data are a Dask array or frame."""
    return type(data).__module__.startswith("dask")


def map_on_dask(client: Any, dask: Any, function: Any, *iterables: Any) -> Any:
    """Call a function on the workers: all tasks in one message, since messages are most of what a small step costs."""
    return gather_from_dask(client, dask, client.map(function, *map(list, iterables), pure=False))


def gather_from_dask(client: Any, dask: Any, tasks: Any) -> Any:
    """Return the results of tasks; one whose workers died, or what it needs, is tried again."""
    for _ in range(DEATHS):
        wait_for_dask(client, dask, tasks)
        try:
            return client.gather(tasks)
        except dask.KilledWorker:
            client.retry(tasks)
    return client.gather(tasks)


def wait_for_dask(client: Any, dask: Any, tasks: Any) -> None:
    """Wait until tasks have ended, or raise RuntimeError if no worker is left and none comes.

    Dask's nannies replace a worker that dies, but not one that dies while it starts.
    """
    while True:
        try:
            with client.as_current():  # `wait` asks the default client, which this one need not be
                dask.wait(tasks, timeout=PATIENCE)
            return
        except dask.TimeoutError:
            if client.nthreads():
                continue
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except dask.TimeoutError:
            raise RuntimeError(
                f"the Dask cluster has had no worker for {PATIENCE:.0f} s: start workers, or scale the cluster, and "
                "train again; fit(checkpoint=...) keeps what was trained"
            ) from None


def table_in_file(
    inputs: Any, targets: Any, sample_weight: Any, finite: bool, map_on_workers: Any, tasks: int
) -> Table:
    """Write data to a temporary file, which is deleted with the table, and cut it into parts."""
    import numpy as np

    layout, table = join_columns(inputs, targets, sample_weight, finite)
    rows, folder = table.shape[1], tempfile.mkdtemp(prefix="scalar-autograd-")
    path = str(Path(folder) / "table.npy")
    np.save(path, table)
    size = -(-rows // (BLOCK * tasks)) * BLOCK
    parts = [FilePart(path, start, start + size) for start in range(0, rows, size)]
    weight = math.fsum(table[-1].tolist()) if layout.weighted else float(rows)
    result = Table(parts, [[k] for k in range(len(parts))], rows, weight, layout.examples(table), map_on_workers)
    weakref.finalize(result, shutil.rmtree, folder, ignore_errors=True)
    return result


def table_in_dask(
    inputs: Any, targets: Any, sample_weight: Any, finite: bool, client: Any, map_on_workers: Any
) -> Table:
    """Turn Dask arrays or frames into futures of parts, which stay on the workers; a lost one is computed again."""
    array = extra("dask.array", "training on Dask's data", name="dask")
    distributed = extra("distributed", "training on Dask's data", name="dask")
    delayed = extra("dask", "training on Dask's data", name="dask").delayed
    given = [dask_array(array, x) for x in (inputs, targets, sample_weight) if x is not None]
    rows = {len(x) for x in given}
    if len(rows) > 1 or 0 in rows:
        raise ValueError(f"expected as many targets (and weights) as rows, got {[len(x) for x in given]}")
    size = -(-max(given[0].chunks[0]) // BLOCK) * BLOCK
    given = [x.rechunk((size, *x.shape[1:])) for x in given]
    chunks = zip(*[x.to_delayed().ravel() for x in given], strict=True)
    parts = client.compute([delayed(columns_of)(chunk, finite) for chunk in chunks], retries=2)
    layout = Layout.of(given)
    weights = [1.0 * len(given[0])] if sample_weight is None else map_on_workers(last_sum, parts)
    shown = layout.examples(map_on_workers(first_rows, parts[:1])[0])
    wait_for_dask(client, distributed, parts)
    return Table(parts, by_worker(client, parts), rows.pop(), math.fsum(weights), shown, map_on_workers)


def dask_array(array: Any, data: Any) -> Any:
    """Return a Dask array with chunks of known sizes, from an array, a frame, a series or plain data."""
    if hasattr(data, "to_dask_array"):
        return data.to_dask_array(lengths=True)
    if not hasattr(data, "dask"):
        return array.from_array(numbers_of(data, "data", False))
    return data.compute_chunk_sizes() if any(math.isnan(size) for size in data.chunks[0]) else data


def columns_of(chunks: Sequence[Any], finite: bool) -> Any:
    """Return chunks of inputs, targets and weights as one array of columns."""
    import numpy as np

    names = ("inputs", "targets", "sample_weight")
    arrays = [numbers_of(chunk, name, finite) for name, chunk in zip(names, chunks, strict=False)]
    return np.ascontiguousarray(np.concatenate([np.atleast_2d(x.T) for x in arrays]))


def by_worker(client: Any, parts: Sequence[Any]) -> list[list[int]]:
    """Return the places of the parts that each thread of each worker takes: those that the worker holds."""
    holders, threads = client.who_has(parts), client.nthreads()
    held: dict[str, list[int]] = {}
    for place, part in enumerate(parts):
        held.setdefault(next(iter(holders.get(part.key, ())), ""), []).append(place)
    shares = [
        places[k :: threads.get(worker, 1)] for worker, places in held.items() for k in range(threads.get(worker, 1))
    ]
    return [share for share in shares if share]


def first_rows(table: Any) -> Any:
    """Return the first rows of a table."""
    return table[:, :SHOWN].copy()


def last_sum(table: Any) -> float:
    """Return the sum of the last column."""
    return math.fsum(table[-1].tolist())


def join_columns(inputs: Any, targets: Any, sample_weight: Any, finite: bool) -> tuple[Layout, Any]:
    """Return the data as one array of columns, and how it is laid out, or refuse it by name."""
    given = [numbers_of(inputs, "inputs", finite), numbers_of(targets, "targets", finite)]
    given += [] if sample_weight is None else [numbers_of(sample_weight, "sample_weight", True)]
    if len({len(x) for x in given}) > 1 or not len(given[0]):
        raise ValueError(f"expected as many targets (and weights) as rows, got {[len(x) for x in given]}")
    return Layout.of(given), columns_of(given, finite)


def numbers_of(data: Any, name: str, finite: bool) -> Any:
    """Return data as a float64 array of one or two dimensions."""
    import numpy as np

    plain = data.to_numpy() if hasattr(data, "to_numpy") else data
    array = np.asarray(plain)
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2):
        raise TypeError(f"{name} must be rows of numbers, got an array of {array.dtype} with shape {array.shape}")
    if finite and not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))[0])
        raise ValueError(f"{name}, row {row}: expected finite numbers, got {array[row].tolist()!r:.60}")
    return array.astype(np.float64, copy=False)
