"""`draw` and what it returns."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from operator import index
from typing import Final, Literal

from autograd.drawing.cards import MARKS
from autograd.drawing.dot import export_source, layout_source
from autograd.drawing.folding import fold, neighbourhood
from autograd.drawing.groups import picture_of_groups
from autograd.drawing.images import convert
from autograd.drawing.labels import clear_labels
from autograd.drawing.layout import lay_out
from autograd.drawing.picture import Picture, picture_of_nodes
from autograd.drawing.rows import equal_widths, in_order
from autograd.drawing.subject import Subject
from autograd.drawing.svg import write_svg
from autograd.files import as_path, write_atomically
from autograd.graph import topological_order
from autograd.value import Value


def draw(
    root: Value | Iterable[Value],
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
        root: what to draw: a Value, or several in a list or an array. The gradients shown are those of the last
            backward pass.
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
    roots = list_roots(root)
    check_arguments(direction, around, limit, radius, time_limit)
    marks = check_marks(marks)
    order = list(dict.fromkeys([value for root in roots for value in topological_order(root)]))
    subject = Subject.of(order, roots, marks)
    shown = order if around is None else neighbourhood(order, around, radius)
    if folding := fold(shown, limit, subject.roots):
        return Drawing(picture_of_groups(subject, folding, direction), time_limit)
    return Drawing(picture_of_nodes(subject, shown, direction), time_limit)


def list_roots(root: object) -> list[Value]:
    """Return the roots that `draw` was given, or raise TypeError with what to pass instead."""
    if isinstance(root, Value):
        return [root]
    if callable(root):
        name = getattr(root, "__name__", type(root).__name__)
        raise TypeError(
            f"draw() takes a Value and draws what it was computed from, got {name}: "
            "draw what a model or a function returns, as in draw(model(row))"
        )
    items = getattr(root, "flat", root)  # an array of any shape
    roots = list(items) if isinstance(items, Iterable) and not isinstance(items, str | bytes) else []
    if wrong := [value for value in roots if not isinstance(value, Value)] or ([] if roots else [root]):
        raise TypeError(f"draw() takes a Value or several as root, got {type(wrong[0]).__name__} {wrong[0]!r:.60}")
    return roots


def check_arguments(direction: object, around: object, limit: object, radius: object, time_limit: object) -> None:
    """Raise TypeError or ValueError, with its name and value, for the first argument of `draw` that is wrong."""
    if direction not in ("LR", "TB"):
        raise ValueError(f"draw() takes direction='LR' or 'TB', got {direction!r}")
    if around is not None and not isinstance(around, Value):
        raise TypeError(f"draw() takes a Value of the graph as around, got {type(around).__name__} {around!r:.60}")
    for name, least, given in [("limit", 1, limit), ("radius", 0, radius)]:
        if not hasattr(given, "__index__"):
            raise TypeError(f"draw() takes a whole number as {name}, got {type(given).__name__} {given!r:.60}")
        if index(given) < least:
            raise ValueError(f"draw() takes a {name} of at least {least}, got {given}")
    if not hasattr(time_limit, "__float__"):
        raise TypeError(f"draw() takes seconds as time_limit, got {type(time_limit).__name__} {time_limit!r:.60}")
    if not float(time_limit) > 0.0:
        raise ValueError(f"draw() takes a time_limit above 0 seconds, got {time_limit}")


def check_marks(marks: object) -> Mapping[Value, str]:
    """Return the marks, or raise TypeError or ValueError for what is wrong with them."""
    if marks is None:
        return {}
    if not isinstance(marks, Mapping):
        raise TypeError(f"draw() takes a dict from Value to mark as marks, got {type(marks).__name__} {marks!r:.60}")
    for value, mark in marks.items():
        if not isinstance(value, Value):
            raise TypeError(f"draw() takes marks for Values, got one for {type(value).__name__} {value!r:.60}")
        if mark not in list(MARKS):
            raise ValueError(f"draw() takes marks among {', '.join(MARKS)}, got {mark!r:.60}")
    return marks


class Drawing:
    """A picture of a graph: `svg` is laid out when first asked for, `source` is DOT text. A notebook shows it."""

    def __init__(self, picture: Picture, time_limit: float) -> None:
        self._picture = equal_widths(picture)
        self._time_limit = time_limit
        self._caption = f"{len(picture.boxes):,} boxes, {len(picture.edges):,} arrows"

    @cached_property
    def source(self) -> str:
        """The graph as DOT text, which any Graphviz can draw."""
        return export_source(self._picture)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text that suits light and dark pages. Exact numbers are in the tooltips."""
        try:
            layout = lay_out(layout_source(self._picture), self._time_limit)
        except RuntimeError:  # Graphviz fails on labels of some edges between frames; without them it does not
            layout = lay_out(layout_source(self._picture, room_for_labels=False), self._time_limit)
        layout = clear_labels(self._picture, in_order(self._picture, layout))
        return write_svg(self._picture, layout, f"Computation graph: {self._caption}")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture as .svg, .png or .pdf, or its source as .dot or .gv; a file is replaced whole."""
        suffix = as_path(path).suffix.lower()
        if suffix not in WRITERS:
            raise ValueError(f"expected a path ending in {ENDINGS}, got {os.fspath(path)!r}")
        write_atomically(path, WRITERS[suffix](self))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.svg, "text/plain": repr(self)}
        except ModuleNotFoundError as error:
            return {"text/plain": f"{self!r}\n{error}"}

    def __repr__(self) -> str:
        return f"<Drawing: {self._caption}>"


WRITERS: Final[dict[str, Callable[[Drawing], bytes]]] = {
    ".svg": lambda drawing: drawing.svg.encode(),
    ".png": lambda drawing: convert(drawing.svg, "png"),
    ".pdf": lambda drawing: convert(drawing.svg, "pdf"),
    ".dot": lambda drawing: drawing.source.encode(),
    ".gv": lambda drawing: drawing.source.encode(),
}
ENDINGS: Final = ", ".join([*WRITERS][:-1]) + f" or {[*WRITERS][-1]}"
