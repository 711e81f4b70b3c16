"""Training on a Dask cluster of two processes beside one: time of a step, memory of a worker, and the glue.

Run it with `python benchmarks/cluster.py`. Rows are of 10 features, through an MLP of 10-16-1 tanh neurons, and every
worker has one thread. One worker, two workers and two plain processes take turns, since a machine may be slower in one
minute than in the next; times are medians. "What the machine allows" is how much two processes without Dask do, side by
side, of what one of them does alone. "Beyond idle" is what a worker's peak of resident memory has beyond that of one
that has imported everything and holds no data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, Final

import dask
import dask.array
import distributed
import numpy as np

from autograd import compile
from autograd.compiler.runtime.blocks import BLOCK
from nn import MLP, SGD, half_squared_error
from nn.distributed_training import DistributedRun
from nn.tables import table_for_workers
from nn.task import Task

FEATURES: Final = 10
ROWS: Final = 10_000_000
CHUNK: Final = 15 * BLOCK  # rows: 11 MB of features and targets
ROUNDS: Final = 9
SHARE: Final = ROWS / 2 * (FEATURES + 1) * 8 / 1e6  # MB


def main() -> None:
    print(f"dask {dask.__version__}, distributed {distributed.__version__}, numpy {np.__version__}")
    with cluster(2) as client, cluster(1) as single, ProcessPoolExecutor(2, get_context("spawn")) as pool:
        idle = max(peaks(client))
        few = prepare(client, 2)
        report("a step on 2 rows", 1e3 * median([seconds(few) for _ in range(100)]), "ms", "at most 15 ms")
        report("map_blocks, a chunk", 1e3 * glue(client), "ms")
        one, two = prepare(single, ROWS), prepare(client, ROWS)
        times = [(seconds(one), seconds(two), ceiling(pool)) for _ in range(ROUNDS)]
        peak = max(peaks(client))
    report("a step of 1 process", median([t for t, _, _ in times]), "s")
    report("a step of 2 processes", median([t for _, t, _ in times]), "s")
    report("times as quick", median([t / u for t, u, _ in times]), "", "at least 1.7")
    report("what the machine allows", median([allowed for _, _, allowed in times]), "")
    report("an idle worker", idle, "MB")
    report("a worker's share of rows", SHARE, "MB")
    report("peak beyond idle and share", peak - idle - SHARE, "MB", "at most 100 MB")


def report(what: str, found: float, unit: str, goal: str = "") -> None:
    """Print one line, with its goal if it has one."""
    print(f"{what:<28} {found:9.3f} {unit:<2}  {goal and f'goal: {goal}'}".rstrip(), flush=True)


@contextmanager
def cluster(workers: int, processes: bool = True) -> Iterator[Any]:
    """Start workers of one thread each, and yield their client once all have imported what they need."""
    settings = {"n_workers": workers, "threads_per_worker": 1, "processes": processes, "dashboard_address": ":0"}
    with distributed.LocalCluster(**settings, silence_logs=50) as local, distributed.Client(local) as client:
        client.wait_for_workers(workers)
        run_on(client, 2 * workers * BLOCK, chunk=BLOCK).full_steps(1)
        yield client


def network(hidden: int = 16) -> MLP:
    return MLP(FEATURES, [hidden, 1], activation="tanh", seed=1)


def prepare(client: Any, rows: int) -> Callable[[], Any]:
    """Put rows on the workers, as `fit` does, and return what takes a step on them."""
    run = run_on(client, rows)
    return lambda: run.full_steps(1)


def run_on(client: Any, rows: int, hidden: int = 16, chunk: int = CHUNK) -> DistributedRun:
    """Put rows on the workers, and return the run that trains on them."""
    inputs = dask.array.random.default_rng(1).normal(size=(rows, FEATURES), chunks=(chunk, FEATURES))
    table = table_for_workers((inputs, dask.array.sin(inputs.sum(axis=1)), None), True, None, client)
    assert table is not None
    model, shown = network(hidden), table.shown
    optimizer = SGD(model.parameters(), lr=0.01)
    task = Task(model, shown, [], half_squared_error, optimizer, len(shown), "mean", None, 0, terminate_on_nan=True)
    return DistributedRun(task, table)


def ceiling(pool: Any) -> float:
    """Return how much two processes do side by side of what one does alone."""
    alone = pool.submit(plain_step).result()
    both = [pool.submit(plain_step) for _ in range(2)]
    return 2.0 * alone / max(run.result() for run in both)


@lru_cache(maxsize=1)
def plain_work(rows: int) -> Callable[[], Any]:
    """Return what computes the loss and gradient of some rows, on one thread and without Dask."""
    model, columns = network(), np.random.default_rng(1).normal(size=(FEATURES + 1, rows))
    loss = compile(
        lambda *xs: half_squared_error(model(list(xs[:-1])), xs[-1]),
        model.parameters(), example=[0.0] * (FEATURES + 1), threads=1,
    )  # fmt: skip
    return lambda: loss.value_and_grad(*columns)


def plain_step() -> float:
    """Return the seconds for a tenth of the rows."""
    plain_work(ROWS // 10)
    return seconds(plain_work(ROWS // 10))


def peaks(client: Any) -> list[float]:
    """Return the largest resident memory that each worker has had, in MB."""
    return list(client.run(peak_of_process).values())


def peak_of_process() -> float:
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def glue(client: Any, chunks: int = 200) -> float:
    """Return the seconds a chunk that `map_blocks` adds to a compiled function, on chunks of a single row."""
    fast = compile(lambda a, b: (a * b).exp() + a, example=[0.5, 0.5])
    a, b = (client.persist(dask.array.ones(chunks, chunks=1)) for _ in range(2))
    distributed.wait([a, b])
    mapped = min(seconds(lambda: distributed.wait(client.persist(dask.array.map_blocks(fast, a, b)))) for _ in range(5))
    one = np.ones(1)
    return (mapped - min(seconds(lambda: [fast(one, one) for _ in range(chunks)]) for _ in range(5))) / chunks


def seconds(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
