"""A picture as DOT text: one for Graphviz to lay out, with sizes and no text, and one for people to keep, with text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Final

import graphviz  # type: ignore[import-untyped]

from autograd.drawing.layout import blank_label, node_size
from autograd.drawing.picture import Box, Edge, Frame, Picture
from autograd.drawing.style import FONTS, INK, LOOKS, PAGE, width_of

Attributes = dict[str, str]

GRAPH: Final = {"nodesep": "0.2", "ranksep": "0.35"}
FOLDED: Final = {"ranksep": "0.8"}
DENSE: Final = {"splines": "line", "ranksep": "1.4"}
MANY: Final = 200  # boxes; beyond it Graphviz settles for less order in less time
HASTE: Final = {"nslimit": "1", "mclimit": "0.3"}
PORTS: Final = {"LR": {"tailport": "e", "headport": "w"}, "TB": {"tailport": "s", "headport": "n"}}
ARROW: Final = {"arrowsize": "0.6"}
THIN_ARROW: Final = {"arrowsize": "0.4"}
MARGIN: Final = "10"  # points between a frame and what is in it
LINE: Final = 1.2  # height of a line of text, in units of its font size

# The looks of exported DOT, as close to the cards as Graphviz's own shapes come.
FAMILY: Final = "Helvetica,Arial,sans-serif"
NODE: Final = {"shape": "box", "fontname": FAMILY, "fontsize": "11", "margin": "0.06,0.04", "fontcolor": INK[0]}
SHAPES: Final = {
    "computed": {"style": "rounded,filled"},
    "leaf": {"style": "filled"},
    "parameter": {"style": "filled", "shape": "note"},
    "constant": {"style": "filled,dashed"},
    "root": {"style": "rounded,filled", "peripheries": "2"},
    "module": {"style": "filled", "shape": "folder"},
}
WIRE: Final = {"fontname": FAMILY, "fontsize": "9", "color": PAGE, "fontcolor": PAGE}
FRAME: Final = {"style": "rounded", "color": PAGE, "fontcolor": PAGE, "fontname": FAMILY, "fontsize": "10"}


def layout_source(picture: Picture, room_for_labels: bool = True) -> str:
    """Write the DOT text that Graphviz lays out: sizes in place of every text, on edges only if asked for."""

    def node(box: Box) -> Attributes:
        card = box.card
        return {"id": box.id, **node_size(card.width + 2 * card.rim, card.height + 2 * card.rim)}

    def edge(edge: Edge) -> Attributes:
        room = {"label": blank("partial", edge.label)} if room_for_labels and edge.label and not edge.afloat else {}
        return {"id": edge.id, **room}

    def frame(frame: Frame) -> Attributes:
        return {"label": blank("frame-name", frame.name)}

    return write(picture, {"node": {"shape": "box"}}, node, edge, frame)


def blank(kind: str, text: str) -> str:
    return blank_label(width_of(kind, text) + 4, LINE * FONTS[kind].size)


def export_source(picture: Picture) -> str:
    """Write the DOT text that `Drawing.source` is: texts, shapes and colours, for any Graphviz to draw."""

    def node(box: Box) -> Attributes:
        card = box.card
        border, fill = LOOKS[card.mark if card.mark in LOOKS else card.kind]
        colours = {"color": border[0], "fillcolor": fill[0]}
        width = {"penwidth": "2.6"} if card.mark == "current" else {}
        return {"label": plain("\n".join(card.lines())), "id": box.id, **SHAPES[card.kind], **colours, **width}

    def edge(edge: Edge) -> Attributes:
        label = {"xlabel" if edge.afloat else "label": plain(edge.label)} if edge.label else {}
        blocked = {"style": "dashed", "arrowhead": "empty"} if edge.blocked else {}
        return {"id": edge.id, **label, **blocked}

    def frame(frame: Frame) -> Attributes:
        return {"label": plain(frame.name), **FRAME}

    return write(picture, {"graph": {"bgcolor": "transparent"}, "node": NODE, "edge": WIRE}, node, edge, frame)


def plain(text: str) -> str:
    """Write a text so that Graphviz shows it as it is: no entity, no escape, no HTML."""
    label: str = graphviz.escape(text.replace("&", "&amp;"))
    return label.replace("\n", "\\n")


def write(
    picture: Picture,
    defaults: Mapping[str, Attributes],
    node: Callable[[Box], Attributes],
    edge: Callable[[Edge], Attributes],
    frame: Callable[[Frame], Attributes],
) -> str:
    """Write boxes in their frames, and edges, with the attributes that the three functions give."""
    arrow = {**THIN_ARROW, **PORTS[picture.direction]} if picture.dense else ARROW
    dot = graphviz.Digraph(
        "autograd",
        graph_attr={**GRAPH, **defaults.get("graph", {}), "rankdir": picture.direction, **spacing(picture)},
        node_attr=defaults["node"],
        edge_attr={**defaults.get("edge", {}), **arrow},
    )
    boxes, frames = defaultdict(list), defaultdict(list)
    for box in picture.boxes:
        boxes[box.frame].append(box)
    for inner in picture.frames.values():
        frames[inner.parent].append(inner)

    def fill(into: graphviz.Digraph, name: str) -> None:  # frames are nested at most DEEPEST deep
        for box in boxes[name]:
            into.node(box.id, **node(box))
        for inner in frames[name]:
            attributes = {**frame(inner), "id": inner.id, "labeljust": "l", "margin": MARGIN}
            with into.subgraph(name=f"cluster_{inner.id}", graph_attr=attributes) as subgraph:
                fill(subgraph, inner.id)

    fill(dot, "")
    for wire in picture.edges:
        dot.edge(wire.tail, wire.head, **edge(wire), **({"minlen": "2"} if wire.long else {}))
    source: str = dot.source
    return source


def spacing(picture: Picture) -> Attributes:
    """Return the distances and the haste that suit a picture."""
    folded = (DENSE if picture.dense else FOLDED) if picture.folded else {}
    return {**folded, **(HASTE if len(picture.boxes) > MANY else {})}
