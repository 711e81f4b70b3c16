"""How a program is run: as straight-line code and loops, or on a tape where that would take LLVM too long."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from autograd.compiler.llvm.bodies import Run, in_order, runs
from autograd.compiler.llvm.find_loops import Loops, loops
from autograd.compiler.llvm.fold import fold_for_tape, fold_long, is_long
from autograd.compiler.llvm.repeats import Repeat, Steps, repeats
from autograd.compiler.runtime.kernel import Kernel
from autograd.compiler.tape.kernel import TapeKernel
from autograd.lowering.program import Program
from autograd.lowering.programs import PROGRAMS, shift_guards, with_one_guard

TAPED: Final = ("values", "value_and_grad")
LARGE: Final = 40_000  # edges of a program whose derivatives are written out; beyond, LLVM takes several seconds
ROLLED: Final = 4_000  # edges from which on a program's repeats become loops; straight-line code is quicker
RECURRING: Final = 10_000  # edges from which on what recurs in a program becomes functions, which are a little slower
DERIVED: Final = 2.5  # how many times as many edges the program of the derivatives may have


def build_kernel(kind: str, program: Program, fast: bool, lanes: int | None) -> Kernel | TapeKernel:
    """Compile one of the programs of a function.

    Its derivatives are written out only if that promises to pay: to derive a program takes time in itself.
    """
    if any(instruction.own for instruction in program.code):  # what they compute takes their place first
        derived = PROGRAMS[kind](program)
        return written_out_kernel(kind, derived, fast, lanes, round(DERIVED * LARGE)) or TapeKernel(derived, fast)
    folded = fold_for_tape(program)
    limit = edges_to_write(kind, program, folded, lanes)
    kernel = cached_kernel(kind, msgspec.msgpack.encode(program), fast, lanes, limit) if limit else None
    return kernel or tape_kernel(kind, program, folded, fast)


def edges_to_write(kind: str, program: Program, folded: Program, lanes: int | None) -> int:
    """Return how many edges the program of the derivatives may have to be written out; 0 for one not worth deriving."""
    if kind not in TAPED:  # put on a tape as it is derived, if it must be
        return round(DERIVED * LARGE)
    if is_long(folded):  # a tape has one case for an op, which LLVM compiles as one piece
        return sys.maxsize
    if min(size(program), size_with_loops(program)) > LARGE:
        return 0
    return LARGE if lanes == 1 else round(DERIVED * LARGE)


def tape_kernel(kind: str, program: Program, folded: Program, fast: bool) -> TapeKernel:
    """Put a program on a tape, which differentiates it by itself."""
    tape = TapeKernel(folded, fast, differentiate=kind == "value_and_grad")
    if tape.differentiate:
        tape.guards = shift_guards(program.guards, 0 if program.parameters else 1 + len(program.arguments))
    return tape


@lru_cache(maxsize=64)
def cached_kernel(kind: str, encoded: bytes, fast: bool, lanes: int | None, limit: int) -> Kernel | TapeKernel | None:
    """Compile a program, or return what was compiled from the same one lately: the next `fit` starts at once.

    Where so much is written out that LLVM takes seconds, single rows go to a tape: they would win a fraction of a
    millisecond a call, where a vector of rows wins many.
    """
    program = msgspec.msgpack.decode(encoded, type=Program)
    kernel = written_out_kernel(kind, PROGRAMS[kind](program), fast, lanes, limit)
    if isinstance(kernel, Kernel) and kernel.any_rows and kind in TAPED and not kernel.guards:
        folded = fold_for_tape(program)
        if kernel.written_out > LARGE and not is_long(folded):
            kernel.single = tape_kernel(kind, program, folded, fast)
    return kernel


def written_out_kernel(
    kind: str, derived: Program, fast: bool, lanes: int | None, limit: int
) -> Kernel | TapeKernel | None:
    """Compile a derived program as straight-line code and loops.

    Returns None for one with more edges to write out than the limit, unless it is one that a tape cannot derive.
    """
    derived = derived if kind == "guards" else with_one_guard(derived)
    found = loops(derived)
    folded = fold_long(derived, kept=found.elsewhere)
    if folded is not derived:
        derived, found = folded, loops(folded)
    repeated: Sequence[Repeat | Run] = []
    if size(derived) > ROLLED:
        steps = Steps(derived, found)
        repeated = repeats(steps)
        if code_size(derived, found, repeated) > RECURRING:
            repeated = in_order([*repeated, *runs(steps, repeated)])
    edges = code_size(derived, found, repeated)
    if edges <= limit:
        return Kernel(derived, fast, lanes, found, repeated, edges)
    return None if kind in TAPED else TapeKernel(fold_long(derived), fast)


def size(program: Program) -> int:
    """Count the edges of a program."""
    return sum([len(instruction.inputs) for instruction in program.code])


def code_size(program: Program, found: Loops, repeated: Iterable[Repeat | Run]) -> int:
    """Count the edges that are written out, those of a loop's body once."""
    replaced = found.elsewhere
    for repeat in repeated:
        turns = repeat.looped
        if isinstance(repeat, Repeat) or repeat.first == 0:
            turns = turns[1:]
        replaced.update(turns.ravel().tolist())
    return sum([len(i.inputs) for number, i in enumerate(program.code) if number not in replaced])


def size_with_loops(program: Program) -> int:
    """Count the edges of a program that its loops leave: a guess at those of its derivatives, in units of its own."""
    found = loops(program)
    return code_size(program, found, repeats(Steps(program, found)))
