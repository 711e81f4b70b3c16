"""LLVM text for a program: straight-line code on vectors of rows, with loops for the products of layers.

One call of `@block` computes as many rows as a vector has lanes; `llvm/driver.py` is the loop around it. Parameters are
loaded where they are used, since registers are scarcer than loads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from autograd.compiler.llvm.driver import TOTALS, driver
from autograd.compiler.llvm.entry import entry
from autograd.compiler.llvm.find_loops import Layer, Loops, SlotAllocation
from autograd.compiler.llvm.matrices import TOGETHER, net_inputs, transposed_product, weight_gradients
from autograd.compiler.llvm.vector import Vector
from autograd.lowering.program import LEAVES, Instruction, Number, Program, is_condition
from autograd.lowering.table import CONDITIONS, LOWERING

OPERANDS: Final = "ptr %columns, ptr %steps, i64 %row, ptr %theta, ptr %outs, ptr %acc, ptr %workspace"
NO_LOOPS: Final = Loops([], [], set())
NO_SLOTS: Final = SlotAllocation(NO_LOOPS)


def module(program: Program, t: Vector, found: Loops) -> str:
    """Return the LLVM text of a program: `@run`, and what it calls. Sets `t.slots`, the size of a block's workspace."""
    slots = SlotAllocation(found)
    t.slots = slots.size
    block(program, t, found, slots)
    parts = [f"define internal void @block({OPERANDS}) {{\n{t.body()}  ret void\n}}", *declarations(t)]
    weights = any(layer.slopes for layer in found.layers)
    parts += [weight_gradients(found, slots, t.like())] if weights else []
    columns, rows = len(program.arguments), len(program.rows)
    parts.append(driver(columns, rows, len(program.sums), t.lanes, slots.size, weights))
    parts.append(entry(columns, rows, program.parameters, t.lanes))
    return "\n".join(parts) + "\n"


def block(
    program: Program,
    t: Vector,
    found: Loops = NO_LOOPS,
    slots: SlotAllocation = NO_SLOTS,
    inputs: list[str] | None = None,
) -> list[str]:
    """Write the code for one vector of rows, and give the registers of the rows' results.

    Inputs are loaded from their columns and results stored as soon as they are known; with registers given for the
    inputs, neither is done.
    """
    writes = destinations(program) if inputs is None else {}
    late = {x for layer in found.layers for x in layer.xs}  # loaded where a loop wants them: registers are scarce
    registers: list[str] = []
    due = products(program, t, found, slots)
    known: dict[Number, str] = {}  # what a loop has computed ahead of its turn
    for number, instruction in enumerate(program.code):
        known.update(due.get(number, ()))
        if number in found.replaced:
            registers.append("replaced by a loop")
            continue
        if number in known:
            registers.append(known[number])
        elif instruction.op in LEAVES:
            registers.append(leaf(t, instruction, number in late, inputs))
        else:
            operands = [operand(t, registers[input]) for input in instruction.inputs]
            lowering = CONDITIONS if is_condition(instruction.op) else LOWERING
            registers.append(lowering[instruction.op](t, *operands))
        for slot in slots.slots_of.get(number, ()):
            x = operand(t, registers[number])
            t.store(t.select(x, t.constant(1.0), t.constant(0.0)) if x in t.masks else x, t.element("%workspace", slot))
        for kind, index in writes.get(number, ()):
            write(t, operand(t, registers[number]), kind, index)
    return [registers[number] for number in program.rows]


def products(
    program: Program, t: Vector, found: Loops, slots: SlotAllocation
) -> dict[Number, Iterator[tuple[Number, str]]]:
    """Give, by the number of its first result, what writes the loops of a product and gives all its results."""
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


def leaf(t: Vector, instruction: Instruction, late: bool, inputs: list[str] | None) -> str:
    """Give a constant, or say where an operand is; an input is loaded, unless that is better left for later."""
    place = int(instruction.value) if instruction.op != "constant" else 0
    if instruction.op == "constant":
        return t.constant(instruction.value)
    if instruction.op == "parameter" or late:
        return f"{instruction.op} {place}"
    return inputs[place] if inputs else column(t, place)


def column(t: Vector, place: int) -> str:
    """Load the present rows of a column."""
    offset = t.emit(f"mul i64 %row, {t.entry('%steps', place, 'i64')}")
    return t.load(t.at(t.entry("%columns", place, "ptr"), offset), align=1)


def operand(t: Vector, register: str) -> str:
    """Give the register of an operand; a parameter or an input that was left for later is loaded here."""
    if register.startswith("parameter"):
        return t.splat(t.at("%theta", int(register.split()[1])))
    if register.startswith("input"):
        return column(t, int(register.split()[1]))
    return register


def destinations(program: Program) -> dict[int, list[tuple[str, int]]]:
    """Tell for each instruction where its result goes: rows and sums by their index."""
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
    """Declare libm's functions, each with one that applies it lane by lane where there is none for vectors."""
    for function, arity in t.called.items():
        whole = t.vector_function(function, arity, t.lanes)
        if whole:
            yield f"declare {t.type} @{whole}({', '.join([t.type] * arity)})"
            continue
        yield f"declare double @{function}({', '.join(['double'] * arity)})"
        yield lane_by_lane(t, function, arity)
    for intrinsic in ("fabs", "sqrt"):
        yield f"declare {t.type} @llvm.{intrinsic}.{t.suffix}({t.type})"


def lane_by_lane(t: Vector, function: str, arity: int) -> str:
    """Write a function that applies one of libm's to each lane of its vectors in turn."""
    names = [f"%x{k}" for k in range(arity)]
    lines = [f"define internal {t.type} @{function}.lanes({', '.join(f'{t.type} {x}' for x in names)}) noinline {{"]
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
