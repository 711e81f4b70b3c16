"""Find stretches of a program that occur again and again, wherever they stand.

Here the body `multiply, add` has two turns, which stand apart:

    %4 = multiply %0 %1        first turn
    %5 = add %4 %2
    %6 = exp %5
    %7 = multiply %0 %6        second turn
    %8 = add %7 %3

In each turn, `add` takes the result of the `multiply` before it. All other operands come from outside the turn, and are
looked up in a table that has an entry for each turn. Turns that follow each other are a *run*, and become one call of
the body's function. Unlike in a repeat, a result goes from turn to turn through memory: a body takes longer than
straight-line code, and is for programs that would take LLVM long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from autograd.compiler.llvm.repeats import KINDS, Fixed, Numbers, Operand, Repeat, Same, Steps, Varying, hashes

PERIOD: Final = 16  # instructions of a body whose turns follow each other, at most
LENGTHS: Final = (64, 48, 32, 24, 16, 12, 8, 6, 4)  # instructions of a body whose turns stand apart
OCCURRENCES: Final = 8  # fewer turns are written out
SHORT: Final = 8  # instructions of a run; shorter ones are written out, since a call takes LLVM as long


class Body(NamedTuple):
    """A stretch that occurs again and again: the instructions of each turn, and where their operands come from."""

    number: int
    turns: Numbers  # a row of instructions for each turn
    operands: list[list[Operand]]  # of each instruction


class Run(NamedTuple):
    """Turns of a body that follow each other."""

    body: Body
    first: int
    last: int  # the turn after the last

    @property
    def looped(self) -> Numbers:
        return self.body.turns[self.first : self.last]

    @property
    def operands(self) -> list[list[Operand]]:
        """Those of the body, in these turns."""
        return [[self.in_turns(x) for x in each] for each in self.body.operands]

    def in_turns(self, x: Operand) -> Operand:
        """Return an operand as it is in these turns."""
        return Varying(x.kind, x.numbers[self.first : self.last]) if isinstance(x, Varying) else x


def runs(steps: Steps, repeats: Iterable[Repeat]) -> list[Run]:
    """Find bodies in what neither loops of layers nor repeats compute, and return their runs."""
    for repeat in repeats:
        steps.take(steps.place[repeat.looped.ravel()])
    stretches = [*periodic_stretches(steps), *scattered_stretches(steps)]
    bodies = [Body(k, steps.numbers[places], operands(steps, places)) for k, places in enumerate(stretches)]
    return [run for body in bodies for run in runs_of(steps, body)]


def in_order(repeated: Iterable[Repeat | Run]) -> list[Repeat | Run]:
    """Sort repeats and runs by where they stand in the program."""
    return sorted(repeated, key=lambda some: int(some.looped[0, 0]))


def periodic_stretches(steps: Steps) -> Iterator[Numbers]:
    """Yield the places of bodies whose turns mostly follow each other, the longest first, and take them."""
    for period in range(PERIOD, 0, -1):
        starts = [start + period * k for start, turns in periodic(steps.tokens, period) for k in range(turns)]
        yield from stretches_at(steps, np.array(starts, dtype=np.int64), period)


def periodic(tokens: Numbers, period: int) -> Iterator[tuple[int, int]]:
    """Yield where the tokens have this period and no shorter one: the first place, and how many turns there are."""
    bounds = np.concatenate([[-1], np.flatnonzero(tokens[period:] != tokens[:-period]), [len(tokens) - period]])
    for first in np.flatnonzero(np.diff(bounds) > period):
        start, length = int(bounds[first]) + 1, int(bounds[first + 1] - bounds[first]) - 1 + period
        stretch = tokens[start : start + length]
        if all((stretch[k:] != stretch[:-k]).any() for k in range(1, period) if period % k == 0):
            yield start, length // period


def scattered_stretches(steps: Steps) -> Iterator[Numbers]:
    """Yield the places of bodies whose turns stand apart, the longest first, and take them."""
    for length in LENGTHS:
        yield from stretches_at(steps, np.arange(max(0, len(steps.tokens) - length + 1)), length)


def stretches_at(steps: Steps, starts: Numbers, length: int) -> Iterator[Numbers]:
    """Yield the places of bodies with turns among these, a row for each turn, the most turns first; take them."""
    for alike in sorted(alike_stretches(steps, starts, length), key=len, reverse=True):
        chosen = in_long_runs(apart(steps.tokens, alike, length), length)
        if len(chosen) >= OCCURRENCES:
            places = chosen[:, None] + np.arange(length)
            yield places
            steps.take(places.ravel())


def alike_stretches(steps: Steps, starts: Numbers, length: int) -> Iterator[Numbers]:
    """Group the stretches that begin at these places by their ops, and by where their operands come from."""
    starts = untaken(steps.tokens, starts, length)
    for group in grouped(starts, hashes(steps.tokens[starts + k] for k in range(length))):
        inputs = inputs_of(steps, group, length)
        behind = steps.place[inputs] - group[:, None]
        yield from grouped(group, hashes(np.where(behind >= 0, behind, -1 - steps.kinds[inputs]).T))


def grouped(starts: Numbers, keys: Numbers) -> Iterator[Numbers]:
    """Yield the places that have the same key, if they are many enough."""
    order = np.argsort(keys, kind="stable")
    bounds = np.flatnonzero(np.diff(keys[order])) + 1
    for group in np.split(starts[order], bounds):
        if len(group) >= OCCURRENCES:
            yield group


def untaken(tokens: Numbers, starts: Numbers, length: int) -> Numbers:
    """Return those of the stretches of which nothing is taken."""
    before = np.concatenate([[0], np.cumsum(tokens < 0)])
    whole: Numbers = starts[before[starts + length] == before[starts]]
    return whole


def apart(tokens: Numbers, starts: Numbers, length: int) -> Numbers:
    """Return those of the stretches of which nothing is taken, and that do not overlap."""
    chosen: list[int] = []
    for start in np.sort(untaken(tokens, starts, length)).tolist():
        if not chosen or start >= chosen[-1] + length:
            chosen.append(start)
    return np.array(chosen, dtype=np.int64)


def in_long_runs(starts: Numbers, length: int) -> Numbers:
    """Return those of the stretches that are in runs long enough to be called."""
    run = np.concatenate([[0], np.cumsum(np.diff(starts) != length)])
    return starts[np.bincount(run)[run] * length >= SHORT] if len(starts) else starts


def inputs_of(steps: Steps, starts: Numbers, length: int) -> Numbers:
    """Return the inputs of stretches of the same ops, a row for each stretch."""
    first = steps.starts[starts]
    inputs: Numbers = steps.inputs[first[:, None] + np.arange(steps.starts[starts[0] + length] - first[0])]
    return inputs


def operands(steps: Steps, places: Numbers) -> list[list[Operand]]:
    """Say where each operand of a body comes from."""
    starts, length = places[:, 0], places.shape[1]
    inputs = inputs_of(steps, starts, length)
    behind = steps.place[inputs] - starts[:, None]
    each: list[Operand] = []
    for column, back in zip(inputs.T, behind.T, strict=True):
        if back[0] >= 0:
            each.append(Same(int(back[0])))
        elif (column == column[0]).all():
            each.append(Fixed(int(column[0])))
        else:
            each.append(Varying(KINDS[steps.kinds[column[0]]], column))
    ends = (steps.starts[starts[0] : starts[0] + length + 1] - steps.starts[starts[0]]).tolist()
    return [each[first:last] for first, last in pairwise(ends)]


def runs_of(steps: Steps, body: Body) -> Iterator[Run]:
    """Yield the turns of a body that follow each other."""
    places = steps.place[body.turns[:, 0]]
    bounds = [0, *(np.flatnonzero(np.diff(places) != body.turns.shape[1]) + 1).tolist(), len(places)]
    for first, last in pairwise(bounds):
        yield Run(body, first, last)
