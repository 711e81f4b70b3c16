"""Places for the labels of edges.

Graphviz keeps room for a label among boxes and edges, but not beside the names of frames: there the label moves along
its edge. A label afloat, for which Graphviz kept no room, stands in the middle of its edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

from autograd.drawing.layout import Box, Curve, Layout, Point
from autograd.drawing.picture import Picture
from autograd.drawing.style import FONTS, width_of

FRACTIONS: Final = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)  # of an edge's length, to try one after another
ABOVE: Final = 6.0  # points from an edge up to the middle of its label
LINE: Final = 1.2  # height of a line of text, in units of its font size


def clear_labels(picture: Picture, layout: Layout) -> Layout:
    """Return the layout with a place for each label, where it covers no frame's name if there is such a place."""
    frames = picture.frames.values()
    names = [text_box(layout.labels[f"cluster_{frame.id}"], "frame-name", frame.name) for frame in frames]
    edges = dict(layout.edges)
    for edge in picture.edges:
        curve = edges[edge.id]
        if edge.label:
            places = [*([curve.label] if curve.label else []), *along(curve)]
            free = (p for p in places if not any(overlap(text_box(p, "partial", edge.label), name) for name in names))
            edges[edge.id] = curve._replace(label=next(free, places[0]))
    return replace(layout, edges=edges)


def along(curve: Curve) -> Iterator[Point]:
    """Yield places just above an edge."""
    for fraction in FRACTIONS:
        x, y = point_on(curve.points, fraction)
        yield Point(x, y - ABOVE)


def point_on(points: list[Point], fraction: float) -> Point:
    """Return the point at a fraction of joined cubic Bézier curves, by De Casteljau's construction."""
    curves = (len(points) - 1) // 3
    number = min(int(fraction * curves), curves - 1)
    part, t = points[3 * number : 3 * number + 4], fraction * curves - number
    while len(part) > 1:
        part = [Point(a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)) for a, b in pairwise(part)]
    return part[0]


def text_box(middle: Point, kind: str, text: str) -> Box:
    """Return the box around a text."""
    width, height = width_of(kind, text), LINE * FONTS[kind].size
    return Box(middle.x - width / 2, middle.y - height / 2, width, height)


def overlap(a: Box, b: Box) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height
