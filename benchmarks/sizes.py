"""How compiled code, JAX and CasADi do at every size: value and gradient, of one row to a million, on one core and all.

Run it with `python benchmarks/sizes.py`, for some five minutes; it prints Markdown for docs/explanation/benchmarks.md.
Each number of cores has a process of its own, which the operating system keeps on so many. There the libraries take
turns, and a cell is the median of the rounds; results are compared before any is timed. The first call is timed from
the function to its first result, with tracing and compiling, where a work is met first; after that, to the first result
for so many rows. `--only WORD` runs some of the works, `--cores 1` one part.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from race import format_time
from sizes_works import WORKS, Work

from autograd import compile

Run = Callable[[], Any]
ROUNDS, TURN, SLOW = 5, 0.03, 2.0  # rounds; seconds of a turn; seconds of one call beyond which it has one round
NAMES = ("ours", "exact", "JAX", "CasADi")
FIGURES = (("pendulum, RK4, 100 steps", 2_000), ("Black-Scholes", 100_000), ("microgpt", 1))  # for README, on one core
CASADI_CELLS = 2_000_000  # rows times instructions that CasADi, which interprets, is still asked for


def main() -> None:
    """Measure in one process for each number of cores, and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="run the works whose names have this word")
    parser.add_argument("--cores", type=int, help="measure on so many cores alone")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        measure(options.only)
        return
    available = (
        sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    )
    import native

    print(f"`benchmarks/sizes.py`, {datetime.date.today()}, {native.machine()}, {native.versions()}\n")
    for cores in [options.cores] if options.cores else sorted({1, len(available)}):
        print(f"**{cores} {'core' if cores == 1 else 'cores'}**: value and gradient, float64; `ours` is fastmath\n")
        print("| work | rows | ours | exact | JAX | CasADi | JAX / ours | first call: ours, JAX |")
        print("|---|--:|--:|--:|--:|--:|--:|---|", flush=True)
        command = [sys.executable, __file__, "--worker", "--only", options.only]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, preexec_fn=pin_to(available[:cores])
        ) as child:
            lines = []
            for line in child.stdout or ():
                lines.append(json.loads(line))
                print(table_row(lines[-1]), flush=True)
        if child.returncode:
            sys.exit("the measuring process failed; its error stands above")
        print("\n" + "".join(figure(line) for line in lines if cores == 1))


def pin_to(cores: list[int]) -> Callable[[], None] | None:
    """Return what keeps a process that is about to start on these cores."""
    if not hasattr(os, "sched_setaffinity"):
        os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={str(len(cores) > 1).lower()}"
        return None
    return lambda: os.sched_setaffinity(0, cores)


def measure(only: str) -> None:
    """Time every work, and print a line of JSON for each number of rows."""
    for work in WORKS:
        if only.lower() not in work.name.lower():
            continue
        makers = {"ours": lambda w: ours(w, True), "exact": lambda w: ours(w, False), "JAX": jax, "CasADi": casadi}
        asked: dict[str, Any] = {}
        for rows in work.rows:
            columns = work.columns(rows)
            runs, first = {}, {}
            for name in NAMES:
                began = time.perf_counter()
                try:
                    asked[name] = asked.get(name) or makers[name](work)
                    run = asked[name](columns)
                except ImportError as missing:
                    print(f"without {name}: {missing}", file=sys.stderr)
                    continue
                if run is not None:
                    runs[name] = run
                    run()
                    first[name] = time.perf_counter() - began
            agree(runs)
            seconds = run_race(runs)
            line = {"work": work.name, "rows": rows, "seconds": seconds, "first": first}
            print(json.dumps(line), flush=True)


def ours(work: Work, fastmath: bool) -> Callable[[list[np.ndarray]], Run]:
    """Compile a work; the function that it gives takes columns and gives a call."""
    example = [column[0].tolist() if column.ndim == 2 else float(column[0]) for column in work.columns(1)]
    fast = compile(work.ours, work.parameters, example=example, fastmath=fastmath)

    def on(columns: list[np.ndarray]) -> Run:
        return lambda: fast.value_and_grad(*columns)

    return on


def jax(work: Work) -> Callable[[list[np.ndarray]], Run]:
    import jax

    jax.config.update("jax_enable_x64", True)
    if work.theta is None:
        arguments = tuple(range(len(work.columns(1))))
        by_row = jax.jit(jax.vmap(jax.value_and_grad(work.jax, arguments)))
        return lambda columns: lambda: jax.block_until_ready(by_row(*columns))

    def total(theta: Any, *columns: Any) -> Any:
        return jax.vmap(work.jax, (None, *[0] * len(columns)))(theta, *columns).sum()

    summed = jax.jit(jax.value_and_grad(total))
    return lambda columns: lambda: jax.block_until_ready(summed(work.theta, *columns))


def casadi(work: Work) -> Callable[[list[np.ndarray]], Run | None]:
    import casadi as ca

    kind = ca.SX if work.theta is None else ca.MX
    xs = [kind.sym(f"x{k}", *column.shape[1:]) for k, column in enumerate(work.columns(1))]
    theta = [] if work.theta is None else [kind.sym("theta", len(work.theta))]
    value = work.casadi(*theta, *xs)
    slopes = [ca.gradient(value, x) for x in theta or xs]
    function = ca.Function("f", [*theta, *xs], [value, *slopes])

    def on(columns: list[np.ndarray]) -> Run | None:
        rows = len(columns[0])
        if rows * function.n_instructions() > CASADI_CELLS:
            return None
        mapped = function.map(rows) if rows > 1 else function
        inputs = [ca.DM(column.T if column.ndim == 2 else column[None, :]) for column in columns]
        repeated = [ca.repmat(ca.DM(work.theta), 1, rows)] if theta else []
        return lambda: mapped(*repeated, *inputs)

    return on


def agree(runs: dict[str, Run]) -> None:
    """Compare the sums of values and of derivatives that each library gives."""
    found = {name: checksum(run()) for name, run in runs.items()}
    for name, numbers in found.items():
        if not np.allclose(numbers, found["ours"], rtol=1e-6, atol=1e-6):
            sys.exit(f"{name} gives {numbers}, and ours {found['ours']}")


def checksum(result: Any) -> list[float]:
    """Return the sum of a result's first part, the values, and of the sizes of all others."""
    flat: list[np.ndarray] = []

    def gather(part: Any) -> None:
        if isinstance(part, list | tuple):
            for x in part:
                gather(x)
        else:
            flat.append(np.asarray(part, dtype=float))

    gather(result)
    return [float(flat[0].sum()), sum(float(part.sum()) for part in flat[1:])]


def run_race(runs: dict[str, Run]) -> dict[str, float]:
    """Let the libraries take turns, and give the median of each one's rounds."""
    rounds: dict[str, list[float]] = {name: [] for name in runs}
    calls: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            if rounds[name] and rounds[name][0] > SLOW:
                continue
            calls.setdefault(name, max(1, int(TURN / time_calls(run, 1))))
            rounds[name].append(time_calls(run, calls[name]))
    return {name: median(seconds) for name, seconds in rounds.items()}


def time_calls(run: Run, calls: int) -> float:
    """Give the mean seconds of so many calls."""
    began = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - began) / calls


def table_row(line: dict[str, Any]) -> str:
    seconds, first = line["seconds"], line["first"]
    cells = [format_time(seconds[name]) if name in seconds else "" for name in NAMES]
    ratio = f"{seconds['JAX'] / seconds['ours']:.2g}" if "JAX" in seconds else ""
    begun = ", ".join(format_time(first[name]) for name in ("ours", "JAX") if name in first)
    return f"| {line['work']} | {line['rows']:,} | {' | '.join(cells)} | {ratio} | {begun} |"


def figure(line: dict[str, Any]) -> str:
    """Write a line for README, of a work that it reports, or nothing."""
    seconds, rows = line["seconds"], line["rows"]
    if "JAX" not in seconds or not any(line["work"].startswith(work) and rows == count for work, count in FIGURES):
        return ""
    size = f"{rows:,} row" + "s" * (rows > 1)
    factor = seconds["JAX"] / seconds["ours"]
    return f"- {line['work']}, {size}: {format_time(seconds['ours'])}, **{factor:.2g} times** as fast as JAX;\n"


if __name__ == "__main__":
    main()
