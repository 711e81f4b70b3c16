"""Cutting a program into functions of bounded size, since LLVM's time grows faster than a function does.

A part is a stretch of instructions to write out, a repeat to write as a loop, or a run, which calls a body for some
turns. A result that another part needs is stored in a slot of a memory that all parts share, and loaded there. A slot
is used again once its result is needed no more; but what a repeat leaves for others keeps a slot for each turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np

from autograd.compiler.llvm.bodies import Run
from autograd.compiler.llvm.find_loops import Loops, Product
from autograd.compiler.llvm.repeats import Carried, Fixed, Numbers, Repeat, Same, Varying
from autograd.lowering.program import LEAVES, Number, Program

SIZE: Final = 1500  # edges a part


Piece = list[Number] | Repeat | Run


class Parts(msgspec.Struct, frozen=True):
    """How a program is cut.

    Attributes:
        pieces: the instructions of each part, or its repeat or run.
        slots: where results lie that another part needs.
        size: slots in all.
        spare: the last slot, which takes results that nothing needs; only where there are runs.
    """

    pieces: list[Piece]
    slots: dict[Number, int]
    size: int

    @property
    def spare(self) -> int:
        return self.size - 1


def cut(
    program: Program,
    found: Loops,
    repeats: Sequence[Repeat | Run],
    called: Iterable[Iterable[Product]],
    lanes: int,
    size: int = SIZE,
) -> Parts:
    """Cut a program into its repeats and parts of about so many edges, not counting those that loops replace.

    The results of each product of layers that is called as a function lie beside each other.
    """
    pieces = pieces_of(program, found, repeats, size)
    beside = [result for products in called for product in products for result in product.results]
    slots = {result: place for place, result in enumerate(beside)}
    total = len(slots)
    if len(pieces) == 1:
        return Parts(pieces, slots, total)
    made, needed, read = lifetimes(program, found, pieces)
    for piece in pieces:
        if isinstance(piece, Repeat):
            total = allocate_turns(piece, read, lanes, slots, total)
    total = allocate(len(pieces), made, needed, slots, total)
    return Parts(pieces, slots, total + any(isinstance(piece, Run) for piece in pieces))


def pieces_of(program: Program, found: Loops, repeats: Sequence[Repeat | Run], size: int) -> list[Piece]:
    """Return the parts in the order in which they run. Leaves amid a repeat come after it."""
    repeat_of = np.full(len(program.code), -1)
    for k, repeat in enumerate(repeats):
        repeat_of[repeat.looped.ravel()] = k
    skipped = found.elsewhere
    pieces: list[Piece] = []
    current: list[Number] = []
    edges, entered = 0, -1
    for number, (instruction, k) in enumerate(zip(program.code, repeat_of.tolist(), strict=True)):
        if k >= 0:
            if k > entered:
                pieces += [current, repeats[k]] if current else [repeats[k]]
                current, edges, entered = [], 0, k
            continue
        if edges > size and number not in skipped:
            pieces.append(current)
            current, edges = [], 0
        current.append(number)
        edges += 0 if number in skipped else len(instruction.inputs)
    return [*pieces, current] if current or not pieces else pieces


def lifetimes(program: Program, found: Loops, pieces: Sequence[Piece]) -> tuple[Numbers, Numbers, Numbers]:
    """Return for each result the part that computes it, the last part that needs it, and whether a part loads it.

    Results of a repeat or run that are results of the program too are needed at the end, where they are all written.
    What turns of a run take from each other they find in slots.
    """
    code = program.code
    made = np.zeros(len(code), dtype=np.int64)
    for part, piece in enumerate(pieces):
        made[piece if isinstance(piece, list) else piece.looped.ravel()] = part
    for group in found.groups():
        made[group] = made[group[0]]
    needed, read = made.copy(), np.zeros(len(code), dtype=np.int64)
    skipped = found.elsewhere
    for part, piece in enumerate(pieces):
        loads = (
            [input for number in piece if number not in skipped for input in code[number].inputs]
            if isinstance(piece, list)
            else loaded(piece)
        )
        needed[loads] = np.maximum(needed[loads], part + isinstance(piece, Run))
        read[loads] = 1
    for some in found.transposed:
        starts = [start for start in some.starts if start is not None]
        needed[starts] = np.maximum(needed[starts], made[some.results[0]])
        read[starts] = 1
    results = [*program.outputs, *program.sums]
    read[results] = 1
    needed[[number for number in results if isinstance(pieces[made[number]], Run)]] = len(pieces)
    never = [n for n, x in enumerate(code) if x.op in LEAVES or n in found.replaced]  # loaded anew, or not computed
    needed[never] = made[never]
    return made, needed, read


def loaded(repeat: Repeat | Run) -> list[Number]:
    """List the results that the turns of a repeat or run load."""
    numbers: list[Number] = []
    for operands in repeat.operands:
        for x in operands:
            match x:
                case Fixed(number):
                    numbers.append(number)
                case Carried(_, initial):
                    numbers.append(initial)
                case Varying(_, several):
                    numbers += several.tolist()
                case Same():
                    pass
    return numbers


def allocate_turns(repeat: Repeat, read: Numbers, lanes: int, slots: dict[Number, int], size: int) -> int:
    """Give what other parts load of a repeat a slot for each turn, or one if only the last turn is asked for.

    For vectors, the results of a turn lie beside each other; single numbers lie beside those of the next turn.
    """
    looped = read[repeat.looped]
    every = np.flatnonzero(looped[:-1].any(axis=0))
    turns, count = len(repeat.turns), len(every)
    k, turn = np.meshgrid(np.arange(count), np.arange(turns))
    places = size + (k * turns + turn if lanes == 1 else turn * count + k)
    slots.update(zip(repeat.turns[:, every].ravel().tolist(), places.ravel().tolist(), strict=True))
    size += turns * count
    for number in repeat.looped[-1, looped[-1] > 0].tolist():
        if number not in slots:
            slots[number] = size
            size += 1
    return size


def allocate(parts: int, made: Numbers, needed: Numbers, slots: dict[Number, int], size: int) -> int:
    """Give each other result that a later part needs a slot, from its part to the last that needs it."""
    computed: list[list[Number]] = [[] for _ in range(parts)]
    ending: list[list[Number]] = [[] for _ in range(parts + 1)]
    for number in np.flatnonzero(needed > made).tolist():
        if number not in slots:
            computed[made[number]].append(number)
            ending[needed[number]].append(number)
    free: list[int] = []
    for part in range(parts):
        free += [slots[number] for number in ending[part - 1]] if part else []
        for number in computed[part]:
            slots[number] = free.pop() if free else size
            size = max(size, slots[number] + 1)
    return size
