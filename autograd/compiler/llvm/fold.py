"""Folding long sums: an op of many inputs becomes a chain of ops of a few.

LLVM's time grows with the square of the inputs that one instruction takes. The chain adds in the same order, so it has
the same bits: an op's sum starts from 0.0, and the sum of all that comes before is never -0.0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from typing import Final

from msgspec.structs import replace

from autograd.lowering.program import Instruction, Number, Program
from autograd.lowering.table import PRODUCTS, product_columns

WIDE: Final = 64  # inputs; an op of more is folded
LINEAR: Final = ("sum", "dot")  # the derivatives of their chains have the same bits too
FOLDED: Final = (*LINEAR, "logsumexp", *PRODUCTS)


class Folder:
    """Writes a program again, with short instructions for the long ones."""

    def __init__(self) -> None:
        self.code: list[Instruction] = []

    def add(self, op: str, *inputs: Number, value: float = 0.0) -> Number:
        self.code.append(Instruction(op, inputs, value))
        return len(self.code) - 1

    def chain(self, op: str, terms: Sequence[Number]) -> Number:
        """Fold terms from left to right, some of them at a time."""
        result = self.add(op, *terms[:WIDE])
        for start in range(WIDE, len(terms), WIDE):
            result = self.add(op, result, *terms[start : start + WIDE])
        return result

    def fold(self, op: str, inputs: Sequence[Number]) -> Number:
        if op == "dot":
            count = len(inputs) // 2
            products = [self.add("multiply", inputs[k], inputs[count + k]) for k in range(count)]
            total = self.chain("sum", products)
            return self.add("add", total, inputs[-1]) if len(inputs) % 2 else total
        if op == "logsumexp":
            return self.logsumexp(inputs)
        if op in PRODUCTS:
            return self.products(op, inputs)
        return self.chain(op, inputs)

    def products(self, op: str, inputs: Sequence[Number]) -> Number:
        """Add up some products at a time, each time on top of those before."""
        columns, start = product_columns(op, inputs)
        size = WIDE // len(columns)
        for first in range(0, len(columns[0]), size):
            some = [x for column in columns for x in column[first : first + size]]
            start = [self.add(op, *some, *start)]
        return start[0]

    def logsumexp(self, xs: Sequence[Number]) -> Number:
        """Write what the row's lowering does, step by step."""
        shift = self.add("constant", value=-math.inf)
        for x in xs:
            shift = self.add("maximum", shift, x)
        whole = self.chain("sum", [self.add("exp", self.add("subtract", x, shift)) for x in xs])
        finite = self.add("less", self.add("absolute", shift), self.add("constant", value=math.inf))
        return self.add("where", finite, self.add("add", shift, self.add("log", whole)), shift)


def is_long(program: Program, kept: Set[Number] = frozenset()) -> bool:
    """Return whether some instruction, other than those kept, has more inputs than LLVM should see at once."""
    return any(len(i.inputs) > WIDE and number not in kept for number, i in enumerate(program.code))


def fold_for_tape(program: Program) -> Program:
    """Replace each long sum of a program whose derivatives a tape computes, even where LLVM would have a loop."""
    return fold_long(program, LINEAR)


def fold_long(program: Program, ops: Sequence[str] = FOLDED, kept: Set[Number] = frozenset()) -> Program:
    """Replace each instruction with many inputs, other than those kept, which become loops."""
    if not is_long(program, kept):
        return program
    folder = Folder()
    place: list[Number] = []
    for number, instruction in enumerate(program.code):
        inputs = [place[input] for input in instruction.inputs]
        if len(inputs) > WIDE and instruction.op in ops and number not in kept:
            place.append(folder.fold(instruction.op, inputs))
        else:
            place.append(folder.add(instruction.op, *inputs, value=instruction.value))
    outputs, sums = ([place[number] for number in numbers] for numbers in (program.outputs, program.sums))
    return replace(program, code=tuple(folder.code), outputs=tuple(outputs), sums=tuple(sums))
