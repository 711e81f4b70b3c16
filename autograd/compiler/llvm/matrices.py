"""LLVM text for the gradients of weights: deltas times xs, and the loops that products of layers are written with.

They are added to the running totals after a panel of blocks: a tile of totals is read and written once for all of them.
Each total still adds its rows in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from autograd.compiler.llvm.find_loops import Loops, Slopes, SlotAllocation
from autograd.compiler.llvm.vector import Vector
from autograd.lowering.program import TOTALS, Number

TILE: Final = 4  # neurons, and xs, of a tile: 16 totals and 8 factors
NARROW: Final = 2  # xs of a tile of neurons at several places


def weight_gradients(found: Loops, slots: SlotAllocation, t: Vector) -> str:
    """Write `@gradients`, which adds deltas times xs of a panel of blocks to the totals of the weights' gradients.

    With fewer lanes than running totals, blocks take turns at the totals, and each turn is a pass of its own.
    """
    turns = TOTALS // t.lanes
    strips: dict[Kind, str] = {}
    for turn in range(turns):
        blocks = t.emit(f"udiv i64 {t.emit(f'add i64 %blocks, {turns - 1 - turn}')}, {turns}")
        workspace, totals = t.element("%workspace", turn * slots.size), t.at("%acc", turn * t.lanes)
        for some in tiles_of_neurons(found):
            kind = Kind(some[0].weights, len(some), len(some[0].deltas), bool(some[0].lives))
            name = strips.setdefault(kind, f"@strip.{'.'.join(str(int(x)) for x in kind)}")
            pointers = [t.element(workspace, slots.groups[some[0].xs]), *addresses(t, some, slots, workspace, totals)]
            t.lines.append(f"call void {name}(i64 {blocks}, {', '.join(f'ptr {pointer}' for pointer in pointers)})")
    text = f"define internal void @gradients(ptr %acc, ptr %workspace, i64 %blocks) {{\n{t.body()}  ret void\n}}"
    return "\n".join([text, *[strip(name, kind, slots.size, t.like()) for kind, name in strips.items()]])


class Kind(NamedTuple):
    """What the code of a strip hangs on; `masked` says that some rows add nothing."""

    weights: int
    neurons: int
    places: int
    masked: bool


def tiles_of_neurons(found: Loops) -> Iterator[list[Slopes]]:
    """Return the neurons of the same xs a few at a time, those that pass on gradients in some rows alone apart."""
    alike: dict[tuple[tuple[Number, ...], bool], list[Slopes]] = {}
    for slopes in found.slopes:
        alike.setdefault((slopes.xs, bool(slopes.lives)), []).append(slopes)
    for some in alike.values():
        for first in range(0, len(some), TILE):
            yield some[first : first + TILE]


def addresses(t: Vector, some: Sequence[Slopes], slots: SlotAllocation, workspace: str, totals: str) -> list[str]:
    """Find the deltas, the totals and the conditions of some neurons."""
    deltas = [t.element(workspace, slots.groups[slopes.deltas]) for slopes in some]
    lives = [t.element(workspace, slots.groups[slopes.lives]) for slopes in some if slopes.lives]
    return [*deltas, *[t.at(totals, slopes.first * TOTALS) for slopes in some], *lives]


def strip(name: str, kind: Kind, size: int, t: Vector) -> str:
    """Write a function that adds a few neurons' deltas times all xs of their layers, tile by tile."""
    kinds = ("delta", "total", "live") if kind.masked else ("delta", "total")
    pointers = ["%x", *[f"%{what}{n}" for what in kinds for n in range(kind.neurons)]]
    write, width = (tile, TILE) if kind.places == 1 else (tile_of_places, NARROW)
    whole = kind.weights - kind.weights % width
    if whole:
        with counting_loop(t, str(whole // width), []) as loop:
            write(t, t.emit(f"mul i64 {loop.count}, {width}"), width, kind, size)
    if kind.weights % width:
        write(t, str(whole), kind.weights % width, kind, size)
    parameters = ", ".join(f"ptr {pointer}" for pointer in pointers)
    return f"define internal void {name}(i64 %blocks, {parameters}) noinline {{\n{t.body()}  ret void\n}}"


def tile(t: Vector, first: str, width: int, kind: Kind, size: int) -> None:
    """Write the loop over blocks that adds a few deltas times a few xs, from the `first` on, to their totals."""
    to = totals_of(t, first, width, kind)
    start = t.element("%x", first)
    with counting_loop(t, "%blocks", [t.load(address) for address in to]) as loop:
        block = t.emit(f"mul i64 {loop.count}, {size * TOTALS}")
        loop.new = add_products(t, loop.totals, t.at(start, block), block, width, kind)
    for total, address in zip(loop.totals, to, strict=True):
        t.store(total, address)


def tile_of_places(t: Vector, first: str, width: int, kind: Kind, size: int) -> None:
    """Write the same for neurons used at several places, whose contributions are added up before the totals."""
    to = totals_of(t, first, width, kind)
    start = t.element("%x", first)
    nothing = t.constant(-0.0)  # added to anything, it changes no bit
    with counting_loop(t, "%blocks", []) as loop:
        block = t.emit(f"mul i64 {loop.count}, {size * TOTALS}")
        with counting_loop(t, str(kind.places), [nothing] * len(to)) as places:
            away = t.emit(f"mul i64 {places.count}, {kind.weights * t.lanes}")
            along = t.emit(f"add i64 {block}, {t.emit(f'mul i64 {places.count}, {t.lanes}')}")
            x = t.at(t.at(start, block), away)
            places.new = add_products(t, places.totals, x, along, width, kind)
        for total, address in zip(places.totals, to, strict=True):
            t.store(t.emit(f"fadd{t.flags} {t.type} {t.load(address)}, {total}"), address)


def totals_of(t: Vector, first: str, width: int, kind: Kind) -> list[str]:
    """Return where the totals of a tile lie: of each neuron, those of a few xs."""
    away = t.emit(f"mul i64 {first}, {TOTALS}")
    return [t.at(t.at(f"%total{n}", away), k * TOTALS) for n in range(kind.neurons) for k in range(width)]


def add_products(t: Vector, totals: Sequence[str], x: str, away: str, width: int, kind: Kind) -> list[str]:
    """Add each delta times each x to its total; deltas and conditions lie so many numbers away from the pointers."""
    neurons = range(kind.neurons)
    xs = [t.load(t.element(x, k), align=8 * t.lanes) for k in range(width)]
    deltas = [t.load(t.at(f"%delta{n}", away), align=8 * t.lanes) for n in neurons]
    lives = [t.load(t.at(f"%live{n}", away), align=8 * t.lanes) for n in neurons] if kind.masked else []
    holds = [t.truth(live) for live in lives]
    factors = [(delta, x, *holds[n : n + 1]) for n, delta in enumerate(deltas) for x in xs]
    return [multiply_add(t, total, *some) for total, some in zip(totals, factors, strict=True)]


def multiply_add(t: Vector, total: str, x: str, z: str, live: str | None = None) -> str:
    """Add x * z to a total, in the rows where a condition holds."""
    product = t.emit(f"fmul{t.flags} {t.type} {x}, {z}")
    result = t.emit(f"fadd{t.flags} {t.type} {total}, {product}")
    return result if live is None else t.emit(f"select {t.mask} {live}, {t.type} {result}, {t.type} {total}")


class Loop:
    """A loop being written: its counter, its totals, which are good after it too, and what each turn makes of them."""

    def __init__(self, count: str, totals: list[str]) -> None:
        self.count = count
        self.totals = totals
        self.new: list[str] = []


@contextmanager
def counting_loop(t: Vector, end: str, start: Sequence[str]) -> Iterator[Loop]:
    """Write a loop whose counter goes from 0 up to `end`, around totals that begin with `start`."""
    t.loops += 1
    n = t.loops
    loop = Loop(f"%k{n}", [f"%total{n}.{k}" for k in range(len(start))])
    t.lines += [f"br label %before{n}", f"before{n}:", f"br label %loop{n}", f"loop{n}:"]
    head = len(t.lines)
    t.lines += [f"%more{n} = icmp ult i64 {loop.count}, {end}", f"br i1 %more{n}, label %body{n}, label %after{n}"]
    t.lines.append(f"body{n}:")
    yield loop
    t.lines += [f"%next{n} = add i64 {loop.count}, 1", f"br label %again{n}", f"again{n}:", f"br label %loop{n}"]
    t.lines.append(f"after{n}:")
    merged = [f"{loop.count} = phi i64 [ 0, %before{n} ], [ %next{n}, %again{n} ]"]
    for total, first, new in zip(loop.totals, start, loop.new, strict=True):
        merged.append(f"{total} = phi {t.type} [ {first}, %before{n} ], [ {new}, %again{n} ]")
    t.lines[head:head] = merged
