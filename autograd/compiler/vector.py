"""LLVM text for a program: straight-line code on vectors of rows.

One call of `@block` computes as many rows as a vector has lanes; `driver.py` is the loop around it. Parameters are
loaded where they are used, since registers are scarcer than loads.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

from autograd.compiler.driver import TOTALS, driver
from autograd.compiler.entry import entry
from autograd.compiler.layers import TOGETHER, Layer, backward, element, forward, layers
from autograd.compiler.lower import CONDITIONS, LOWERING
from autograd.compiler.program import Program, is_condition

VectorFunction = Callable[[str, int, int], str | None]  # libm's name, operands, lanes -> name of one on whole vectors


class Vector:
    """The `Target` that writes LLVM instructions on vectors; a register is the text that names it."""

    def __init__(self, lanes: int, fast: bool, vector_function: VectorFunction | None = None) -> None:
        self.lanes = lanes
        self.type = f"<{lanes} x double>" if lanes > 1 else "double"
        self.mask = f"<{lanes} x i1>" if lanes > 1 else "i1"
        self.flags = " reassoc nsz contract" if fast else ""
        self.vector_function = vector_function or (lambda function, arity, lanes: None)
        self.called: dict[str, int] = {}  # libm's name -> how many operands it takes
        self.lines: list[str] = []
        self.count = 0
        self.loops = 0
        self.rooms: list[str] = []  # memory of the block's own
        self.masks: set[str] = set()
        self.known: dict[str, str] = {}
        self.opposite: dict[str, str] = {}  # of what is known to be a negative: what it is the negative of

    def let(self, text: str) -> str:
        self.count += 1
        name = f"%t{self.count}"
        self.lines.append(f"{name} = {text}")
        return name

    def pure(self, text: str) -> str:
        """Name the result of a computation, the same for the same one: sigmoid(x) and sigmoid(-x) share their exp."""
        if text not in self.known:
            self.known[text] = self.let(text)
        return self.known[text]

    def condition(self, text: str) -> str:
        name = self.pure(text)
        self.masks.add(name)
        return name

    def constant(self, x: float) -> str:
        (bits,) = struct.unpack("<Q", struct.pack("<d", x))
        text = f"splat (double 0x{bits:016X})" if self.lanes > 1 else f"0x{bits:016X}"
        if x < 0.0:
            self.opposite[text] = self.constant(-x)
        return text

    def add(self, x: str, z: str) -> str:
        return self.pure(f"fadd{self.flags} {self.type} {x}, {z}")

    def subtract(self, x: str, z: str) -> str:
        return self.pure(f"fsub{self.flags} {self.type} {x}, {z}")

    def multiply(self, x: str, z: str) -> str:
        name = self.pure(f"fmul{self.flags} {self.type} {x}, {z}")
        if x in self.opposite and not x.startswith("%"):  # a negative constant
            self.opposite[name] = self.multiply(self.opposite[x], z)
        return name

    def divide(self, x: str, z: str) -> str:
        return self.pure(f"fdiv{self.flags} {self.type} {x}, {z}")

    def negative(self, x: str) -> str:
        name = self.pure(f"fneg {self.type} {x}")
        self.opposite[name] = x
        return name

    def absolute(self, x: str) -> str:
        return self.pure(f"call {self.type} @llvm.fabs.{self.suffix}({self.type} {self.opposite.get(x, x)})")

    def sqrt(self, x: str) -> str:
        return self.pure(f"call {self.type} @llvm.sqrt.{self.suffix}({self.type} {x})")

    def compare(self, predicate: str, x: str, z: str) -> str:
        return self.condition(f"fcmp {predicate} {self.type} {x}, {z}")

    def truth(self, x: str) -> str:
        return x if x in self.masks else self.compare("une", x, self.constant(0.0))

    def select(self, condition: str, a: str, b: str) -> str:
        return self.pure(f"select {self.mask} {condition}, {self.type} {a}, {self.type} {b}")

    def both(self, a: str, b: str) -> str:
        return self.condition(f"and {self.mask} {a}, {b}")

    def either(self, a: str, b: str) -> str:
        return self.condition(f"or {self.mask} {a}, {b}")

    def negation(self, a: str) -> str:
        return self.condition(f"xor {self.mask} {a}, {'splat (i1 true)' if self.lanes > 1 else 'true'}")

    def call(self, function: str, *xs: str) -> str:
        self.called[function] = len(xs)
        operands = ", ".join(f"{self.type} {x}" for x in xs)
        name = self.vector_function(function, len(xs), self.lanes) or f"{function}.lanes"
        return self.pure(f"call {self.type} @{name}({operands})")

    @property
    def suffix(self) -> str:
        return f"v{self.lanes}f64" if self.lanes > 1 else "f64"

    def load(self, address: str, align: int = 8) -> str:
        return self.let(f"load {self.type}, ptr {address}, align {align}")

    def store(self, x: str, address: str) -> None:
        self.lines.append(f"store {self.type} {x}, ptr {address}, align 8")

    def splat(self, address: str) -> str:
        """Load one number into every lane."""
        scalar = self.let(f"load double, ptr {address}, align 8")
        if self.lanes == 1:
            return scalar
        first = self.let(f"insertelement {self.type} poison, double {scalar}, i64 0")
        zeros = f"<{self.lanes} x i32> zeroinitializer"
        return self.let(f"shufflevector {self.type} {first}, {self.type} poison, {zeros}")

    def room(self, count: int) -> str:
        """Set memory aside for so many vectors."""
        name = f"%room{len(self.rooms)}"
        self.rooms.append(f"{name} = alloca [{count} x {self.type}], align {8 * self.lanes}")
        return name

    def at(self, base: str, offset: int | str) -> str:
        return self.let(f"getelementptr double, ptr {base}, i64 {offset}")

    def entry(self, table: str, index: int, type: str) -> str:
        """Load an entry of a table of pointers or of integers."""
        return self.let(f"load {type}, ptr {self.let(f'getelementptr {type}, ptr {table}, i64 {index}')}, align 8")


def module(program: Program, vector: Vector) -> str:
    """Give the LLVM text of a program: `@run`, and what it calls."""
    block(program, vector)
    parts = ["define internal void @block(ptr %columns, ptr %steps, i64 %row, ptr %theta, ptr %outs, ptr %acc) {"]
    parts += [f"  {line}" for line in vector.rooms + vector.lines] + ["  ret void", "}"]
    parts += declarations(vector)
    columns, rows = len(program.arguments), len(program.rows)
    parts.append(driver(columns, rows, len(program.sums), vector.lanes))
    parts.append(entry(columns, rows, program.parameters, vector.lanes))
    return "\n".join(parts) + "\n"


def block(program: Program, t: Vector, inputs: list[str] | None = None) -> list[str]:
    """Write the code for one vector of rows, and give the registers of the rows' results.

    Inputs are loaded from their columns and results stored as soon as they are known; with registers given for the
    inputs, neither is done.
    """
    writes = destinations(program) if inputs is None else {}
    looped, replaced = layers(program) if inputs is None else ({}, set())
    registers: list[str] = []
    known: dict[int, str] = {}  # what a loop has computed ahead of its turn
    late = {x for layer in looped.values() for x in layer.xs}
    rooms: list[tuple[Layer, str]] = []
    for number, instruction in enumerate(program.code):
        op, place = instruction.op, int(instruction.value) if instruction.op in ("input", "parameter") else 0
        if number in looped:
            rooms.append((looped[number], net_inputs(t, program, looped[number], registers, known)))
        if number in replaced:
            registers.append("replaced by a loop")
            continue
        if number in known:
            registers.append(known[number])
        elif op == "constant":
            registers.append(t.constant(instruction.value))
        elif op == "parameter":
            registers.append(f"parameter {place}")
        elif op == "input":
            loaded = f"input {place}" if number in late else ""  # where a loop wants it: registers are scarce
            registers.append(loaded or (inputs[place] if inputs else column(t, place)))
        else:
            operands = [operand(t, registers[input]) for input in instruction.inputs]
            registers.append((CONDITIONS if is_condition(op) else LOWERING)[op](t, *operands))
        for kind, index in writes.get(number, ()):
            write(t, operand(t, registers[number]), kind, index)
    for layer, room in rooms:
        weight_gradients(t, layer, room, registers)
    return [registers[number] for number in program.rows]


def net_inputs(t: Vector, program: Program, layer: Layer, registers: list[str], known: dict[int, str]) -> str:
    """Write the loops for a layer's dots, a few neurons at a time, and give the room where its xs are."""
    count = len(layer.xs)
    room = t.room(count)
    for k, x in enumerate(layer.xs):
        t.store(operand(t, registers[x]), element(t, room, k))
    for first in range(0, len(layer.dots), TOGETHER):
        dots = layer.dots[first : first + TOGETHER]
        inputs = [program.code[number].inputs for number in dots]
        totals = forward(t, room, [int(program.code[numbers[0]].value) for numbers in inputs], count)
        for number, numbers, total in zip(dots, inputs, totals, strict=True):
            biases = [int(program.code[bias].value) for bias in numbers[2 * count :]]
            known[number] = t.add(total, t.splat(t.at("%theta", biases[0]))) if biases else total
    return room


def weight_gradients(t: Vector, layer: Layer, room: str, registers: list[str]) -> None:
    """Write the loops for the gradients of a layer's weights."""
    for slopes in layer.slopes:
        delta = operand(t, registers[slopes.delta])
        live = None if slopes.live is None else t.truth(operand(t, registers[slopes.live]))
        backward(t, room, slopes, delta, live, len(layer.xs))


def column(t: Vector, place: int) -> str:
    """Load the present rows of a column."""
    offset = t.let(f"mul i64 %row, {t.entry('%steps', place, 'i64')}")
    return t.load(t.at(t.entry("%columns", place, "ptr"), offset), align=1)


def operand(t: Vector, register: str) -> str:
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
