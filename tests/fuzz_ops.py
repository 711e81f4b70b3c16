"""Compare every rule with mpmath on many points, and print the worst point of each: `python tests/fuzz_ops.py 100000`.

`make test` tries 1,000 points a row; this is for 100,000, which takes about a quarter of an hour on two cores. Further
arguments name the rows to try. The exit status is 1 if a row exceeds its bound.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from oracle import HELD, TRUTH, exact, first, ulps
from points import points

from autograd.ops import OPS

BATCH = 10_000  # points a task, each with a seed of its own: tasks spread over the cores


def worst_of(task: tuple[str, int, int]) -> tuple[float, int, Sequence[float]]:
    """Find the greatest error of a row's first derivatives in units in the last place, its input and its point."""
    name, count, seed = task
    op, worst = OPS[name], (0.0, 0, ())
    for xs in points(op, count, seed):
        true_inputs = exact(xs)
        for k, partial in enumerate(op.partials(op.forward(*xs), *xs)):
            if k not in HELD.get(name, ()):
                worst = max(worst, (ulps(partial, first(TRUTH[name], true_inputs, k)), k, tuple(xs)))
    return worst


def main(count: int, names: Sequence[str]) -> int:
    """Try that many points of each row, and say how it went."""
    failed = 0
    with ProcessPoolExecutor() as pool:
        for name in names:
            sizes = [min(BATCH, count - start) for start in range(0, count, BATCH)]
            found = pool.map(worst_of, [(name, size, 1000 + k) for k, size in enumerate(sizes)])
            error, k, xs = max(found)
            verdict = "ok" if error <= OPS[name].ulps else "TOO MUCH"
            failed += verdict != "ok"
            place = f"  d/d input {k} at {', '.join(map(repr, xs))}" if xs else ""
            print(f"{name:15}{error:8.2f} of {OPS[name].ulps:g} ulp  {verdict}{place}", flush=True)
    print(f"{len(names)} rows, {count:,} points each, {failed} beyond their bound")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 100_000, sys.argv[2:] or list(OPS)))
