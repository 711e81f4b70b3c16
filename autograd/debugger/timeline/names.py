"""How people name nodes, and how nodes are shown to people.

A node is called by its label (`w1`), by the end of a dotted label (`neurons.1.bias`), or by its number (`#4`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property
from types import FrameType
from typing import Final

from autograd.labels import module_of
from autograd.ops import Op
from autograd.recording.steps import Node
from autograd.source_lines import user_frame
from autograd.text import escape_controls as escape_controls

INFIX: Final = {"add", "subtract", "multiply", "divide", "power", "constant_power"}
NUMBERED: Final = re.compile(r"(?P<label>.*)#(?P<number>\d{1,12})", re.DOTALL)
QUOTED: Final = re.compile(r"""(?P<quote>["'])(?P<name>.*)(?P=quote)""", re.DOTALL)
FEW: Final = 4


class CommandError(ValueError):
    """A command that cannot be carried out; the message is one line and says what to type instead."""

    def __init__(self, message: str) -> None:
        super().__init__(escape_controls(" ".join(message.split())))


class Names:
    """The names of the nodes of one graph."""

    def __init__(self, nodes: Sequence[Node], variables: Mapping[str, int] | None = None) -> None:
        self.nodes = nodes
        self.variables: Final = variables or {}  # Python's variables that are nodes, at the line of the `.backward()`
        self.labels: Final[dict[str, list[int]]] = {}
        for node in nodes:
            if node.label:
                self.labels.setdefault(node.label, []).append(node.number)

    def with_nodes(self, nodes: Sequence[Node]) -> Names:
        """Return the names of the same nodes with other numbers."""
        names = copy(self)
        names.nodes = nodes
        return names

    @cached_property
    def by_op(self) -> dict[str, list[int]]:
        """The computed nodes of each op, by its name and by its symbol."""
        found: dict[Op, list[int]] = {}
        for node in self.nodes:
            if node.op:
                found.setdefault(node.op, []).append(node.number)
        named: dict[str, list[int]] = {}
        for op, numbers in found.items():
            for name in {op.name, op.symbol}:
                named[name] = sorted([*named.get(name, ()), *numbers])
        return named

    @cached_property
    def by_module(self) -> dict[str, list[int]]:
        """The computed nodes of each module, those of the modules in it too."""
        found: dict[str, list[int]] = {}
        for node in self.nodes:
            if node.inputs and node.label:
                where = module_of(node.label)
                while where:
                    found.setdefault(where, []).append(node.number)
                    where = where.rpartition(".")[0]
        return found

    @cached_property
    def by_last_word(self) -> dict[str, list[str]]:
        """The labels by what stands after their last dot."""
        found: dict[str, list[str]] = {}
        for label in self.labels:
            found.setdefault(label.rpartition(".")[2], []).append(label)
        return found

    def resolve(self, text: str) -> int:
        """Return the number of the node that a text names.

        Raises CommandError where it names none, or several, and says what to type.
        """
        found = self.matches(text)
        if len(found) == 1:
            return found[0]
        raise CommandError(self.unknown(text) if not found else self.several(text, found))

    def matches(self, text: str) -> list[int]:
        """Return the numbers of all nodes that a text names: by label, by number, by the end of a label.

        A name may stand between quotes, as in expressions.
        """
        text = text.strip()
        if text in self.labels:
            return self.labels[text]
        if quoted := QUOTED.fullmatch(text):
            return self.matches(quoted["name"])
        if numbered := NUMBERED.fullmatch(text):
            number, label = int(numbered["number"]), numbered["label"]
            if number < len(self.nodes) and label in ("", self.nodes[number].label):
                return [number]
            return []
        if text in self.variables:
            return [self.variables[text]]
        labels = self.by_last_word.get(text.rpartition(".")[2], ()) if text else ()
        return [n for label in labels if label.endswith("." + text) for n in self.labels[label]]

    def unknown(self, text: str) -> str:
        """Return the words for a text that names no node, with labels close to it."""
        quoted = QUOTED.fullmatch(text.strip())
        text = escape_controls(quoted["name"] if quoted else text.strip())
        last = f"#{len(self.nodes) - 1}"
        if not text:
            return f"name a node: a label, or a number from #0 to {last}"
        close = difflib.get_close_matches(text, [*self.labels][:2000], n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(map(escape_controls, close))}" if close else "type list to see some"
        return f"no node is called {text:.60}: {hint}; numbers go from #0 to {last}"

    def several(self, text: str, found: list[int]) -> str:
        choices = [self.name(n) for n in found[:FEW]] + ["..."] * (len(found) > FEW)
        return f"{len(found)} nodes are called {escape_controls(text.strip()):.60}: type one of {', '.join(choices)}"

    def name(self, number: int) -> str:
        """Return the shortest name that `resolve` understands: the label, with the number where labels repeat."""
        label = self.nodes[number].label
        if not label:
            return f"#{number}"
        return escape_controls(label) if len(self.labels[label]) == 1 else f"{escape_controls(label)}#{number}"

    def operand(self, number: int, within: str) -> str:
        """Name an operand of a formula: a constant by its number, a node of the same module by the end of its label."""
        node = self.nodes[number]
        if node.kind == "constant" and not node.label:
            return signed(node.data)
        return self.name(number)[len(within) if within and within == module_of(node.label) else 0 :]

    def formula(self, number: int) -> str:
        """Write how a node was made, for example `b = a + a`.

        >>> from autograd import Value
        >>> from autograd.recording.steps import Pass
        >>> nodes = Pass(Value(2.0, "a") * 3.0).nodes
        >>> Names(nodes).formula(2)
        '#2 = a * 3'
        """
        node = self.nodes[number]
        if node.op is None:
            return f"{self.name(number)} = {short(node.data)}"
        many = len(node.inputs) > FEW + 1
        shown = node.inputs[:FEW] if many else node.inputs
        operands = [self.operand(n, module_of(node.label)) for n in shown]
        if node.op.name in INFIX:
            return f"{self.name(number)} = {operands[0]} {node.op.symbol} {operands[1]}"
        if node.op.name == "negative":
            return f"{self.name(number)} = -{operands[0]}"
        operands += [f"... {len(node.inputs)} in all"] * many
        return f"{self.name(number)} = {node.op.symbol}({', '.join(operands)})"

    def completions(self, text: str) -> Iterator[str]:
        """Return the labels that begin with a text, or whose dotted end does."""
        for label in self.labels:
            if label.startswith(text):
                yield label
        for node in self.nodes[: 1000 if text.startswith("#") else 0]:
            if f"#{node.number}".startswith(text):
                yield f"#{node.number}"


def place_name(frame: FrameType | None) -> str:
    """Name the line that a frame stands at, or that called this library there, as in train.py:12."""
    if frame is None:
        return "an unknown line"
    line = user_frame(frame)
    return f"{line.f_code.co_filename.rpartition('/')[2]}:{line.f_lineno}"


def short(x: float) -> str:
    """Write a number to 6 digits, for a quick look; `print` shows all digits."""
    return f"{x:.6g}"


def signed(x: float) -> str:
    """Write a number as a factor: a negative one between parentheses."""
    return f"({short(x)})" if short(x).startswith("-") else short(x)


def ordinal(n: int) -> str:
    """Write a number as in "the 2nd"."""
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"the {n}{ending}"


def plural(count: int, what: str) -> str:
    return f"{count:,} {what}" + "s" * (count != 1)


Resolver = Callable[[str], int]
