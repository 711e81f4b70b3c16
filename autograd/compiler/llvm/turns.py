"""LLVM text for a repeat: a loop over its turns, and what brings the results of loops to where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from autograd.compiler.llvm.driver import TOTALS
from autograd.compiler.llvm.matrices import counting_loop
from autograd.compiler.llvm.repeats import Carried, Fixed, Operand, Repeat, Same
from autograd.compiler.llvm.tables import Tables, index
from autograd.compiler.llvm.vector import Vector
from autograd.lowering.program import Number, Program, is_condition
from autograd.lowering.table import lower

FEW: Final = 16  # results of loops that are written one by one


class Turns:
    """Writes the turns of a repeat as one loop of one block."""

    def __init__(
        self,
        program: Program,
        t: Vector,
        repeat: Repeat,
        registers: Mapping[Number, str],
        slots: Mapping[Number, int],
        layer_slots: Mapping[Number, list[int]],
        tables: Tables,
    ) -> None:
        self.program, self.t, self.repeat, self.tables = program, t, repeat, tables
        self.slots, self.layer_slots = slots, layer_slots
        self.registers = registers  # of what is computed before the loop
        self.carried: dict[Carried, str] = {}
        self.results: list[str] = []

    def write(self) -> None:
        """Write the loop."""
        t, looped = self.t, self.repeat.looped
        carried = list(dict.fromkeys(x for each in self.repeat.operands for x in each if isinstance(x, Carried)))
        initial = [self.registers[x.initial] for x in carried]
        self.carried = {x: f"%carried{k}" for k, x in enumerate(carried)}
        t.masks.update(name for x, name in self.carried.items() if self.is_condition(x.place))
        t.lines += ["br label %before", "before:", "br label %turns", "turns:"]
        head = len(t.lines)
        for place, operands in enumerate(self.repeat.operands):
            op = self.program.code[looped[0, place]].op
            self.results.append(lower(t, op, [self.register(x) for x in operands]))
            self.keep(place)
            self.keep_for_layers(place)
        t.lines += ["%next = add i64 %turn, 1", f"%more = icmp ult i64 %next, {len(looped)}"]
        t.lines += ["br i1 %more, label %turns, label %done", "done:"]
        phis = ["%turn = phi i64 [ 0, %before ], [ %next, %turns ]"]
        for (x, name), first in zip(self.carried.items(), initial, strict=True):
            type = t.mask if name in t.masks else t.type
            phis.append(f"{name} = phi {type} [ {first}, %before ], [ {self.results[x.place]}, %turns ]")
        t.lines[head:head] = phis

    def is_condition(self, place: int) -> bool:
        return is_condition(self.program.code[self.repeat.looped[0, place]].op)

    def register(self, x: Operand) -> str:
        """Return the register of an operand, loading it if need be."""
        if isinstance(x, Same):
            return self.results[x.place]
        if isinstance(x, Carried):
            return self.carried[x]
        if isinstance(x, Fixed):
            return self.registers[x.number]
        t, code = self.t, self.program.code
        if x.kind == "constant":
            return t.splat(t.at(self.tables.floats([code[n].value for n in x.numbers]), "%turn"))
        if x.kind == "result":
            loaded = t.load(t.element("%spilled", self.index([self.slots[n] for n in x.numbers.tolist()])))
            return t.truth(loaded) if is_condition(code[x.numbers[0]].op) else loaded
        place = self.index([int(code[n].value) for n in x.numbers])
        return t.splat(t.at("%theta", place)) if x.kind == "parameter" else t.column(place)

    def index(self, numbers: Sequence[int]) -> str:
        return index(self.t, self.tables, numbers, "%turn")

    def keep(self, place: int) -> None:
        """Store a result where other parts find it: that of each turn, or of the last."""
        numbers = self.repeat.looped[:, place].tolist()
        if numbers[0] in self.slots:
            self.t.keep(self.results[place], "%spilled", self.index([self.slots[n] for n in numbers]))
        elif numbers[-1] in self.slots:
            self.t.keep(self.results[place], "%spilled", self.slots[numbers[-1]])

    def keep_for_layers(self, place: int) -> None:
        """Store a result where the loops of layers go over it."""
        slots = [self.layer_slots.get(n, []) for n in self.repeat.looped[:, place].tolist()]
        for several in zip(*slots, strict=True):
            self.t.keep(self.results[place], "%workspace", self.index(several))


def deliver(t: Vector, tables: Tables, kind: str, asked: Sequence[tuple[int, int]]) -> None:
    """Bring what loops left in slots to the rows, or the sums, of these places: pairs of a place and a slot."""
    if len(asked) <= FEW:
        for place, slot in asked:
            write(t, t.load(t.element("%spilled", slot)), kind, place)
        return
    places, slots = zip(*asked, strict=True)
    with counting_loop(t, str(len(asked)), []) as loop:
        slot_at, place_at = (index(t, tables, numbers, loop.count) for numbers in (slots, places))
        write(t, t.load(t.element("%spilled", slot_at)), kind, place_at)


def write(t: Vector, x: str, kind: str, place: int | str) -> None:
    """Store a result in its row's column, or add it to the running totals of its sum."""
    if kind == "row":
        t.store(x, t.at(t.entry("%outs", place, "ptr"), "%row"))
    else:
        start = place * TOTALS if isinstance(place, int) else t.emit(f"mul i64 {place}, {TOTALS}")
        address = t.at("%acc", start)
        t.store(t.add(t.load(address), x), address)
