"""Size, leaks and threads: a million nodes at the default recursion limit and without the garbage collector.

Each shape of graph goes through everything a graph can go through. A `Value` holds a reference to its class, so that
the references to the class count the `Value`s alive, exactly: after each deed there are as many as before it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from claims import Claim, share_of, tell
from shapes import DEEDS, SHAPES

from autograd import Value, grad
from nn import MLP, SGD, fit, half_squared_error

STEPS: Final = 100_000
FLAT: Final = 2e6  # bytes that resident memory may grow by in so many steps
THREADS: Final = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Try every shape, a long training, and threads."""
    share = share_of("Try graphs of a million nodes, long training and threads.", arguments)
    with without_help():
        claims = [survives(shape, max(2, int(share * size))) for shape, (_, size) in SHAPES.items()]
        claims += [training_is_flat(max(2000, int(share * STEPS)))]
        claims += [separate_graphs(max(2, int(share * 200))), shared_parameters(max(2, int(share * 200)))]
    return tell("scale", claims)


@contextlib.contextmanager
def without_help() -> Iterator[None]:
    """Run at the default recursion limit, whatever it is now, and with the garbage collector off."""
    limit, on = sys.getrecursionlimit(), gc.isenabled()
    sys.setrecursionlimit(1000)
    gc.disable()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if on:
            gc.enable()


def alive() -> int:
    """Count the `Value`s alive, and something constant."""
    return sys.getrefcount(Value)


# Graphs


def survives(shape: str, size: int) -> Claim:
    """Build a shape, do every deed to it, and let it go; what fails or leaves a `Value` alive is told."""
    made, before = SHAPES[shape][0], alive()
    wrong, times = [], {}
    began = time.process_time()
    graph = made(size)
    times["build"] = time.process_time() - began
    built = alive()
    for deed, do in DEEDS.items():
        began = time.process_time()
        try:
            do(*graph)
        except (AssertionError, RecursionError, MemoryError) as error:
            wrong.append(f"{deed}: {error!r:.80}")
        times[deed] = time.process_time() - began
        if alive() != built:
            wrong.append(f"{deed} left {alive() - built} Values alive")
    del graph
    if alive() != before:
        wrong.append(f"{alive() - before} Values are left at the end")
    slowest = max(times, key=lambda deed: times[deed])
    return Claim(
        f"{shape.format(size)}: build, differentiate, copy, pickle, draw, record, debug, free",
        "recursion limit 1000, garbage collector off; Values alive are counted after each",
        len(times) + 1,
        "; ".join(wrong) or f"{slowest}, {times[slowest]:.1f} s of CPU; no Value left",
        not wrong,
    )


# Training


def resident() -> int:
    """Give the bytes of this process that are in memory now."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def training_is_flat(steps: int) -> Claim:
    """Train for so many steps, and watch the Values alive and the resident memory."""
    model = MLP(2, [2, 1], activation="tanh")
    seen: list[tuple[int, int]] = []
    fit(
        model, [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0], loss=half_squared_error,
        optimizer=SGD(model.parameters(), lr=0.05), epochs=steps // 4, batch_size=1, progress=False,
        callback=lambda epoch, loss: seen.append((alive(), resident())) if epoch % 250 == 0 else None,
    )  # fmt: skip
    values, bytes_ = zip(*seen, strict=True)
    grown = max(bytes_) - bytes_[0]
    return Claim(
        "training keeps no node, and resident memory flat within 2 MB",
        f"fit for {steps:,} steps of one row on a 2-2-1 network, looked at every 1,000",
        steps,
        f"{max(values) - min(values)} Values more or less, {grown / 1e6:.2f} MB more",
        max(values) == min(values) and grown <= FLAT,
    )


# Threads


def gradients(seed: int, rounds: int) -> list[list[float]]:
    """Train a network of its own, all in one thread, and give its gradients at each step."""
    model = MLP(2, [4, 1], activation="tanh", seed=seed)
    found = []
    for k in range(rounds):
        model.zero_grad()
        loss = half_squared_error(model([0.1 * k, 1.0 - seed]), 1.0)
        loss.backward()
        found.append([parameter.grad for parameter in model.parameters()])
        for parameter in model.parameters():
            parameter.data -= 0.1 * parameter.grad
    return found


def separate_graphs(rounds: int) -> Claim:
    """Let ten threads differentiate graphs of their own by `backward`."""
    alone = [gradients(seed, rounds) for seed in range(THREADS)]
    together = in_threads([partial(gradients, seed, rounds) for seed in range(THREADS)])
    wrong = sum(a != b for a, b in zip(alone, together, strict=True))
    return Claim(
        "threads that differentiate separate graphs do not disturb each other",
        f"{THREADS} threads, {rounds} steps of training each, every gradient bit beside one thread's",
        THREADS * rounds,
        f"{wrong} threads with another gradient",
        not wrong,
    )


def shared_parameters(rounds: int) -> Claim:
    """Let two threads call `grad` with respect to the same parameters, whose `.grad` nobody may write."""
    model = MLP(2, [8, 1], activation="tanh")
    parameters = model.parameters()
    for parameter in parameters:
        parameter.grad = 7.0

    def slopes(k: int) -> list[list[float]]:
        losses = [half_squared_error(model([0.01 * n * k, 1.0]), 0.5) for n in range(rounds)]
        return [grad(loss, parameters) for loss in losses]

    alone = [slopes(1), slopes(2)]
    together = in_threads([partial(slopes, 1), partial(slopes, 2)])
    kept = all(parameter.grad == 7.0 for parameter in parameters)
    return Claim(
        "threads that share parameters get the right derivatives from grad, which writes no .grad",
        f"2 threads, {rounds} graphs each over the same parameters",
        2 * rounds,
        "none differs" if together == alone and kept else "a derivative differs, or a .grad was written",
        together == alone and kept,
    )


def in_threads(tasks: Sequence[Callable[[], list[list[float]]]]) -> list[list[list[float]]]:
    """Run the tasks at the same time, switching between them as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(len(tasks)) as threads:
            return [future.result() for future in [threads.submit(task) for task in tasks]]
    finally:
        sys.setswitchinterval(interval)


if __name__ == "__main__":
    sys.exit(main())
