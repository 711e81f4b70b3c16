"""Momentum in a ravine: the wobble with it and without, and Adam beside them.

The error E = 1/2 (x^2 + 40 y^2) is a ravine along x: 40 times as curved across as along. Gradient descent has one
learning rate for both. It must stay below 2/40, or the steps across grow; and then the steps along are short. So it
wobbles from wall to wall and hardly gets on. Momentum keeps a part of the last change: along the ravine the changes
add up, across it they cancel.

How fast it can go is known. With curvatures from 1 to k, gradient descent is best at the learning rate 2 / (k + 1), and
every step then leaves (k - 1)/(k + 1) of the distance. Momentum of (1 - sqrt(lr))^2 at the same learning rate leaves
1 - sqrt(lr); and the best of both for momentum leaves (sqrt k - 1)/(sqrt k + 1) (Polyak, Some methods of speeding up
the convergence of iteration methods, 1964). Writes out/momentum.svg.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from autograd import Value, record_steps
from autograd.recording import Recording
from demos.common import style
from demos.common.command import NOTHING_DRAWN, parser
from demos.common.inside import look_inside
from demos.common.style import Row
from nn import SGD, Adam, Optimizer, parameter

Path: TypeAlias = list[tuple[float, float]]

CURVATURE = 40.0
START = (-9.0, 1.6)
STEPS = 300
ARRIVED = 0.01  # the distance from the lowest point, from 9.1 at the start

LR = 2.0 / (CURVATURE + 1.0)
PLAIN_RATE = (CURVATURE - 1.0) / (CURVATURE + 1.0)
MOMENTUM_RATE = 1.0 - math.sqrt(LR)
ROOT = math.sqrt(CURVATURE)
POLYAK_LR, POLYAK_RATE = (2.0 / (ROOT + 1.0)) ** 2, (ROOT - 1.0) / (ROOT + 1.0)

OPTIMIZERS: dict[str, Callable[[list[Value]], Optimizer]] = {
    "gradient descent": lambda parameters: SGD(parameters, lr=LR),
    "with momentum": lambda parameters: SGD(parameters, lr=LR, momentum=MOMENTUM_RATE**2),
    "Adam": lambda parameters: Adam(parameters, lr=0.5),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Walk down the ravine with each optimizer, and publish the rates beside the theory's."""
    parser(__doc__, NOTHING_DRAWN).parse_args(argv)

    paths = {name: descend(make) for name, make in OPTIMIZERS.items()}
    polyak = descend(lambda parameters: SGD(parameters, lr=POLYAK_LR, momentum=POLYAK_RATE**2))
    style.publish(
        "momentum",
        "Momentum in a ravine",
        "Across a ravine the changes cancel, along it they add up: momentum stops the wobble and gets on.",
        table(paths, polyak),
        {"momentum": "Paths down a ravine: gradient descent zigzags, momentum soon runs straight, Adam bends widely"},
        look_inside("momentum", "the error at the start", differentiate(), first_steps(), "eight steps with momentum"),
    )
    style.save(picture(paths), "momentum")


def table(paths: dict[str, Path], polyak: Path) -> list[Row]:
    """Set what a step leaves of the distance beside what theory says, and count the steps to arrive."""
    plain, momentum, adam = paths.values()
    return [
        Row("a step leaves, gradient descent", f"{PLAIN_RATE:.3f}", f"{rate(plain):.3f}", "of the distance"),
        Row(
            "a step leaves, with momentum",
            f"{MOMENTUM_RATE:.3f}",
            f"{rate(momentum):.3f}",
            "at first a little more",
        ),
        Row(
            "a step leaves, Polyak's momentum",
            f"{POLYAK_RATE:.3f}",
            f"{rate(polyak):.3f}",
            "at first a little more",
        ),
        Row("steps to arrive, gradient descent", "", str(arrival(plain))),
        Row("steps to arrive, with momentum", "fewer", str(arrival(momentum)), "at the same learning rate"),
        Row("steps to arrive, Polyak's momentum", "fewer", str(arrival(polyak)), "but wider swings at first"),
        Row("steps to arrive, Adam", "", str(arrival(adam)), "with learning rates from 0.2 to 2 it is 121 to 134"),
    ]


def ravine(x: Value, y: Value) -> Value:
    return 0.5 * (x**2 + CURVATURE * y**2)


def start() -> list[Value]:
    return [parameter(x, name) for x, name in zip(START, ("x", "y"), strict=True)]


def differentiate() -> Value:
    """Return the error at the start, after its backward pass."""
    error = ravine(*start())
    error.label = "E"
    error.backward()
    return error


def first_steps(count: int = 8) -> Recording:
    """Record the first steps with momentum."""
    place = start()
    optimizer = OPTIMIZERS["with momentum"](place)

    def error() -> Value:
        """Record the error at the present place, from gradients of 0."""
        optimizer.zero_grad()
        here = ravine(*place)
        here.label = "E"
        return here

    return record_steps(error, optimizer.step, times=count)


def descend(make: Callable[[list[Value]], Optimizer]) -> Path:
    """Walk from the start, and return every place on the way."""
    place = start()
    optimizer, path = make(place), [START]
    for _ in range(STEPS):
        optimizer.zero_grad()
        ravine(*place).backward()
        optimizer.step()
        path.append((place[0].data, place[1].data))
    return path


def distances(path: Path) -> list[float]:
    return [math.hypot(x, y) for x, y in path]


def arrival(path: Path) -> int:
    """Count the steps after which the path stays within ARRIVED of the lowest point."""
    return 1 + max(step for step, distance in enumerate(distances(path)) if distance > ARRIVED)


def rate(path: Path, first: int = 40, last: int = 100) -> float:
    """Return what a step leaves of the distance, on average over the steps from first to last."""
    left = distances(path)
    return math.exp(math.log(left[last] / left[first]) / (last - first))


def picture(paths: dict[str, Path]) -> Figure:
    """Draw each path on the contours of the error."""
    figure = Figure(figsize=(7.5, 6.0))
    colors = (style.RED, style.BLUE, style.GREEN)
    for axes, (name, path), color in zip(figure.subplots(3, sharex=True), paths.items(), colors, strict=True):
        draw_contours(axes)
        axes.plot(*zip(*path[: arrival(path) + 1], strict=True), ".-", color=color, linewidth=1.4, markersize=5)
        axes.plot(0, 0, "+", color=style.INK, markersize=10)
        axes.set_title(f"{name}: {arrival(path)} steps", loc="left")
        axes.set(ylabel="y", xlim=(-10, 4), ylim=(-2, 2))
    figure.axes[-1].set_xlabel("x")
    return figure


def draw_contours(axes: Axes) -> None:
    """Draw the ravine: lines of equal error."""
    x, y = np.meshgrid(np.linspace(-10.0, 4.0, 141), np.linspace(-2.0, 2.0, 81))
    error = 0.5 * (x**2 + CURVATURE * y**2)
    axes.contour(x, y, error, levels=[0.5 * k * k for k in range(1, 14)], colors=style.FAINT, linewidths=0.6, alpha=0.6)
    axes.grid(visible=False)


if __name__ == "__main__":
    main()
