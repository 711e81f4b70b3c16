"""LLVM text for a program: straight-line code on vectors of rows, with loops for the products of layers.

One call of `@block` computes as many rows as a vector has lanes; `llvm/driver.py` is the loop around it. Long code is
cut into parts. Parameters are loaded where they are used, since registers are scarcer than loads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from autograd.compiler.llvm import libm
from autograd.compiler.llvm.driver import TOTALS, driver
from autograd.compiler.llvm.entry import entry
from autograd.compiler.llvm.find_loops import Layer, Loops, SlotAllocation
from autograd.compiler.llvm.matrices import TOGETHER, net_inputs, transposed_product, weight_gradients
from autograd.compiler.llvm.parts import cut
from autograd.compiler.llvm.vector import Vector
from autograd.lowering.program import LEAVES, Instruction, Number, Program, is_condition
from autograd.lowering.table import CONDITIONS, LOWERING

OPERANDS: Final = "ptr %columns, ptr %steps, i64 %row, ptr %theta, ptr %outs, ptr %acc, ptr %workspace, ptr %spilled"


def module(program: Program, t: Vector, found: Loops) -> str:
    """Return the LLVM text of a program: `@run`, and what it calls. Sets `t.slots`, the size of a block's workspace."""
    slots, parts = SlotAllocation(found), cut(program, found)
    t.slots, t.spilled = slots.size, parts.size
    texts = []
    writes = destinations(program)
    for k, numbers in enumerate(parts.ranges):
        part = t.like()
        write_part(program, part, numbers, Registers(program, part, found, parts.slots), found, slots, writes)
        name = f"part{k}" if len(parts.ranges) > 1 else "block"
        texts.append(f"define internal void @{name}({OPERANDS}) noinline {{\n{part.body()}  ret void\n}}")
    if len(parts.ranges) > 1:
        calls = "".join(f"  call void @part{k}({OPERANDS})\n" for k in range(len(texts)))
        texts.append(f"define internal void @block({OPERANDS}) {{\n{calls}  ret void\n}}")
    texts += declarations(t)
    weights = any(layer.slopes for layer in found.layers)
    texts += [weight_gradients(found, slots, t.like())] if weights else []
    columns, rows = len(program.arguments), len(program.rows)
    texts.append(driver(columns, rows, len(program.sums), t.lanes, slots.size, parts.size, weights))
    texts.append(entry(columns, rows, program.parameters, t.lanes))
    return "\n".join(texts) + "\n"


class Registers(dict[Number, str]):
    """The registers of the results that a function has computed; any other is loaded when it is first needed."""

    def __init__(self, program: Program, t: Vector, found: Loops, spilled: Mapping[Number, int]) -> None:
        super().__init__()
        self.code = program.code
        self.t = t
        self.late = {x for layer in found.layers for x in layer.xs}  # loaded at each use: registers are scarce
        self.spilled = spilled

    def __missing__(self, number: Number) -> str:
        instruction, t = self.code[number], self.t
        if instruction.op == "constant":
            return t.constant(instruction.value)
        place = int(instruction.value)
        if instruction.op == "parameter":
            return t.splat(t.at("%theta", place))
        if instruction.op == "input":
            x = column(t, place)
            if number in self.late:
                return x
        else:
            x = t.load(t.element("%spilled", self.spilled[number]))
            x = t.truth(x) if is_condition(instruction.op) else x
        self[number] = x
        return x


def write_part(
    program: Program,
    t: Vector,
    numbers: Iterable[Number],
    registers: Registers,
    found: Loops,
    slots: SlotAllocation,
    writes: Mapping[Number, list[tuple[str, int]]],
) -> None:
    """Write the code of some instructions for one vector of rows; results are stored as soon as they are known."""
    due = products(program, t, found, slots)
    computed_ahead = {number for group in found.groups() for number in group}
    for number in numbers:
        for result, register in due.get(number, ()):
            registers[result] = register
            spill(t, registers, result)
        if number in found.replaced:
            continue
        instruction = program.code[number]
        if number not in computed_ahead and instruction.op not in LEAVES:
            registers[number] = compute(t, instruction, registers)
            spill(t, registers, number)
        for slot in slots.slots_of.get(number, ()):
            store(t, registers[number], "%workspace", slot)
        for kind, index in writes.get(number, ()):
            write(t, registers[number], kind, index)


def compute(t: Vector, instruction: Instruction, registers: Mapping[Number, str]) -> str:
    """Write an instruction, and return the register of its result."""
    lowering = CONDITIONS if is_condition(instruction.op) else LOWERING
    return lowering[instruction.op](t, *[registers[input] for input in instruction.inputs])  # type: ignore[no-any-return]


def spill(t: Vector, registers: Registers, number: Number) -> None:
    """Store a result where another part finds it, if one needs it."""
    if number in registers.spilled:
        store(t, registers[number], "%spilled", registers.spilled[number])


def store(t: Vector, x: str, vectors: str, slot: int) -> None:
    """Store a result in a slot; a condition is kept as 1.0 or 0.0."""
    t.store(t.select(x, t.constant(1.0), t.constant(0.0)) if x in t.masks else x, t.element(vectors, slot))


def compute_on(program: Program, t: Vector, inputs: Sequence[str]) -> list[str]:
    """Write a small program on registers given as its inputs, and return the registers of its rows."""
    registers: dict[Number, str] = {}
    for number, instruction in enumerate(program.code):
        if instruction.op == "constant":
            registers[number] = t.constant(instruction.value)
        elif instruction.op == "input":
            registers[number] = inputs[int(instruction.value)]
        else:
            registers[number] = compute(t, instruction, registers)
    return [registers[number] for number in program.rows]


def products(
    program: Program, t: Vector, found: Loops, slots: SlotAllocation
) -> dict[Number, Iterator[tuple[Number, str]]]:
    """Return, by its first result, the generator that writes the loops of a product and yields its results."""
    dots = {layer.dots[0]: layer_dots(program, t, layer, slots) for layer in found.layers}
    return dots | {min(some.results): transposed_product(t, some, slots) for some in found.transposed}


def layer_dots(program: Program, t: Vector, layer: Layer, slots: SlotAllocation) -> Iterator[tuple[Number, str]]:
    """Write the loops for a layer's dots, a few neurons at a time, and add the biases."""
    count = len(layer.xs)
    for first in range(0, len(layer.dots), TOGETHER):
        dots = layer.dots[first : first + TOGETHER]
        inputs = [program.code[number].inputs for number in dots]
        weights = [int(program.code[numbers[0]].value) for numbers in inputs]
        totals = net_inputs(t, weights, slots.groups[layer.xs], count)
        for number, numbers, total in zip(dots, inputs, totals, strict=True):
            biases = [int(program.code[bias].value) for bias in numbers[2 * count :]]
            yield number, t.add(total, t.splat(t.at("%theta", biases[0]))) if biases else total


def column(t: Vector, place: int) -> str:
    """Load the present rows of a column."""
    offset = t.emit(f"mul i64 %row, {t.entry('%steps', place, 'i64')}")
    return t.load(t.at(t.entry("%columns", place, "ptr"), offset), align=1)


def destinations(program: Program) -> dict[Number, list[tuple[str, int]]]:
    """Return where the result of each instruction goes: to rows and sums, by their index."""
    writes: dict[int, list[tuple[str, int]]] = {}
    for kind, numbers in (("row", program.rows), ("sum", program.sums)):
        for index, number in enumerate(numbers):
            writes.setdefault(number, []).append((kind, index))
    return writes


def write(t: Vector, x: str, kind: str, index: int) -> None:
    """Store a result in its row's column, or add it to the running totals of its sum."""
    if kind == "row":
        t.store(x, t.at(t.entry("%outs", index, "ptr"), "%row"))
    else:
        address = t.at("%acc", index * TOTALS)
        t.store(t.add(t.load(address), x), address)


def declarations(t: Vector) -> Iterable[str]:
    """Declare libm's functions; where there is none on vectors, define `@NAME.lanes`: ours, or libm's lane by lane."""
    own = False
    for function, arity in t.called.items():
        whole = t.vector_function(function, arity, t.lanes)
        if whole:
            yield f"declare {t.type} @{whole}({', '.join([t.type] * arity)})"
            continue
        yield f"declare double @{function}({', '.join(['double'] * arity)})"
        ours = t.own_function(function, t.lanes)
        yield lane_by_lane(t, function, arity, "each" if ours else "lanes")
        if ours:
            yield libm.definition(t, function)
            own = True
    if own:
        yield libm.shared(t)
    for intrinsic in ("fabs", "sqrt"):
        yield f"declare {t.type} @llvm.{intrinsic}.{t.suffix}({t.type})"


def lane_by_lane(t: Vector, function: str, arity: int, name: str) -> str:
    """Write a function that applies one of libm's to each lane of its vectors in turn."""
    names = [f"%x{k}" for k in range(arity)]
    lines = [f"define internal {t.type} @{function}.{name}({', '.join(f'{t.type} {x}' for x in names)}) noinline {{"]
    if t.lanes == 1:
        lines.append(f"  %y = call double @{function}({', '.join(f'double {x}' for x in names)})\n  ret double %y\n}}")
        return "\n".join(lines)
    result = "poison"
    for lane in range(t.lanes):
        for k, x in enumerate(names):
            lines.append(f"  %e{lane}.{k} = extractelement {t.type} {x}, i64 {lane}")
        operands = ", ".join(f"double %e{lane}.{k}" for k in range(arity))
        lines.append(f"  %y{lane} = call double @{function}({operands})")
        lines.append(f"  %r{lane} = insertelement {t.type} {result}, double %y{lane}, i64 {lane}")
        result = f"%r{lane}"
    return "\n".join([*lines, f"  ret {t.type} {result}", "}"])
