"""Draw what a network of two inputs answers over the plane: its output, the rows it should learn, a neuron's line."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from demos.common import style
from nn import Module, Neuron

LOW, HIGH, STEP = -0.5, 1.5, 0.025


def draw_answers(
    axes: Axes, model: Module, points: Sequence[Sequence[float]], targets: Sequence[float], lines: Sequence[Neuron]
) -> None:
    """Draw a model's output from 0, blue, to 1, orange; the lines where neurons are undecided; and the points."""
    grid = [LOW + STEP * k for k in range(round((HIGH - LOW) / STEP) + 1)]
    outputs = [[model([x, y]).data for x in grid] for y in grid]
    axes.imshow(outputs, cmap=style.SURFACE, vmin=0, vmax=1, extent=(LOW, HIGH, LOW, HIGH), origin="lower")
    for neuron in lines:
        draw_line(axes, neuron, "-" if len(lines) <= 2 else "--")
    for (x, y), target in zip(points, targets, strict=True):
        face = style.ORANGE if target else style.BLUE
        axes.plot(x, y, "s" if target else "o", markersize=10, color=face, markeredgecolor=style.INK)
    axes.set(xlim=(LOW, HIGH), ylim=(LOW, HIGH), xticks=(0, 1), yticks=(0, 1))
    axes.grid(visible=False)


def draw_line(axes: Axes, neuron: Neuron, how: str) -> None:
    """Draw the line w1 x1 + w2 x2 + b = 0, which passes nearest to the origin at -b w / |w|^2."""
    w1, w2 = (weight.data for weight in neuron.weights)
    at = -neuron.bias.data / (w1 * w1 + w2 * w2)
    axes.axline((at * w1, at * w2), (at * w1 - w2, at * w2 + w1), linestyle=how, color=style.INK, linewidth=1.2)
