"""Splitting a program into what is the same in every row, to be computed once, and the rest."""

from __future__ import annotations

from collections.abc import Sequence, Set

from msgspec.structs import replace

from autograd.lowering.program import Instruction, Number, Program, is_condition, needed_instructions


def split_invariant(program: Program, varying: Set[int]) -> tuple[Program, Program]:
    """Return the program of what depends on no varying argument, and the program of the rest.

    The rest has the first program's results as further arguments. Both compute in the order of the whole.
    """
    fixed: list[bool] = []
    for instruction in program.code:
        moves = instruction.op == "input" and int(instruction.value) in varying
        whole = not moves and not is_condition(instruction.op)  # a condition is no number that an argument could be
        fixed.append(whole and all(fixed[input] for input in instruction.inputs))
    wanted = dict.fromkeys(program.outputs)
    for number, instruction in enumerate(program.code):
        if not fixed[number]:
            wanted |= dict.fromkeys(instruction.inputs)
    computed = [number for number in wanted if fixed[number] and program.code[number].inputs]
    once = keep_needed(program, computed, {})
    places = {number: len(program.arguments) + k for k, number in enumerate(computed)}
    names = tuple(f"invariant {k}" for k in range(len(computed)))
    rest = keep_needed(replace(program, arguments=(*program.arguments, *names)), program.outputs, places)
    return once, rest


def keep_needed(program: Program, outputs: Sequence[Number], given: dict[Number, int]) -> Program:
    """Return a program of these outputs, without what they do not need; some results are given as arguments."""
    place: dict[Number, Number] = {}
    code: list[Instruction] = []
    for number in needed_instructions(program.code, outputs, given):
        instruction = program.code[number]
        place[number] = len(code)
        if number in given:
            code.append(Instruction("input", (), float(given[number])))
        else:
            code.append(replace(instruction, inputs=tuple([place[input] for input in instruction.inputs])))
    return replace(program, code=tuple(code), outputs=tuple([place[number] for number in outputs]))
