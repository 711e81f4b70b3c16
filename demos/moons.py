"""Two moons, as in micrograd's demo: a 2-16-16-1 network of ReLU units, the hinge loss, and the boundary it learns.

The setting is micrograd's: 100 points, 100 steps on all of them, a learning rate that falls from 1 to 0.1, and weights
that decay. micrograd reports an accuracy of 100 % on those points. New points are asked for here too. Training is
native: the same steps as eager ones, compiled. Writes out/moons.svg.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import TypeAlias

from matplotlib.figure import Figure

from autograd import Value
from demos.common import style
from demos.common.command import parser
from demos.common.inside import look_inside
from demos.common.style import Row
from nn import MLP, SGD, fit, hinge_loss, uniform

POINTS, STEPS, NOISE = 100, 100, 0.1
WEIGHT_DECAY = 2e-4  # the slope of micrograd's 1e-4 * weight**2
REPORTED = 1.0

Points: TypeAlias = tuple[list[list[float]], list[float]]


def main(argv: Sequence[str] | None = None) -> None:
    """Train on two moons, look at new points from several seeds, and publish what was learned."""
    runs = (10, "how many seeds to average over")
    options = parser(__doc__, "where weights and points come from", first=1, runs=runs).parse_args(argv)

    model, losses = learn(options.seed)
    style.publish(
        "moons",
        "Two moons",
        "Sixteen and sixteen ReLU units bend the boundary around two half circles.",
        table(model, losses, options.seed, options.runs),
        {"moons": "Two half circles of points that reach into each other, and the curved boundary between them"},
        look_inside("moons", "a 2-3-1 network of this kind, on one point", one_pass(options.seed)),
    )
    style.save(picture(model, moons(POINTS, options.seed)), "moons")


def one_pass(seed: int) -> Value:
    """Return the loss of the first point through a network small enough to look inside."""
    (point, *_), (target, *_) = moons(POINTS, seed)
    return hinge_loss(MLP(2, [3, 1], initialization=uniform(1.0), seed=seed)(point), target)


def table(model: MLP, losses: Sequence[float], seed: int, runs: int) -> list[Row]:
    """Compare with micrograd's figures, and look at new points too, over several runs."""
    own = accuracy(model, moons(POINTS, seed))
    new = [accuracy(learn(k)[0], moons(1000, k + 1000)) for k in range(seed, seed + runs)]
    mean = sum(new) / len(new)
    return [
        Row("right, the points learned from", f"{REPORTED:.0%}", f"{own:.0%}"),
        Row("right, new points", "", f"{mean:.1%}", f"{min(new):.1%} to {max(new):.1%} in {runs} runs"),
        Row("loss, first and last step", "", f"{losses[0]:.3f} to {losses[-1]:.4f}"),
        Row("parameters", "337", str(len(model.parameters()))),
    ]


def moons(count: int, seed: int) -> Points:
    """Draw points along two half circles that reach into each other, and -1 or 1 for each."""
    random, points, targets = Random(seed), [], []
    for k in range(count):
        angle, lower = math.pi * random.random(), k % 2
        x, y = math.cos(angle), math.sin(angle)
        x, y = (1.0 - x, 0.5 - y) if lower else (x, y)
        points.append([x + random.gauss(0.0, NOISE), y + random.gauss(0.0, NOISE)])
        targets.append(1.0 if lower else -1.0)
    return points, targets


def learn(seed: int, steps: int = STEPS, native: bool = True) -> tuple[MLP, list[float]]:
    """Train a network; return it and the loss of each step."""
    model = MLP(2, [16, 16, 1], initialization=uniform(1.0), seed=seed)
    optimizer = SGD(model.parameters(), lr=1.0, weight_decay=WEIGHT_DECAY)

    def slow_down(step: int, loss: float) -> None:
        optimizer.lr = 1.0 - 0.9 * step / STEPS

    points, targets = moons(POINTS, seed)
    losses = fit(
        model,
        points,
        targets,
        loss=hinge_loss,
        optimizer=optimizer,
        epochs=steps,
        callback=slow_down,
        progress=False,
        native=native,
    )
    return model, losses


def accuracy(model: MLP, points: Points) -> float:
    """Return the share of points on their target's side of 0."""
    right = [model(point).data * target > 0.0 for point, target in zip(*points, strict=True)]
    return sum(map(float, right)) / len(right)


def picture(model: MLP, points: Points) -> Figure:
    """Draw the points, and the sign and size of what the network answers around them."""
    figure = Figure(figsize=(7.0, 5.0))
    axes = figure.subplots()
    xs, ys = [-1.5 + 0.04 * k for k in range(101)], [-1.1 + 0.04 * k for k in range(69)]
    outputs = [[float(model([x, y]).sigmoid().data) for x in xs] for y in ys]
    extent = (xs[0], xs[-1], ys[0], ys[-1])
    axes.imshow(
        outputs, cmap=style.SURFACE, vmin=0, vmax=1, extent=extent, origin="lower", interpolation="bilinear", alpha=0.75
    )
    axes.contour(xs, ys, outputs, levels=[0.5], colors=style.INK)
    for sign, marker, color in ((-1.0, "o", style.BLUE), (1.0, "s", style.ORANGE)):
        chosen = [point for point, target in zip(*points, strict=True) if target == sign]
        axes.plot(*zip(*chosen, strict=True), marker, color=color, markeredgecolor=style.INK, markersize=7)
    axes.set(xlabel="x1", ylabel="x2")
    axes.grid(visible=False)
    return figure


if __name__ == "__main__":
    main()
