"""Long dots over consecutive parameters as loops, so that code grows with a net's neurons and not with its weights.

Dots of the same xs, each with weights that lie consecutively in theta, are a layer. Its xs are kept in memory, and its
neurons' loops over them are run side by side. In the backward pass, what the neurons add to the sums of their weights'
gradients is a loop again: delta times x. Each number has the bits that straight-line code would give it: a loop adds in
the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from autograd.compiler.driver import TOTALS
from autograd.compiler.program import Instruction, Number, Program

if TYPE_CHECKING:
    from autograd.compiler.vector import Vector

LONG: Final = 16  # terms; shorter dots are quicker without a loop
TOGETHER: Final = 8  # neurons whose totals are in registers at the same time
UNROLLED: Final = (4, 3, 2, 1)


class Slopes(msgspec.Struct, frozen=True):
    """The gradients of one neuron's weights: sums from `first` on of delta * x, in the rows where `live` holds."""

    first: int
    delta: Number
    live: Number | None


class Layer(msgspec.Struct):
    """Dots of the same xs, and what they add to the gradients of their weights."""

    xs: tuple[Number, ...]
    dots: list[Number]
    slopes: list[Slopes]


def layers(program: Program) -> tuple[dict[Number, Layer], set[Number]]:
    """Find a program's layers, each under the number of its first dot, and the instructions that loops replace."""
    found: dict[tuple[Number, ...], Layer] = {}
    for number, instruction in enumerate(program.code):
        xs = loop_over(program.code, instruction)
        if xs:
            found.setdefault(xs, Layer(xs, [], [])).dots.append(number)
    replaced: set[Number] = set()
    if found:
        find_slopes(program, {layer.xs[0]: layer for layer in found.values()}, replaced)
    return {layer.dots[0]: layer for layer in found.values()}, replaced


def loop_over(code: Sequence[Instruction], instruction: Instruction) -> tuple[Number, ...]:
    """Give the xs of a long dot whose weights lie consecutively among the parameters, and of any other nothing."""
    count = len(instruction.inputs) // 2
    if instruction.op != "dot" or count < LONG:
        return ()
    if len(instruction.inputs) % 2 and code[instruction.inputs[-1]].op != "parameter":
        return ()  # a bias that is computed may not be known yet when the first dot of the layer is
    weights = [code[number] for number in instruction.inputs[:count]]
    first = weights[0].value
    consecutive = all(w.op == "parameter" and w.value == first + k for k, w in enumerate(weights))
    return instruction.inputs[count : 2 * count] if consecutive else ()


def find_slopes(program: Program, starting: dict[Number, Layer], replaced: set[Number]) -> None:
    """Find runs of sums that are one number times each x of a layer, and note the instructions that only they use."""
    uses = [0] * len(program.code)
    for used in (*program.rows, *program.sums, *[n for instruction in program.code for n in instruction.inputs]):
        uses[used] += 1
    terms = [term(program.code, number, uses) for number in program.sums]
    place = 0
    while place < len(terms):
        layer, delta, live = next(
            ((starting[x], delta, live) for x, delta, live, _ in terms[place] if x in starting), (None, 0, None)
        )
        count = len(layer.xs) if layer else 1
        run = terms[place : place + count]
        if layer and [(x, delta, live) for x in layer.xs] == [
            next(((x, d, c) for x, d, c, _ in term if d == delta and c == live), None) for term in run
        ]:
            layer.slopes.append(Slopes(place, delta, live))
            replaced.update(number for term in run for number in term[0][3])
            place += count
        else:
            place += 1


Term = tuple[Number, Number, Number | None, tuple[Number, ...]]  # x, delta, live, and the instructions of the product


def term(code: Sequence[Instruction], number: Number, uses: Sequence[int]) -> list[Term]:
    """Read a sum as x times delta where a condition holds, in both orders of the factors, if nothing else uses it."""
    live: Number | None = None
    product = code[number]
    written: tuple[Number, ...] = (number,)
    if product.op == "where":
        live, inner, zero = product.inputs
        if code[zero] != Instruction("constant", (), 0.0) or str(code[zero].value) != "0.0":
            return []
        product, written = code[inner], (number, inner)
    if product.op != "multiply" or any(uses[n] != 1 for n in written):
        return []
    a, b = product.inputs
    return [(b, a, live, written), (a, b, live, written)]


def forward(t: Vector, room: str, weights: Sequence[int], count: int) -> list[str]:
    """Write a loop over the xs in a room, for neurons whose weights begin at these parameters; give their totals."""
    begin(t)
    totals = [f"%total{t.loops}.{j}" for j in range(len(weights))]
    starts = [t.at("%theta", weight) for weight in weights]
    t.lines += [f"br label %loop{t.loops}", f"loop{t.loops}:"]
    t.lines.append(f"%k{t.loops} = phi i64 [ 0, %before{t.loops} ], [ %next{t.loops}, %loop{t.loops} ]")
    zero = t.constant(0.0)
    for total in totals:
        t.lines.append(f"{total} = phi {t.type} [ {zero}, %before{t.loops} ], [ {total}.new, %loop{t.loops} ]")
    x = t.load(element(t, room, f"%k{t.loops}"), align=8 * t.lanes)
    for start, total in zip(starts, totals, strict=True):
        product = t.let(f"fmul{t.flags} {t.type} {t.splat(t.at(start, f'%k{t.loops}'))}, {x}")
        t.lines.append(f"{total}.new = fadd{t.flags} {t.type} {total}, {product}")
    end(t, 1, count)
    return [f"{total}.new" for total in totals]


def backward(t: Vector, room: str, slopes: Slopes, delta: str, live: str | None, count: int) -> None:
    """Write a loop that adds delta * x to the running total of each weight's gradient."""
    begin(t)
    totals = t.at("%acc", slopes.first * TOTALS)
    step = next(step for step in UNROLLED if count % step == 0)
    t.lines += [f"br label %loop{t.loops}", f"loop{t.loops}:"]
    t.lines.append(f"%k{t.loops} = phi i64 [ 0, %before{t.loops} ], [ %next{t.loops}, %loop{t.loops} ]")
    start = element(t, room, f"%k{t.loops}")
    to = t.at(totals, t.let(f"mul i64 %k{t.loops}, {TOTALS}"))
    for k in range(step):
        x = t.load(element(t, start, k), align=8 * t.lanes)
        product = t.let(f"fmul{t.flags} {t.type} {delta}, {x}")
        if live is not None:
            product = t.let(f"select {t.mask} {live}, {t.type} {product}, {t.type} {t.constant(0.0)}")
        address = t.at(to, k * TOTALS)
        t.store(t.let(f"fadd{t.flags} {t.type} {t.load(address)}, {product}"), address)
    end(t, step, count)


def begin(t: Vector) -> None:
    t.loops += 1
    t.lines += [f"br label %before{t.loops}", f"before{t.loops}:"]


def end(t: Vector, step: int, count: int) -> None:
    t.lines.append(f"%next{t.loops} = add i64 %k{t.loops}, {step}")
    more = t.let(f"icmp ult i64 %next{t.loops}, {count}")
    t.lines += [f"br i1 {more}, label %loop{t.loops}, label %after{t.loops}", f"after{t.loops}:"]


def element(t: Vector, room: str, index: int | str) -> str:
    return t.let(f"getelementptr {t.type}, ptr {room}, i64 {index}")
