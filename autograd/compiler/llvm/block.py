"""LLVM text for a program: straight-line code on vectors of rows, with loops for the products of layers.

One call of `@block` computes as many rows as a vector has lanes; `llvm/driver.py` is the loop around it. Long code is
cut into parts. Parameters are loaded where they are used, since registers are scarcer than loads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

from autograd.compiler.llvm import libm
from autograd.compiler.llvm.driver import driver
from autograd.compiler.llvm.entry import entry
from autograd.compiler.llvm.find_loops import Loops, SlotAllocation
from autograd.compiler.llvm.matrices import weight_gradients
from autograd.compiler.llvm.parts import cut
from autograd.compiler.llvm.products import Products, called_products
from autograd.compiler.llvm.repeats import Repeat
from autograd.compiler.llvm.tables import Tables
from autograd.compiler.llvm.turns import Turns, deliver, write
from autograd.compiler.llvm.vector import Vector
from autograd.lowering.program import LEAVES, Instruction, Number, Program, is_condition
from autograd.lowering.table import lower

OPERANDS: Final = "ptr %columns, ptr %steps, i64 %row, ptr %theta, ptr %outs, ptr %acc, ptr %workspace, ptr %spilled"


def module(program: Program, t: Vector, found: Loops, repeats: Sequence[Repeat] = ()) -> str:
    """Return the LLVM text of a program: `@run`, and what it calls. Sets `t.slots`, the size of a block's workspace."""
    called = called_products(program, found)
    slots, parts = SlotAllocation(found), cut(program, found, repeats, called, t.lanes)
    t.slots, t.spilled = slots.size, parts.size
    tables = Tables()
    products = Products(program, found, called, slots, parts.slots, tables)
    texts = []
    writes = destinations(program)
    for piece in parts.pieces:
        part = t.like()
        registers = Registers(program, part, found, parts.slots)
        if isinstance(piece, Repeat):
            Turns(program, part, piece, registers, parts.slots, slots.slots_of, tables).write()
        else:
            write_part(program, part, piece, registers, products, found.elsewhere, slots, writes)
        texts.append(part.body())
    if repeats:
        texts.append(delivery(t.like(), tables, repeats, parts.slots, writes))
    texts = [*functions(texts), *products.functions(t), *tables.texts]
    texts += declarations(t)
    weights = bool(found.slopes)
    texts += [weight_gradients(found, slots, t.like())] if weights else []
    columns, rows = len(program.arguments), len(program.rows)
    texts.append(driver(columns, rows, len(program.sums), t.lanes, slots.size, parts.size, weights))
    texts.append(entry(columns, rows, program.parameters, t.lanes))
    return "\n".join(texts) + "\n"


def functions(bodies: Sequence[str]) -> list[str]:
    """Write a function for each part, and `@block`, which calls them in turn."""
    names = [f"part{k}" for k in range(len(bodies))] if len(bodies) > 1 else ["block"]
    texts = [
        f"define internal void @{name}({OPERANDS}) noinline {{\n{body}  ret void\n}}"
        for name, body in zip(names, bodies, strict=True)
    ]
    if len(bodies) == 1:
        return texts
    calls = "".join(f"  call void @{name}({OPERANDS})\n" for name in names)
    return [*texts, f"define internal void @block({OPERANDS}) {{\n{calls}  ret void\n}}"]


def delivery(
    t: Vector,
    tables: Tables,
    repeats: Sequence[Repeat],
    slots: Mapping[Number, int],
    writes: Mapping[Number, list[tuple[str, int]]],
) -> str:
    """Write what brings the results of loops to where they are asked for."""
    looped = {number for repeat in repeats for number in repeat.looped.ravel().tolist()}
    for kind in ("row", "sum"):
        asked = [(place, slots[n]) for n in looped & writes.keys() for some, place in writes[n] if some == kind]
        deliver(t, tables, kind, sorted(asked))
    return t.body()


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
            x = t.column(place)
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
    products: Products,
    elsewhere: Set[Number],
    slots: SlotAllocation,
    writes: Mapping[Number, list[tuple[str, int]]],
) -> None:
    """Write the code of some instructions for one vector of rows; results are stored as soon as they are known."""
    for number in numbers:
        for result, register in products.write(t, number, registers):
            if register is not None:
                registers[result] = register
            store(t, registers, result, slots, writes)
        if number in elsewhere:
            continue
        instruction = program.code[number]
        if instruction.op not in LEAVES:
            registers[number] = compute(t, instruction, registers)
        store(t, registers, number, slots, writes)


def compute(t: Vector, instruction: Instruction, registers: Mapping[Number, str]) -> str:
    """Write an instruction, and return the register of its result."""
    return lower(t, instruction.op, [registers[input] for input in instruction.inputs])  # type: ignore[no-any-return]


def store(
    t: Vector,
    registers: Registers,
    number: Number,
    slots: SlotAllocation,
    writes: Mapping[Number, list[tuple[str, int]]],
) -> None:
    """Store a result where other parts and the loops of layers find it, and in its rows and sums."""
    if number in registers and number in registers.spilled:
        t.keep(registers[number], "%spilled", registers.spilled[number])
    for slot in slots.slots_of.get(number, ()):
        t.keep(registers[number], "%workspace", slot)
    for kind, index in writes.get(number, ()):
        write(t, registers[number], kind, index)


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


def destinations(program: Program) -> dict[Number, list[tuple[str, int]]]:
    """Return where the result of each instruction goes: to rows and sums, by their index."""
    writes: dict[int, list[tuple[str, int]]] = {}
    for kind, numbers in (("row", program.rows), ("sum", program.sums)):
        for index, number in enumerate(numbers):
            writes.setdefault(number, []).append((kind, index))
    return writes


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
        yield libm.shared_definitions(t)
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
