"""Programs: a recorded graph flattened to a frozen list of instructions.

An instruction applies one op to the results of earlier instructions, which it names by number. Its op is a row of the
rule table, or one of the few below: leaves, comparisons, and the logic of conditions. Where the eager engine picks a
branch (a `where`, a `maximum`, a `relu`), a program holds both and selects row by row.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any, Final

import msgspec

from autograd.ops import OPS, Op

LEAVES: Final = ("input", "parameter", "constant")
COMPARISONS: Final = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}
LOGIC: Final = ("both", "either", "negation")

# How a sum over rows is added up, compiled or eager, so that it has the same bits: in each block of rows, row r adds to
# running total r % TOTALS, and the totals are folded in halves; then the sums of the blocks are added in order.
TOTALS: Final = 8
BLOCK: Final = 8192

Number = int  # an instruction's place in its program


class Instruction(msgspec.Struct, frozen=True, gc=False):
    """One step: an op, the numbers of the instructions whose results it takes, and a leaf's value or place.

    `own` is an op that is no row of the rule table, but the user's. It stands in a traced program alone: every program
    made from that has what the op computes in its place.
    """

    op: str
    inputs: tuple[Number, ...] = ()
    value: float = 0.0
    own: Any = None  # an Op, or None; files and caches of programs have none

    @property
    def row(self) -> Op | None:
        """The op, by which a gradient flows; None for a leaf and for a condition."""
        return self.own or OPS.get(self.op)


class Guard(msgspec.Struct, frozen=True):
    """A comparison that Python branched on while the function was traced, and the way it went."""

    output: int  # the place of its condition among the outputs of the program
    holds: bool
    source: str


class Program(msgspec.Struct, frozen=True):
    """A frozen list of instructions: what it takes, what it computes, and which results it gives.

    `outputs` are the instructions whose results are written for each row of data, `sums` those whose results are added
    up over the rows. The last outputs are the guards' conditions. Instructions stand in the order in which the engine
    recorded their nodes, so that derivatives are added up in the engine's order.
    """

    arguments: tuple[str, ...]
    parameters: int
    code: tuple[Instruction, ...]
    outputs: tuple[Number, ...]
    sums: tuple[Number, ...] = ()
    guards: tuple[Guard, ...] = ()

    def __str__(self) -> str:
        lines = [instruction_text(number, instruction) for number, instruction in enumerate(self.code)]
        lines.append("outputs " + " ".join(f"%{number}" for number in self.outputs))
        lines += ["sums " + " ".join(f"%{number}" for number in self.sums)] if self.sums else []
        return "\n".join(lines)


def instruction_text(number: Number, instruction: Instruction) -> str:
    """Write an instruction as a line, such as "%2 = add %0 %1" or "%0 = input 0"."""
    if instruction.op in LEAVES:
        value = instruction.value if instruction.op == "constant" else int(instruction.value)
        return f"%{number} = {instruction.op} {value}"
    return f"%{number} = {instruction.op} " + " ".join(f"%{input}" for input in instruction.inputs)


def needed_instructions(
    code: Sequence[Instruction], results: Iterable[Number], given: Container[Number] = ()
) -> list[Number]:
    """List the instructions that results depend on, in order, with those that are given, but not what these need."""
    found: set[Number] = set()
    waiting = list(results)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting.extend(() if number in given else code[number].inputs)
    return sorted(found)


def is_condition(op: str) -> bool:
    return op in COMPARISONS or op in LOGIC
