"""Splitting a program into what is the same in every row, to be computed once, and the rest."""

from __future__ import annotations

from collections.abc import Set

from msgspec.structs import replace

from autograd.lowering.program import Instruction, Number, Program, is_condition, needed_instructions


def split_invariant(program: Program, varying: Set[int]) -> tuple[Program, Program]:
    """Return the program of what only arguments other than the varying ones decide, and the program of the rest.

    The rest has the first program's results as further arguments. Both compute in the order of the whole.
    """
    fixed: list[bool] = []
    for instruction in program.code:
        moves = instruction.op == "input" and int(instruction.value) in varying
        whole = not moves and not is_condition(instruction.op)  # a condition is no number that an argument could be
        fixed.append(whole and all(fixed[input] for input in instruction.inputs))
    wanted = dict.fromkeys(program.rows)
    for number, instruction in enumerate(program.code):
        if not fixed[number]:
            wanted |= dict.fromkeys(instruction.inputs)
    computed = [number for number in wanted if fixed[number] and program.code[number].inputs]
    once = kept(program, computed, {})
    places = {number: len(program.arguments) + k for k, number in enumerate(computed)}
    names = tuple(f"invariant {k}" for k in range(len(computed)))
    rest = kept(replace(program, arguments=(*program.arguments, *names)), program.rows, places)
    return once, rest


def kept(program: Program, rows: list[Number] | tuple[Number, ...], given: dict[Number, int]) -> Program:
    """Return a program of these rows, without what they do not need; some results are given as arguments."""
    place: dict[Number, Number] = {}
    code: list[Instruction] = []
    for number in needed_instructions(program.code, rows, given):
        instruction = program.code[number]
        place[number] = len(code)
        if number in given:
            code.append(Instruction("input", (), float(given[number])))
        else:
            code.append(replace(instruction, inputs=tuple([place[input] for input in instruction.inputs])))
    return replace(program, code=tuple(code), rows=tuple([place[number] for number in rows]))
