"""`draw`: a graph as a picture, in DOT and SVG.

Every `Value` is a card with its op, label, data and gradient, and every edge bears the local derivative. Neurons and
layers are framed, and large graphs are folded. `folding` chooses what to show, `cards` says how it looks, `dot` writes
it down, and `layout` turns it into an image when one is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

from autograd.drawing.cards import MARKS, style_sheet
from autograd.drawing.dot import Picture
from autograd.drawing.folding import folded, neighbourhood
from autograd.drawing.layout import finished_svg, rendered
from autograd.files import write_atomically
from autograd.graph import numbered, topological_order
from autograd.value import Value

__all__ = ["Drawing", "draw"]


def draw(
    root: Value | Sequence[Value],
    *,
    direction: Literal["LR", "TB"] = "LR",
    around: Value | None = None,
    radius: int = 2,
    limit: int = 300,
    marks: Mapping[Value, str] | None = None,
    time_limit: float = 8.0,
) -> Drawing:
    """Draw the graph that root, or each of several roots, was computed from.

    Args:
        root: what to draw; the gradients shown are those of its last backward pass.
        direction: "LR" draws data flowing from left to right, "TB" from top to bottom.
        around: draw only what lies at most `radius` edges away from this node.
        radius: see around.
        limit: the most boxes to draw. A larger graph is folded: to its neurons, its layers, and what else is alike.
        marks: how far a pass has got, node by node: "done", "current" or "pending".
        time_limit: seconds that laying out a large graph may take before TimeoutError.

    A gradient reads "not run yet" while no computed node has one; a leaf shows the sum it holds from earlier passes.
    Raises ValueError where the graph cannot be folded to `limit` boxes. Only an image needs `scalar-autograd[draw]`.

    >>> a, b = Value(2.0, "a"), Value(-3.0, "b")
    >>> draw(a * b)
    <Drawing: 3 boxes, 2 arrows>
    """
    roots = list(root) if isinstance(root, Sequence) else [root]
    marks = marks or {}
    if not roots or not all(isinstance(value, Value) for value in roots):
        raise TypeError(f"expected a Value or several as root, got {root!r:.60}")
    if direction not in ("LR", "TB"):
        raise ValueError(f"expected direction 'LR' or 'TB', got {direction!r}")
    if limit < 1 or radius < 0:
        raise ValueError(f"expected a limit of at least 1 and a radius of at least 0, got {limit} and {radius}")
    if unknown := [mark for mark in marks.values() if mark not in MARKS]:
        raise ValueError(f"expected marks among {', '.join(MARKS)}, got {unknown[0]!r}")
    order = list(dict.fromkeys([value for root in roots for value in topological_order(root)]))
    shown = order if around is None else neighbourhood(order, around, radius)
    picture = Picture(numbered(order), set(roots), direction, marks)
    if folding := folded(shown, limit):
        picture.add_groups(folding)
    else:
        picture.add_values(shown)
    caption = f"{picture.boxes:,} boxes, {picture.arrows:,} arrows"
    return Drawing(picture.dot.source, picture.titles, caption, time_limit)


class Drawing:
    """A picture of a graph: `source` is DOT text, `svg` is laid out when first asked for. A notebook shows it."""

    def __init__(self, source: str, titles: Mapping[str, str], caption: str, time_limit: float) -> None:
        self.source = source
        self._titles = titles
        self._caption = caption
        self._time_limit = time_limit

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text that suits light and dark pages. Exact numbers are in the tooltips."""
        svg = rendered(self.source, "svg", self._time_limit)
        return finished_svg(svg, self._titles, f"Computation graph: {self._caption}", style_sheet())

    def save(self, path: str | Path) -> None:
        """Write the picture as .svg, .png or .pdf, or its source as .dot or .gv; a file is replaced whole."""
        path = Path(path)
        form = path.suffix.lower().removeprefix(".")
        if form == "svg":
            content = self.svg.encode()
        elif form in ("dot", "gv"):
            content = self.source.encode()
        elif form in ("png", "pdf"):
            content = rendered(self.source, form, self._time_limit)
        else:
            raise ValueError(f"expected a path ending in .svg, .png, .pdf, .dot or .gv, got {str(path)!r}")
        write_atomically(path, content)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Drawing: {self._caption}>"
