"""Cutting long code into functions of bounded size, since LLVM's time grows faster than a function does.

The instructions of a program are cut into parts, each a function of its own. A result that a later part needs is stored
in a slot of a memory that all parts share, and loaded there; a slot is used again once its result is needed no more.
"""

from __future__ import annotations

from typing import Final

import msgspec

from autograd.compiler.llvm.find_loops import Loops
from autograd.lowering.program import LEAVES, Number, Program

SIZE: Final = 1500  # edges a part


class Parts(msgspec.Struct, frozen=True):
    """How a program is cut: the instructions of each part, and the slots of the results that later parts need."""

    ranges: list[range]
    slots: dict[Number, int]
    size: int  # slots in all


def cut(program: Program, found: Loops, size: int = SIZE) -> Parts:
    """Cut a program into parts of about so many edges, not counting those that loops replace."""
    skipped = found.replaced.union(*found.groups())
    starts, edges = [0], 0
    for number, instruction in enumerate(program.code):
        if number in skipped:
            continue
        if edges > size:
            starts.append(number)
            edges = 0
        edges += len(instruction.inputs)
    ranges = [range(a, b) for a, b in zip(starts, [*starts[1:], len(program.code)], strict=True)]
    if len(ranges) == 1:
        return Parts(ranges, {}, 0)
    return Parts(ranges, *allocate(ranges, *lifetimes(program, found, ranges)))


def lifetimes(program: Program, found: Loops, ranges: list[range]) -> tuple[list[int], list[int]]:
    """Return for each result the part that computes it, and the last part that needs it."""
    made = [part for part, numbers in enumerate(ranges) for _ in numbers]
    needed = list(made)
    for group in found.groups():
        for number in group:
            made[number] = made[group[0]]
    skipped = found.replaced.union(*found.groups())
    for number, instruction in enumerate(program.code):
        if number not in skipped:
            for input in instruction.inputs:
                needed[input] = max(needed[input], needed[number])
    for number, instruction in enumerate(program.code):
        if instruction.op in LEAVES or number in found.replaced:  # loaded anew where they are needed, or never computed
            needed[number] = made[number]
    return made, needed


def allocate(ranges: list[range], made: list[int], needed: list[int]) -> tuple[dict[Number, int], int]:
    """Return each result that a later part needs a slot, from its part to the last that needs it."""
    computed: list[list[Number]] = [[] for _ in ranges]
    ending: list[list[Number]] = [[] for _ in ranges]
    for number, (first, last) in enumerate(zip(made, needed, strict=True)):
        if last > first:
            computed[first].append(number)
            ending[last].append(number)
    slots: dict[Number, int] = {}
    free: list[int] = []
    size = 0
    for part in range(len(ranges)):
        free += [slots[number] for number in ending[part - 1]] if part else []
        for number in computed[part]:
            slots[number] = free.pop() if free else size
            size = max(size, slots[number] + 1)
    return slots, size
