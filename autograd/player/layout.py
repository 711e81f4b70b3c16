"""Where the player's nodes and edges go: Graphviz lays boxes of known sizes out, in pixels.

Graphviz sees numbers and sizes only, never a label. Its time grows steeply, so in a large graph a node and the leaves
that only it uses (a neuron and its weights) are one box to it, and edges are left to the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from autograd.drawing.layout import rendered
from autograd.steps import evaluation_order

Box = list[float]  # x and y of the left upper corner, width, height

MOST: Final = 5_000  # nodes: a page with more would be neither smooth nor legible
MANY: Final = 300  # nodes: from here on the graph is large
HURRY: Final = "nslimit=1; nslimit1=1; mclimit=0.1; splines=false;"
TIME_LIMIT: Final = 60.0  # seconds
LONGEST: Final = 22  # columns of a name that a card shows
PIXELS: Final = 72.0  # an inch of Graphviz is 72 of ours
GAP: Final = (56.0, 16.0)  # between boxes, across and down


def placed(nodes: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Give the boxes of nodes and the paths of their edges, and the size of the whole.

    An edge is an SVG path from an input to the node computed from it; "" leaves it to the page.
    """
    if len(nodes) > MOST:
        raise ValueError(
            f"the graph has {len(nodes):,} nodes, and the player shows up to {MOST:,}: "
            "record a smaller root, such as one example's loss"
        )
    large = len(nodes) > MANY
    own = own_leaves(nodes) if large else {}
    boxes, curves, whole = parsed(laid_out(source(nodes, own, large)))
    for n, leaves in own.items():
        boxes |= unpacked(boxes[n], n, leaves, nodes)
    edges = [(input, n) for n, node in enumerate(nodes) for input in node[4]]
    return {
        "boxes": [[round(v, 1) for v in boxes[n]] for n in range(len(nodes))],
        "edges": ["" if large else curves[edge].pop(0) for edge in edges],
        "size": whole,
    }


def laid_out(dot: str) -> str:
    """Have Graphviz place the boxes; its "plain" format."""
    try:
        return rendered(dot, "plain", TIME_LIMIT).decode()
    except TimeoutError:
        raise TimeoutError(
            f"Graphviz took more than {TIME_LIMIT:g} s to place the graph's nodes: record a smaller root"
        ) from None


def own_leaves(nodes: Sequence[Sequence[Any]]) -> dict[int, list[int]]:
    """Find the leaves that only one node uses, listed by that node."""
    inputs = [list(dict.fromkeys(node[4])) for node in nodes]
    users = Counter(input for row in inputs for input in row)
    own = {n: [input for input in row if users[input] == 1 and not inputs[input]] for n, row in enumerate(inputs)}
    return {n: leaves for n, leaves in own.items() if leaves}


def source(nodes: Sequence[Sequence[Any]], own: Mapping[int, list[int]], large: bool) -> str:
    """Write the boxes and edges in DOT."""
    across, down = (gap / PIXELS for gap in GAP)
    text = [
        f"digraph {{ rankdir=LR; nodesep={down:.3f}; ranksep={across:.3f}; {HURRY if large else ''}",
        "node [shape=box fixedsize=true]; edge [arrowhead=none];",
    ]
    inside = {leaf for leaves in own.values() for leaf in leaves}
    for n in reading_order(nodes):
        if n not in inside:
            width, height = packed_size(n, own.get(n, []), nodes)
            text.append(f"{n} [width={width / PIXELS:.3f} height={height / PIXELS:.3f}];")
            text += [f"{input} -> {n};" for input in nodes[n][4] if input not in inside]
    return "\n".join([*text, "}"])


def reading_order(nodes: Sequence[Sequence[Any]]) -> list[int]:
    """List the nodes as an expression names them. Graphviz starts from it: a first unit stands above a second."""
    inputs = [node[4] for node in nodes]
    order = [n for computed in evaluation_order(inputs) for n in (*inputs[computed], computed)]
    return list(dict.fromkeys(order)) or [0]


def packed_size(n: int, leaves: Sequence[int], nodes: Sequence[Sequence[Any]]) -> tuple[float, float]:
    """Give the size of a node with its own leaves stacked to its left."""
    width, height = size(nodes[n])
    if not leaves:
        return width, height
    widths, heights = zip(*[size(nodes[leaf]) for leaf in leaves], strict=True)
    return width + GAP[0] + max(widths), max(height, sum(heights) + GAP[1] * (len(leaves) - 1))


def unpacked(box: Box, n: int, leaves: Sequence[int], nodes: Sequence[Sequence[Any]]) -> dict[int, Box]:
    """Give the boxes of a node and of its own leaves, inside the box that Graphviz saw."""
    x, y, whole_width, whole_height = box
    width, height = size(nodes[n])
    boxes = {n: [x + whole_width - width, y + (whole_height - height) / 2, width, height]}
    for leaf in leaves:
        leaf_width, leaf_height = size(nodes[leaf])
        boxes[leaf] = [x + whole_width - width - GAP[0] - leaf_width, y, leaf_width, leaf_height]
        y += leaf_height + GAP[1]
    return boxes


def size(node: Sequence[Any]) -> tuple[float, float]:
    """Give a card's width and height in pixels. The page's font is not known here: widths are estimates."""
    label, kind, _, symbol, *_ = node
    if kind == "constant":
        return 64.0, 26.0
    module, name = split(label)
    wide = 44.0 + 8.4 * columns(name) + 6.6 * len(symbol or kind)
    return min(max(130.0, wide, 20.0 + 5.6 * columns(module)), 260.0), 80.0 if module else 68.0


def split(label: str) -> tuple[str, str]:
    """Split a dotted label into a module and the name in it, as `notation.js` does.

    >>> split("layers.0.neurons.1.weights.0")
    ('layers.0.neurons.1', 'weights.0')
    """
    match = re.fullmatch(r"(.+?)\.([^.\d][^.]*(?:\.\d+)?)", label, re.DOTALL | re.ASCII)
    return (match[1], match[2]) if match else ("", label)


def columns(text: str) -> int:
    """Count a monospaced text's columns, as far as a card shows it: wide characters take two, combining marks none."""
    wide = [0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text]
    return min(sum(wide), LONGEST)


def parsed(plain: str) -> tuple[dict[int, Box], dict[tuple[int, int], list[str]], list[float]]:
    """Read Graphviz's "plain" format: boxes, the paths of edges, the size of the whole. Its y axis points up."""
    lines = [line.split() for line in plain.splitlines()]
    top = float(lines[0][3])
    boxes: dict[int, Box] = {}
    curves: dict[tuple[int, int], list[str]] = defaultdict(list)
    for kind, *words in lines:
        if kind == "node":
            x, y, width, height = map(float, words[1:5])
            boxes[int(words[0])] = [PIXELS * v for v in (x - width / 2, top - y - height / 2, width, height)]
        elif kind == "edge":
            points = [float(v) for v in words[3 : 3 + 2 * int(words[2])]]
            curves[int(words[0]), int(words[1])].append(curve(points, top))
    return boxes, curves, [round(PIXELS * float(v), 1) for v in lines[0][2:4]]


def curve(numbers: Sequence[float], top: float) -> str:
    """Write Graphviz's control points as an SVG path."""
    points = [f"{PIXELS * x:.0f} {PIXELS * (top - y):.0f}" for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    return f"M{points[0]}C{' '.join(points[1:])}"
