"""`grad` inside a function that is traced.

The engine's backward pass follows the branches that the example took. Here the pass of `autograd.lowering.reverse`,
which follows every branch and selects row by row, runs over the graph recorded so far, and what it writes is recorded
as `Value`s.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import get_ident
from typing import TYPE_CHECKING

from autograd import ops
from autograd import value as engine
from autograd.compiler.frontend.nodes import instruction
from autograd.graph import computed_order
from autograd.lowering.program import Instruction, Number, Program, needed_instructions
from autograd.lowering.reverse import gradients
from autograd.lowering.symbols import Operand, Recorder, Symbol
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.compiler.frontend.tracer import Tracer


class NodeRecorder(Recorder):
    """Records as `grad(..., create_graph=True)` does: no multiplication by 1, and all contributions in one sum."""

    def apply(self, op: str, operands: tuple[Operand, ...]) -> Operand:
        if op == "multiply" and 1.0 in [x for x in operands if type(x) is float]:
            x, z = operands
            return z if type(x) is float and x == 1.0 else x
        return super().apply(op, operands)

    def total(self, terms: Sequence[Operand]) -> Operand:
        return terms[0] if len(terms) == 1 else ops.sum(*terms)


def differentiate(tracer: Tracer, output: Value, inputs: Sequence[Value]) -> list[Value] | None:
    """Return d output / d input for each input as `Value`s, or None if it is not this thread that traces."""
    if get_ident() != tracer.thread:
        return None
    program, nodes = graph_program(tracer, output, inputs)
    number_of = {node: number for number, node in enumerate(nodes)}
    targets = {number_of[x] for x in inputs if x in number_of}
    recorder = NodeRecorder(program)
    values = [recorder.operand(number) for number in range(len(nodes))]
    slopes = gradients(program, values, {number_of[output]: 1.0}, targets, recorder)
    found = [slopes.get(number_of.get(x, -1), 0.0) for x in inputs]
    new = record_program(tracer, nodes, recorder.code, {x.number for x in found if type(x) is Symbol})
    return [new[x.number] if type(x) is Symbol else engine.constant(x) for x in found]


def graph_program(tracer: Tracer, output: Value, inputs: Sequence[Value]) -> tuple[Program, list[Value]]:
    """Write the graph below the output as a program, with the node of each instruction.

    Conditions stand in it without what they compare, since no gradient flows there.
    """
    order = computed_order([output])
    nodes: list[Value] = []
    number_of: dict[Value, Number] = {}
    code: list[Instruction] = []
    for node in [leaf for each in order for leaf in (*each.inputs, each)] or [output]:
        if node in number_of:
            continue
        number_of[node] = len(nodes)
        nodes.append(node)
        if node in tracer.sides:
            code.append(Instruction("both"))
        elif node.inputs and node.op:
            code.append(instruction(node, number_of))
        elif tracer.knows(node) or node in inputs:
            code.append(Instruction("input", (), float(len(code))))
        else:
            code.append(Instruction("constant", (), 1.0 * node.data))
    return Program((), 0, tuple(code), (number_of[output],)), nodes


def record_program(
    tracer: Tracer, nodes: Sequence[Value], code: Sequence[Instruction], wanted: set[Number]
) -> dict[Number, Value]:
    """Record the instructions that follow those of the nodes given, as far as the wanted ones need them."""
    new = dict(enumerate(nodes))
    for number in needed_instructions(code, wanted, given=range(len(nodes))):
        if number in new:
            continue
        instruction, operands = code[number], [new[input] for input in code[number].inputs]
        if instruction.op == "constant":
            new[number] = engine.constant(instruction.value)
        elif instruction.row:
            new[number] = Value.record(instruction.row, *operands)
        else:
            new[number] = tracer.condition(instruction.op, *operands).recorded
    return new
