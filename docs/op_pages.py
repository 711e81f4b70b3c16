"""A reference page for each op, written from the rule table: formula, derivatives, plot, edge cases, accuracy."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Final

import matplotlib
from matplotlib.figure import Figure

import autograd
from autograd import Value
from autograd.ops import OPS, Op

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#5c6570"  # on a dark page, the site inverts their lightness
EDGES: Final = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan)
PAIR_EDGES: Final = tuple(product((0.0, 1.0, -1.0, math.inf, math.nan), (0.0, 1.0, math.inf)))
OPERATORS: Final = {
    "add": "x + y",
    "subtract": "x - y",
    "multiply": "x * y",
    "divide": "x / y",
    "negative": "-x",
    "power": "x ** y",
}
# What a plot over the first input holds the others at, where that is not 1; an op that is not plotted has None.
HELD: Final = {"power": (3.0,), "leaky_relu": (0.1,), "logsumexp": (0.0, 0.0), "where": None, "sum": None, "dot": None}
MEASURED: Final = Path(__file__).parent / "assets" / "accuracy.json"  # a copy of what `make fuzz` writes to out/trust


def documented_ops() -> list[Op]:
    """Return the rows of the rule table that a user can call, or write as an operator, in the table's order."""
    return [op for op in OPS.values() if op.public or op.name in OPERATORS]


def write_op_pages(folder: Path) -> None:
    """Write a page for each op to a folder, and the plots on them."""
    measured = measured_accuracy()
    for op in documented_ops():
        if (held := held_inputs(op)) is not None:
            (folder / f"{op.name}.svg").write_bytes(plot(op, held))
        (folder / f"{op.name}.md").write_text(op_page(op, measured.get(op.name)), "utf-8")


def op_page(op: Op, measured: str | None) -> str:
    """Return the page of one op."""
    names = derivative_names(op)
    rows = [f"| {name} | {cell(text)} |" for name, text in zip(names, op.derivatives, strict=True)]
    lines = [f"# {op.name}", f"**{op.formula}**", usage(op)]
    if op.defined:
        lines.append(f"Defined for {op.defined}, and nan elsewhere.")
    lines += ["| input | derivative |\n|---|---|\n" + "\n".join(rows)]
    if (held := held_inputs(op)) is not None:
        lines += [caption(op, held), f"![{op.name} in blue, its derivative in orange]({op.name}.svg){{ .graph .plot }}"]
    if len(op.domain) <= 2:
        lines += ["## Edge cases", edges(op)]
    lines += ["## Accuracy", accuracy(op, measured)]
    return "\n\n".join(lines) + "\n"


def derivative_names(op: Op) -> Sequence[str]:
    """Return what the derivatives of an op are with respect to: its inputs, or kinds of input."""
    if len(op.inputs) == len(op.derivatives):
        return [name.replace("*xs", "each xᵢ") for name in op.inputs]
    return ("each wᵢ", "each xᵢ", "b")


def usage(op: Op) -> str:
    """Return how an op is called: the entry of its function, or its operator, with an example that runs."""
    if op.name in OPERATORS:
        return f"Write `{OPERATORS[op.name]}`, where at least one operand is a `Value` and the other may be a number."
    if getattr(autograd, op.name) is not op:  # a function around the row, with a docstring of its own
        return f"::: autograd.{op.name}"
    call = f"`autograd.{op.name}({', '.join(op.inputs)})`"
    method = f", or `x.{op.name}()`" if len(op.inputs) == 1 and hasattr(Value, op.name) else ""
    example = (op.__doc__ or "").partition(">>>")
    head = f"Call {call}{method}. Numbers give a float, and a `Value` among the operands gives a `Value`."
    return f"{head}\n\n```pycon\n>>> from autograd import Value, {op.name}\n>>>{example[2].rstrip()}\n```"


def cell(text: str | None) -> str:
    """Return a formula for a table, in which a bar would end the cell."""
    return "no gradient" if text is None else text.replace("|", "\\|")


def edges(op: Op) -> str:
    """Return a table of values and derivatives at the edges, as the engine computes them."""
    points = [(x,) for x in EDGES] if len(op.domain) == 1 else PAIR_EDGES
    names = [name.lstrip("*") for name in op.inputs]
    slopes = ["derivative"] if len(names) == 1 else [f"by {name}" for name in names]
    rows = [f"| {' | '.join([*names, 'value', *slopes])} |", "|--:" * (2 * len(names) + 1) + "|"]
    for xs in points:
        y = op.forward(*xs)
        rows.append(f"| {' | '.join(map(shown, (*xs, y, *op.partials(y, *xs))))} |")
    return "\n".join(rows)


def shown(x: float | None) -> str:
    """Return a number for a table, with the minus sign of the site's texts."""
    return "none" if x is None else format(x, ".6g").replace("-", "−").replace("inf", "∞")


def accuracy(op: Op, measured: str | None) -> str:
    """Return what is claimed of an op's derivatives, and what was measured."""
    claim = (
        f"First derivatives are within {op.ulps:g} units in the last place (ulp) of the truth, second ones within 16."
    )
    return f"{claim} {measured or ''} [How that is known](../explanation/accuracy.md)."


def measured_accuracy() -> dict[str, str]:
    """Return what was measured of each op, in a sentence, from the report of `make fuzz`."""
    found: dict[str, str] = {}
    for claim in json.loads(MEASURED.read_text("utf-8")):
        if claim["claim"].startswith("exact "):
            found |= dict.fromkeys(claim["how"].split(", "), "Measured: exact, without a bit of error at any point.")
        elif match := re.match(r"(\w+): first derivatives", claim["claim"]):
            worst = [number(part) for part in claim["worst"].split("; ")]
            of_second = f", and of a second one {worst[1]}" if len(worst) > 1 else ""
            found[match[1]] = (
                f"Measured over {claim['how'].partition(';')[0]}, from subnormal to huge ones: the largest error of a "
                f"first derivative is {worst[0]}{of_second}."
            )
    return found


def number(worst: str) -> str:
    """Return the error in a report's "2.1 ulp by x0 at 0.25", with what explains one that is beyond the bound.

    >>> number("2.1 ulp by x0 at 0.25")
    '2.1 ulp'
    >>> number("2.2e+02 ulp (0.98 of what is allowed) by x0 at 1e-308")
    '2.2e+02 ulp (where terms cancel or results underflow; 0.98 of what is allowed there)'
    """
    ulps, allowed = re.match(r"(\S+) ulp(?: \((\S+) of what is allowed\))?", worst).groups()  # type: ignore[union-attr]
    note = f" (where terms cancel or results underflow; {allowed} of what is allowed there)" if allowed else ""
    return f"{ulps} ulp{note}"


def limits(ys: Sequence[float]) -> tuple[float, float]:
    """Return what part of the vertical axis a plot shows: all numbers between -4 and 4, with some room.

    >>> limits([0.0, 0.5, 1.0, 1e9])
    (-0.1, 4.0)
    """
    seen = [min(max(y, -4.0), 4.0) for y in ys if not math.isnan(y)]
    low, high = min(seen, default=-1.0), max(seen, default=1.0)
    room = 0.1 * min(high - low, 1.0) or 0.5
    return max(low - room, -4.0), min(high + room, 4.0)


def held_inputs(op: Op) -> tuple[float, ...] | None:
    """Return what a plot holds the inputs after the first at, or None for an op that is not plotted."""
    return HELD.get(op.name, (1.0,) * (len(op.domain) - 1))


def caption(op: Op, held: Sequence[float]) -> str:
    """Return what the two lines of a plot are."""
    names = [name for name in op.inputs if not name.startswith("*")] or ["x₁", "x₂", "x₃"]
    others = ", ".join(f"{name} = {x:g}" for name, x in zip(names[1:], held, strict=False))
    return (
        f"Blue: the function{f' with {others}' if others else ''}. Orange: its derivative with respect to {names[0]}."
    )


def plot(op: Op, held: Sequence[float]) -> bytes:
    """Draw a function of its first input and its derivative, on a transparent ground, with the same bytes each time."""
    low, high = (max(op.domain[0][0], -4.0), min(op.domain[0][1], 4.0))
    xs = [low + (high - low) * k / 400 for k in range(401)]
    ys = [op.forward(x, *held) for x in xs]
    slopes = [op.partials(y, x, *held)[0] for x, y in zip(xs, ys, strict=True)]
    figure = Figure(figsize=(6.0, 3.2), layout="constrained")
    figure.patch.set_alpha(0.0)
    axes = figure.subplots()
    axes.patch.set_alpha(0.0)
    axes.plot(xs, ys, color=BLUE)
    axes.plot(xs, [0.0 if slope is None else slope for slope in slopes], color=ORANGE, linestyle="--")
    axes.set_ylim(limits([*ys, *[slope for slope in slopes if slope is not None]]))
    axes.grid(alpha=0.3, color=GREY)
    axes.tick_params(colors=GREY)
    for spine in axes.spines.values():
        spine.set_color(GREY)
    drawn = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": op.name}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue()
