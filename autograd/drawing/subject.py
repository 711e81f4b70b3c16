"""The graph that is drawn: names, kinds and gradients of its nodes, and the tooltips that say all of it in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Final

from autograd.op import kind
from autograd.text import format_number, show_controls
from autograd.value import Value

OPERANDS: Final = 8  # of one node that its tooltip names


@dataclass(frozen=True)
class Subject:
    """A graph as it is drawn.

    Attributes:
        number: the place of each node in topological order.
        roots: the nodes that `draw` was called with.
        marks: how far a pass has got, for some nodes.
        has_run: whether a backward pass has left a gradient in any computed node or root.
    """

    number: Mapping[Value, int]
    roots: Set[Value]
    marks: Mapping[Value, str]
    has_run: bool

    @classmethod
    def of(cls, order: Iterable[Value], roots: Iterable[Value], marks: Mapping[Value, str]) -> Subject:
        """Return the subject whose nodes are listed in topological order."""
        number = {value: n for n, value in enumerate(order)}
        roots = set(roots)
        has_run = any(value.grad != 0.0 for value in number if value.inputs or value in roots)
        return cls(number, roots, marks, has_run)

    def kind(self, value: Value) -> str:
        """Return "root", "computed", "leaf", "parameter" or "constant"."""
        return "root" if value in self.roots else kind(value)

    def name(self, value: Value) -> str:
        """Return the label of a node, or "#" and its number."""
        return show_controls(value.label) or f"#{self.number[value]}"

    def has_gradient(self, value: Value) -> bool:
        """Whether the node's gradient was computed, even if it is 0. A leaf may hold the sum of earlier passes."""
        return self.has_run or value.grad != 0.0

    def node_title(self, value: Value) -> str:
        """Return a node's tooltip: how it was computed, its kind, its numbers in full, and its source line."""
        lines = [self.name(value), self.kind(value), f"data {value.data!r}"]
        if value.op and value.inputs:
            operands = self.operands(value)
            call = f"{value.op.name}({', '.join([*operands[:OPERANDS], *['…'] * (len(operands) > OPERANDS)])})"
            lines[0] += f" = {call}"
            if value.op.formula and (formula := value.op.formula_of(*operands)) != call:
                lines.insert(1, formula)
        if kind(value) == "constant":
            lines.append("takes no gradient")
        else:
            lines.append(f"grad {value.grad!r}" if self.has_gradient(value) else "grad not run yet")
        if value.source:
            lines.append(value.source)
        return "\n".join(lines)

    def edge_title(self, value: Value, place: int) -> str:
        """Return the tooltip of the edge from the input at `place`: its partial, and after a pass the contribution."""
        operand, partial = value.inputs[place], value.partials[place]
        ends = f"∂{self.name(value)} / ∂{self.name(operand)}"
        if partial is None:
            reason = "a constant takes no gradient" if kind(operand) == "constant" else "no gradient flows here"
            return f"{ends}: blocked, {reason}"
        title = f"{ends} = {self.derivative(value, place)}{partial!r}"
        if self.has_run:
            title += f"\ncontribution {value.grad!r} × {partial!r} = {value.grad * partial!r}"
        return title

    def operands(self, value: Value) -> list[str]:
        """Return how formulas name the inputs of a node: a constant without a label by its number."""
        return [
            format_number(operand.data) if kind(operand) == "constant" and not operand.label else self.name(operand)
            for operand in value.inputs
        ]

    def derivative(self, value: Value, place: int) -> str:
        """Return the textbook derivative with respect to one input and "=", or "" where it is a name or a number."""
        operands = self.operands(value)
        text = value.op.derivative_of(place, *operands) if value.op and value.op.derivatives else None
        return "" if text is None or len(text) <= 2 or text in operands else f"{text} = "
