"""LLVM text for the products of a layer: weights times xs, deltas times weights, and deltas times xs.

The first two run with each block of rows, several results side by side, over what the block keeps in its workspace.
The last is added to the running totals after a panel of blocks: a tile of totals is read and written once for all of
them. Each total still adds its rows in their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from autograd.compiler.llvm.driver import TOTALS
from autograd.compiler.llvm.find_loops import Layer, Loops, Slopes, SlotAllocation, Transposed
from autograd.compiler.llvm.vector import Vector

TOGETHER: Final = 8  # results whose totals are in registers at the same time
TILE: Final = 4  # neurons, and xs, of a tile: 16 totals and 8 factors


def net_inputs(t: Vector, weights: Sequence[int], start: int, count: int) -> list[str]:
    """Write a loop over xs in slots from `start` on, for dots whose weights begin at these slots; give the dots."""
    rows = [t.at("%theta", weight) for weight in weights]
    xs = t.element("%workspace", start)
    with counting_loop(t, str(count), [t.constant(0.0)] * len(rows)) as loop:
        x = t.load(t.element(xs, loop.count), align=8 * t.lanes)
        loop.new = [
            multiply_add(t, total, t.splat(t.at(row, loop.count)), x)
            for row, total in zip(rows, loop.totals, strict=True)
        ]
    return loop.totals


def transposed_product(t: Vector, product: Transposed, slots: SlotAllocation) -> Iterator[tuple[int, str]]:
    """Write the loops over neurons for the gradients of xs, and give each result by its number."""
    deltas = t.element("%workspace", slots.groups[product.deltas])
    lives = t.element("%workspace", slots.groups[product.lives])
    for first in range(0, len(product.results), TOGETHER):
        results = product.results[first : first + TOGETHER]
        start = t.at("%theta", product.first + first)
        with counting_loop(t, str(len(product.deltas)), [t.constant(0.0)] * len(results)) as loop:
            delta = t.load(t.element(deltas, loop.count), align=8 * t.lanes)
            live = t.load(t.element(lives, loop.count), align=8 * t.lanes) if product.lives else None
            holds = None if live is None else t.truth(live)
            row = t.at(start, t.emit(f"mul i64 {loop.count}, {product.stride}"))
            loop.new = [
                multiply_add(t, total, t.splat(t.at(row, k)), delta, holds) for k, total in enumerate(loop.totals)
            ]
        yield from zip(results, loop.totals, strict=True)


def weight_gradients(found: Loops, slots: SlotAllocation, t: Vector) -> str:
    """Write `@gradients`, which adds deltas times xs of a panel of blocks to the totals of the weights' gradients.

    With fewer lanes than running totals, blocks take turns at the totals, and each turn is a pass of its own.
    """
    turns = TOTALS // t.lanes
    strips: dict[tuple[int, int, bool], str] = {}
    for turn in range(turns):
        blocks = t.emit(f"udiv i64 {t.emit(f'add i64 %blocks, {turns - 1 - turn}')}, {turns}")
        workspace, totals = t.element("%workspace", turn * slots.size), t.at("%acc", turn * t.lanes)
        for layer, some in tiles_of_neurons(found):
            key = len(layer.xs), len(some), some[0].live is not None
            name = strips.setdefault(key, f"@strip.{'.'.join(map(str, map(int, key)))}")
            pointers = [t.element(workspace, slots.groups[layer.xs]), *addresses(t, some, slots, workspace, totals)]
            t.lines.append(f"call void {name}(i64 {blocks}, {', '.join(f'ptr {pointer}' for pointer in pointers)})")
    text = f"define internal void @gradients(ptr %acc, ptr %workspace, i64 %blocks) {{\n{t.body()}  ret void\n}}"
    return "\n".join([text, *[strip(name, *key, slots.size, t.like()) for key, name in strips.items()]])


def tiles_of_neurons(found: Loops) -> Iterator[tuple[Layer, list[Slopes]]]:
    """Return each layer's neurons a few at a time, those that pass on gradients in some rows alone apart."""
    for layer in found.layers:
        for masked in (False, True):
            slopes = [slopes for slopes in layer.slopes if (slopes.live is not None) == masked]
            for first in range(0, len(slopes), TILE):
                yield layer, slopes[first : first + TILE]


def addresses(t: Vector, some: Sequence[Slopes], slots: SlotAllocation, workspace: str, totals: str) -> list[str]:
    """Find the deltas, the totals and the conditions of some neurons."""
    deltas = [t.element(workspace, slots.slots_of[slopes.delta][0]) for slopes in some]
    lives = [t.element(workspace, slots.slots_of[slopes.live][0]) for slopes in some if slopes.live is not None]
    return [*deltas, *[t.at(totals, slopes.first * TOTALS) for slopes in some], *lives]


def strip(name: str, count: int, neurons: int, masked: bool, size: int, t: Vector) -> str:
    """Write a function that adds a few neurons' deltas times all xs of a layer, tile by tile."""
    kinds = ("delta", "total", "live") if masked else ("delta", "total")
    pointers = ["%x", *[f"%{kind}{n}" for kind in kinds for n in range(neurons)]]
    whole = count - count % TILE
    if whole:
        with counting_loop(t, str(whole // TILE), []) as loop:
            tile(t, t.emit(f"mul i64 {loop.count}, {TILE}"), TILE, neurons, masked, size)
    if count % TILE:
        tile(t, str(whole), count % TILE, neurons, masked, size)
    parameters = ", ".join(f"ptr {pointer}" for pointer in pointers)
    return f"define internal void {name}(i64 %blocks, {parameters}) noinline {{\n{t.body()}  ret void\n}}"


def tile(t: Vector, first: str, width: int, neurons: int, masked: bool, size: int) -> None:
    """Write the loop over blocks that adds a few deltas times a few xs, from the `first` on, to their totals."""
    away = t.emit(f"mul i64 {first}, {TOTALS}")
    to = [t.at(t.at(f"%total{n}", away), k * TOTALS) for n in range(neurons) for k in range(width)]
    start = t.element("%x", first)
    with counting_loop(t, "%blocks", [t.load(address) for address in to]) as loop:
        block = t.emit(f"mul i64 {loop.count}, {size * TOTALS}")
        xs = [t.load(t.element(t.at(start, block), k), align=8 * t.lanes) for k in range(width)]
        deltas = [t.load(t.at(f"%delta{n}", block), align=8 * t.lanes) for n in range(neurons)]
        lives = [t.load(t.at(f"%live{n}", block), align=8 * t.lanes) for n in range(neurons)] if masked else []
        holds = [t.truth(live) for live in lives]
        factors = [(delta, x, *holds[n : n + 1]) for n, delta in enumerate(deltas) for x in xs]
        loop.new = [multiply_add(t, total, *some) for total, some in zip(loop.totals, factors, strict=True)]
    for total, address in zip(loop.totals, to, strict=True):
        t.store(total, address)


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
