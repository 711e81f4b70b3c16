"""Rows of boxes that are alike, as the neurons of a layer or the weights of one, put in order after the layout.

Graphviz knows no order among them, and may put unit 8 before unit 0. Boxes with the same inputs and the same users can
change places together with their edges. Where edges are straight lines, any boxes of one frame and one rank can.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import replace

from autograd.drawing.cards import widen
from autograd.drawing.layout import Curve, Layout
from autograd.drawing.picture import Picture
from autograd.drawing.straight import straight_edges


def find_rows(picture: Picture) -> list[list[str]]:
    """Return the ids of the boxes that are alike, each row in the picture's order."""
    tails: dict[str, Counter[str]] = defaultdict(Counter)
    heads: dict[str, Counter[str]] = defaultdict(Counter)
    for edge in picture.edges:
        tails[edge.head][edge.tail] += 1
        heads[edge.tail][edge.head] += 1
    rows: dict[Hashable, list[str]] = defaultdict(list)
    for box in picture.boxes:
        around = [] if picture.dense and box.frame else [frozenset(near[box.id].items()) for near in (tails, heads)]
        rows[box.frame, box.card.height, box.card.rim, *around].append(box.id)
    return list(rows.values())


def equal_widths(picture: Picture) -> Picture:
    """Return the picture with the cards of each row as wide as the widest of them."""
    boxes = {box.id: box for box in picture.boxes}
    for row in find_rows(picture):
        width = max(boxes[name].card.width for name in row)
        boxes |= {name: replace(boxes[name], card=widen(boxes[name].card, width)) for name in row}
    return replace(picture, boxes=list(boxes.values()))


def in_order(picture: Picture, layout: Layout) -> Layout:
    """Return the layout with the boxes of each row in order, from top to bottom or from left to right."""
    slots = {name: slot for row in find_rows(picture) for name, slot in slots_in_order(picture, layout, row)}
    nodes = {name: layout.nodes[slot] for name, slot in slots.items()}
    if picture.dense:
        return replace(layout, nodes=nodes, edges=straight_edges(picture, nodes))
    curves: dict[tuple[str, str], list[Curve]] = defaultdict(list)
    for edge in picture.edges:
        curves[edge.tail, edge.head].append(layout.edges[edge.id])
    edges = {edge.id: curves[slots[edge.tail], slots[edge.head]].pop(0) for edge in picture.edges}
    return replace(layout, nodes=nodes, edges=edges)


def slots_in_order(picture: Picture, layout: Layout, row: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each box of a row with the box whose place it takes, which is one of the same rank."""
    down = picture.direction == "LR"
    ranks: dict[float, list[str]] = defaultdict(list)
    for name in row:
        place = layout.nodes[name]
        ranks[round(place.x if down else place.y)].append(name)
    for rank in ranks.values():
        slots = sorted(rank, key=lambda name: layout.nodes[name].y if down else layout.nodes[name].x)
        yield from zip(rank, slots, strict=True)
