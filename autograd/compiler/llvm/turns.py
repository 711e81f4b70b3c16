"""LLVM text for the turns of a repeat or a body: a loop, and what brings its results to where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from autograd.compiler.llvm.matrices import counting_loop
from autograd.compiler.llvm.repeats import Carried, Fixed, Numbers, Operand, Same
from autograd.compiler.llvm.tables import Tables, index
from autograd.compiler.llvm.vector import Vector
from autograd.lowering.program import TOTALS, Number, Program, is_condition
from autograd.lowering.table import lower

FEW: Final = 16  # results of loops that are written one by one


class Turns:
    """Writes the turns of a repeat, or those of a body in which a run begins and ends, as one loop of one block."""

    def __init__(
        self,
        program: Program,
        t: Vector,
        turns: Numbers,
        operands: Sequence[Sequence[Operand]],
        registers: Mapping[Number, str],
        slots: Mapping[Number, int],
        layer_slots: Mapping[Number, list[int]],
        tables: Tables,
        spare: int | None = None,
    ) -> None:
        self.program, self.t, self.tables = program, t, tables
        self.turns, self.operands = turns, operands
        self.slots, self.layer_slots = slots, layer_slots
        self.spare = spare  # the slot for results of a body that nothing needs in some turns
        self.registers = registers  # of what is computed before the loop
        self.carried: dict[Carried, str] = {}
        self.results: list[str] = []

    def write(self, first: str, last: str) -> None:
        """Write the loop, from the first turn to the one before the last."""
        t = self.t
        carried = list(dict.fromkeys(x for each in self.operands for x in each if isinstance(x, Carried)))
        initial = [self.registers[x.initial] for x in carried]
        self.carried = {x: f"%carried{k}" for k, x in enumerate(carried)}
        t.masks.update(name for x, name in self.carried.items() if self.is_condition(x.place))
        t.lines += ["br label %before", "before:", "br label %turns", "turns:"]
        head = len(t.lines)
        for place, operands in enumerate(self.operands):
            op = self.program.code[self.turns[0, place]].op
            self.results.append(lower(t, op, [self.register(x) for x in operands]))
            self.keep(place)
            self.keep_for_layers(place)
        t.lines += ["%next = add i64 %turn, 1", f"%more = icmp ult i64 %next, {last}"]
        t.lines += ["br i1 %more, label %turns, label %done", "done:"]
        phis = [f"%turn = phi i64 [ {first}, %before ], [ %next, %turns ]"]
        for (x, name), begun in zip(self.carried.items(), initial, strict=True):
            type = t.mask if name in t.masks else t.type
            phis.append(f"{name} = phi {type} [ {begun}, %before ], [ {self.results[x.place]}, %turns ]")
        t.lines[head:head] = phis

    def is_condition(self, place: int) -> bool:
        return is_condition(self.program.code[self.turns[0, place]].op)

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
        """Store a result where other parts find it: that of each turn, or of a repeat that of the last."""
        numbers = self.turns[:, place].tolist()
        if numbers[0] in self.slots or (self.spare is not None and not self.slots.keys().isdisjoint(numbers)):
            slots = [self.slots.get(n, self.spare or 0) for n in numbers]
            self.t.keep(self.results[place], "%spilled", self.index(slots))
        elif numbers[-1] in self.slots:
            self.t.keep(self.results[place], "%spilled", self.slots[numbers[-1]])

    def keep_for_layers(self, place: int) -> None:
        """Store a result where the loops of layers go over it."""
        slots = [self.layer_slots.get(n, []) for n in self.turns[:, place].tolist()]
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
