"""Where the player's nodes and edges go: Graphviz lays boxes of known sizes out, in pixels.

Graphviz sees numbers and sizes only, never a label.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from autograd.drawing.layout import rendered

MOST: Final = 3_000  # nodes: a page with more would be neither smooth nor legible
MANY: Final = 300  # nodes: from here on Graphviz is told to hurry
HURRY: Final = "nslimit=1; nslimit1=1; mclimit=0.1; splines=false;"
TIME_LIMIT: Final = 60.0  # seconds
LONGEST: Final = 22  # characters of a name that a card shows
PIXELS: Final = 72.0  # an inch of Graphviz is 72 of ours


def placed(nodes: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Give the boxes [x, y, width, height] of nodes and the paths of their edges, and the size of the whole.

    An edge is an SVG path from an input to the node computed from it, "" where it may be drawn straight.
    """
    if len(nodes) > MOST:
        raise ValueError(
            f"the graph has {len(nodes):,} nodes, and the player shows up to {MOST:,}: "
            "record a smaller root, such as one example's loss"
        )
    lines = [line.split() for line in rendered(source(nodes), "plain", TIME_LIMIT).decode().splitlines()]
    height = float(lines[0][3])
    boxes: dict[str, list[float]] = {}
    curves: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in lines:
        if line[0] == "node":
            x, y, w, h = map(float, line[2:6])
            boxes[line[1]] = [round(PIXELS * v, 1) for v in (x - w / 2, height - y - h / 2, w, h)]
        elif line[0] == "edge":
            curves[line[1], line[2]].append(curve([float(v) for v in line[4 : 4 + 2 * int(line[3])]], height))
    edges = [(str(input), str(n)) for n, node in enumerate(nodes) for input in node[4]]
    return {
        "boxes": [boxes[str(n)] for n in range(len(nodes))],
        "edges": ["" if len(nodes) > MANY else curves[edge].pop(0) for edge in edges],
        "size": [round(PIXELS * float(v), 1) for v in lines[0][2:4]],
    }


def source(nodes: Sequence[Sequence[Any]]) -> str:
    """Write the boxes and edges in DOT."""
    hurry = HURRY if len(nodes) > MANY else ""
    text = [f"digraph {{ rankdir=LR; nodesep=0.22; ranksep=0.58; {hurry} node [shape=box fixedsize=true]; edge [arrowhead=none];"]
    for n, node in enumerate(nodes):
        width, height = size(node)
        text.append(f"{n} [width={width / PIXELS:.3f} height={height / PIXELS:.3f}];")
        text += [f"{input} -> {n};" for input in node[4]]
    return "\n".join([*text, "}"])


def size(node: Sequence[Any]) -> tuple[float, float]:
    """Give a card's width and height in pixels. The page's font is not known here: widths are estimates."""
    label, kind, _, symbol, *_ = node
    if kind == "constant":
        return 64.0, 26.0
    module, _, name = label.rpartition(".")
    name, module = (label, "") if not name else (name, module)
    wide = 38.0 + 7.6 * columns(name) + 6.5 * len(symbol or kind)
    return min(max(134.0, wide, 16.0 + 5.6 * columns(module)), 230.0), 80.0 if module else 68.0


def columns(text: str) -> int:
    """Count a monospaced text's columns, as far as a card shows it: wide characters take two, combining marks none."""
    wide = [0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text]
    return min(sum(wide), LONGEST)


def curve(numbers: list[float], height: float) -> str:
    """Write Graphviz's control points as an SVG path; its y axis points up."""
    points = [f"{PIXELS * x:.0f} {PIXELS * (height - y):.0f}" for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    return f"M{points[0]}C{' '.join(points[1:])}"
