"""The backward pass on symbols, from which the programs of derivatives are made.

A program computes both branches of a selection. Where the engine would block a gradient, a mask leaves it out of the
sum in just those rows. Contributions are added in the engine's order, so each row has the same bits as the engine.

For second derivatives, the first pass is recorded as the engine records it. The second pass then visits the same nodes
in the same order. Equal instructions are merged afterwards, which changes no bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Final

from msgspec.structs import replace

from autograd.lowering.program import COMPARISONS, LEAVES, Number, Program
from autograd.lowering.symbols import Builder, Operand, Product, Recorder, Symbol
from autograd.ops import OPS
from autograd.rules import select

LONG_DOT: Final = 16  # terms of a dot whose contributions are gathered; shorter ones are quicker one by one


def recorded_slopes(program: Program) -> tuple[Program, list[Number]]:
    """Return the function with its derivatives, node for node as `autograd.hessian` records them, and their numbers.

    What the backward pass computes follows the function's own instructions, as the engine records it.
    """
    recorder = Recorder(program)
    values = [recorder.operand(number) for number in range(len(program.code))]
    slopes = [recorder.number_of(slope) for slope in leaf_slopes(program, values, recorder, program.outputs[0])]
    return replace(program, code=tuple(recorder.code)), slopes


def leaf_slopes(program: Program, values: list[Operand], builder: Builder, root: Number) -> list[Operand]:
    """List the derivatives of a result with respect to the parameters, or else to the arguments."""
    wrt = "parameter" if program.parameters else "input"
    leaves = {number for number, instruction in enumerate(program.code) if instruction.op == wrt}
    slopes = gradients(program, values, {root: 1.0}, leaves, builder)
    at_place = {int(program.code[number].value): slope for number, slope in slopes.items()}
    return [at_place.get(k, 0.0) for k in range(program.parameters or len(program.arguments))]


def replay(program: Program, builder: Builder) -> list[Operand]:
    """Apply every instruction of a program again, on symbols; what depends on constants alone becomes a float."""
    values: list[Operand] = []
    for instruction in program.code:
        op, operands = instruction.op, tuple([values[input] for input in instruction.inputs])
        if op == "constant":
            values.append(instruction.value)
        elif op in LEAVES:
            values.append(builder.leaf(op, instruction.value))
        elif instruction.own:
            values.append(builder.apply_own(instruction.own, operands))
        elif op == "where":
            values.append(select(*operands))  # its condition may be known: True or False
        elif op in OPS:
            apply = builder.apply if any(type(x) is Symbol for x in operands) else apply_to_numbers
            values.append(apply(op, operands))
        else:
            values.append(logic(builder, op, operands))
    return values


def apply_to_numbers(op: str, operands: tuple[Operand, ...]) -> Operand:
    return OPS[op](*operands)


def logic(builder: Builder, op: str, operands: Sequence[Operand]) -> Operand:
    """Apply a comparison, or "both", "either" or "negation" of conditions."""
    if op in COMPARISONS:
        return builder.apply(op, tuple(operands))
    if op == "negation":
        return builder.negation(operands[0])
    return (builder.both if op == "both" else builder.either)(*operands)


def gradients(
    program: Program,
    values: list[Operand],
    roots: Mapping[Number, Operand],
    targets: Set[Number],
    builder: Builder,
) -> dict[Number, Operand]:
    """Compute d root / d target for each instruction of a set that the root depends on: the backward pass on symbols.

    Of several roots, each with the gradient it starts from, the sum is differentiated. The pass goes through the
    instructions in reverse, as the engine goes through the nodes. With each gradient goes the condition under which
    anything has reached the node at all; where it fails, the node passes nothing on.
    """
    wanted = depends(program, targets)
    terms: dict[Number, list[Operand | Product]] = {root: [start] for root, start in roots.items()}
    reached: dict[Number, Operand] = dict.fromkeys(roots, True)
    found: dict[Number, Operand] = {}
    for number in reversed(range(max(roots) + 1)):
        instruction = program.code[number]
        if number not in terms or not wanted[number] or instruction.row is None:
            continue
        gradient, live = builder.total(terms.pop(number)), reached.pop(number)
        if number in targets:
            found[number] = gradient
        partials = instruction.row.partials(values[number], *[values[input] for input in instruction.inputs])
        count = len(instruction.inputs) // 2
        gathered = 2 * count if builder.gathers and instruction.op == "dot" and count >= LONG_DOT else 0
        for place, (input, partial) in enumerate(zip(instruction.inputs, partials, strict=True)):
            if partial is None or not wanted[input]:
                continue
            if reached.get(input) is not True:
                flowing = builder.both(live, builder.flows(partial))
                reached[input] = builder.either(reached.get(input, False), flowing)
            earlier = terms.setdefault(input, [])
            if place < gathered:
                gather_product(builder, earlier, Product(gradient, partial, live))
            else:
                earlier.append(mask_contribution(builder, live, product(builder, gradient, partial)))
    return found | {number: builder.total(terms[number]) for number in sorted(terms) if number in targets}


def gather_product(builder: Builder, terms: list[Operand | Product], contribution: Product) -> None:
    """Append a product that is added up with the others of its dot, as one sum of products."""
    if terms and type(terms[-1]) is not Product:  # known before the first product is, as a loop needs it
        terms[:] = [builder.total(terms)]
    terms.append(contribution)


def depends(program: Program, targets: Set[Number]) -> list[bool]:
    """Return for each instruction whether it is one of the targets or depends on one."""
    wanted: list[bool] = []
    for number, instruction in enumerate(program.code):
        wanted.append(number in targets or any(wanted[input] for input in instruction.inputs))
    return wanted


def product(builder: Builder, gradient: Operand, partial: Operand) -> Operand:
    """Multiply; of a choice between numbers, each: then a 1 costs no multiplication and nothing crosses None."""
    if type(partial) is Symbol:
        instruction = builder.code[partial.number]
        if instruction.op == "where":
            condition, a, b = [builder.operand(number) for number in instruction.inputs]
            if partial.number in builder.live or 1.0 in (a, b):
                branches = product(builder, gradient, a), product(builder, gradient, b)
                return builder.apply("where", (condition, *branches))
    return 0.0 if partial is None else gradient * partial


def mask_contribution(builder: Builder, live: Operand, contribution: Operand) -> Operand:
    """Leave a contribution out of the sum in the rows where nothing has reached the node: not even 0 * inf."""
    return contribution if live is True else builder.apply("where", (live, contribution, 0.0))
