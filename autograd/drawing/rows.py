"""Rows of boxes that are alike: same frame, same inputs, same users, as the neurons of a layer or the weights of one.

Graphviz knows no order among them, and may put unit 8 before unit 0. Since any two of a row could change places without
changing the graph, they take their places in order after it is done.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import replace

from autograd.drawing.cards import widen
from autograd.drawing.layout import Curve, Layout
from autograd.drawing.picture import Edge, Picture


def find_rows(picture: Picture) -> list[list[str]]:
    """Return the ids of the boxes that are alike, each row in the picture's order."""
    tails: dict[str, Counter[str]] = defaultdict(Counter)
    heads: dict[str, Counter[str]] = defaultdict(Counter)
    for edge in picture.edges:
        tails[edge.head][edge.tail] += 1
        heads[edge.tail][edge.head] += 1
    rows: dict[Hashable, list[str]] = defaultdict(list)
    for box in picture.boxes:
        around = [frozenset(near[box.id].items()) for near in (tails, heads)]
        rows[box.frame, box.card.height, box.card.rim, *around].append(box.id)
    return [row for row in rows.values() if len(row) > 1]


def equal_widths(picture: Picture) -> Picture:
    """Return the picture with the cards of each row as wide as the widest of them."""
    boxes = {box.id: box for box in picture.boxes}
    for row in find_rows(picture):
        width = max(boxes[name].card.width for name in row)
        boxes |= {name: replace(boxes[name], card=widen(boxes[name].card, width)) for name in row}
    return replace(picture, boxes=list(boxes.values()))


def in_order(picture: Picture, layout: Layout) -> Layout:
    """Return the layout with the boxes of each row in order, from top to bottom or from left to right."""
    down = picture.direction == "LR"
    place = {box.id: box.id for box in picture.boxes}  # for each box, the one whose place it takes
    for row in find_rows(picture):
        places = sorted(row, key=lambda name: layout.nodes[name].y if down else layout.nodes[name].x)
        place |= dict(zip(row, places, strict=True))
    curves: dict[tuple[str, str], list[Curve]] = defaultdict(list)
    for edge in picture.edges:
        curves[edge.tail, edge.head].append(layout.edges[edge.id])

    def curve(edge: Edge) -> Curve:
        return curves[place[edge.tail], place[edge.head]].pop(0)

    nodes = {name: layout.nodes[taken] for name, taken in place.items()}
    return replace(layout, nodes=nodes, edges={edge.id: curve(edge) for edge in picture.edges})
