"""The work that `eager.py` times, once for each library, and the worker process that runs it.

    python workloads.py WORK LIBRARY SIZE

reads requests from its standard input and answers each with a line of JSON: "time" with the seconds of one run
and its results, "memory" with the growth of the process's peak memory, in bytes, over the runs before.

The libraries are used at their defaults, the garbage collector too. Runs follow each other as steps of training do, so
that what a run leaves behind is collected on the library's account: micrograd's nodes and their closures refer to each
other, and only the collector can free them.
"""

from __future__ import annotations

import gc
import importlib
import json
import math
import random
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import cycle, islice, pairwise
from typing import Any, Final

Work = Callable[[], Sequence[float]]  # one run; it gives numbers that every library must agree on

SIZES: Final = (2, 16, 16, 1)  # micrograd's demo: two inputs, two hidden layers of 16 ReLUs, one output
PENALTY: Final = 1e-4
LEARNING_RATE: Final = 0.1
SECONDS: Final = 3.0  # of CPU time for one turn of a library, and never less than two runs


def moons(count: int, noise: float = 0.1) -> tuple[list[list[float]], list[float]]:
    """Two interleaved half circles with labels -1 and 1, as scikit-learn's `make_moons` draws them."""
    rng, points, labels = random.Random(0), [], []
    for angle in (math.pi * k / (count // 2 - 1) for k in range(count // 2)):
        for x, y, label in (
            (math.cos(angle), math.sin(angle), -1.0),
            (1.0 - math.cos(angle), 0.5 - math.sin(angle), 1.0),
        ):
            points.append([x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise)])
            labels.append(label)
    return points, labels


def weights() -> list[float]:
    """The parameters that every library starts from, in micrograd's order: a neuron's weights, then its bias 0."""
    rng = random.Random(1)
    return [w for n, m in pairwise(SIZES) for _ in range(m) for w in (*[rng.uniform(-1.0, 1.0) for _ in range(n)], 0.0)]


# One step of the moons demo: forward, hinge loss and L2 penalty, backward, update -------------------------------------


def moons_through_nn(count: int) -> Work:
    """Our own `nn`, which records a neuron as two nodes, and the penalty as one `dot`."""
    from autograd import dot
    from nn import MLP, hinge_loss

    (points, labels), start = moons(count), weights()
    model = MLP(SIZES[0], SIZES[1:], activation="relu")
    parameters = list(model.parameters())

    def step() -> Sequence[float]:
        for p, w in zip(parameters, start, strict=True):
            p.data = w
        loss = hinge_loss([model(point) for point in points], labels) + PENALTY * dot(parameters, parameters)
        model.zero_grad()
        loss.backward()
        return updated_data(loss, parameters)

    return step


def moons_through_operators(leaf: type[Any]) -> Callable[[int], Work]:
    """micrograd's demo, line for line, on micrograd's own `nn.py`, with either library's `Value`."""
    import micrograd.nn

    micrograd.nn.Value = leaf

    def work(count: int) -> Work:
        (points, labels), start = moons(count), weights()
        model = micrograd.nn.MLP(SIZES[0], list(SIZES[1:]))
        parameters = model.parameters()

        def step() -> Sequence[float]:
            for p, w in zip(parameters, start, strict=True):
                p.data = w
            inputs = [list(map(leaf, point)) for point in points]
            scores = list(map(model, inputs))
            losses = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
            loss = sum(losses) * (1.0 / len(losses)) + PENALTY * sum(p * p for p in parameters)
            model.zero_grad()
            loss.backward()
            return updated_data(loss, parameters)

        return step

    return work


def updated_data(loss: Any, parameters: Sequence[Any]) -> Sequence[float]:
    for p in parameters:
        p.data -= LEARNING_RATE * p.grad
    return [float(loss.data), sum(abs(float(p.grad)) for p in parameters)]


def moons_torch(count: int) -> Work:
    import torch

    (points, labels), start = moons(count), weights()
    parameters = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in start]

    def step() -> Sequence[float]:
        for p, w in zip(parameters, start, strict=True):
            p.data.fill_(w)
            p.grad = None
        loss = moons_loss(parameters, points, labels, torch.relu)
        loss.backward()
        return updated_data(loss, parameters)

    return step


def moons_hips(count: int) -> Work:
    import autograd.numpy as np

    import autograd

    (points, labels), start = moons(count), weights()
    evaluate = autograd.value_and_grad(lambda ps: moons_loss(list(ps), points, labels, lambda z: np.maximum(z, 0.0)))

    def step() -> Sequence[float]:
        loss, gradients = evaluate(start)
        [p - LEARNING_RATE * g for p, g in zip(start, gradients, strict=True)]
        return [float(loss), sum(abs(float(g)) for g in gradients)]

    return step


def moons_loss(
    parameters: Sequence[Any], points: Sequence[Sequence[float]], labels: Sequence[float], relu: Callable[[Any], Any]
) -> Any:
    """The same arithmetic for libraries that have no class of their own for a neuron of scalars."""
    rest = iter(parameters)
    layers = [[([next(rest) for _ in range(n)], next(rest)) for _ in range(m)] for n, m in pairwise(SIZES)]

    def score(xs: Sequence[Any]) -> Any:
        for layer in layers:
            zs = [sum((w * x for w, x in zip(ws, xs, strict=True)), b) for ws, b in layer]
            xs = zs if layer is layers[-1] else [relu(z) for z in zs]
        return xs[0]

    losses = [relu(1 + -label * score(point)) for point, label in zip(points, labels, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + PENALTY * sum(p * p for p in parameters)


# A polynomial and its derivative by Horner's rule: a chain of so many multiplications and additions -------------------


def horner(x: Any, operations: int) -> Any:
    y = x
    for coefficient in islice(cycle([0.3, -0.2, 0.5, -0.7]), operations // 2):
        y = y * x + coefficient
    return y


def horner_of_values(leaf: type[Any]) -> Callable[[int], Work]:
    def work(operations: int) -> Work:
        def run() -> Sequence[float]:
            x = leaf(0.9)
            y = horner(x, operations)
            y.backward()
            return [y.data, x.grad]

        return run

    return work


def horner_torch(operations: int) -> Work:
    import torch

    def run() -> Sequence[float]:
        x = torch.tensor(0.9, dtype=torch.float64, requires_grad=True)
        y = horner(x, operations)
        y.backward()
        return [y.item(), x.grad.item()]

    return run


def horner_hips(operations: int) -> Work:
    import autograd

    evaluate = autograd.value_and_grad(lambda x: horner(x, operations))
    return lambda: [float(number) for number in evaluate(0.9)]


# The worker -----------------------------------------------------------------------------------------------------------


def value_of(module: str) -> type[Any]:
    return importlib.import_module(module).Value  # type: ignore[no-any-return]


WORKS: Final[dict[tuple[str, str], Callable[[int], Work]]] = {
    ("moons", "scalar-autograd nn"): moons_through_nn,
    ("moons", "scalar-autograd"): lambda n: moons_through_operators(value_of("autograd"))(n),
    ("moons", "micrograd"): lambda n: moons_through_operators(value_of("micrograd.engine"))(n),
    ("moons", "torch"): moons_torch,
    ("moons", "autograd"): moons_hips,
    ("horner", "scalar-autograd"): lambda n: horner_of_values(value_of("autograd"))(n),
    ("horner", "micrograd"): lambda n: horner_of_values(value_of("micrograd.engine"))(n),
    ("horner", "torch"): horner_torch,
    ("horner", "autograd"): horner_hips,
}


def answers(work: str, library: str, size: int, requests: Iterable[str]) -> None:
    make = WORKS[work, library]
    make(8)()  # whatever a library does only once
    run = make(size)
    for request in requests:
        answer = time_run(run) if request.strip() == "time" else {"bytes": growth(run)}
        print(json.dumps(answer), flush=True)


def time_run(run: Work) -> dict[str, Any]:
    """Run over and over, and give the mean seconds of CPU time of one run; freeing the graph is part of it."""
    gc.collect()
    runs, spent, start = 0, 0.0, time.process_time()
    while spent < SECONDS or runs < 2:
        result = run()
        runs, spent = runs + 1, time.process_time() - start
    return {"seconds": spent / runs, "result": result}


def growth(run: Work) -> int:
    before = peak_memory()
    run()
    return peak_memory() - before


def peak_memory() -> int:
    """The largest memory this process has had, in bytes: macOS counts in bytes, Linux in KiB."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def main() -> None:
    work, library, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if library == "micrograd":  # its backward pass recurses to the depth of the graph; no other library here needs this
        sys.setrecursionlimit(10**9)
        threading.stack_size(1 << 29)
    thread = threading.Thread(target=answers, args=(work, library, size, sys.stdin))
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
