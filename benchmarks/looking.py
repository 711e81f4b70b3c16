"""How long a picture takes: drawing 10, 100 and 1,000 nodes to SVG, node by node, and folding 100,000.

Run it with `python benchmarks/looking.py`. Each row is the median of some rounds, each in this process from the
recorded graph to the SVG text; a large layout pays for its child process too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Final

from autograd import Value, draw, sum, topological_order

ROUNDS: Final = 5


def main() -> None:
    draw(neurons(10)).svg  # noqa: B018 - the first one loads Graphviz
    print(f"{'graph':<8} {'nodes':>8} {'seconds':>8} {'goal':>5}")
    for graph, nodes, goal in [
        (neurons, 10, 0.1),
        (neurons, 100, 0.3),
        (neurons, 1_000, 3.0),
        (batch, 100, 0.3),
        (batch, 1_000, 3.0),
        (neurons, 100_000, 10.0),
    ]:
        show(graph, nodes, goal)


def show(graph: Callable[[int], Value], nodes: int, goal: float) -> None:
    root = graph(nodes)
    root.backward()
    limit = nodes + 10 if nodes <= 1_000 else 300
    seconds = []
    for _ in range(ROUNDS if nodes <= 1_000 else 1):
        start = time.perf_counter()
        drawing = draw(root, limit=limit, time_limit=60.0)
        drawing.svg  # noqa: B018 - lays it out
        seconds.append(time.perf_counter() - start)
    print(f"{graph.__name__:<8} {len(topological_order(root)):>8,} {median(seconds):>8.3f} {goal:>5g}  {drawing!r}")


def neurons(nodes: int) -> Value:
    """A chain of neurons with one input each: five nodes apiece."""
    y = Value(0.5, "x")
    for k in range(nodes // 5):
        y = (y * Value(1.01, f"w{k}") + Value(0.1, f"b{k}")).tanh()
    return y


def batch(nodes: int) -> Value:
    """The squared errors of a line at many points, added up: seven nodes a point."""
    w, b = Value(0.5, "w"), Value(0.1, "b")
    return sum([(w * float(k) + b - 1.0) ** 2 for k in range(nodes // 7)])


if __name__ == "__main__":
    main()
