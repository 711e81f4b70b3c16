"""Find what a program does again and again: the turns of a loop that was unrolled when the function was traced.

A *repeat* is a stretch of a program that applies the same ops in the same order, *turn* after turn; one turn's
instructions are its *body*. Ops alone make a repeat. Where an operand of the body comes from in each turn is read off
afterwards: from the same turn, from the turn before, from one place for all turns, or from a place of its own in each
turn, such as the next argument, or a value that another loop has left in memory. No turn reads what a later one
computes, since the instructions keep their order; for the same reason each number keeps its bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.llvm.find_loops import Loops, SlotAllocation
from autograd.lowering.program import LEAVES, Number, Program, is_condition

Numbers = NDArray[np.int64]
KINDS: Final = (*LEAVES, "result", "result")
RESULT, CONDITION = 3, 4  # two of the kinds, a condition being kept as 1.0 or 0.0
TURNS: Final = 4  # fewer are written out
BODY: Final = 4000  # edges of a body; a longer one is written out, and what repeats within it may be found
SAVED: Final = 60  # instructions that a repeat must save
PEELED: Final = 3  # first turns that may be written out, since their operands come from elsewhere
WINDOWS: Final = (8, 32)  # instructions that are compared to find how far apart equal ones are
LONG: Final = 2000  # instructions that are searched in halves if nothing is found in the whole
CANDIDATES: Final = 8  # distances tried at a time
MULTIPLES: Final = (1, 2, 3)  # of a distance, tried too: turns may alternate
TABLES: Final = 0.3  # operands of a body that may be read at places without a rule


class Same(NamedTuple):
    """An operand computed earlier in the same turn, by this instruction of the body."""

    place: int


class Carried(NamedTuple):
    """An operand computed in the turn before, by this instruction of the body; in the first turn it is `initial`."""

    place: int
    initial: Number


class Fixed(NamedTuple):
    """The same operand in every turn."""

    number: Number


class Varying(NamedTuple):
    """Another operand in each turn; all are of one kind: "input", "parameter", "constant" or "result"."""

    kind: str
    numbers: Numbers


Operand = Same | Carried | Fixed | Varying


class Repeat(NamedTuple):
    """A loop: the instructions of each turn, from the first on that is not written out, and the body's operands."""

    turns: Numbers  # a row of instructions for each turn
    first: int  # turns before this one are written out
    operands: list[list[Operand]]  # of each instruction of the body

    @property
    def looped(self) -> Numbers:
        return self.turns[self.first :]


class Steps:
    """What a program computes, instruction by instruction, as arrays that can be compared quickly.

    Leaves are left out, and so is what a loop of a layer computes, but for the first of its results.
    """

    def __init__(self, program: Program, found: Loops) -> None:
        code = program.code
        used = SlotAllocation(found).slots_of  # by how many loops of layers, each of which has a slot for it
        leading = {group[0] for group in found.groups()}  # where all of the group is computed
        elsewhere = found.elsewhere - leading
        computed = [n for n, x in enumerate(code) if x.op not in LEAVES and n not in elsewhere]
        self.numbers = np.array(computed, dtype=np.int64)
        self.place = np.full(len(code), -1)
        self.place[self.numbers] = np.arange(len(self.numbers))
        kept = [code[n] for n in self.numbers]
        tokens: dict[tuple[str, int, int], int] = {}
        keys = [(x.op, len(x.inputs), len(used.get(n, ()))) for n, x in zip(self.numbers.tolist(), kept, strict=True)]
        self.tokens = np.array([tokens.setdefault(key, len(tokens)) for key in keys], dtype=np.int64)
        self.take(self.place[sorted(leading)])
        self.starts = np.array([0, *accumulate([len(x.inputs) for x in kept])], dtype=np.int64)
        self.inputs = np.array([n for x in kept for n in x.inputs], dtype=np.int64)
        kinds = {kind: k for k, kind in enumerate(LEAVES)}
        values = [x.value if x.op in LEAVES[:2] else float(n in elsewhere and n) for n, x in enumerate(code)]
        self.where = np.where(self.place < 0, values, self.place)
        self.kinds = np.array(
            [kinds.get(x.op, CONDITION if is_condition(x.op) else RESULT) for x in code], dtype=np.int64
        )

    def take(self, places: Numbers) -> None:
        """Make what stands at these places equal to nothing else."""
        self.tokens[places] = -1 - places


def repeats(steps: Steps) -> list[Repeat]:
    """Find the repeats of a program, in the order in which they run."""
    result = []
    stretches = between_layers(steps)
    while stretches:
        start, end = stretches.pop()
        if end - start < SAVED:
            continue
        repeat = best_repeat(steps, start, end)
        if repeat is not None:
            result.append(repeat)
            first, last = steps.place[repeat.turns[0, 0]], steps.place[repeat.turns[-1, -1]]
            stretches += [(start, int(first)), (int(last) + 1, end)]
        elif end - start > LONG:  # what repeats in a part of it may not be common in the whole
            middle = (start + end) // 2
            stretches += [(start, middle), (middle, end)]
    return sorted(result, key=lambda repeat: int(repeat.turns[0, 0]))


def between_layers(steps: Steps) -> list[tuple[int, int]]:
    """Return the stretches that no product of a layer interrupts."""
    bounds = np.concatenate([[-1], np.flatnonzero(steps.tokens < 0), [len(steps.tokens)]])
    return [(int(a) + 1, int(b)) for a, b in pairwise(bounds) if b - a > SAVED]


def best_repeat(steps: Steps, start: int, end: int) -> Repeat | None:
    """Find the repeat that saves most between two places."""
    best = None
    most = SAVED - 1
    found = sorted(candidates(steps, start, end), key=lambda found: saving(*found[1:]), reverse=True)
    for first, period, turns in found:
        if saving(period, turns) <= most:
            break
        repeat = repeat_at(steps, first, period, turns)
        if repeat is not None and saving(period, len(repeat.looped)) > most:
            best, most = repeat, saving(period, len(repeat.looped))
    return best


def saving(period: int, turns: int) -> int:
    """Count the instructions that need not be written out."""
    return period * (turns - 1)


def candidates(steps: Steps, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the longest stretch of each likely period: where it starts, its period and its number of turns."""
    tokens = steps.tokens[start:end]
    for period in likely_periods(tokens):
        if period * TURNS > len(tokens):
            continue
        different = np.flatnonzero(tokens[period:] != tokens[:-period])
        bounds = np.concatenate([[-1], different, [len(tokens) - period]])
        lengths = np.diff(bounds) - 1
        longest = int(np.argmax(lengths))
        turns = int(lengths[longest]) // period + 1
        first = start + int(bounds[longest]) + 1
        edges = int(steps.starts[first + period] - steps.starts[first]) if turns > 1 else 0
        if turns >= TURNS and saving(period, turns) >= SAVED and edges <= BODY:
            yield first, period, turns


def likely_periods(tokens: Numbers) -> list[int]:
    """Return the commonest distances between a few equal instructions and the next such few, and their multiples."""
    found: set[int] = set()
    for width in WINDOWS:
        if len(tokens) <= 2 * width:
            continue
        keys = hashes(tokens[k : len(tokens) - width + 1 + k] for k in range(width))
        order = np.argsort(keys, kind="stable")
        alike = keys[order[1:]] == keys[order[:-1]]
        distances, counts = np.unique((order[1:] - order[:-1])[alike], return_counts=True)
        common = distances[np.argsort(-counts, kind="stable")[:CANDIDATES]]
        found |= {int(distance) * times for distance in common for times in MULTIPLES}
    return sorted(found)


def hashes(columns: Iterable[Numbers]) -> Numbers:
    """Return a number for each row of some columns, that of equal rows being equal."""
    result = np.zeros(1, dtype=np.uint64)
    for column in columns:
        result = result * np.uint64(6364136223846793005) + column.astype(np.uint64) + np.uint64(1)
    return result.astype(np.int64)


def repeat_at(steps: Steps, first: int, period: int, turns: int) -> Repeat | None:
    """Say where each operand comes from in the longest run of turns that follow one rule, if there is one."""
    numbers = steps.numbers[first : first + period * turns].reshape(turns, period)
    inputs = steps.inputs[steps.starts[first] : steps.starts[first + period * turns]].reshape(turns, -1)
    counts = np.diff(steps.starts[first : first + period + 1])
    start, end = regular_turns(steps, inputs)
    for skipped in range(PEELED + 1):
        if end - start - skipped < TURNS:
            return None
        chosen = inputs[start + skipped : end]
        begins = first + period * np.arange(start + skipped, end)
        behind, kinds = steps.place[chosen] - begins[:, None], steps.kinds[chosen]
        found = [operand(chosen[:, k], behind[:, k], kinds[:, k], period) for k in range(inputs.shape[1])]
        known = [x for x in found if x is not None]
        if len(known) == len(found):
            ends = np.cumsum(counts)
            each = [known[end - count : end] for end, count in zip(ends, counts, strict=True)]
            return Repeat(numbers[start:end], skipped, each)
    return None


def regular_turns(steps: Steps, inputs: Numbers) -> tuple[int, int]:
    """Return where the longest run of turns begins and ends in which most operands move on by equal distances."""
    kinds, places = steps.kinds[inputs], steps.where[inputs]
    moves = np.diff(places, axis=0)
    changes = (moves[1:] != moves[:-1]).sum(axis=1) > TABLES * inputs.shape[1]
    changes |= (kinds[2:] != kinds[1:-1]).any(axis=1)
    bounds = np.concatenate([[-1], np.flatnonzero(changes), [len(changes)]])
    longest = int(np.argmax(np.diff(bounds)))
    start, end = int(bounds[longest]) + 1, int(bounds[longest + 1]) + 2  # a change at k is one from turn k + 1 to k + 2
    return max(0, start - PEELED), min(end, len(inputs))


def operand(inputs: Numbers, behind: Numbers, kinds: Numbers, period: int) -> Operand | None:
    """Say where an operand comes from in each turn, or return None if it is now one kind of thing, now another."""
    if (inputs == inputs[0]).all():
        return Fixed(int(inputs[0]))
    if 0 <= behind[0] < period and (behind == behind[0]).all():
        return Same(int(behind[0]))
    conditions = kinds == CONDITION
    alike = (behind[1:] == behind[1]).all() and (conditions == conditions[0]).all()
    if behind[0] < 0 and -period <= behind[1] < 0 and alike:
        return Carried(int(behind[1]) + period, int(inputs[0]))
    return Varying(KINDS[kinds[0]], inputs) if (kinds == kinds[0]).all() else None
