"""LLVM text for the interpreter of a tape: a case for each kind of instruction, forward and in reverse.

A forward case is written by the lowering table. A reverse case multiplies the node's gradient by the partials of its
rule and adds the products to the gradients of its inputs, exactly as `Value.backward` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autograd.compiler.llvm.block import compute_on, declarations
from autograd.compiler.llvm.vector import Vector
from autograd.lowering.program import LOGIC, Program
from autograd.lowering.programs import finish_program
from autograd.lowering.reverse import product
from autograd.lowering.symbols import Builder
from autograd.lowering.table import lower
from autograd.ops import OPS

Kind = tuple[str, tuple[float | bool, ...]]  # an op, and of each operand: True, or False or its number for a constant

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
define void @backward(i64 %count, ptr %slots, ptr %codes, ptr %end, ptr %values, ptr %gradients, ptr %reached) {{
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
  %slot.at = getelementptr i32, ptr %slots, i64 %pc
  %slot = load i32, ptr %slot.at
  %flag.at = getelementptr i8, ptr %reached, i32 %slot
  %flag = load i8, ptr %flag.at
  %live = icmp ne i8 %flag, 0
  br i1 %live, label %pass, label %next
pass:
  %y.at = getelementptr double, ptr %values, i32 %slot
  %y = load double, ptr %y.at
  %g.at = getelementptr double, ptr %gradients, i32 %slot
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


def interpreter(kinds: Sequence[Kind], fast: bool) -> str:
    """Write the LLVM text of an interpreter with a case for each kind, forward and backward."""
    labels = " ".join(f"i32 {code}, label %case{code}" for code in range(len(kinds)))
    sizes = ", ".join(f"i64 {len(operands)}" for _, operands in kinds)
    forward, backward = Vector(1, fast), Vector(1, fast)
    for code, (op, operands) in enumerate(kinds):
        forward.known.clear()
        backward.known.clear()
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
    slots = [t.emit(f"load i32, ptr {t.emit(f'getelementptr i32, ptr %at, i64 {k}')}") for k in range(count)]
    return slots, [t.load(t.emit(f"getelementptr double, ptr %values, i32 {slot}")) for slot in slots]


def compute(t: Vector, op: str, count: int) -> None:
    """Write the forward case of an op; a condition is kept as 1 or 0."""
    _, xs = load_operands(t, count)
    if op in LOGIC:
        xs = [t.truth(x) for x in xs]
    y = lower(t, op, xs)
    t.store(t.select(y, t.constant(1.0), t.constant(0.0)) if y in t.masks else y, "%to")


def differentiate(t: Vector, op: str, operands: Sequence[float | bool]) -> None:
    """Write the backward case of an op: its rule's partials, times the gradient, added where they belong."""
    program, places = contributions(op, operands)
    slots, xs = load_operands(t, len(operands))
    results = compute_on(program, t, [*xs, "%y", "%g"])
    added, conditions = results[: len(places)], results[len(places) :]
    for k, contribution, condition in zip(places, added, conditions, strict=True):
        address = t.emit(f"getelementptr double, ptr %gradients, i32 {slots[k]}")
        before, flag = t.load(address), t.emit(f"getelementptr i8, ptr %reached, i32 {slots[k]}")
        after = t.add(before, contribution)
        if condition == t.constant(1.0):
            t.store(after, address)
            t.lines.append(f"store i8 1, ptr {flag}")
        else:
            flows = t.truth(condition)
            t.store(t.select(flows, after, before), address)
            earlier = t.emit(f"load i8, ptr {flag}")
            t.lines.append(f"store i8 {t.emit(f'select i1 {flows}, i8 1, i8 {earlier}')}, ptr {flag}")


def contributions(op: str, operands: Sequence[float | bool]) -> tuple[Program, list[int]]:
    """Apply an op's rule to symbols: the program of its contributions, then where they flow, and to which operands."""
    builder = Builder()
    xs = [builder.leaf("input", float(k)) if x is True or x is False else x for k, x in enumerate(operands)]
    y, gradient = (builder.leaf("input", float(len(operands) + k)) for k in range(2))
    partials = OPS[op].partials(y, *xs)
    places = [k for k, p in enumerate(partials) if p is not None and operands[k] is True]
    added = [product(builder, gradient, partials[k]) for k in places]
    conditions = [builder.apply("where", (builder.flows(partials[k]), 1.0, 0.0)) for k in places]
    shape = Program((), 0, (), ())
    return finish_program(builder, shape, [*added, *conditions]), places
