"""How fast the eager engine is: against micrograd, torch scalars and HIPS autograd, in one run.

    python benchmarks/eager.py [ROUNDS]

makes `.bench/` with the peers on first use, prints a Markdown table, and writes it to `out/bench-eager.md`. The work:

- one step of micrograd's moons demo: 100 points, an MLP 2-16-16-1 with ReLUs, hinge loss and L2 penalty, backward,
  update; ours once through `nn` and once through plain `*` and `+`, that is by micrograd's `nn.py` on our `Value`;
- a polynomial and its derivative by Horner's rule, 100,000 operations in one chain. micrograd's backward pass
  recurses that deep, so its worker, alone, has the recursion limit raised and a stack of 512 MiB;
- our Horner chain from 10**3 to 10**7 operations.

Every library computes in float64 on one thread, and all must agree on the loss and the gradients, to 1e-9, or the
run stops.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from race import OURS, ROOT, Worker, environment, machine, publish, race, version
from workloads import SECONDS

SCRIPT: Final = Path(__file__).with_name("workloads.py")
POINTS: Final = 100
OPERATIONS: Final = 100_000
LENGTHS: Final = (10**3, 10**4, 10**5, 10**6, 10**7)
NAMES: Final = {"micrograd": "micrograd", "torch": "torch scalars", "autograd": "HIPS autograd"}
NN: Final = f"{OURS} nn"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    python, peers = environment()
    text = "\n".join(
        [
            f"{datetime.now(UTC):%Y-%m-%d}, {machine()}; {versions(python, peers)}.",
            f"CPU time of a run, the mean over turns of {SECONDS:g} s; medians over {rounds} rounds of turns.",
            "",
            *moons(python, peers, rounds),
            "",
            *horner(python, peers, rounds),
            "",
            *lengths(python, max(1, rounds // 3)),
            "",
        ]
    )
    publish(text, "bench-eager.md")


def moons(python: Path, peers: Sequence[str], rounds: int) -> list[str]:
    contestants = [NN, OURS, *peers]
    seconds = run_race(python, "moons", contestants, POINTS, rounds)
    lines = ["| one step of micrograd's moons demo | ms | ours through `nn` is faster by | ours plain is faster by |"]
    lines += ["|---|--:|--:|--:|", f"| {OURS}, through `nn` | {1e3 * seconds[NN]:.1f} | | |"]
    lines += [f"| {OURS}, plain `*` and `+` | {1e3 * seconds[OURS]:.1f} | {seconds[OURS] / seconds[NN]:.1f} | |"]
    for peer in peers:
        slow = seconds[peer]
        lines.append(
            f"| {NAMES[peer]} | {1e3 * slow:.0f} | **{slow / seconds[NN]:.1f}** | **{slow / seconds[OURS]:.1f}** |"
        )
    return lines


def horner(python: Path, peers: Sequence[str], rounds: int) -> list[str]:
    contestants = [OURS, *peers]
    seconds = run_race(python, "horner", contestants, OPERATIONS, rounds)
    lines = ["| a Horner chain of 100,000 operations | ms | ours is faster by | bytes an operation, at the peak |"]
    lines += ["|---|--:|--:|--:|"]
    for name in contestants:
        faster = "" if name == OURS else f"**{seconds[name] / seconds[OURS]:.1f}**"
        size = peak_bytes(python, name, OPERATIONS)
        lines.append(f"| {NAMES.get(name, name)} | {1e3 * seconds[name]:.0f} | {faster} | {size:.0f} |")
    return lines


def lengths(python: Path, rounds: int) -> list[str]:
    lines = [f"| {OURS}, operations in a chain | ns an operation | bytes an operation, at the peak |", "|--:|--:|--:|"]
    workers = [Worker(python, SCRIPT, "horner", OURS, str(n)) for n in LENGTHS]
    for n, seconds in zip(LENGTHS, race(workers, rounds, same_work=False), strict=True):
        size = f"{peak_bytes(python, OURS, n):.0f}" if n >= OPERATIONS else ""
        lines.append(f"| {n:,} | {1e9 * seconds / n:.0f} | {size} |")
    for worker in workers:
        worker.stop()
    return lines


def run_race(python: Path, work: str, contestants: Sequence[str], size: int, rounds: int) -> dict[str, float]:
    workers = [Worker(python, SCRIPT, work, name, str(size)) for name in contestants]
    seconds = race(workers, rounds)
    for worker in workers:
        worker.stop()
    return dict(zip(contestants, seconds, strict=True))


def peak_bytes(python: Path, library: str, operations: int) -> float:
    """Record and differentiate one chain in a fresh process; give the growth of its peak memory an operation."""
    worker = Worker(python, SCRIPT, "horner", library, str(operations))
    growth: int = worker.ask("memory")["bytes"]
    worker.stop()
    return growth / operations


def versions(python: Path, peers: Sequence[str]) -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return ", ".join([f"{OURS} {project['version']}", *[f"{NAMES[peer]} {version(python, peer)}" for peer in peers]])


if __name__ == "__main__":
    main()
