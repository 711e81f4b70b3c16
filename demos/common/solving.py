"""Train as the 1986 experiments did, until a problem is solved, and count the sweeps that it takes.

A sweep goes through all rows, and moves the weights once, by the gradient summed over them. A problem counts as solved
after the first sweep that leaves every output on its target's side: all errors below 0.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from statistics import median
from typing import NamedTuple, TypeVar

import numpy as np
from tqdm import tqdm  # type: ignore[import-untyped]

from autograd.compiler import compile
from nn import SGD, Module, fit, half_squared_error

sweep = partial(fit, loss=half_squared_error, reduction="sum", progress=False, native=True)


Setting = TypeVar("Setting")
Result = TypeVar("Result")


class Run(NamedTuple):
    """One training run: the loss of each sweep, and how many sweeps solved the problem, if they did."""

    losses: list[float]
    solved: int | None


def train(
    model: Module,
    inputs: Sequence[Sequence[float]],
    targets: Sequence[float],
    lr: float,
    momentum: float,
    sweeps: int,
    within: float = 0.5,
) -> Run:
    """Train natively until all errors are below `within`, at most so many sweeps."""
    outputs = compile(lambda *xs: model(list(xs)), model.parameters(), example=inputs[0])
    columns, goals = np.array(inputs, dtype=float).T, np.array(targets, dtype=float)
    solved: list[int] = []

    def done(sweep: int, loss: float) -> bool:
        """Note the first sweep with all errors below 1/2; end the training once they are below `within`."""
        error = np.abs(outputs(*columns) - goals).max()
        if error < 0.5 and not solved:
            solved.append(sweep)
        return bool(error < within)

    done.only_watches = True  # type: ignore[attr-defined]  # so that nothing has to be read back after each sweep
    optimizer = SGD(model.parameters(), lr, momentum)
    losses = sweep(model, inputs, targets, optimizer=optimizer, epochs=sweeps, callback=done)
    return Run(losses, solved[0] if solved else None)


def over_seeds(
    settings: Sequence[Setting], seeds: Sequence[int], learn: Callable[[Setting, int], Result], name: str
) -> list[list[Result]]:
    """Run each setting from each seed, behind one bar; return a list for each setting, with a result for each seed."""
    jobs = [(setting, seed) for setting in settings for seed in seeds]
    results = [learn(setting, seed) for setting, seed in tqdm(jobs, unit="run", desc=name)]
    return [results[k : k + len(seeds)] for k in range(0, len(results), len(seeds))]


def draw_all(model: Module, bound: float, seed: int) -> None:
    """Draw every weight, and every bias too, evenly from -bound to bound, as the experiments did."""
    random = Random(seed)
    for parameter in model.parameters():
        parameter.data = random.uniform(-bound, bound)


def median_sweeps(runs: Sequence[Run]) -> float | None:
    """Return the median of the sweeps to solve; a run that did not solve is longer than any, None if half did not."""
    found = median(math.inf if run.solved is None else run.solved for run in runs)
    return found if math.isfinite(found) else None
