"""Numbers that a traced function reads from outside, such as a coefficient that a callback anneals.

The trace has them as constants. Where a second trace differs from the first in nothing but some constants, those become
columns with one number for all rows, so that the machine code serves every later value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from autograd.compiler.runtime.function import CompiledFunction
    from autograd.lowering.program import Program

MOST: Final = 32  # constants that become columns; where more have changed, the function is compiled anew
POWERS: Final = ("power", "constant_power")


class OutsideConstants:
    """The constants of a function that were seen to change from one trace to the next."""

    def __init__(self) -> None:
        self.last: Program | None = None
        self.places: set[int] = set()

    def as_columns(self, function: CompiledFunction) -> tuple[CompiledFunction, list[float]]:
        """Return the function with such constants as further arguments, and their present numbers."""
        from autograd.compiler.runtime.function import CompiledFunction

        program, last = function.program, self.last
        self.last = program
        if last is None or last == program:
            changed = set()
        elif blank(last) == blank(program):
            changed = {k for k, pair in enumerate(zip(last.code, program.code, strict=True)) if pair[0] != pair[1]}
        else:
            self.places, changed = set(), set()
        if len(self.places | changed) > MOST or changed & exponents(program):
            return function, []
        self.places |= changed
        if not self.places:
            return function, []
        places = sorted(self.places)
        numbers = [program.code[place].value for place in places]
        return CompiledFunction(with_arguments(program, places), 0, function.parameters, function.fastmath), numbers


def blank(program: Program) -> Program:
    """Return the program with every constant 0."""
    import msgspec

    from autograd.lowering.program import Instruction

    zero = Instruction("constant", (), 0.0)
    code = tuple([zero if instruction.op == "constant" else instruction for instruction in program.code])
    return msgspec.structs.replace(program, code=code)


def exponents(program: Program) -> set[int]:
    """Return the places of exponents: the derivative of a power is another one where they are not constant."""
    return {instruction.inputs[1] for instruction in program.code if instruction.op in POWERS}


def with_arguments(program: Program, places: list[int]) -> Program:
    """Return the program with the constants at these places as arguments after its own."""
    import msgspec

    from autograd.lowering.program import Instruction

    code, first = list(program.code), len(program.arguments)
    for k, place in enumerate(places):
        code[place] = Instruction("input", (), float(first + k))
    names = tuple([f"constant {place}" for place in places])
    return msgspec.structs.replace(program, code=tuple(code), arguments=program.arguments + names)
