"""The graph as a still picture, which a page shows where its scripts do not run, in the places that the player uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from autograd.player.layout import shorten
from autograd.text import format_number

MOST: Final = 100  # nodes: the picture of more would make the page much larger
MARGIN: Final = 12.0  # around the graph, as in picture.js


def first_pass_svg(page: Mapping[str, Any]) -> str:
    """Return the first pass of a page's data as SVG with data and gradients, or a sentence for a large graph."""
    graph, made = page["graphs"][page["passes"][0]["graph"]], page["passes"][0]
    if len(graph["nodes"]) > MOST:
        return f"<p>A graph of {len(graph['nodes']):,} nodes, which this page draws by its script.</p>"
    numbers = [float(x) for x in page["numbers"]]
    gradients = final_gradients(graph["nodes"], made, numbers)
    cards = [
        card(node, box, numbers[made["data"][n]], gradients.get(n))
        for n, (node, box) in enumerate(zip(graph["nodes"], graph["boxes"], strict=True))
    ]
    width, height = (v + 2 * MARGIN for v in graph["size"])
    place = f'viewBox="{-MARGIN:g} {-MARGIN:g} {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    edges = f'<path class="edge done" d="{"".join(graph["edges"])}"/>'
    return f'<svg class="still" {place} role="img" aria-label="Computation graph">{edges}{"".join(cards)}</svg>'


def final_gradients(
    nodes: Sequence[Sequence[Any]], made: Mapping[str, Any], numbers: Sequence[float]
) -> dict[int, float]:
    """Return each node's gradient, for those that got one."""
    gradients: dict[int, float] = {}
    edges = iter(made["partials"])
    flows = [[(operand, place) for operand in node[4] if (place := next(edges)) is not None] for node in nodes]
    for n, place in made["backward"]:
        gradients[n] = numbers[place]
        for operand, partial in flows[n]:
            gradients[operand] = gradients.get(operand, 0.0) + gradients[n] * numbers[partial]
    return gradients


def card(node: Sequence[Any], box: Sequence[float], data: float, gradient: float | None) -> str:
    """Return one card: its outline, its name, its number and its gradient."""
    label, kind, *_, name = node
    x, y, width, height = box
    middle = f"{x + width / 2:g}"
    if kind == "constant":
        lines = [f"{name} = {format_number(data)}" if name else format_number(data)]
    else:
        lines = [
            shorten(name, label),
            format_number(data),
            *([f"∂ {format_number(gradient)}"] if gradient is not None else []),
        ]
    first, *rest = map(escape, lines)
    more = "".join([f'<tspan x="{middle}" dy="20">{line}</tspan>' for line in rest])
    radius = {"computed": ' rx="10"', "constant": ' rx="13"'}.get(kind, "")
    return (
        f'<rect class="card {kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"{radius}/>'
        f'<text x="{middle}" y="{y + 18:g}">{first}{more}</text>'
    )
