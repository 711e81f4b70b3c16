"""What a notebook shows of a `Value`: a small graph as a picture, a large one as its size and how to draw it."""

from __future__ import annotations

from html import escape
from typing import Final

from autograd.drawing.drawing import draw
from autograd.graph import topological_order
from autograd.ops import PARAMETER
from autograd.text import show_controls
from autograd.value import Value

SMALL: Final = 50  # nodes that a reader takes in without being asked whether to see them


def svg_view(value: Value) -> str | None:
    """Return a drawing of a small graph; None for a leaf, for a large graph, and where nothing can lay it out."""
    order = topological_order(value)
    if not value.inputs or len(order) > SMALL:
        return None
    try:
        return draw(value).svg
    except ModuleNotFoundError:  # without the extra `draw` the notebook falls back to the repr
        return None


def html_view(value: Value) -> str | None:
    """Return a sentence with the size of a large graph and how to draw it; None for other graphs."""
    order = topological_order(value)
    if len(order) <= SMALL:
        return None
    parameters = sum([node.op is PARAMETER for node in order])
    trained = f", {parameters:,} of them parameters" if parameters else ""
    return (
        f"<code>{escape(show_controls(repr(value)))}</code><br>computed from {len(order) - 1:,} nodes{trained}. "
        "<code>draw(value)</code> shows them, folded where they are many; "
        "<code>draw(value, around=value)</code> shows the last steps."
    )
