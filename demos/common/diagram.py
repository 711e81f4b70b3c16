"""Draw a network as on paper: what flows forward in blue, and what flows back in red."""

from __future__ import annotations

from matplotlib.axes import Axes

from demos.common import style

Place = tuple[float, float]


def draw_edge(axes: Axes, texts: tuple[str, str], start: Place, end: Place, width: float) -> None:
    """Draw a weight as a line, with its number and its gradient on it."""
    axes.plot(*zip(start, end, strict=True), color=style.FAINT, linewidth=width, alpha=0.6)
    at = 0.27 if abs(start[1] - end[1]) == 1.0 else 0.5  # crossing lines are labelled before they cross
    x, y = (a + at * (b - a) for a, b in zip(start, end, strict=True))
    patch = {"facecolor": style.PAPER, "edgecolor": "none", "pad": 1.5}
    axes.text(x, y, texts[0], color=style.BLUE, ha="center", va="bottom", bbox=patch)
    axes.text(x, y, texts[1], color=style.RED, ha="center", va="top", bbox=patch)


def draw_neuron(axes: Axes, name: str, place: Place) -> None:
    axes.plot(*place, "o", markersize=34, color=style.PAPER, markeredgecolor=style.INK, zorder=3)
    axes.text(*place, name, ha="center", va="center", zorder=4, fontsize="large")


def beside(axes: Axes, place: Place, value: str, delta: str, below: bool) -> None:
    """Write a neuron's numbers above it, or below."""
    x, y = place
    sign = -1.0 if below else 1.0
    axes.text(x, y + sign * 0.19, value, color=style.BLUE, ha="center", va="center")
    axes.text(x, y + sign * 0.29, delta, color=style.RED, ha="center", va="center")
