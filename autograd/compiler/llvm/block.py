"""LLVM text for a program: straight-line code on vectors of rows, with loops for the products of layers.

One call of `@block` computes as many rows as a vector has lanes; `llvm/driver.py` is the loop around it. Code is cut
into parts, which `@block` calls in turn. Parameters are loaded where they are used, since registers are scarcer than
loads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from autograd.compiler.llvm import libm
from autograd.compiler.llvm.bodies import Body, Run
from autograd.compiler.llvm.driver import driver
from autograd.compiler.llvm.entry import entry
from autograd.compiler.llvm.find_loops import Loops, SlotAllocation
from autograd.compiler.llvm.matrices import weight_gradients
from autograd.compiler.llvm.parts import Piece, cut
from autograd.compiler.llvm.products import Products, called_products
from autograd.compiler.llvm.repeats import Numbers, Operand, Repeat
from autograd.compiler.llvm.tables import Tables
from autograd.compiler.llvm.turns import Turns, deliver, write
from autograd.compiler.llvm.vector import Vector
from autograd.lowering.program import LEAVES, Instruction, Number, Program, is_condition
from autograd.lowering.table import lower

OPERANDS: Final = {  # of @block, by their types
    "%columns": "ptr",
    "%steps": "ptr",
    "%row": "i64",
    "%theta": "ptr",
    "%outs": "ptr",
    "%acc": "ptr",
    "%workspace": "ptr",
    "%spilled": "ptr",
}
LENGTH: Final = 500  # instructions of a function that calls bodies: LLVM's time grows with the square of calls
CALL: Final = 16  # instructions that a call counts for


def module(program: Program, t: Vector, found: Loops, repeats: Sequence[Repeat | Run] = ()) -> str:
    """Return the LLVM text of a program: `@run`, and what it calls. Sets `t.slots`, the size of a block's workspace."""
    block = Block(program, t, found, repeats)
    t.slots, t.spilled = block.slots.size, block.parts.size
    texts = block.write()
    columns, rows, weights = len(program.arguments), len(program.outputs), bool(found.slopes)
    texts += declarations(t)
    texts += [weight_gradients(found, block.slots, t.like())] if weights else []
    texts.append(driver(columns, rows, len(program.sums), t.lanes, t.slots, t.spilled, weights))
    texts.append(entry(columns, rows, program.parameters, t.lanes))
    return "\n".join(texts) + "\n"


class Block:
    """Writes `@block`, and the functions that it calls."""

    def __init__(self, program: Program, t: Vector, found: Loops, repeats: Sequence[Repeat | Run]) -> None:
        self.program, self.t, self.found, self.repeats = program, t, found, repeats
        called = called_products(program, found)
        self.slots = SlotAllocation(found)
        self.parts = cut(program, found, repeats, called, t.lanes)
        self.tables = Tables()
        self.products = Products(program, found, called, self.slots, self.parts.slots, self.tables)
        self.elsewhere = found.elsewhere
        self.destinations = destinations(program)

    def write(self) -> list[str]:
        """Return the texts of the functions and of the tables that they read."""
        parts = [self.part(pieces) for pieces in functions_of(self.parts.pieces)]
        if self.repeats:
            parts.append(self.t.like())
            self.deliver(parts[-1])
        if len(parts) == 1:
            texts = [block_function(parts[0])]
        else:
            texts = [part_function(f"@part{k}", part) for k, part in enumerate(parts)]
            texts.append(block_function(calls_of_parts(self.t.like(), len(parts))))
        bodies = {piece.body.number: piece.body for piece in self.parts.pieces if isinstance(piece, Run)}
        texts += [self.body(body) for body in bodies.values()]
        return [*texts, *self.products.functions(self.t), *self.tables.texts]

    def registers(self, t: Vector) -> Registers:
        return Registers(self.program, t, self.found, self.parts.slots)

    def part(self, pieces: Iterable[Piece]) -> Vector:
        """Write the pieces of one function."""
        part = self.t.like()
        registers = self.registers(part)
        for piece in pieces:
            match piece:
                case Run(body, first, last):
                    part.lines.append(f"call void @body{body.number}(ptr %frame, i64 {first}, i64 {last})")
                case Repeat():
                    self.turns(part, piece.looped, piece.operands, None).write("0", str(len(piece.looped)))
                case _:
                    self.instructions(part, piece, registers)
        return part

    def body(self, body: Body) -> str:
        """Write the function of a body."""
        t = self.t.like()
        self.turns(t, body.turns, body.operands, self.parts.spare).write("%first", "%last")
        return part_function(f"@body{body.number}", t, "ptr %frame, i64 %first, i64 %last")

    def turns(self, t: Vector, turns: Numbers, operands: Sequence[Sequence[Operand]], spare: int | None) -> Turns:
        slots, layer_slots = self.parts.slots, self.slots.slots_of
        return Turns(self.program, t, turns, operands, self.registers(t), slots, layer_slots, self.tables, spare)

    def instructions(self, t: Vector, numbers: Iterable[Number], registers: Registers) -> None:
        """Write some instructions for one vector of rows; results are stored as soon as they are known."""
        for number in numbers:
            for result, register in self.products.write(t, number, registers):
                if register is not None:
                    registers[result] = register
                self.store(t, result, registers)
            if number in self.elsewhere:
                continue
            instruction = self.program.code[number]
            if instruction.op not in LEAVES:
                registers[number] = compute(t, instruction, registers)
            self.store(t, number, registers)

    def store(self, t: Vector, number: Number, registers: Registers) -> None:
        """Store a result where other parts and the loops of layers find it, and in its rows and sums."""
        if number in registers and number in self.parts.slots:
            t.keep(registers[number], "%spilled", self.parts.slots[number])
        for slot in self.slots.slots_of.get(number, ()):
            t.keep(registers[number], "%workspace", slot)
        for kind, index in self.destinations.get(number, ()):
            write(t, registers[number], kind, index)

    def deliver(self, t: Vector) -> None:
        """Write what brings the results of loops to where they are asked for."""
        looped = {number for repeat in self.repeats for number in repeat.looped.ravel().tolist()}
        for kind in ("row", "sum"):
            asked = [
                (place, self.parts.slots[number])
                for number in looped & self.destinations.keys()
                for some, place in self.destinations[number]
                if some == kind
            ]
            deliver(t, self.tables, kind, sorted(asked))


def functions_of(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Yield the pieces of each function: a repeat alone, or as many runs and instructions as LLVM is quick with."""
    current: list[Piece] = []
    length = 0
    for piece in pieces:
        if current and (isinstance(piece, Repeat) or isinstance(current[-1], Repeat) or length > LENGTH):
            yield current
            current, length = [], 0
        current.append(piece)
        length += CALL if isinstance(piece, Run) else len(piece)
    yield current


def block_function(t: Vector) -> str:
    """Return `@block`, with what was written as its body."""
    operands = ", ".join(f"{type} {name}" for name, type in OPERANDS.items())
    return f"define internal void @block({operands}) noinline {{\n{t.body()}  ret void\n}}"


def calls_of_parts(t: Vector, count: int) -> Vector:
    """Write the calls of so many parts. They get the operands in a frame: a call of few operands is short."""
    t.lines.append(f"%frame = alloca [{len(OPERANDS)} x i64]")
    for k, (name, type) in enumerate(OPERANDS.items()):
        t.lines.append(f"store {type} {name}, ptr {t.emit(f'getelementptr i64, ptr %frame, i64 {k}')}")
    t.lines += [f"call void @part{k}(ptr %frame)" for k in range(count)]
    return t


def part_function(name: str, t: Vector, operands: str = "ptr %frame") -> str:
    """Return a function with what was written as its body, for which it takes what it needs out of the frame."""
    body = t.body()
    used = set(re.findall(r"%\w+", body))
    loads = [
        f"  {operand}.at = getelementptr i64, ptr %frame, i64 {k}\n  {operand} = load {type}, ptr {operand}.at\n"
        for k, (operand, type) in enumerate(OPERANDS.items())
        if operand in used
    ]
    return f"define internal void {name}({operands}) noinline {{\n{''.join(loads)}{body}  ret void\n}}"


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


def compute(t: Vector, instruction: Instruction, registers: Mapping[Number, str]) -> str:
    """Write an instruction, and return the register of its result."""
    return lower(t, instruction.op, [registers[input] for input in instruction.inputs])  # type: ignore[no-any-return]


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
    return [registers[number] for number in program.outputs]


def destinations(program: Program) -> dict[Number, list[tuple[str, int]]]:
    """Return where the result of each instruction goes: to rows and sums, by their index."""
    writes: dict[int, list[tuple[str, int]]] = {}
    for kind, numbers in (("row", program.outputs), ("sum", program.sums)):
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
