"""The matrix products in a program: layers, whose long dots are run as loops.

Dots of the same xs, each with weights that lie consecutively in theta, are a layer. Derivatives have two more products
of its kind: the gradients of a neuron's weights, delta times x, and the gradients of the xs, sums over the neurons of
delta times weight. A neuron that is used at several places, as at each position of a transformer, is in a layer for
each; the gradients of its weights are sums over the places, and all of them are one matrix product.

As loops, code grows with a net's neurons and not with its weights. Each number has the bits that straight-line code
would give it: a loop adds in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from autograd.lowering.program import Instruction, Number, Program
from autograd.lowering.reverse import LONG_DOT
from autograd.lowering.table import PRODUCTS, product_columns

WIDE: Final = 8  # neurons from which on the gradients of the xs are a loop; for fewer, straight-line code is quicker


class Layer(msgspec.Struct):
    """Dots of the same xs."""

    xs: tuple[Number, ...]
    results: list[Number]


class Slopes(msgspec.Struct, frozen=True):
    """The gradients of one neuron's weights: the program's sums from `first` on.

    Each is a sum over the places where the neuron is used, of delta * x in the rows where `live` holds there.

    Attributes:
        xs: those of each place, one place after another.
        deltas: one for each place.
        lives: as many, or none.
    """

    first: int
    xs: tuple[Number, ...]
    deltas: tuple[Number, ...]
    lives: tuple[Number, ...]

    @property
    def weights(self) -> int:
        """How many weights the neuron has."""
        return len(self.xs) // len(self.deltas)


class Transposed(msgspec.Struct):
    """The gradients of xs that lie beside each other: result k is the column of weights that begins at first + k.

    The weight of each neuron lies so many numbers after that of the first, its offset.
    """

    deltas: tuple[Number, ...]
    lives: tuple[Number, ...]
    first: int
    offsets: tuple[int, ...]
    results: list[Number]
    starts: list[Number | None]  # what each result is added to


Product = Layer | Transposed


class Loops(msgspec.Struct):
    """What loops do in a program, and the instructions that they replace."""

    layers: list[Layer]
    slopes: list[Slopes]
    transposed: list[Transposed]
    replaced: set[Number]

    @property
    def elsewhere(self) -> set[Number]:
        """What is not computed where it stands: by a loop with others of its group, or not at all."""
        return self.replaced.union(*self.groups())

    def groups(self) -> list[list[Number]]:
        """Return the results that a loop computes together, where the first of them is due."""
        return [sorted(product.results) for product in self.products]

    @property
    def products(self) -> list[Product]:
        return [*self.layers, *self.transposed]


class ProductSum(NamedTuple):
    """An instruction that adds up products, deltas times others, on top of a start if there is one."""

    deltas: tuple[Number, ...]
    others: tuple[Number, ...]
    lives: tuple[Number, ...]  # as many, or none
    start: Number | None


def loops(program: Program) -> Loops:
    """Find what loops can do in a program."""
    found: dict[tuple[Number, ...], Layer] = {}
    for number, instruction in enumerate(program.code):
        xs = loop_over(program.code, instruction) if instruction.op == "dot" else ()
        if xs:
            found.setdefault(xs, Layer(xs, [])).results.append(number)
    result = Loops(list(found.values()), [], [], set())
    if found:
        sums = {number: read_product_sum(i) for number, i in enumerate(program.code) if i.op in PRODUCTS}
        find_slopes(program, sums, result)
        find_transposed(program.code, sums, result)
    return result


def counted_uses(program: Program) -> list[int]:
    """Count how often each result is needed."""
    uses = [0] * len(program.code)
    for used in (*program.outputs, *program.sums, *[n for instruction in program.code for n in instruction.inputs]):
        uses[used] += 1
    return uses


def loop_over(code: Sequence[Instruction], instruction: Instruction) -> tuple[Number, ...]:
    """Return the xs of a long dot whose weights lie consecutively among the parameters, and of any other nothing."""
    count = len(instruction.inputs) // 2
    if count < LONG_DOT:
        return ()
    if len(instruction.inputs) % 2 and code[instruction.inputs[-1]].op != "parameter":
        return ()  # a bias that is computed may not be known yet when the first dot of the layer is
    weights = [code[number] for number in instruction.inputs[:count]]
    first = weights[0].value
    consecutive = all(w.op == "parameter" and w.value == first + k for k, w in enumerate(weights))
    return instruction.inputs[count : 2 * count] if consecutive else ()


def read_product_sum(instruction: Instruction) -> ProductSum:
    """Read an instruction that adds up products."""
    (deltas, others, *lives), start = product_columns(instruction.op, instruction.inputs)
    return ProductSum(tuple(deltas), tuple(others), tuple(lives[0]) if lives else (), start[0] if start else None)


def find_slopes(program: Program, sums: Mapping[Number, ProductSum], result: Loops) -> None:
    """Find runs of sums that are, place by place, one number times each x of a layer."""
    starting = {layer.xs[0]: layer for layer in result.layers}
    uses = counted_uses(program)
    place = 0
    while place < len(program.sums):
        slopes = match_slopes(program.sums, place, sums, starting)
        count = slopes.weights if slopes else 1
        run = program.sums[place : place + count]
        if slopes and all(uses[number] == 1 for number in run):
            result.slopes.append(slopes)
            result.replaced.update(run)
        place += count


def match_slopes(
    wanted: Sequence[Number], first: int, sums: Mapping[Number, ProductSum], starting: Mapping[Number, Layer]
) -> Slopes | None:
    """Read wanted sums from the first on as the gradients of one neuron's weights."""
    leading = sums.get(wanted[first])
    if leading is None:
        return None
    layers = [starting[x] for x in leading.others if x in starting]
    if len(layers) < len(leading.others) or len({len(layer.xs) for layer in layers}) > 1:
        return None
    columns = list(zip(*[layer.xs for layer in layers], strict=True))
    run = [sums.get(number) for number in wanted[first : first + len(columns)]]
    if run != [ProductSum(leading.deltas, xs, leading.lives, None) for xs in columns]:
        return None
    return Slopes(first, tuple(x for layer in layers for x in layer.xs), leading.deltas, leading.lives)


def find_transposed(code: Sequence[Instruction], sums: Mapping[Number, ProductSum], result: Loops) -> None:
    """Find sums over the same neurons whose weights lie beside each other."""
    found = []
    for number, some in sums.items():
        if len(some.deltas) >= WIDE and all(code[weight].op == "parameter" for weight in some.others):
            found.append((some.deltas, [int(code[weight].value) for weight in some.others], some, number))
    runs: list[Transposed] = []
    for deltas, places, some, number in sorted(found):
        offsets = tuple(place - places[0] for place in places)
        last = runs[-1] if runs else None
        if not last or (last.deltas, last.lives, last.offsets, last.first + len(last.results)) != (
            deltas,
            some.lives,
            offsets,
            places[0],
        ):
            last = Transposed(deltas, some.lives, places[0], offsets, [], [])
            runs.append(last)
        last.results.append(number)
        last.starts.append(some.start)
    result.transposed += [run for run in runs if len(run.results) >= WIDE and starts_in_time(run)]


def starts_in_time(run: Transposed) -> bool:
    """Return whether the sums start from what is known when the first of them is due."""
    return all(start is None or start < min(run.results) for start in run.starts)


class SlotAllocation:
    """Where a block of rows keeps what loops go over: groups of results that lie beside each other, by slots."""

    def __init__(self, found: Loops) -> None:
        self.size = 0
        self.groups: dict[tuple[Number, ...], int] = {}
        self.slots_of: dict[Number, list[int]] = {}
        for transposed in found.transposed:
            self.add(transposed.deltas)
            self.add(transposed.lives)
        for slopes in found.slopes:
            self.add(slopes.xs, slopes.weights)
            self.add(slopes.deltas)
            self.add(slopes.lives)
        for layer in found.layers:
            self.add(layer.xs)

    def add(self, numbers: tuple[Number, ...], size: int = 0) -> None:
        """Give results slots beside each other, unless the same group has them; so many of them are groups too."""
        if numbers in self.groups:
            return
        self.groups[numbers] = self.size
        for start in range(0, len(numbers), size) if size else ():
            self.groups.setdefault(numbers[start : start + size], self.size + start)
        for number in numbers:
            self.slots_of.setdefault(number, []).append(self.size)
            self.size += 1
