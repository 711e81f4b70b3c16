"""Straight edges, for pictures where they are many: each from border to border, around the boxes in its way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autograd.drawing.layout import Box, Curve, Point
from autograd.drawing.picture import Picture

CLEARANCE = 8.0  # points between an edge and a box that it goes around


def straight_edges(picture: Picture, nodes: Mapping[str, Box]) -> dict[str, Curve]:
    """Return the edges of a picture whose boxes have these places."""
    across = picture.direction == "LR"
    boxes = {name: box if across else swap_axes(box) for name, box in nodes.items()}
    curves = {edge.id: edge_between(boxes[edge.tail], boxes[edge.head], boxes.values()) for edge in picture.edges}
    return {
        name: Curve(points if across else [Point(y, x) for x, y in points], None, None)
        for name, points in curves.items()
    }


def swap_axes(box: Box) -> Box:
    """Exchange the axes, so that flow from top to bottom is flow from left to right."""
    return Box(box.y, box.x, box.height, box.width)


def edge_between(tail: Box, head: Box, boxes: Iterable[Box]) -> list[Point]:
    """Return the control points of an edge from the right of one box to the left of another."""
    start = Point(tail.x + tail.width, tail.y + tail.height / 2)
    end = Point(head.x, head.y + head.height / 2)
    obstacles = [box for box in boxes if stands_between(box, start, end)]
    if not obstacles:
        return [start, start, end, end]
    middle = (start.y + end.y) / 2
    above = min([box.y for box in obstacles]) - CLEARANCE
    below = max([box.y + box.height for box in obstacles]) + CLEARANCE
    passing = above if middle - above < below - middle else below
    bend = middle + (passing - middle) / 0.75  # a cubic curve gets three quarters of the way to its control points
    return [start, Point(start.x, bend), Point(end.x, bend), end]


def stands_between(box: Box, start: Point, end: Point) -> bool:
    """Whether the straight line runs through the box."""
    if box.x <= start.x or box.x + box.width >= end.x:
        return False
    slope = (end.y - start.y) / (end.x - start.x)
    heights = [start.y + slope * (x - start.x) for x in (box.x, box.x + box.width)]
    return min(heights) < box.y + box.height and max(heights) > box.y
