"""A model of the time of a step on a Dask cluster, fitted to measured points, and what it predicts for many workers.

`python benchmarks/scaling.py` fits the points in `docs/assets/cluster.json` and prints the tables of
`docs/explanation/scaling.md`; with `--measure` it takes the points anew first, on this machine. A step takes

    a + c w + r p s + 8 p (w + b) / B

seconds: something in any case, something for each worker's task, the computing of the s rows that a worker has at most,
and what is sent: p parameters to each of w workers, and a sum back for each of b blocks of 8,192 rows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from math import log2
from pathlib import Path
from typing import Any, Final, NamedTuple

import dask
import distributed
import numpy as np
from cluster import cluster, run_on, seconds
from scipy.optimize import least_squares

from autograd.compiler.runtime.blocks import BLOCK
from nn.tables import map_on_dask

POINTS: Final = Path(__file__).parent.parent / "docs/assets/cluster.json"
HIDDEN: Final = {32: (1, 16, 64), 128: (16,), 512: (16,)}  # neurons of the networks whose steps are measured, by blocks
SENT: Final = (10, 10**4, 10**5, 10**6)  # numbers sent to workers and back, without computing
SENT_TO: Final = (1, 2, 4, 8)  # workers
STEPS: Final = 15
NETWORK: Final = 1.25e9  # bytes a second between machines: 10 Gbit/s
LATENCY: Final = 1e-3  # seconds that one worker's message to another would take
PREDICTED: Final = [(10**8, 193), (10**9, 193), (10**9, 10**4)]  # rows and parameters
WORKERS: Final = (1, 10, 100, 300, 1000)


class Point(NamedTuple):
    """A step that was measured, or, without rows, the sending alone of parameters out and of as many numbers back."""

    workers: int
    blocks: int  # whose sums were sent back
    parameters: int
    rows: int  # that the busiest worker computed
    seconds: float


class Model(NamedTuple):
    """What was fitted: seconds in any case, for a worker, and for a row and parameter; bytes a second."""

    a: float
    c: float
    r: float
    B: float

    def step(self, workers: int, blocks: float, parameters: int, rows: float) -> float:
        """Return the seconds of a step in which the busiest worker computes so many rows."""
        sent = 8 * parameters * (workers + blocks)
        return self.a + self.c * workers + self.r * rows * parameters + sent / self.B


def main() -> None:
    if "--measure" in sys.argv:
        POINTS.write_text(json.dumps(list(measure())) + "\n", "utf-8")
    points = [Point(*each) for each in json.loads(POINTS.read_text("utf-8"))]
    model = fitted(points)
    print(f"a {1e3 * model.a:.1f} ms, c {1e3 * model.c:.2f} ms, r {1e9 * model.r:.2f} ns, B {model.B / 1e6:.0f} MB/s\n")
    print("| workers | blocks | parameters | rows | measured | model |\n|---:|---:|---:|---:|---:|---:|")
    for point in points:
        print(
            "| "
            + " | ".join([f"{x:,}" for x in point[:4]] + [text(point.seconds), text(model.step(*point[:4]))])
            + " |"
        )
    for rows, parameters in PREDICTED:
        print(f"\n{rows:,} rows, {parameters:,} parameters\n")
        print("| workers | computing | scheduler | sent | step | with a tree |\n|---:|---:|---:|---:|---:|---:|")
        for workers in WORKERS:
            print("| " + " | ".join([f"{workers:,}", *map(text, predicted(model, workers, rows, parameters))]) + " |")


def measure() -> Iterator[Point]:
    """Yield the least time of several steps on this machine, for workers of one thread each."""
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})  # workers start sooner
    for workers in SENT_TO:
        with cluster(workers) as client:
            for parameters in SENT:
                thetas = [np.ones(parameters)] * workers
                taken = least(partial(map_on_dask, client, distributed, echo, thetas))
                yield Point(workers, workers, parameters, 0, taken)
            for blocks, hidden in [(n, h) for n, each in HIDDEN.items() for h in each] if workers <= 2 else []:
                run = run_on(client, blocks * BLOCK, hidden, chunk=BLOCK * blocks // 16)
                rows = max(map(len, run.table.groups)) * BLOCK * blocks // 16
                yield Point(workers, blocks, run.descent.size, rows, least(partial(run.full_steps, 1)))


def echo(theta: Any) -> Any:
    """Return as many numbers as were sent, as a worker does that has one block of rows."""
    return theta + 1.0


def least(work: Callable[[], Any], count: int = 15) -> float:
    """Return the seconds of the quickest of several calls, after one that may compile."""
    work()
    return min([seconds(work) for _ in range(count)])


def fitted(points: list[Point]) -> Model:
    """Fit the model to the logarithms of the measured times; its constants are positive, so their logarithms too."""
    start = np.log(Model(0.01, 0.003, 2e-9, 5e8))

    def errors(logarithms: Any) -> list[float]:
        model = Model(*np.exp(logarithms))
        return [float(np.log(model.step(*point[:4]) / point.seconds)) for point in points]

    found = least_squares(errors, start, bounds=(start - 7.0, start + 7.0))
    print(f"{len(points)} points, ratios of model and measured within {np.exp(np.std(found.fun)) - 1:.0%} (one sigma)")
    return Model(*np.exp(found.x).tolist())


def predicted(model: Model, workers: int, rows: int, parameters: int) -> list[float]:
    """Return the seconds of computing, of the scheduler, of sending over a network, of a step, and of one with a tree.

    With a tree, workers pass parameters on and add sums among themselves, pair by pair, and Dask starts nothing.
    """
    computing = model.r * rows * parameters / workers
    scheduler = model.a + model.c * workers
    sent = 8 * parameters * (workers + rows / BLOCK) / NETWORK
    depth = 2 * log2(workers) if workers > 1 else 1.0
    subtrees = 2 * log2(max(2.0, rows / BLOCK / workers)) if workers > 1 else 1.0  # of one worker, not yet added up
    tree = computing + model.a + depth * (LATENCY + 8 * parameters * subtrees / NETWORK)
    return [computing, scheduler, sent, computing + scheduler + sent, tree]


def text(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{1e3 * seconds:.1f} ms"


if __name__ == "__main__":
    main()
