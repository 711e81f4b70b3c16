"""The reference pages of the documentation: one for each op, from the rule table, and the lists of public names."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import matplotlib
from matplotlib.figure import Figure

import autograd
import nn
from autograd.ops import OPS, Op

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8a8f98"
EDGES: Final = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan)
# Pages of public names that are not ops, with what each page is about.
PAGES: Final = {
    "autograd.md": ("autograd", "values, derivatives, recordings and pictures.", autograd.__all__),
    "nn.md": ("nn", "modules, losses, optimizers, training and files.", nn.__all__),
    "debugger.md": ("autograd.debugger", "the debugger as a library.", ["Session"]),
}


def write_all(folder: Path) -> None:
    """Write the whole reference to a folder: its pages, and the plots on them."""
    folder.mkdir(parents=True, exist_ok=True)
    ops = public_ops()
    for op in ops:
        (folder / f"{op.name}.md").write_text(op_page(op), "utf-8")
        if len(op.domain) == 1:
            (folder / f"{op.name}.svg").write_bytes(plot(op))
    for name, (module, about, names) in PAGES.items():
        entries = [f"::: {module}.{each}" for each in documented(names, module)]
        lines = [f"# {module}", about.capitalize(), *entries]
        (folder / name).write_text("\n\n".join(lines) + "\n", "utf-8")
    (folder / "index.md").write_text(index(ops), "utf-8")


def public_ops() -> list[Op]:
    """Return the rows of the rule table that are public functions, in the order of the table."""
    return [op for op in OPS.values() if getattr(autograd, op.name, None) is op]


def documented(names: Sequence[str], module: str) -> Iterator[str]:
    """Yield the names that have a docstring of their own: those of ops have their own pages."""
    home = __import__(module, fromlist=["*"])
    for name in names:
        thing = getattr(home, name)
        if not isinstance(thing, Op) and callable(thing):
            yield name


def index(ops: Sequence[Op]) -> str:
    """Return the page that lists every op with its formula, and links to the other pages."""
    rows = [
        f"| [`{op.name}`]({op.name}.md) | {cell(op.formula)} | {'; '.join(cell(text) for text in op.derivatives)} |"
        for op in ops
    ]
    others = [f"- [{title}]({name}): {about}" for name, (title, about, _) in PAGES.items()]
    head = "| op | formula | derivative with respect to each input |\n|---|---|---|"
    return "\n".join(["# Reference", "", *others, "", "## Ops", "", head, *rows, ""])


def cell(text: str | None) -> str:
    """Return a formula for a table, in which a bar would end the cell."""
    return "no gradient" if text is None else text.replace("|", "\\|")


def op_page(op: Op) -> str:
    """Return the page of one op: formula, derivative, plot, edge cases, accuracy."""
    lines = [
        f"# {op.name}",
        f"**{op.formula}**",
        "| input | derivative |\n|---|---|\n"
        + "\n".join(f"| {name} | {cell(text)} |" for name, text in zip(op.inputs, op.derivatives, strict=False)),
    ]
    if len(op.domain) == 1:
        lines.append(f"![{op.name} in blue, its derivative in orange]({op.name}.svg){{ .graph }}")
        lines += ["## Edge cases", edges(op)]
    low_high = ", ".join(f"{low:g} … {high:g}" for low, high in op.domain)
    lines += [
        "## Accuracy",
        f"Over {low_high}, the derivative is within {op.ulps:g} units in the last place of the truth. "
        "[How that is known](../explanation/accuracy.md).",
    ]
    return "\n\n".join(lines) + "\n"


def edges(op: Op) -> str:
    """Return a table of values and derivatives at the edges, as the engine computes them."""
    rows = ["| x | value | derivative |", "|--:|--:|--:|"]
    for x in EDGES:
        y = op.forward(x)
        (partial,) = op.partials(y, x)
        rows.append(f"| {shown(x)} | {shown(y)} | {shown(partial)} |")
    return "\n".join(rows)


def shown(x: float | None) -> str:
    """Return a number for a table, with the minus sign of the site's texts."""
    return "none" if x is None else format(x, ".6g").replace("-", "−").replace("inf", "∞")


def plot(op: Op) -> bytes:
    """Draw a function of one input and its derivative, on a transparent ground, with the same bytes each time."""
    low, high = (max(op.domain[0][0], -4.0), min(op.domain[0][1], 4.0))
    xs = [low + (high - low) * k / 400 for k in range(401)]
    ys = [op.forward(x) for x in xs]
    slopes = [op.partials(y, x)[0] for x, y in zip(xs, ys, strict=True)]
    figure = Figure(figsize=(6.0, 3.2), layout="constrained")
    figure.patch.set_alpha(0.0)
    axes = figure.subplots()
    axes.patch.set_alpha(0.0)
    axes.plot(xs, ys, color=BLUE)
    axes.plot(xs, [math.nan if slope is None else slope for slope in slopes], color=ORANGE, linestyle="--")
    axes.set_ylim(-4.0, 4.0)
    axes.grid(alpha=0.3, color=GREY)
    axes.tick_params(colors=GREY)
    for spine in axes.spines.values():
        spine.set_color(GREY)
    drawn = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": op.name}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue()
