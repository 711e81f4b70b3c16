"""What the six person units of the family trees tell apart, and a drawing of their weights.

A person turns on one input, so all that a unit knows of a person is one weight. It separates the members of two or more
classes as well as the best cuts on the line of these weights do.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise, permutations
from random import Random
from typing import Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from demos.common import style
from demos.studies.family.people import BRANCH, GENERATION, NATIONALITY, PEOPLE

Labels = Sequence[int | None]
FEATURES: Final[dict[str, Labels]] = {"nationality": NATIONALITY, "generation": GENERATION, "branch": BRANCH}
SHUFFLES: Final = 50


class Separation(NamedTuple):
    """The unit that separates a feature best, counted from 0, and the share of people on their side of its cuts."""

    unit: int
    share: float


def separation(units: Sequence[Sequence[float]], labels: Labels) -> Separation:
    """Find the unit whose weights separate the labelled people best."""
    shares = [separation_of(weights, labels) for weights in units]
    return Separation(shares.index(max(shares)), max(shares))


def separation_of(weights: Sequence[float], labels: Labels) -> float:
    """Return the share of labelled people whom cuts on one line put right, one stretch of it for each class."""
    line = sorted((w, label) for w, label in zip(weights, labels, strict=True) if label is not None)
    count, classes = len(line), sorted({label for _, label in line})
    before = {c: [sum(label == c for _, label in line[:k]) for k in range(count + 1)] for c in classes}
    between = [k for k in range(count + 1) if k in (0, count) or line[k - 1][0] < line[k][0]]  # not within a tie
    most = 0
    for cuts in combinations(between, len(classes) - 1):
        stretches = list(pairwise((0, *cuts, count)))
        for order in permutations(classes):
            right = sum(before[c][end] - before[c][begin] for c, (begin, end) in zip(order, stretches, strict=True))
            most = max(most, right)
    return most / count


def by_chance(units: Sequence[Sequence[float]], labels: Labels, seed: int = 0) -> float:
    """Return the mean of what the best unit separates when the labels are shuffled: what a feature must beat."""
    random, shares = Random(seed), []
    for _ in range(SHUFFLES):
        shuffled = random.sample(list(labels), len(labels))
        shares.append(separation(units, shuffled).share)
    return sum(shares) / SHUFFLES


def draw_unit(axes: Axes, weights: Sequence[float], largest: float) -> None:
    """Draw a unit's weights as squares whose areas are their sizes: English people above, Italians below."""
    half = len(PEOPLE) // 2
    for k, w in enumerate(weights):
        x, y, side = k % half, k // half, 0.92 * (abs(w) / largest) ** 0.5
        color = style.ORANGE if w > 0 else style.BLUE
        axes.add_patch(Rectangle((x - side / 2, y - side / 2), side, side, color=color))
    axes.set(xlim=(-0.6, half - 0.4), ylim=(1.6, -0.6), aspect="equal", xticks=(), yticks=())
    axes.grid(visible=False)
    axes.spines[:].set_visible(True)


def name_people(axes: Axes, above: bool) -> None:
    """Write the names of the English above a unit's weights, or those of the Italians below them."""
    half = len(PEOPLE) // 2
    names = PEOPLE[:half] if above else PEOPLE[half:]
    axes.set_xticks(range(half), names, rotation=60, ha="left" if above else "right", rotation_mode="anchor")
    axes.tick_params(length=0, top=above, bottom=not above, labeltop=above, labelbottom=not above, labelsize="small")
