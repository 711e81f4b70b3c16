"""Short names of a page's nodes, for its cards and formulas.

A label such as `layers.0.neurons.1.net_input` is too long for a fraction, and `net_input` alone would stand for many
nodes. So a short name keeps the indices in which modules of the same attribute differ, and a raised number tells nodes
of the same label apart: `net_input[0,1]⁽²⁾`. A node without a label goes by its formula where that is short.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from autograd.text import format_number

MOST: Final = 32  # characters of a formula that stands for a name
RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
INFIX: Final = {"+": "+", "-": "−", "*": "·", "/": "/"}
SIMPLE: Final = re.compile(r"[\w.\[\],⁽⁾⁰-⁹¹²³#'\u0300-\u036f]+")  # names that need no parentheses in a formula
CALL: Final = re.compile(r"\w+\([^()]*\)|\([^()]*\)[⁰-⁹²³¹]+")  # nor does a function or a power


def short_names(nodes: Sequence[Sequence[Any]], constants: Mapping[int, float]) -> list[str]:
    """Return the short name of each node; "" for a constant without a label, which goes by its number.

    Nodes are rows of [label, kind, op, symbol, inputs, source]; `constants` has the numbers of constants without a
    label, where these are the same in every pass.

    >>> rows = [["a.0.w", "leaf", "", "", [], ""], ["a.1.w", "leaf", "", "", [], ""], ["", "constant", "", "", [], ""]]
    >>> rows += [["", "computed", "add", "+", [0, 1], ""], ["", "computed", "constant_power", "**", [3, 2], ""]]
    >>> short_names(rows, {2: 2.0})
    ['w[0]', 'w[1]', '', 'w[0]+w[1]', '(w[0]+w[1])²']
    """
    names = [split_label(node[0])[0] for node in nodes]
    qualify(nodes, names)
    number_copies(nodes, names)
    shortened: Counter[str] = Counter()
    for n, (_, kind, op, symbol, inputs, *_) in enumerate(nodes):
        if not names[n] and kind != "constant":
            operands = [names[k] or (format_number(constants[k]) if k in constants else "") for k in inputs]
            names[n] = formula_of(op, symbol, operands) or f"#{n}"
            if names[n].endswith("(…)"):
                shortened[names[n]] += 1
                names[n] += f"⁽{shortened[names[n]]}⁾".translate(RAISED)
    return names


def split_label(label: str) -> tuple[str, str]:
    """Split a dotted label into the name in a module, and the module.

    >>> split_label("layers.0.neurons.1.weights.0")
    ('weights.0', 'layers.0.neurons.1')
    """
    match = re.fullmatch(r"(.+?)\.([^.\d][^.]*(?:\.\d+)?)", label, re.DOTALL | re.ASCII)
    return (match[2], match[1]) if match else (label, "")


def qualify(nodes: Sequence[Sequence[Any]], names: list[str]) -> None:
    """Add to the names of nodes in several modules what tells the modules apart."""
    modules: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for n, node in enumerate(nodes):
        modules[names[n].partition(".")[0]][split_label(node[0])[1]].append(n)
    for owners in modules.values():
        paths = {module: module.split(".") for module in owners}
        longest = max(map(len, paths.values()))
        differing = [k for k in range(longest) if len({tuple(path[k : k + 1]) for path in paths.values()}) > 1]
        for module, found in owners.items():
            told = ",".join([paths[module][k] for k in differing if k < len(paths[module]) and paths[module][k]])
            for n in found:
                names[n] += f"[{told}]" if told else ""


def number_copies(nodes: Sequence[Sequence[Any]], names: list[str]) -> None:
    """Add a raised number to the names of nodes that share a label, as those of several examples do."""
    copies: dict[str, list[int]] = defaultdict(list)
    for n, node in enumerate(nodes):
        if node[0]:
            copies[node[0]].append(n)
    for found in copies.values():
        if len(found) > 1:
            for k, n in enumerate(found, start=1):
                names[n] += f"⁽{k}⁾".translate(RAISED)


def formula_of(op: str, symbol: str, operands: Sequence[str]) -> str:
    """Return a node's formula in the names of its inputs, or "" where it is long or would say little."""
    if not operands or op in ("sum", "dot") or any(not name or name.startswith("#") for name in operands):
        return ""
    if op == "constant_power" and operands[1].isdecimal():
        formula = parenthesize(operands[0]) + operands[1].translate(RAISED)
    elif symbol in INFIX:
        formula = INFIX[symbol].join(map(parenthesize, operands))
    elif op == "negative":
        formula = f"−{parenthesize(operands[0])}"
    else:
        formula = f"{symbol}({','.join(operands)})"
        return formula if len(formula) <= MOST else f"{symbol}(…)"
    return formula if len(formula) <= MOST else ""


def parenthesize(name: str) -> str:
    return name if SIMPLE.fullmatch(name) or CALL.fullmatch(name) else f"({name})"
