"""Where boxes, edges and frames go: Graphviz places boxes of known sizes and routes edges, and measures no text.

Every length is in points, 72 to the inch, from the upper left corner downwards. `node_size` and `blank_label` write
sizes as DOT attributes; `lay_out` reads Graphviz's answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from autograd.drawing.engine import run_graphviz
from autograd.recording.steps import evaluation_order

INCH: Final = 72.0  # points
# An HTML-like label with nothing in it: the only kind of label whose size Graphviz does not measure.
BLANK: Final = (
    '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" FIXEDSIZE="TRUE" WIDTH="{}" HEIGHT="{}">'
    "<TR><TD></TD></TR></TABLE>>"
)


class Point(NamedTuple):
    """A place, or half of a size."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


class Curve(NamedTuple):
    """An edge: the control points of joined cubic Bézier curves, the tip of its arrow, the middle of its label."""

    points: list[Point]
    tip: Point | None
    label: Point | None


@dataclass(frozen=True)
class Layout:
    """What `lay_out` found: boxes of nodes and frames by name, curves by the edge's id, and the size of the whole."""

    nodes: dict[str, Box]
    frames: dict[str, Box]
    labels: dict[str, Point]  # the middle of each frame's label
    edges: dict[str, Curve]
    size: Point


def reading_order(inputs: Sequence[Sequence[int]]) -> list[int]:
    """Return the nodes of a graph in the order in which an expression names them, given the inputs of each.

    Graphviz starts from the order in which it hears of nodes: a first operand, or unit, stands above a second.
    """
    used = {operand for row in inputs for operand in row}
    roots = [n for n in range(len(inputs)) if n not in used]
    whole = evaluation_order([*inputs, roots])
    return list(dict.fromkeys([n for node in whole[:-1] for n in (*inputs[node], node)] + roots))


def node_size(width: float, height: float) -> dict[str, str]:
    """Return the DOT attributes of a node of this size, in points."""
    return {"label": "", "fixedsize": "true", "width": f"{width / INCH:.4f}", "height": f"{height / INCH:.4f}"}


def blank_label(width: float, height: float) -> str:
    """Return the DOT label that keeps a room of this size free, in whole points."""
    return BLANK.format(round(width), round(height))


def lay_out(source: str, time_limit: float) -> Layout:
    """Have Graphviz lay DOT text out. Edges are found by their `id`, frames by the name of their cluster.

    Raises what `run_graphviz` raises.
    """
    graph = json.loads(run_graphviz(source, "json0", time_limit))
    _, _, width, height = numbers(graph["bb"])
    objects = graph.get("objects", [])
    frames = [found for found in objects if "bb" in found]
    return Layout(
        nodes={found["name"]: node_box(found, height) for found in objects if "pos" in found},
        frames={found["name"]: frame_box(found, height) for found in frames},
        labels={found["name"]: point(found["lp"], height) for found in frames if "lp" in found},
        edges={edge["id"]: curve(edge, height) for edge in graph.get("edges", []) if "pos" in edge},
        size=Point(width, height),
    )


def numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


def point(text: str, height: float) -> Point:
    """Read a point. Graphviz's y axis points upwards."""
    x, y = numbers(text)
    return Point(x, height - y)


def node_box(node: Mapping[str, str], height: float) -> Box:
    middle = point(node["pos"], height)
    size = Point(INCH * float(node["width"]), INCH * float(node["height"]))
    return Box(middle.x - size.x / 2, middle.y - size.y / 2, size.x, size.y)


def frame_box(frame: Mapping[str, str], height: float) -> Box:
    left, bottom, right, top = numbers(frame["bb"])
    return Box(left, height - top, right - left, top - bottom)


def curve(edge: Mapping[str, Any], height: float) -> Curve:
    """Read "e,tip control points ..." and the place of the label, whether it is on the edge or beside it."""
    words = edge["pos"].split()
    tip = point(words.pop(0)[2:], height) if words[0].startswith("e,") else None
    label = edge.get("lp") or edge.get("xlp")
    return Curve([point(word, height) for word in words], tip, point(label, height) if label else None)
