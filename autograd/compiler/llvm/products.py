"""LLVM text for the products of layers in a block of rows: weights times xs, and deltas times weights.

Each is a loop over what the block keeps in its workspace, several results side by side. Where the same weights are used
at several places, as at each position of a transformer, one function is called for all of them. It leaves its results
in slots that lie beside each other.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final

from autograd.compiler.llvm.find_loops import Layer, Loops, Product, SlotAllocation, Transposed
from autograd.compiler.llvm.matrices import counting_loop, multiply_add
from autograd.compiler.llvm.tables import Tables, index
from autograd.compiler.llvm.vector import Vector
from autograd.lowering.program import Number, Program

TOGETHER: Final = 8  # results whose totals are in registers at the same time
PLACES: Final = 4  # of the same weights; at fewer, the loops are written where they stand
OPERANDS: Final = "ptr %theta, ptr %factors, ptr %lives, ptr %out"


def called_products(program: Program, found: Loops) -> list[list[Product]]:
    """Return the products to be written as functions: for each function those that call it."""
    alike: dict[Hashable, list[Product]] = {}
    for product in found.products:
        alike.setdefault(key(program, product), []).append(product)
    return [products for products in alike.values() if len(products) >= PLACES]


def key(program: Program, product: Product) -> Hashable:
    """Return what the code of a product hangs on, other than its place."""
    if isinstance(product, Layer):
        return len(product.xs), tuple([weights(program, product, dot) for dot in product.results])
    begun = tuple([start is None for start in product.starts])
    return product.first, product.offsets, bool(product.lives), begun


def weights(program: Program, layer: Layer, dot: Number) -> tuple[int, ...]:
    """Return where the weights of a dot begin in theta, and where its bias is if it has one."""
    inputs = program.code[dot].inputs
    return tuple([int(program.code[n].value) for n in (inputs[0], *inputs[2 * len(layer.xs) :])])


class Products:
    """Writes the products of layers where they are due."""

    def __init__(
        self,
        program: Program,
        found: Loops,
        called: Sequence[Sequence[Product]],
        slots: SlotAllocation,
        spilled: Mapping[Number, int],
        tables: Tables,
    ) -> None:
        self.program, self.slots, self.spilled, self.tables = program, slots, spilled, tables
        self.due = {min(product.results): product for product in found.products}
        self.called = called
        self.names = {min(p.results): f"@product{k}" for k, products in enumerate(called) for p in products}

    def write(self, t: Vector, number: Number, registers: Mapping[Number, str]) -> Iterator[tuple[Number, str | None]]:
        """Write the product whose first result is due, if there is one; give its results, None for one in its slot."""
        product = self.due.get(number)
        if product is None:
            return
        factors, lives = (t.element("%workspace", self.slots.groups.get(group, 0)) for group in groups(product))
        starts = [None if start is None else registers[start] for start in starts_of(product)]
        if number not in self.names:
            yield from zip(product.results, self.results(t, product, factors, lives, starts), strict=True)
            return
        out = t.element("%spilled", self.spilled[product.results[0]])
        for k, start in enumerate(starts):
            if start is not None:
                t.keep(start, out, k)
        t.lines.append(f"call void {self.names[number]}(ptr %theta, ptr {factors}, ptr {lives}, ptr {out})")
        yield from [(result, None) for result in product.results]

    def functions(self, t: Vector) -> list[str]:
        """Write the functions that are called."""
        return [self.function(t.like(), products[0]) for products in self.called]

    def function(self, t: Vector, product: Product) -> str:
        """Write the function for a product, and for all that are alike."""
        starts = [None if start is None else t.load(t.element("%out", k)) for k, start in enumerate(starts_of(product))]
        for k, result in enumerate(self.results(t, product, "%factors", "%lives", starts)):
            t.keep(result, "%out", k)
        name = self.names[min(product.results)]
        return f"define internal void {name}({OPERANDS}) noinline {{\n{t.body()}  ret void\n}}"

    def results(
        self, t: Vector, product: Product, factors: str, lives: str, starts: Sequence[str | None]
    ) -> Iterator[str]:
        """Write the loops of a product, a few results at a time, and give the results."""
        for first in range(0, len(product.results), TOGETHER):
            if isinstance(product, Layer):
                yield from self.dots(t, product, first, factors)
            else:
                begun = [start or t.constant(0.0) for start in starts[first : first + TOGETHER]]
                yield from self.transposed(t, product, first, factors, lives, begun)

    def dots(self, t: Vector, layer: Layer, first: int, xs: str) -> Iterator[str]:
        """Write a loop over xs for some dots, from the first on, and add their biases."""
        places = [weights(self.program, layer, dot) for dot in layer.results[first : first + TOGETHER]]
        rows = [t.at("%theta", start) for start, *_ in places]
        with counting_loop(t, str(len(layer.xs)), [t.constant(0.0)] * len(rows)) as loop:
            x = t.load(t.element(xs, loop.count), align=8 * t.lanes)
            loop.new = [
                multiply_add(t, total, t.splat(t.at(row, loop.count)), x)
                for row, total in zip(rows, loop.totals, strict=True)
            ]
        for total, (_, *bias) in zip(loop.totals, places, strict=True):
            yield t.add(total, t.splat(t.at("%theta", bias[0]))) if bias else total

    def transposed(
        self, t: Vector, product: Transposed, first: int, deltas: str, lives: str, begun: Sequence[str]
    ) -> Iterator[str]:
        """Write a loop over neurons for the gradients of some xs, from the first on, which begin with these."""
        start = t.at("%theta", product.first + first)
        with counting_loop(t, str(len(product.deltas)), begun) as loop:
            delta = t.load(t.element(deltas, loop.count), align=8 * t.lanes)
            live = t.load(t.element(lives, loop.count), align=8 * t.lanes) if product.lives else None
            holds = None if live is None else t.truth(live)
            row = t.at(start, index(t, self.tables, product.offsets, loop.count))
            loop.new = [
                multiply_add(t, total, t.splat(t.at(row, k)), delta, holds) for k, total in enumerate(loop.totals)
            ]
        yield from loop.totals


def groups(product: Product) -> tuple[tuple[Number, ...], tuple[Number, ...]]:
    """Return what a product goes over: its factors, and the conditions under which they count."""
    return (product.xs, ()) if isinstance(product, Layer) else (product.deltas, product.lives)


def starts_of(product: Product) -> Sequence[Number | None]:
    """Return what each result is added to."""
    return [None] * len(product.results) if isinstance(product, Layer) else product.starts
