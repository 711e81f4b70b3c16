"""The target that writes LLVM instructions on vectors of rows."""

from __future__ import annotations

import struct
from collections.abc import Callable

VectorFunction = Callable[[str, int, int], str | None]  # libm's name, operands, lanes -> name of one on whole vectors
OwnFunction = Callable[[str, int], bool]  # libm's name, lanes -> whether `libm` has one that gives the same bits


def bits(x: float) -> str:
    """Write a number by its 64 bits."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


class Vector:
    """The `Target` that writes LLVM instructions on vectors; a register is the text that names it."""

    def __init__(
        self,
        lanes: int,
        fast: bool,
        vector_function: VectorFunction | None = None,
        own_function: OwnFunction | None = None,
    ) -> None:
        self.lanes = lanes
        self.type = f"<{lanes} x double>" if lanes > 1 else "double"
        self.mask = f"<{lanes} x i1>" if lanes > 1 else "i1"
        self.flags = " reassoc nsz contract" if fast else ""
        self.vector_function = vector_function or (lambda function, arity, lanes: None)
        self.own_function = own_function or (lambda function, lanes: False)
        self.called: dict[str, int] = {}  # libm's name -> how many operands it takes
        self.lines: list[str] = []
        self.count = 0
        self.loops = 0
        self.slots = 0  # vectors that a block of rows keeps in its workspace
        self.spilled = 0  # vectors that one part of a block leaves for another
        self.masks: set[str] = set()
        self.known: dict[str, str] = {}
        self.opposite: dict[str, str] = {}  # of what is known to be a negative: what it is the negative of

    def like(self) -> Vector:
        """Make another for another function of the same module."""
        twin = Vector(self.lanes, bool(self.flags), self.vector_function, self.own_function)
        twin.called = self.called
        return twin

    def body(self) -> str:
        return "".join(f"  {line}\n" for line in self.lines)

    def emit(self, text: str) -> str:
        """Write an instruction, and give the new register that names its result."""
        self.count += 1
        name = f"%t{self.count}"
        self.lines.append(f"{name} = {text}")
        return name

    def emit_once(self, text: str) -> str:
        """Name the result of a computation, the same for the same one: sigmoid(x) and sigmoid(-x) share their exp."""
        if text not in self.known:
            self.known[text] = self.emit(text)
        return self.known[text]

    def condition(self, text: str) -> str:
        """Name the result of a computation, and note that it is a mask: an i1 in each lane."""
        name = self.emit_once(text)
        self.masks.add(name)
        return name

    def constant(self, x: float) -> str:
        """Write a number by its 64 bits, in every lane; note what a negative one is the negative of."""
        text = f"splat (double {bits(x)})" if self.lanes > 1 else bits(x)
        if x < 0.0:
            self.opposite[text] = self.constant(-x)
        return text

    def add(self, x: str, z: str) -> str:
        return self.emit_once(f"fadd{self.flags} {self.type} {x}, {z}")

    def subtract(self, x: str, z: str) -> str:
        return self.emit_once(f"fsub{self.flags} {self.type} {x}, {z}")

    def multiply(self, x: str, z: str) -> str:
        """Multiply; note what a product with a negative constant is the negative of."""
        name = self.emit_once(f"fmul{self.flags} {self.type} {x}, {z}")
        if x in self.opposite and not x.startswith("%"):  # a negative constant
            self.opposite[name] = self.multiply(self.opposite[x], z)
        return name

    def divide(self, x: str, z: str) -> str:
        return self.emit_once(f"fdiv{self.flags} {self.type} {x}, {z}")

    def negative(self, x: str) -> str:
        """Change the sign, and note what was negated."""
        name = self.emit_once(f"fneg {self.type} {x}")
        self.opposite[name] = x
        return name

    def absolute(self, x: str) -> str:
        return self.emit_once(f"call {self.type} @llvm.fabs.{self.suffix}({self.type} {self.opposite.get(x, x)})")

    def sqrt(self, x: str) -> str:
        return self.emit_once(f"call {self.type} @llvm.sqrt.{self.suffix}({self.type} {x})")

    def compare(self, predicate: str, x: str, z: str) -> str:
        return self.condition(f"fcmp {predicate} {self.type} {x}, {z}")

    def truth(self, x: str) -> str:
        return x if x in self.masks else self.compare("une", x, self.constant(0.0))

    def select(self, condition: str, a: str, b: str) -> str:
        return self.emit_once(f"select {self.mask} {condition}, {self.type} {a}, {self.type} {b}")

    def both(self, a: str, b: str) -> str:
        return self.condition(f"and {self.mask} {a}, {b}")

    def either(self, a: str, b: str) -> str:
        return self.condition(f"or {self.mask} {a}, {b}")

    def negation(self, a: str) -> str:
        return self.condition(f"xor {self.mask} {a}, {'splat (i1 true)' if self.lanes > 1 else 'true'}")

    def call(self, function: str, *xs: str) -> str:
        """Call one of libm's functions: the machine's version for vectors, or what `declarations` defines."""
        self.called[function] = len(xs)
        operands = ", ".join(f"{self.type} {x}" for x in xs)
        name = self.vector_function(function, len(xs), self.lanes) or f"{function}.lanes"
        return self.emit_once(f"call {self.type} @{name}({operands})")

    @property
    def suffix(self) -> str:
        return f"v{self.lanes}f64" if self.lanes > 1 else "f64"

    def load(self, address: str, align: int = 8) -> str:
        return self.emit(f"load {self.type}, ptr {address}, align {align}")

    def store(self, x: str, address: str) -> None:
        self.lines.append(f"store {self.type} {x}, ptr {address}, align 8")

    def splat(self, address: str) -> str:
        """Load one number into every lane."""
        scalar = self.emit(f"load double, ptr {address}, align 8")
        if self.lanes == 1:
            return scalar
        first = self.emit(f"insertelement {self.type} poison, double {scalar}, i64 0")
        zeros = f"<{self.lanes} x i32> zeroinitializer"
        return self.emit(f"shufflevector {self.type} {first}, {self.type} poison, {zeros}")

    def element(self, vectors: str, index: int | str) -> str:
        return self.emit(f"getelementptr {self.type}, ptr {vectors}, i64 {index}")

    def at(self, base: str, offset: int | str) -> str:
        return self.emit(f"getelementptr double, ptr {base}, i64 {offset}")

    def keep(self, x: str, vectors: str, slot: int | str) -> None:
        """Store a result in a slot; a condition is kept as 1.0 or 0.0."""
        number = self.select(x, self.constant(1.0), self.constant(0.0)) if x in self.masks else x
        self.store(number, self.element(vectors, slot))

    def column(self, place: int | str) -> str:
        """Load the present rows of a column."""
        offset = self.emit(f"mul i64 %row, {self.entry('%steps', place, 'i64')}")
        return self.load(self.at(self.entry("%columns", place, "ptr"), offset), align=1)

    def entry(self, table: str, index: int | str, type: str) -> str:
        """Load an entry of a table of pointers or of integers."""
        return self.emit(f"load {type}, ptr {self.emit(f'getelementptr {type}, ptr {table}, i64 {index}')}, align 8")
