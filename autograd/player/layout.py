"""Where the player's nodes and edges go: Graphviz lays boxes of known sizes out, in pixels.

Graphviz sees numbers and sizes only, never a label. Its time grows steeply, so in a large graph a node and the leaves
that only it uses (a neuron and its weights) are one box to it, and edges are left to the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Final

from graphviz import Digraph  # type: ignore[import-untyped]

from autograd.drawing.layout import INCH, Box, Curve, lay_out, node_size, reading_order
from autograd.drawing.metrics import text_width

MOST: Final = 5_000  # nodes: a page with more would be neither smooth nor legible
MANY: Final = 300  # nodes: from here on the graph is large
HURRY: Final = {"nslimit": "1", "nslimit1": "1", "mclimit": "0.1", "splines": "false"}
TIME_LIMIT: Final = 60.0  # seconds
LONGEST: Final = 22  # characters of a name that a card shows, as in notation.js
LONGEST_FORMULA: Final = 16  # where it is the formula of a node without a label
NUMBER_WIDTH: Final = 70.0  # of the longest number that the page writes
# Sizes of texts in pixels, as in player.css.
NAME_SIZE: Final = 13.5
TAG_SIZE: Final = 11.0
SPARE: Final = 1.1  # for a machine without the font that is measured, Liberation Sans or its like
GAP: Final = (40.0, 16.0)  # between boxes, across and down
LANE: Final = 24.0  # below the leaves beside a node, for the edges of its other inputs; as in picture.js


def check_size(count: int) -> None:
    """Raise ValueError for more than MOST nodes."""
    if count > MOST:
        raise ValueError(
            f"the graph has {count:,} nodes, and the player shows up to {MOST:,}: "
            "record a smaller root, such as one example's loss"
        )


def layout(nodes: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return the boxes of nodes, the paths of their edges, and the size of the whole, in pixels.

    An edge is an SVG path from an input to the node computed from it; "" leaves it to the page. Raises ValueError for
    more than MOST nodes, and TimeoutError where Graphviz takes longer than TIME_LIMIT.
    """
    check_size(len(nodes))
    large = len(nodes) > MANY
    own = own_leaves(nodes) if large else {}
    try:
        found = lay_out(source(nodes, own, large), TIME_LIMIT)
    except TimeoutError:
        raise TimeoutError(
            f"Graphviz took more than {TIME_LIMIT:g} s to place the graph's nodes: record a smaller root"
        ) from None
    boxes = {int(name): box for name, box in found.nodes.items()}
    for n, leaves in own.items():
        boxes |= unpack(boxes[n], n, leaves, nodes)
    edges = [f"{n}-{place}" for n, node in enumerate(nodes) for place in range(len(node[4]))]
    return {
        "boxes": [[round(v, 1) for v in boxes[n]] for n in range(len(nodes))],
        "edges": ["" if large else curve_path(found.edges[edge]) for edge in edges],
        "size": [round(v, 1) for v in found.size],
    }


def own_leaves(nodes: Sequence[Sequence[Any]]) -> dict[int, list[int]]:
    """Find the leaves that only one node uses, listed by that node."""
    inputs = [list(dict.fromkeys(node[4])) for node in nodes]
    users = Counter(operand for row in inputs for operand in row)
    own = {n: [leaf for leaf in row if users[leaf] == 1 and not inputs[leaf]] for n, row in enumerate(inputs)}
    return {n: leaves for n, leaves in own.items() if leaves}


def source(nodes: Sequence[Sequence[Any]], own: Mapping[int, list[int]], large: bool) -> str:
    """Write the boxes and edges in DOT."""
    across, down = (gap / INCH for gap in GAP)
    dot = Digraph(
        graph_attr={"rankdir": "LR", "nodesep": f"{down:.3f}", "ranksep": f"{across:.3f}", **(HURRY if large else {})},
        node_attr={"shape": "box"},
        edge_attr={"arrowhead": "none"},
    )
    inside = {leaf for leaves in own.values() for leaf in leaves}
    for n in reading_order([node[4] for node in nodes]):
        if n not in inside:
            dot.node(str(n), **node_size(*packed_size(n, own.get(n, []), nodes)))
            for place, operand in enumerate(nodes[n][4]):
                if operand not in inside:
                    dot.edge(str(operand), str(n), id=f"{n}-{place}")
    text: str = dot.source
    return text


def packed_size(n: int, leaves: Sequence[int], nodes: Sequence[Sequence[Any]]) -> tuple[float, float]:
    """Return the size of a node with its own leaves stacked to its left, above a lane for the edges of other inputs."""
    width, height = size(nodes[n])
    if not leaves:
        return width, height
    widths, heights = zip(*[size(nodes[leaf]) for leaf in leaves], strict=True)
    return width + GAP[0] + max(widths), max(height, sum(heights) + GAP[1] * len(leaves) + LANE)


def unpack(box: Sequence[float], n: int, leaves: Sequence[int], nodes: Sequence[Sequence[Any]]) -> dict[int, Box]:
    """Return the boxes of a node and of its own leaves, inside the box that Graphviz saw."""
    x, y, whole_width, whole_height = box
    width, height = size(nodes[n])
    boxes = {n: Box(x + whole_width - width, y + whole_height - height, width, height)}
    for leaf in leaves:
        leaf_width, leaf_height = size(nodes[leaf])
        boxes[leaf] = Box(x + whole_width - width - GAP[0] - leaf_width, y, leaf_width, leaf_height)
        y += leaf_height + GAP[1]
    return boxes


def size(node: Sequence[Any]) -> tuple[float, float]:
    """Return a card's width and height in pixels, with room for its texts."""
    label, kind, _, symbol, *_, name = node
    if kind == "constant":
        return NUMBER_WIDTH + 16.0 + (text_width(f"{shorten(name)} = ", NAME_SIZE) if name else 0.0), 26.0
    heading = 44.0 + text_width(shorten(name, label), NAME_SIZE, "bold") + text_width(symbol or kind, TAG_SIZE)
    return min(max(116.0, ceil(SPARE * heading)), 300.0), 68.0


def shorten(text: str, label: str = "named") -> str:
    """Return as much of a name as a card shows, as `notation.js` does; less of a node's formula without a label.

    >>> shorten("layers.0.neurons.1.net_input"), shorten("0.5·(output[1,0]⁽²⁾−1)²", label="")
    ('layers.0.neu…net_input', '0.5·(outp…²⁾−1)²')
    """
    most = LONGEST if label else LONGEST_FORMULA
    half = (most + 2) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[half + 1 - most :]}"


def curve_path(curve: Curve) -> str:
    """Write an edge as an SVG path."""
    points = [f"{x:.0f} {y:.0f}" for x, y in curve.points]
    return f"M{points[0]}C{' '.join(points[1:])}"
