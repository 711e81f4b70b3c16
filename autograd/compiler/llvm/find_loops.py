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
from typing import Final

import msgspec

from autograd.lowering.program import Instruction, Number, Program

LONG: Final = 16  # terms; shorter dots are quicker without a loop
WIDE: Final = 8  # neurons; gradients of the xs of fewer are quicker without one


class Layer(msgspec.Struct):
    """Dots of the same xs."""

    xs: tuple[Number, ...]
    dots: list[Number]


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


class Weighted(msgspec.Struct, frozen=True):
    """A sum over neurons of delta * weight, in the rows where the neuron's `live` holds; weights by their place."""

    deltas: tuple[Number, ...]
    lives: tuple[Number, ...]  # as many as deltas, or none
    places: tuple[int, ...]

    @property
    def offsets(self) -> tuple[int, ...]:
        return tuple(place - self.places[0] for place in self.places)


class Transposed(msgspec.Struct):
    """The gradients of xs that lie beside each other: result k is the column of weights that begins at first + k.

    The weight of each neuron lies so many numbers after that of the first, its offset.
    """

    deltas: tuple[Number, ...]
    lives: tuple[Number, ...]
    first: int
    offsets: tuple[int, ...]
    results: list[Number]


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
        return [sorted(group) for group in (*[x.dots for x in self.layers], *[x.results for x in self.transposed])]


class Term(msgspec.Struct, frozen=True):
    """A product of two results, in the rows where a condition holds, and the instructions that compute it."""

    factors: tuple[Number, Number]
    live: Number | None
    written: tuple[Number, ...]


Chain = tuple[list[Term], list[Number]]  # the terms of a sum from left to right, and the sums within it


def loops(program: Program) -> Loops:
    """Find what loops can do in a program."""
    found: dict[tuple[Number, ...], Layer] = {}
    for number, instruction in enumerate(program.code):
        xs = loop_over(program.code, instruction) if instruction.op == "dot" else ()
        if xs:
            found.setdefault(xs, Layer(xs, [])).dots.append(number)
    result = Loops(list(found.values()), [], [], set())
    if found:
        uses = counted_uses(program)
        chains = match_sums(program.code, uses)
        find_slopes(program, uses, chains, result)
        find_transposed(program, chains, result)
    return result


def counted_uses(program: Program) -> list[int]:
    """Count how often each result is needed."""
    uses = [0] * len(program.code)
    for used in (*program.rows, *program.sums, *[n for instruction in program.code for n in instruction.inputs]):
        uses[used] += 1
    return uses


def loop_over(code: Sequence[Instruction], instruction: Instruction) -> tuple[Number, ...]:
    """Return the xs of a long dot whose weights lie consecutively among the parameters, and of any other nothing."""
    count = len(instruction.inputs) // 2
    if count < LONG:
        return ()
    if len(instruction.inputs) % 2 and code[instruction.inputs[-1]].op != "parameter":
        return ()  # a bias that is computed may not be known yet when the first dot of the layer is
    weights = [code[number] for number in instruction.inputs[:count]]
    first = weights[0].value
    consecutive = all(w.op == "parameter" and w.value == first + k for k, w in enumerate(weights))
    return instruction.inputs[count : 2 * count] if consecutive else ()


def find_slopes(program: Program, uses: Sequence[int], chains: Mapping[Number, Chain], result: Loops) -> None:
    """Find runs of sums that are, place by place, one number times each x of a layer."""
    starting = {layer.xs[0]: layer for layer in result.layers}
    sums = [read_sum(program.code, number, uses, chains) for number in program.sums]
    place = 0
    while place < len(sums):
        slopes = match_slopes(sums, place, starting)
        if slopes:
            result.slopes.append(slopes)
            for terms, within in sums[place : place + slopes.weights]:
                result.replaced.update(within, *[term.written for term in terms])
        place += slopes.weights if slopes else 1


def match_slopes(sums: Sequence[Chain], first: int, starting: Mapping[Number, Layer]) -> Slopes | None:
    """Read sums from the first on as the gradients of one neuron's weights."""
    matched = [match_first_x(term, starting) for term in sums[first][0]]
    layers, deltas = [layer for layer, _ in matched if layer], [delta for _, delta in matched]
    if not matched or len(layers) < len(matched) or len({len(layer.xs) for layer in layers}) > 1:
        return None
    run = [terms for terms, _ in sums[first : first + len(layers[0].xs)]]
    lives = [term.live for term in run[0]]
    if len(run) < len(layers[0].xs) or any([term.live for term in terms] != lives for terms in run):
        return None
    for k, terms in enumerate(run):
        for term, layer, delta in zip(terms, layers, deltas, strict=True):
            if term.factors not in ((layer.xs[k], delta), (delta, layer.xs[k])):
                return None
    known = tuple(live for live in lives if live is not None)
    if len(known) not in (0, len(lives)):
        return None
    return Slopes(first, tuple(x for layer in layers for x in layer.xs), tuple(deltas), known)


def match_first_x(term: Term, starting: Mapping[Number, Layer]) -> tuple[Layer | None, Number]:
    """Return which layer's first x is a factor, and what the other factor is."""
    for x, delta in (term.factors, term.factors[::-1]):
        if x in starting:
            return starting[x], delta
    return None, 0


def read_sum(code: Sequence[Instruction], number: Number, uses: Sequence[int], chains: Mapping[Number, Chain]) -> Chain:
    """Read a result as a sum of products from left to right, of one or more; no terms if it is none."""
    product = match_product(code, number, uses)
    if product:
        return [product], []
    terms, within = chains.get(number, ([], []))
    return (terms, [*within, number]) if uses[number] == 1 else ([], [])


def match_product(code: Sequence[Instruction], number: Number, uses: Sequence[int]) -> Term | None:
    """Read a result as a product, where a condition holds and else 0.0, if nothing but its one use needs it."""
    live: Number | None = None
    product = code[number]
    written: tuple[Number, ...] = (number,)
    if product.op == "where":
        live, inner, zero = product.inputs
        if code[zero] != Instruction("constant", (), 0.0) or str(code[zero].value) != "0.0":
            return None
        product, written = code[inner], (number, inner)
    if product.op != "multiply" or any(uses[n] != 1 for n in written):
        return None
    return Term((product.inputs[0], product.inputs[1]), live, written)


def find_transposed(program: Program, chains: Mapping[Number, Chain], result: Loops) -> None:
    """Find sums over the same neurons whose weights lie beside each other."""
    found: dict[Weighted, tuple[Number, Chain]] = {}
    for number, chain in chains.items():
        weighted = match_weighted_sum(program.code, chain) if len(chain[0]) >= WIDE else None
        if weighted:
            found[weighted] = number, chain
    runs: list[Transposed] = []
    for weighted in sorted(found, key=lambda weighted: (weighted.deltas, weighted.places)):
        last = runs[-1] if runs else None
        if not last or not extends_run(last, weighted):
            last = Transposed(weighted.deltas, weighted.lives, weighted.places[0], weighted.offsets, [])
            runs.append(last)
        last.results.append(found[weighted][0])
    result.transposed.extend(run for run in runs if len(run.results) >= WIDE)
    due = {number for run in result.transposed for number in run.results}
    for number, (terms, within) in found.values():
        if number in due:
            result.replaced.update(within, *[t.written for t in terms])


def extends_run(run: Transposed, weighted: Weighted) -> bool:
    """Return whether a weighted sum comes right after a run of them."""
    seen = run.deltas, run.lives, run.offsets, run.first + len(run.results)
    return seen == (weighted.deltas, weighted.lives, weighted.offsets, weighted.places[0])


def match_sums(code: Sequence[Instruction], uses: Sequence[int]) -> dict[Number, Chain]:
    """Read each sum of products, from left to right, that is not itself the beginning of a longer one."""
    found: dict[Number, Chain] = {}
    for number, instruction in enumerate(code):
        following = match_product(code, instruction.inputs[1], uses) if instruction.op == "add" else None
        if not following:
            continue
        left = instruction.inputs[0]
        leading = match_product(code, left, uses)
        if left in found and uses[left] == 1:
            terms, within = found.pop(left)
            terms.append(following)
            within.append(left)
            found[number] = terms, within
        elif leading:
            found[number] = [leading, following], []
    return found


def match_weighted_sum(code: Sequence[Instruction], chain: Chain) -> Weighted | None:
    """Read terms as deltas times weights."""
    deltas, places = [], []
    terms, _ = chain
    for t in terms:
        kinds = [code[factor].op == "parameter" for factor in t.factors]
        if sum(kinds) != 1:
            return None
        delta, weight = t.factors if kinds[1] else t.factors[::-1]
        deltas.append(delta)
        places.append(int(code[weight].value))
    lives = [t.live for t in terms if t.live is not None]
    if len(lives) not in (0, len(terms)):
        return None
    return Weighted(tuple(deltas), tuple(lives), tuple(places))


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
