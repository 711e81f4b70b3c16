"""Huge programs: an interpreter made to measure, for which LLVM compiles each kind of instruction once.

Straight-line code would take LLVM longer than linear time. A tape takes none: it is a list of codes and operands, and
the interpreter has a case for each kind of instruction, written by the lowering table. Gradients need no longer tape.
The same one is run in reverse, with a case for each kind that multiplies the node's gradient with the partials of its
rule and adds them where they belong: `Value.backward`, to the letter.

A kind is an op with its number of operands and which of them are constants.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autograd.compiler import native
from autograd.compiler.columns import Column
from autograd.compiler.driver import TOTALS
from autograd.compiler.lower import CONDITIONS, LOWERING
from autograd.compiler.program import LEAVES, LOGIC, Builder, Program, finished, is_condition, product
from autograd.compiler.vector import Vector, block, declarations
from autograd.ops import BLOCKED, OPS

Array = NDArray[np.float64]
Kind = tuple[str, tuple[float | bool, ...]]  # an op, and of each operand: True, or False or its number for a constant
NUMBERED: Final = ("constant_power",)  # ops whose rule needs to know its constants

FORWARD: Final = """
define void @forward(i64 %count, i64 %first, ptr %codes, ptr %operands, ptr %values) {{
entry:
  br label %each
each:
  %pc = phi i64 [ 0, %entry ], [ %pc.next, %next ]
  %at = phi ptr [ %operands, %entry ], [ %at.next, %next ]
  %code.at = getelementptr i32, ptr %codes, i64 %pc
  %code = load i32, ptr %code.at
  %slot = add i64 %first, %pc
  %to = getelementptr double, ptr %values, i64 %slot
  %size.at = getelementptr i64, ptr @sizes, i32 %code
  %size = load i64, ptr %size.at
  %at.next = getelementptr i32, ptr %at, i64 %size
  switch i32 %code, label %next [ {labels} ]
{cases}
next:
  %pc.next = add i64 %pc, 1
  %more = icmp ult i64 %pc.next, %count
  br i1 %more, label %each, label %done
done:
  ret void
}}
"""

BACKWARD: Final = """
define void @backward(i64 %count, i64 %first, ptr %codes, ptr %end, ptr %values, ptr %gradients, ptr %reached) {{
entry:
  br label %each
each:
  %pc.next = phi i64 [ %count, %entry ], [ %pc, %next ]
  %at.next = phi ptr [ %end, %entry ], [ %at, %next ]
  %pc = sub i64 %pc.next, 1
  %code.at = getelementptr i32, ptr %codes, i64 %pc
  %code = load i32, ptr %code.at
  %size.at = getelementptr i64, ptr @sizes, i32 %code
  %size = load i64, ptr %size.at
  %back = sub i64 0, %size
  %at = getelementptr i32, ptr %at.next, i64 %back
  %slot = add i64 %first, %pc
  %flag.at = getelementptr i8, ptr %reached, i64 %slot
  %flag = load i8, ptr %flag.at
  %live = icmp ne i8 %flag, 0
  br i1 %live, label %pass, label %next
pass:
  %y.at = getelementptr double, ptr %values, i64 %slot
  %y = load double, ptr %y.at
  %g.at = getelementptr double, ptr %gradients, i64 %slot
  %g = load double, ptr %g.at
  switch i32 %code, label %next [ {labels} ]
{cases}
next:
  %more = icmp ne i64 %pc, 0
  br i1 %more, label %each, label %done
done:
  ret void
}}
"""


class TapeKernel:
    """A program on a tape, and the interpreter for it: it offers what a `Kernel` offers, and runs row after row."""

    def __init__(self, program: Program, fast: bool, differentiate: bool = False) -> None:
        self.program = program
        self.guards = program.guards
        self.differentiate = differentiate
        leaves = [number for number, i in enumerate(program.code) if i.op in LEAVES]
        computed = [number for number, i in enumerate(program.code) if i.op not in LEAVES]
        self.first, self.count = len(leaves), len(computed)
        self.slot = np.empty(len(program.code), dtype=np.int64)  # leaves first, then what is computed from them
        self.slot[leaves + computed] = np.arange(len(program.code))
        kinds = numbered_kinds(program, computed)
        self.codes = np.array([kinds[kind_of(program, number)] for number in computed], dtype=np.int32)
        flat = list(chain.from_iterable([program.code[number].inputs for number in computed]))
        self.operands = self.slot[flat].astype(np.int32)
        self.values = np.empty(len(program.code))
        self.values[: self.first] = [program.code[number].value for number in leaves]
        self.code = native.compiled(interpreter(list(kinds), fast))
        i64, ptr = ctypes.c_int64, ctypes.c_void_p
        self.forward = self.code.function("forward", (i64, i64, *(ptr,) * 3))
        self.backward = self.code.function("backward", (i64, i64, *(ptr,) * 5))
        self.inputs = self.leaf_slots("input")
        self.parameters = self.leaf_slots("parameter")

    def leaf_slots(self, op: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the slots of the leaves of one kind, and their places among arguments or parameters."""
        found = [(self.slot[n], int(i.value)) for n, i in enumerate(self.program.code) if i.op == op]
        slots, places = zip(*found, strict=True) if found else ((), ())
        return np.array(slots, dtype=np.int64), np.array(places, dtype=np.int64)

    def run(self, columns: Sequence[Column], rows: int, theta: Column | None) -> tuple[Array, Array]:
        """Compute so many rows: give the results row by row, and the sums over the rows."""
        values = self.values.copy()
        if theta is not None:
            values[self.parameters[0]] = theta[self.parameters[1]]
        results, totals = [], np.zeros((0, TOTALS))
        for row in range(rows):
            point = np.array([column if column.ndim == 0 else column[row] for column in columns])
            if len(point):
                values[self.inputs[0]] = point[self.inputs[1]]
            by_row, summed = self.one(values)
            results.append(by_row)
            totals = totals if len(totals) else np.zeros((len(summed), TOTALS))
            totals[:, row % TOTALS] += summed
        if not rows:
            by_row, summed = self.one(values)
            return np.empty((len(by_row), 0)), np.zeros(len(summed))
        return np.array(results).T.copy(), folded(totals)

    def one(self, values: Array) -> tuple[Array, Array]:
        """Compute one row: its results, and what it adds to the sums."""
        codes, operands = self.codes.ctypes.data, self.operands.ctypes.data
        if self.count:
            self.forward(self.count, self.first, codes, operands, values.ctypes.data)
        rows, sums = values[self.slot[list(self.program.rows)]], values[self.slot[list(self.program.sums)]]
        if not self.differentiate:
            return rows, sums
        slopes = self.slopes(values)
        if self.program.parameters:
            return rows[1:], np.concatenate([rows[:1], slopes])
        return np.concatenate([rows[:1], slopes, rows[1:]]), sums

    def slopes(self, values: Array) -> Array:
        """Run the tape in reverse, and give the derivatives with respect to parameters, or to arguments."""
        gradients = np.zeros(len(values))
        reached = np.zeros(len(values), dtype=np.int8)
        root = self.slot[self.program.rows[0]]
        gradients[root], reached[root] = 1.0, 1
        codes, end = self.codes.ctypes.data, self.operands.ctypes.data + self.operands.nbytes
        tables = (values.ctypes.data, gradients.ctypes.data, reached.ctypes.data)
        if self.count:
            self.backward(self.count, self.first, codes, end, *tables)
        slots, places = self.parameters if self.program.parameters else self.inputs
        slopes = np.zeros(self.program.parameters or len(self.program.arguments))
        slopes[places] = gradients[slots]
        return slopes


def folded(totals: Array) -> Array:
    """Fold running totals in halves, as `driver.py` does."""
    while totals.shape[1] > 1:
        half = totals.shape[1] // 2
        totals = totals[:, :half] + totals[:, half:]
    return totals[:, 0]


def kind_of(program: Program, number: int) -> Kind:
    instruction = program.code[number]
    if instruction.op in NUMBERED:
        return instruction.op, (True, program.code[instruction.inputs[1]].value)
    return instruction.op, tuple([program.code[input].op != "constant" for input in instruction.inputs])


def numbered_kinds(program: Program, computed: Sequence[int]) -> dict[Kind, int]:
    kinds: dict[Kind, int] = {}
    for number in computed:
        kinds.setdefault(kind_of(program, number), len(kinds))
    return kinds


def interpreter(kinds: Sequence[Kind], fast: bool) -> str:
    """Write the LLVM text of an interpreter with a case for each kind, forward and backward."""
    labels = " ".join(f"i32 {code}, label %case{code}" for code in range(len(kinds)))
    sizes = ", ".join(f"i64 {len(operands)}" for _, operands in kinds)
    forward, backward = Vector(1, fast), Vector(1, fast)
    for code, (op, operands) in enumerate(kinds):
        forward.lines.append(f"case{code}:")
        compute(forward, op, len(operands))
        backward.lines.append(f"case{code}:")
        if op in OPS:
            differentiate(backward, op, operands)
        for target in (forward, backward):
            target.lines.append("br label %next")
    forward.called |= backward.called
    return "\n".join(
        [
            f"@sizes = internal constant [{len(kinds)} x i64] [ {sizes} ]",
            FORWARD.format(labels=labels, cases="\n".join(forward.lines)),
            BACKWARD.format(labels=labels, cases="\n".join(backward.lines)),
            *declarations(forward),
        ]
    )


def load_operands(t: Vector, count: int) -> tuple[list[str], list[str]]:
    """Load the operands' slots, and the values in them."""
    slots = [t.let(f"load i32, ptr {t.let(f'getelementptr i32, ptr %at, i64 {k}')}") for k in range(count)]
    return slots, [t.load(t.let(f"getelementptr double, ptr %values, i32 {slot}")) for slot in slots]


def compute(t: Vector, op: str, count: int) -> None:
    """Write the forward case of an op; a condition is kept as 1 or 0."""
    _, xs = load_operands(t, count)
    if op in LOGIC:
        xs = [t.truth(x) for x in xs]
    y = (CONDITIONS if is_condition(op) else LOWERING)[op](t, *xs)
    t.store(t.select(y, t.constant(1.0), t.constant(0.0)) if y in t.masks else y, "%to")


def differentiate(t: Vector, op: str, operands: Sequence[float | bool]) -> None:
    """Write the backward case of an op: its rule's partials, times the gradient, added where they belong."""
    program, places = contributions(op, operands)
    slots, xs = load_operands(t, len(operands))
    results = block(program, t, [*xs, "%y", "%g"])
    added, conditions = results[: len(places)], results[len(places) :]
    for k, contribution, condition in zip(places, added, conditions, strict=True):
        address = t.let(f"getelementptr double, ptr %gradients, i32 {slots[k]}")
        before, flag = t.load(address), t.let(f"getelementptr i8, ptr %reached, i32 {slots[k]}")
        after = t.add(before, contribution)
        if condition == t.constant(1.0):
            t.store(after, address)
            t.lines.append(f"store i8 1, ptr {flag}")
        else:
            flows = t.truth(condition)
            t.store(t.select(flows, after, before), address)
            earlier = t.let(f"load i8, ptr {flag}")
            t.lines.append(f"store i8 {t.let(f'select i1 {flows}, i8 1, i8 {earlier}')}, ptr {flag}")


def contributions(op: str, operands: Sequence[float | bool]) -> tuple[Program, list[int]]:
    """Apply an op's rule to symbols: the program of its contributions, then where they flow, and to which operands."""
    builder = Builder()
    xs = [builder.leaf("input", float(k)) if x is True or x is False else x for k, x in enumerate(operands)]
    y, gradient = (builder.leaf("input", float(len(operands) + k)) for k in range(2))
    partials = OPS[op].partials(y, *xs)
    places = [k for k, p in enumerate(partials) if p is not BLOCKED and operands[k] is True]
    added = [product(builder, gradient, partials[k]) for k in places]
    conditions = [builder.apply("where", (builder.flows(partials[k]), 1.0, 0.0)) for k in places]
    shape = Program((), 0, (), ())
    return finished(builder, shape, [*added, *conditions]), places
