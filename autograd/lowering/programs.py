"""The programs that a function is compiled to: its values, and every kind of derivative.

Derivatives are with respect to the parameters, summed over the rows, or row by row with respect to the arguments of a
function without parameters. Tangents and cotangents are leaves that follow the function's own: further arguments, or
further parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Final

from msgspec.structs import replace

from autograd.lowering.forward import tangents
from autograd.lowering.program import Guard, Instruction, Number, Program
from autograd.lowering.reverse import gradients, leaf_slopes, recorded_slopes, replay
from autograd.lowering.symbols import Builder, Operand


def results_of(program: Program) -> tuple[Number, ...]:
    """Return the instructions of the function's own results, without the guards'."""
    return program.outputs[: len(program.outputs) - len(program.guards)]


def values_program(program: Program) -> Program:
    """Return the program of the function's own results, without instructions that none of them needs."""
    builder = Builder()
    values = replay(program, builder)
    return finish_program(builder, program, [values[number] for number in program.outputs], guards=program.guards)


def gradient_program(program: Program) -> Program:
    """Return the program of the value and its derivatives: summed over the rows if there are parameters."""
    builder = Builder()
    values = replay(program, builder)
    slopes = leaf_slopes(program, values, builder, program.outputs[0])
    value, *conditions = [values[number] for number in program.outputs]
    if program.parameters:
        return finish_program(builder, program, conditions, [value, *slopes], shift_guards(program.guards, 0))
    outputs = [value, *[slope + 0.0 for slope in slopes], *conditions]
    return finish_program(builder, program, outputs, guards=shift_guards(program.guards, 1 + len(slopes)))


def hessian_program(program: Program) -> Program:
    """Return the program of the second derivatives."""
    first, derivatives = recorded_slopes(program)
    builder = Builder()
    values = replay(first, builder)
    second = [slope for number in derivatives for slope in leaf_slopes(first, values, builder, number)]
    return finish_derivative(builder, program, values, second, summed=bool(program.parameters))


def jacobian_program(program: Program) -> Program:
    """The derivatives of each output in turn."""
    builder = Builder()
    values = replay(program, builder)
    slopes = [slope for root in results_of(program) for slope in leaf_slopes(program, values, builder, root)]
    return finish_derivative(builder, program, values, slopes, summed=bool(program.parameters))


def vjp_program(program: Program) -> Program:
    """The derivatives of the outputs' sum, each weighted by a cotangent: a further argument."""
    builder = Builder()
    values = replay(program, builder)
    count = len(program.arguments)
    roots: dict[Number, Operand] = {}
    for k, root in enumerate(results_of(program)):
        cotangent = builder.leaf("input", float(count + k))
        roots[root] = roots[root] + cotangent if root in roots else cotangent
    found = gradients(program, values, roots, leaves(program), builder)
    slopes = [found.get(number, 0.0) for number in wanted_numbers(program)]
    names = tuple(f"cotangents[{k}]" for k in range(len(results_of(program))))
    extended = replace(program, arguments=(*program.arguments, *names))
    return finish_derivative(builder, extended, values, slopes, summed=bool(program.parameters))


def jvp_program(program: Program) -> Program:
    """How each output changes, row by row, as arguments or parameters move along tangents."""
    builder = Builder()
    values = replay(program, builder)
    found = tangents(program, values, seeds(program, builder), builder)
    changes = [found.get(root, 0.0) for root in results_of(program)]
    return finish_derivative(builder, with_tangents(program), values, changes, summed=False)


def hvp_program(program: Program) -> Program:
    """The Hessian times a vector: how the gradient changes along it."""
    first, derivatives = recorded_slopes(program)
    builder = Builder()
    values = replay(first, builder)
    found = tangents(first, values, seeds(first, builder), builder)
    changes = [found.get(number, 0.0) for number in derivatives]
    return finish_derivative(builder, with_tangents(program), values, changes, summed=bool(program.parameters))


def values_and_grad_program(program: Program) -> Program:
    """The value row by row, and its derivatives by the parameters, summed over the rows."""
    builder = Builder()
    values = replay(program, builder)
    slopes = leaf_slopes(program, values, builder, program.outputs[0])
    outputs = [values[number] for number in program.outputs]
    return finish_program(builder, program, outputs, slopes, shift_guards(program.guards, 1))


def both_grads_program(program: Program) -> Program:
    """The value and its derivatives by the arguments, row by row; the same by the parameters, summed over the rows."""
    builder = Builder()
    values = replay(program, builder)
    numbers = {kind: leaf_numbers(program, kind) for kind in ("input", "parameter")}
    targets = {number for kind in numbers.values() for number in kind if number != -1}
    found = gradients(program, values, {program.outputs[0]: 1.0}, targets, builder)
    slopes = {kind: [found.get(number, 0.0) for number in places] for kind, places in numbers.items()}
    value, *conditions = [values[number] for number in program.outputs]
    outputs = [value, *[slope + 0.0 for slope in slopes["input"]], *conditions]
    guards = shift_guards(program.guards, 1 + len(slopes["input"]))
    return finish_program(builder, program, outputs, [value, *slopes["parameter"]], guards)


def guards_program(program: Program) -> Program:
    """The condition of each guard, an output each: what is run to say which one does not hold."""
    builder = Builder()
    return finish_derivative(builder, program, replay(program, builder), [], summed=False)


def with_one_guard(program: Program) -> Program:
    """Write one condition, that every guard holds, in place of a condition for each."""
    count = len(program.guards)
    wheres = [program.code[number] for number in program.outputs[len(program.outputs) - count :]] if count > 1 else []
    if not wheres or any(where.op != "where" for where in wheres):
        return program
    code = list(program.code)

    def add(op: str, *inputs: Number, value: float = 0.0) -> Number:
        code.append(Instruction(op, inputs, value))
        return len(code) - 1

    conditions = [where.inputs[0] for where in wheres]
    agreeing = [c if guard.holds else add("negation", c) for c, guard in zip(conditions, program.guards, strict=True)]
    holds = reduce(lambda a, b: add("both", a, b), agreeing)
    agreed = add("where", holds, add("constant", value=1.0), add("constant", value=0.0))
    outputs = (*program.outputs[: len(program.outputs) - count], agreed)
    return replace(program, code=tuple(code), outputs=outputs, guards=(Guard(len(outputs) - 1, True, ""),))


def finish_derivative(
    builder: Builder, program: Program, values: Sequence[Operand], results: Sequence[Operand], summed: bool
) -> Program:
    """Freeze a program of results, with the function's guards."""
    conditions = [values[program.outputs[guard.output]] for guard in program.guards]
    if summed:
        return finish_program(builder, program, conditions, results, shift_guards(program.guards, 0))
    outputs = [*[result + 0.0 for result in results], *conditions]
    return finish_program(builder, program, outputs, guards=shift_guards(program.guards, len(results)))


def finish_program(
    builder: Builder,
    program: Program,
    outputs: Sequence[Operand],
    sums: Sequence[Operand] = (),
    guards: tuple[Guard, ...] = (),
) -> Program:
    """Freeze what a builder collected, without the instructions that no result needs."""
    output_numbers = [builder.number_of(x) for x in outputs]
    sum_numbers = [builder.number_of(x) for x in sums]
    needed = [False] * len(builder.code)
    for number in (*output_numbers, *sum_numbers):
        needed[number] = True
    for number in range(len(needed) - 1, -1, -1):
        if needed[number]:
            for input in builder.code[number].inputs:
                needed[input] = True
    place: list[int] = []
    code: list[Instruction] = []
    for instruction, kept in zip(builder.code, needed, strict=True):
        place.append(len(code))
        if kept:
            inputs = tuple([place[input] for input in instruction.inputs])
            code.append(Instruction(instruction.op, inputs, 1.0 * instruction.value))
    kept_outputs, kept_sums = tuple(place[n] for n in output_numbers), tuple(place[n] for n in sum_numbers)
    return Program(program.arguments, program.parameters, tuple(code), kept_outputs, kept_sums, guards)


def shift_guards(guards: Sequence[Guard], first: int) -> tuple[Guard, ...]:
    """Place the guards' conditions from an output on."""
    return tuple(Guard(first + k, guard.holds, guard.source) for k, guard in enumerate(guards))


def leaf_numbers(program: Program, kind: str) -> list[Number]:
    """Return the instructions of the inputs or parameters in order; -1 for one that the program does not use."""
    found = {int(i.value): number for number, i in enumerate(program.code) if i.op == kind}
    return [found.get(k, -1) for k in range(program.parameters if kind == "parameter" else len(program.arguments))]


def wanted_numbers(program: Program) -> list[Number]:
    """Return the instructions of what is differentiated by, unless told otherwise: parameters if there are any."""
    return leaf_numbers(program, "parameter" if program.parameters else "input")


def leaves(program: Program) -> set[Number]:
    return set(wanted_numbers(program)) - {-1}


def seeds(program: Program, builder: Builder) -> dict[Number, Operand]:
    """Return the tangent of each leaf, a leaf of its own kind that follows all others."""
    kind, count = ("parameter", program.parameters) if program.parameters else ("input", len(program.arguments))
    return {
        number: builder.leaf(kind, float(count + k)) for k, number in enumerate(wanted_numbers(program)) if number != -1
    }


def with_tangents(program: Program) -> Program:
    """Return the program with as many leaves more as it differentiates by."""
    if program.parameters:
        return replace(program, parameters=2 * program.parameters)
    return replace(program, arguments=(*program.arguments, *[f"tangent of {name}" for name in program.arguments]))


PROGRAMS: Final[dict[str, Callable[[Program], Program]]] = {
    "values": values_program,
    "value_and_grad": gradient_program,
    "values_and_grad": values_and_grad_program,
    "both_grads": both_grads_program,
    "hessian": hessian_program,
    "jacobian": jacobian_program,
    "vjp": vjp_program,
    "jvp": jvp_program,
    "hvp": hvp_program,
    "guards": guards_program,
}
