"""How fast compiled code is, beside hand-written C, NumPy, JAX, PyTorch, CasADi and micrograd: a Markdown table.

Run it with `python benchmarks/native.py`. All peers do the same work in float64 on one thread, in one process, taking
turns; a cell is the median of the rounds, in which short work is repeated. Results are compared before any is timed.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
sys.path.insert(0, str(Path(__file__).parent.parent))

import native_peers as peers  # noqa: E402
import numpy as np  # noqa: E402
import race  # noqa: E402

import autograd  # noqa: E402
import nn  # noqa: E402
from autograd.compiler.llvm import native  # noqa: E402
from autograd.compiler.runtime import strategy  # noqa: E402
from autograd.value import parameter  # noqa: E402

Work = Callable[[], Any]
MOONS_FLOPS = 2 * (48 + 272 + 17) + 2 * (32 + 256 + 16) + 2 * (16 + 256)  # a row: forward, for weights, for inputs
STEPS, HIDDEN = 1000, 16  # of the recurrent net: 600,000 nodes


def main() -> None:
    """Print the table, with the peers of this environment and those that the eager race has installed."""
    sys.path.extend(race.installed_packages())
    print(f"`benchmarks/native.py`, {datetime.date.today()}, {machine()}, {versions()}\n")
    print("| work | ours | ours, exact | peers | goal |")
    print("|---|---|---|---|---|")
    print(moons_row(96, 60), flush=True)
    print(moons_row(9600, 60), flush=True)
    for row in (xor_row, digits_row, recurrent_row, compile_row):
        print(row(), flush=True)


def moons_row(rows: int, rounds: int) -> str:
    """Value and gradient of the moons MLP."""
    rng = np.random.default_rng(0)
    xs = rng.normal(size=(2, rows))
    t = np.where(xs[0] * xs[1] + 0.3 * rng.normal(size=rows) > 0.0, 1.0, -1.0)
    model = nn.MLP(2, [16, 16, 1])
    theta = np.array([p.data for p in model.parameters()])
    works: dict[str, Work] = {}
    for name, fastmath in (("ours", True), ("exact", False)):
        works[name] = ours(moons_loss(model), model, fastmath, (*xs, t), theta)
    add_peers(works, "moons", ["c", "numpy", "jax", "torch", "casadi"], xs, t, theta)
    if rows == 96:
        add_peers(works, "moons", ["micrograd"], xs, t, theta)
    seconds = run_race(works, rounds, {"casadi": 20, "micrograd": 3})
    goal = "<= 1.8x C; NumPy >= 4x, JAX 6x, torch 12x, CasADi 50x, micrograd 50,000x"
    if rows != 96:
        share = MOONS_FLOPS * rows / seconds["ours"] / peers.peak_rate()
        goal = f"<= 1.3x C, exact <= 2.2x; JAX, torch >= 2.5x. Ours is {share:.0%} of peak"
    return table_row(f"moons MLP 2-16-16-1, value and gradient, {rows:,} rows", seconds, goal)


def moons_loss(model: Any) -> Callable[..., Any]:
    return lambda x, z, t: autograd.relu(1.0 - t * model([x, z]))


def ours(
    loss: Any, model: Any, fastmath: bool, columns: Sequence[np.ndarray], theta: np.ndarray, **options: Any
) -> Work:
    fast = autograd.compile(loss, model.parameters(), fastmath=fastmath, **options)
    return lambda: fast.value_and_grad(*columns, theta=theta)


def xor_row() -> str:
    """Ten thousand full-batch momentum steps on XOR, through `fit`."""
    data, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    model = nn.MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=1)
    theta = [p.data for p in model.parameters()]

    def fit() -> float:
        for p, x in zip(model.parameters(), theta, strict=True):
            p.data = x
        optimizer = nn.SGD(model.parameters(), lr=0.5, momentum=0.9)
        settings = {"loss": nn.half_squared_error, "optimizer": optimizer, "epochs": 10_000, "progress": False}
        return nn.fit(model, data, targets, native=True, **settings)[-1]

    works: dict[str, Work] = {"exact": fit}
    try:
        works["jax"] = peers.xor_jax(np.array(theta), 10_000, 0.5, 0.9)
    except ImportError as missing:
        print(missing, file=sys.stderr)
    seconds = run_race(works, 15, {}, compare=False)
    return table_row("XOR 2-2-1: 10,000 steps of fit(native=True)", seconds, "< 10 ms, and no slower than JAX's loop")


def digits_row() -> str:
    """Value and gradient of a classifier of scikit-learn's digits, one batch."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    xs, labels = np.ascontiguousarray(bunch.data[:64].T / 16.0), bunch.target[:64].astype(float)
    model = nn.MLP(64, [32, 10], activation="tanh")
    theta = np.array([p.data for p in model.parameters()])

    def loss(*columns: Any) -> Any:
        return nn.cross_entropy(model(list(columns[:-1])), columns[-1])

    works = {}
    for name, fastmath in (("ours", True), ("exact", False)):
        works[name] = ours(loss, model, fastmath, (*xs, labels), theta, example=[0.5] * 64 + [0.0])
    add_peers(works, "digits", ["jax", "torch"], xs, labels, theta)
    return table_row(
        "digits MLP 64-32-10 tanh, cross-entropy, 64 rows", run_race(works, 100, {}), "faster than JAX, torch"
    )


def recurrent_row() -> str:
    """One row through an unrolled recurrent net, as scalar additions and multiplications."""
    rng = random.Random(0)
    xs = [rng.gauss(0.0, 1.0) for _ in range(STEPS)]
    theta = np.array([rng.gauss(0.0, 0.25) for _ in range(HIDDEN * (HIDDEN + 2))])
    leaves = [parameter(x) for x in theta.tolist()]
    began = time.perf_counter()
    fast = autograd.compile(lambda: recurrent(leaves, xs, autograd.tanh), leaves)
    fast.value_and_grad(theta=theta)
    first = time.perf_counter() - began
    works: dict[str, Work] = {"exact": lambda: fast.value_and_grad(theta=theta)}
    try:
        works["casadi"] = peers.recurrent_casadi(recurrent, xs, theta)
    except ImportError as missing:
        print(missing, file=sys.stderr)
    seconds = run_race(works, 15, {}, tolerance=1e-6)
    began = time.perf_counter()
    recurrent(leaves, xs, autograd.tanh).backward()
    seconds["eager"] = time.perf_counter() - began
    nodes = len(fast.program.code)
    goal = f"<= 1.5x CasADi, >= 100x eager; trace, compile and first run <= 8 s: {first:.1f} s"
    return table_row(f"recurrent net, {nodes:,} nodes, one row", seconds, goal)


def recurrent(theta: Sequence[Any], xs: Sequence[float], tanh: Callable[[Any], Any]) -> Any:
    """Sum the squared errors of a recurrent net that predicts the next number of a series."""
    width = HIDDEN + 2
    hidden: list[Any] = [0.0] * HIDDEN
    total: Any = 0.0
    for x in xs:
        following = []
        for j in range(HIDDEN):
            z = theta[j * width] + theta[j * width + 1] * x
            for weight, h in zip(theta[j * width + 2 : (j + 1) * width], hidden, strict=True):
                z = z + weight * h
            following.append(tanh(z))
        hidden = following
        total = total + (hidden[0] - x) * (hidden[0] - x)
    return total


def compile_row() -> str:
    """Trace and compile the moons loss and its gradient."""
    model = nn.MLP(2, [16, 16, 1])

    def compile() -> None:
        native.compile_text.cache_clear()
        strategy.cached_kernel.cache_clear()
        autograd.compile(moons_loss(model), model.parameters(), fastmath=True).inspect_llvm()

    works: dict[str, Work] = {"ours": compile}
    try:
        works["jax"] = peers.scalar_jax_compile(np.array([p.data for p in model.parameters()]))
    except ImportError as missing:
        print(missing, file=sys.stderr)
    seconds = run_race(works, 3, {}, compare=False)
    return table_row("trace and compile the moons loss", seconds, "<= 0.3 s, and less than JAX for the same function")


def add_peers(works: dict[str, Work], work: str, names: Sequence[str], *data: np.ndarray) -> None:
    for name in names:
        try:
            works[name] = getattr(peers, f"{work}_{name}")(*data)
        except ImportError as missing:
            print(f"without {name}: {missing}", file=sys.stderr)


def run_race(
    works: dict[str, Work], rounds: int, fewer: dict[str, int], compare: bool = True, tolerance: float = 1e-9
) -> dict[str, float]:
    """Let them take turns, and give the median seconds of each; stop if their results differ."""
    results = {name: work() for name, work in works.items()}
    if compare:
        value, slopes = results["exact"]
        for name, (other_value, other_slopes) in results.items():
            np.testing.assert_allclose(float(other_value), value, rtol=tolerance, err_msg=name)
            np.testing.assert_allclose(np.ravel(other_slopes), slopes, rtol=tolerance, atol=tolerance, err_msg=name)
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        for name, work in works.items():
            if number < fewer.get(name, rounds):
                times[name].append(seconds_of(work))
    return {name: median(seconds) for name, seconds in times.items()}


def seconds_of(work: Work) -> float:
    """Time one call, or, of short ones, the mean over two milliseconds; the first only warms the caches.

    The second, warm, tells how many calls that is: a first one that was interrupted would have it be a single one.
    """
    seconds = spent(work, 1)
    if seconds < 0.02:
        seconds = spent(work, 1)
    return spent(work, max(1, int(0.002 / seconds)))


def spent(work: Work, calls: int) -> float:
    """Give the mean seconds of so many calls."""
    began = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - began) / calls


def table_row(work: str, seconds: dict[str, float], goal: str) -> str:
    base = seconds.get("ours", seconds.get("exact", 1.0))
    shown = {name: race.format_time(x) for name, x in seconds.items()}
    others = [f"{n} {shown[n]} ({x / base:.3g}x)" for n, x in seconds.items() if n not in ("ours", "exact")]
    return f"| {work} | {shown.get('ours', '')} | {shown.get('exact', '')} | {', '.join(others)} | {goal} |"


def machine() -> str:
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def versions() -> str:
    found = []
    for name in ("numpy", "llvmlite", "jax", "torch", "casadi", "micrograd"):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


if __name__ == "__main__":
    main()
