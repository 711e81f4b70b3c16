"""The rule table as JavaScript: each row's function and partials, written by the lowering table and by symbols.

A row becomes `{f: (x0, x1) => y, d: (y, x0, x1) => [d0, d1]}`; a partial of null carries no gradient. The calculus is
the rule table's: nothing here knows a derivative. Functions that JavaScript's `Math` lacks are written from their
definitions (`helpers.js`), and a test holds every row to Python's numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from autograd.lowering.program import needed_instructions
from autograd.lowering.symbols import Builder, Symbol
from autograd.lowering.table import LOWERING, lower
from autograd.ops import OPS

MATH: Final = (
    *("exp", "expm1", "log", "log2", "log10", "log1p", "hypot", "sin", "cos", "tan", "asin", "acos", "atan", "atan2"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "pow", "floor", "ceil", "trunc", "sqrt", "cbrt"),
)
MOST_INLINED: Final = 40  # lines of a function whose parts are written into each other
COMPARISONS: Final = {"olt": "<", "ole": "<=", "ogt": ">", "oge": ">="}
# What `Math` lacks, by name, as `helpers.js` has it.
HELPERS: Final = {
    part.partition("const ")[2].partition(" ")[0]: part
    for part in files("autograd.lowering").joinpath("helpers.js").read_text("utf-8").strip().split("\n\n")
}


class Script:
    """A `Target` of the lowering table that writes JavaScript, a constant for each instruction."""

    equal, absolute_value = "===", "Math.abs"

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.conditions: set[str] = set()  # the names of results that are true or false

    def put(self, text: str) -> str:
        """Add a line, and return the name of its result."""
        name = f"t{len(self.lines)}"
        self.lines.append(f"const {name}={text};")
        return name

    def put_condition(self, text: str) -> str:
        """Add a line whose result is true or false, and return its name."""
        name = self.put(text)
        self.conditions.add(name)
        return name

    def constant(self, x: float) -> str:
        return f"({number(x)})" if number(x).startswith("-") else number(x)

    def add(self, x: str, z: str) -> str:
        return self.put(f"{x}+{z}")

    def subtract(self, x: str, z: str) -> str:
        return self.put(f"{x}-{z}")

    def multiply(self, x: str, z: str) -> str:
        return self.put(f"{x}*{z}")

    def divide(self, x: str, z: str) -> str:
        return self.put(f"{x}/{z}")

    def negative(self, x: str) -> str:
        return self.put(f"-{x}")

    def absolute(self, x: str) -> str:
        return self.put(f"{self.absolute_value}({x})")

    def sqrt(self, x: str) -> str:
        return self.call("sqrt", x)

    def compare(self, predicate: str, x: str, z: str) -> str:
        if predicate == "uno":
            return self.put_condition(f"!({x}{self.equal}{x}&&{z}{self.equal}{z})")
        return self.put_condition(f"{x}{COMPARISONS.get(predicate, self.equal)}{z}")

    def truth(self, x: str) -> str:
        return x if x in self.conditions else self.put_condition(f"!({x}{self.equal}0)")

    def select(self, condition: str, a: str, b: str) -> str:
        return self.put(f"{condition}?{a}:{b}")

    def call(self, function: str, *xs: str) -> str:
        if function not in MATH and function not in HELPERS:
            raise NotImplementedError(
                f"JavaScript's Math has no {function}(): write it in autograd/lowering/helpers.js"
            )
        return self.put(f"{'Math.' if function in MATH else ''}{function}({','.join(xs)})")

    def both(self, a: str, b: str) -> str:
        return self.put_condition(f"{a}&&{b}")

    def either(self, a: str, b: str) -> str:
        return self.put_condition(f"{a}||{b}")

    def negation(self, a: str) -> str:
        return self.put_condition(f"!{a}")


def number(x: float | None) -> str:
    """Return a number as JavaScript writes it, with every bit; None as null.

    >>> number(-0.0), number(2.0), number(0.1), number(float("inf"))
    ('-0', '2', '0.1', 'Infinity')
    """
    if x is None:
        return "null"
    if not math.isfinite(x):
        return "NaN" if x != x else "Infinity" if x > 0.0 else "-Infinity"
    if x == 0.0:
        return "-0" if math.copysign(1.0, x) < 0.0 else "0"
    return repr(x).removesuffix(".0")


def row_source(op: str, count: int, constants: Mapping[int, float] | None = None) -> str:
    """Return a row as JavaScript for so many inputs, some of which may be known constants.

    >>> row_source("multiply", 2)
    '{f:(x0,x1)=>(x0*x1),d:(y,x0,x1)=>[x1,x0]}'
    """
    known = constants or {}
    names = [f"x{k}" for k in range(count)]
    script = Script()
    result = LOWERING[op](script, *[script.constant(known[k]) if k in known else name for k, name in enumerate(names)])
    inputs = ",".join(names)
    return f"{{f:({inputs})=>{body(script, result)},d:(y,{inputs})=>{partials_source(op, names, known)}}}"


def partials_source(op: str, names: list[str], constants: Mapping[int, float]) -> str:
    """Return the body of a function from the result and the inputs of a row to its partials."""
    builder, script = Builder(), Script()
    registers: dict[int, str] = {}
    operands: list[Any] = [builder.leaf("input", float(k)) for k in range(len(names) + 1)]
    for symbol, name in zip(operands, ["y", *names], strict=True):
        registers[symbol.number] = name
    xs = [constants.get(k, symbol) for k, symbol in enumerate(operands[1:])]
    partials = OPS[op].partials(operands[0], *xs)
    for place in needed_instructions(builder.code, [p.number for p in partials if type(p) is Symbol]):
        if place not in registers:
            registers[place] = instruction_source(builder, place, registers, script)
    shown = [registers[p.number] if type(p) is Symbol else number(p) for p in partials]
    return body(script, f"[{','.join(shown)}]")


def instruction_source(builder: Builder, place: int, registers: Mapping[int, str], script: Script) -> str:
    """Write one instruction, and return the name of its result."""
    instruction = builder.code[place]
    inputs = [registers[k] for k in instruction.inputs]
    if instruction.op == "constant":
        return "null" if instruction.value is None else script.constant(instruction.value)
    return lower(script, instruction.op, inputs)  # type: ignore[no-any-return]


def body(script: Script, result: str) -> str:
    """Return the body of an arrow function; in a short one, what is used once stands where it is used."""
    texts = [line.removeprefix("const ").removesuffix(";").split("=", 1) for line in script.lines]
    kept: list[str] = []
    for k, (name, expression) in enumerate(texts):
        later = [*[text for _, text in texts[k + 1 :]], result] if len(texts) <= MOST_INLINED else []
        uses = [re.subn(rf"\b{name}\b", f"({expression})", text) for text in later]
        if sum(count for _, count in uses) != 1:
            kept.append(f"const {name}={expression};")
            continue
        *expressions, result = [text for text, _ in uses]
        texts[k + 1 :] = [[name, text] for (name, _), text in zip(texts[k + 1 :], expressions, strict=True)]
    return f"{{{''.join(kept)}return {result}}}" if kept else result


def helpers_source(rows: str) -> str:
    """Return the helper functions that rows call, and those that these call."""
    wanted: set[str] = set()
    called = helpers_called(rows)
    while called - wanted:
        wanted |= called
        called = set().union(*[helpers_called(HELPERS[name]) for name in wanted])
    return "\n".join([HELPERS[name] for name in HELPERS if name in wanted])


def helpers_called(script: str) -> set[str]:
    return {name for name in HELPERS if re.search(rf"(?<![.\w]){name}\(", script)}
