"""Flattening: a recorded graph becomes a program."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from autograd.compiler.frontend.nodes import TraceError, instruction
from autograd.compiler.frontend.tracer import Tracer
from autograd.graph import computed_order
from autograd.lowering.program import Guard, Instruction, Number, Program
from autograd.lowering.reverse import replay
from autograd.lowering.symbols import Builder
from autograd.ops import PARAMETER
from autograd.source_lines import source_text
from autograd.value import Value


def flatten_graph(
    arguments: Sequence[Value], parameters: Sequence[Value], roots: Sequence[Value], tracer: Tracer
) -> Program:
    """Write the graph below the roots as a program, in the order in which it was recorded."""
    tracer.finish()
    code = [Instruction("input", (), float(k)) for k in range(len(arguments))]
    code += [Instruction("parameter", (), float(k)) for k in range(len(parameters))]
    number_of = {leaf: number for number, leaf in enumerate([*arguments, *parameters])}
    ends = [*roots, *tracer.guards]
    for value in [*computed_order(ends), *[end for end in ends if not end.inputs]]:
        for node in (*value.inputs, value):
            if node not in number_of:
                number_of[node] = len(code)
                code.append(instruction(node, number_of) if node.inputs and node.op else leaf_constant(node))
    leaves = {*arguments, *parameters}
    if any(not node.inputs and tracer.knows(node) and node not in leaves for node in number_of):
        raise TraceError(
            "the function computes with an argument or parameter under no_grad(), which would freeze the result for "
            "the example: leave no_grad() out, and use .detach() on what shall have no gradient"
        )
    outputs = tuple([number_of[root] for root in roots])
    program = Program(tuple(x.label for x in arguments), len(parameters), tuple(code), outputs)
    return add_guards(program, [(number_of[guard], guard.data != 0.0, source_text(guard)) for guard in tracer.guards])


def leaf_constant(leaf: Value) -> Instruction:
    """Write a leaf that is neither argument nor parameter as a constant."""
    if leaf.op is PARAMETER:
        raise ValueError(
            f"the function uses the parameter {leaf.label or leaf.data!r}, whose value would be frozen: "
            "pass parameters=model.parameters()"
        )
    return Instruction("constant", (), 1.0 * leaf.data)


def add_guards(program: Program, notes: Sequence[tuple[Number, bool, str]]) -> Program:
    """Add each condition that Python branched on as one more output, unless it depends on constants alone."""
    builder = Builder()
    kept: list[Guard] = []
    conditions: list[Number] = []
    code = list(program.code)
    values = replay(program, builder) if notes else []
    for number, holds, source in notes:
        if isinstance(values[number], bool | float):
            continue
        one, zero = len(code), len(code) + 1
        code += [Instruction("constant", (), 1.0), Instruction("constant", (), 0.0)]
        conditions.append(len(code))
        code.append(Instruction("where", (number, one, zero)))
        kept.append(Guard(len(program.outputs) + len(kept), holds, source))
    return msgspec.structs.replace(
        program, code=tuple(code), outputs=(*program.outputs, *conditions), guards=tuple(kept)
    )
