"""How one recorded node is written as an instruction, and what an op of the user's own must allow for that."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from autograd.lowering.program import COMPARISONS, LOGIC, Instruction, Number
from autograd.lowering.symbols import Builder
from autograd.ops import OPS, Op
from autograd.value import Value


class TraceError(TypeError):
    """A traced function asked for a number that is known only when the compiled function is called."""


def instruction(value: Value, number_of: Mapping[Value, Number]) -> Instruction:
    """Write a computed node as an instruction."""
    assert value.op is not None
    name = value.op.name
    rows = OPS.get(name) is value.op or name in COMPARISONS or name in LOGIC
    inputs = tuple([number_of[input] for input in value.inputs])
    return Instruction(name, inputs) if rows else Instruction(name, inputs, own=follow_op(value.op, len(inputs)))


@lru_cache(maxsize=64)  # a program uses one op many times; it is followed once
def follow_op(op: Op, count: int) -> Op:
    """Return an op of the user's own if it can be computed on symbols, its partials too; else refuse it."""
    builder = Builder()
    xs = [builder.leaf("input", float(k)) for k in range(count)]
    try:
        result = op.forward(*xs)
        for x in (result, *op.partials(result, *xs)):
            if x is not None:
                builder.number_of(x)
    except Exception as error:
        raise TraceError(
            f"compile cannot follow {op.name!r}, an op of your own ({error}): write its forward and its partials with "
            "operators and autograd's functions, which take floats as well as symbols, and where() in place of if"
        ) from error
    return op
