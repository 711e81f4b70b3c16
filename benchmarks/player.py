"""How long the player's page takes to save and how large it is, for 100 and 2,000 steps.

Two kinds of 2,000 steps: one deep pass, which is one large graph to lay out, and a training loop, which is a small one
recorded many times. Goals: 100 steps in 1 s, 2,000 in 5 s and under 2 MB.

    python benchmarks/player.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import autograd
from autograd import Value, dot, record_steps
from autograd.recording import Recording
from autograd.value import parameter


def one_pass(steps: int) -> Recording:
    """Record one pass through layers of four tanh units, of as many steps as asked for."""
    values = [Value(0.1 * k, f"x.{k}") for k in range(4)]
    units = steps // 4 - 1  # a unit is computed in two steps and passes its gradient on in two; so does the loss
    for unit in range(units):
        weights = [parameter(0.3 - 0.1 * k, f"layers.{unit // 4}.neurons.{unit % 4}.weights.{k}") for k in range(4)]
        net_input = dot(weights, values[-4 - unit % 4 : len(values) - unit % 4])
        values.append(net_input.tanh())
    return record_steps(autograd.sum(values[-4:]) ** 2)


def training(steps: int) -> Recording:
    """Record a training loop of a 2-2-1 network on one example, 16 steps a pass."""
    weights = [parameter(0.2 + 0.1 * k, f"w{k}") for k in range(6)]
    xs = [Value(1.0, "x0"), Value(0.5, "x1")]

    def loss() -> Value:
        hidden = [dot(weights[2 * j : 2 * j + 2], xs).sigmoid() for j in range(2)]
        return (dot(weights[4:], hidden) - 1.0) ** 2

    def descend() -> None:
        for weight in weights:
            weight.data -= 0.1 * weight.grad
            weight.grad = 0.0

    a_pass = len(record_steps(loss, descend).passes[0].steps)
    return record_steps(loss, descend, times=steps // a_pass)


def rows() -> Iterator[tuple[str, float, float]]:
    """Give for each row its name, the seconds it took and the page's size in MB."""
    with tempfile.TemporaryDirectory() as folder:
        for name, recording in (
            ("one pass, 100 steps", one_pass(100)),
            ("one pass, 2,000 steps", one_pass(2_000)),
            ("training, 2,000 steps", training(2_000)),
        ):
            path = Path(folder) / "page.html"
            start = time.perf_counter()
            recording.save_html(path)
            yield name, time.perf_counter() - start, path.stat().st_size / 1e6


def main() -> None:
    for name, seconds, size in rows():
        print(f"{name:<24}{seconds:8.2f} s{size:8.2f} MB")


if __name__ == "__main__":
    main()
