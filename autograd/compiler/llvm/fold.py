"""Folding long sums: an op of many inputs becomes a chain of ops of a few.

LLVM's time grows with the square of the inputs that one instruction takes. The chain adds in the same order, so it has
the same bits: an op's sum starts from 0.0, and the sum of all that comes before is never -0.0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from autograd.compiler.llvm.find_loops import loop_over
from autograd.lowering.program import Instruction, Number, Program

WIDE: Final = 64  # inputs; an op of more is folded
LINEAR: Final = ("sum", "dot")  # their chains also have the derivatives' bits
FOLDED: Final = (*LINEAR, "logsumexp")


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
        return self.chain(op, inputs)

    def logsumexp(self, xs: Sequence[Number]) -> Number:
        """Write what the row's lowering does, step by step."""
        shift = self.add("constant", value=-math.inf)
        for x in xs:
            shift = self.add("maximum", shift, x)
        whole = self.chain("sum", [self.add("exp", self.add("subtract", x, shift)) for x in xs])
        finite = self.add("less", self.add("absolute", shift), self.add("constant", value=math.inf))
        return self.add("where", finite, self.add("add", shift, self.add("log", whole)), shift)


def is_long(program: Program) -> bool:
    """Return whether some instruction has more inputs than LLVM should see at once."""
    return any(len(instruction.inputs) > WIDE for instruction in program.code)


def fold_for_tape(program: Program) -> Program:
    """Replace each long sum of a program whose derivatives a tape computes, even where LLVM would have a loop."""
    return fold_long(program, LINEAR, keep_loops=False)


def fold_long(program: Program, ops: Sequence[str] = FOLDED, keep_loops: bool = True) -> Program:
    """Replace each instruction with many inputs, unless it is a product that becomes a loop."""
    if not is_long(program):
        return program
    folder = Folder()
    place: list[Number] = []
    for instruction in program.code:
        inputs = [place[input] for input in instruction.inputs]
        loop = keep_loops and loop_over(program.code, instruction)
        if len(inputs) > WIDE and instruction.op in ops and not loop:
            place.append(folder.fold(instruction.op, inputs))
        else:
            place.append(folder.add(instruction.op, *inputs, value=instruction.value))
    rows, sums = ([place[number] for number in numbers] for numbers in (program.rows, program.sums))
    return replace(program, code=tuple(folder.code), rows=tuple(rows), sums=tuple(sums))
