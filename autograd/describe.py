"""What a row of the rule table says about itself in words: its docstring, and its formulas with names put in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from autograd.op import Op

EDGES: Final = (-float("inf"), -1.0, 0.0, 1.0, float("inf"))


class Docstring:
    """A class attribute `__doc__`: an op's is made from its texts, or the class's if it has none."""

    def __init__(self, of_class: str | None) -> None:
        self.of_class = of_class

    def __get__(self, op: Op | None, owner: type) -> str | None:
        return docstring(op) if op and op.formula and op.derivatives else self.of_class


def docstring(op: Op) -> str:
    """Write the docstring of a row: formula, derivatives, domain, edge cases and an example."""
    paragraphs = [
        f"Return {op.formula}: a float for numbers, a `Value` if an operand is one.",
        "\n".join(derivative_lines(op)),
    ]
    if op.defined:
        paragraphs.append(f"Defined for {op.defined}, and nan elsewhere.")
    if op.arity == 1:
        paragraphs.append("\n".join(edge_table(op)))
    if op.name.isidentifier() and op.arity == len(op.domain):
        paragraphs.append("\n".join(example(op)))
    return "\n\n".join(paragraphs) + "\n"


def derivative_lines(op: Op) -> list[str]:
    """Write one line for the derivative with respect to each input."""
    if len(op.derivatives) == 1:
        return [f"Derivative: {op.derivatives[0] or 'none, no gradient flows back'}."]
    names = op.inputs if len(op.inputs) == len(op.derivatives) else ("wᵢ", "xᵢ", "b")
    return [f"Derivative by {name}: {text or 'none'}." for name, text in zip(names, op.derivatives, strict=True)]


def edge_table(op: Op) -> list[str]:
    """Tabulate a function of one input and its derivative at -inf, -1, 0, 1 and inf."""
    results = [op.forward(x) for x in EDGES]
    slopes = [op.partials(y, x)[0] for x, y in zip(EDGES, results, strict=True)]
    return [
        f"    {name:10}" + "".join([f"{'none' if x is None else format(x, '.4g'):>10}" for x in row])
        for name, row in (("x", EDGES), ("result", results), ("derivative", slopes))
    ]


def example(op: Op) -> list[str]:
    """Write a doctest of the row applied to `Value`s, at a point inside its domain."""
    xs = [x if low <= x <= high else 0.25 for x, (low, high) in zip((2.0, 0.5, 3.0), op.domain, strict=False)]
    y = op.forward(*xs)
    names = ", ".join(op.inputs)
    lines = [f">>> {name} = Value({x!r})" for name, x in zip(op.inputs, xs, strict=True)]
    lines += [f">>> result = {op.name}({names})", ">>> result.backward()"]
    shown = ", ".join([f"{name}.grad" for name in op.inputs])
    slopes = [slope or 0.0 for slope in op.partials(y, *xs)]
    return [*lines, f">>> result.data, {shown}", f"({', '.join(map(repr, (y, *slopes)))})"]


def substitute(text: str, placeholders: tuple[str, ...], names: tuple[str, ...]) -> str:
    """Put names in place of a formula's placeholders, which stand between no other letters.

    >>> substitute("−x / y²", ("x", "y"), ("h1", "w"))
    '−h1 / w²'
    """
    if not placeholders or len(placeholders) != len(names):
        return text
    name_of = dict(zip(placeholders, names, strict=True))
    letters = "|".join(map(re.escape, placeholders))

    def name(found: re.Match[str]) -> str:
        return name_of[found[0]]

    return re.sub(rf"(?<![A-Za-z])(?:{letters})(?![A-Za-z])", name, text)


def signature(op: Op) -> Any:
    """Return the `inspect.Signature` of a row."""
    from inspect import Parameter, Signature  # costs more than the rest of the package to import

    kind = Parameter.VAR_POSITIONAL if op.variadic else Parameter.POSITIONAL_ONLY
    return Signature([Parameter(name.lstrip("*"), kind) for name in op.inputs])
