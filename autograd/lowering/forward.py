"""The forward pass of derivatives on symbols: how results change as leaves move along given tangents."""

from __future__ import annotations

from collections.abc import Mapping

from autograd.lowering.program import Number, Program
from autograd.lowering.reverse import product
from autograd.lowering.symbols import Builder, Operand


def tangents(
    program: Program, values: list[Operand], seeds: Mapping[Number, Operand], builder: Builder
) -> dict[Number, Operand]:
    """Return the tangent of every instruction that depends on the seeds: the sum of partial times input's tangent.

    As in the backward pass, nothing crosses a branch that a row does not take, not even infinity or nan.
    """
    found = dict(seeds)
    for number, instruction in enumerate(program.code):
        if number in found or instruction.row is None or not any(input in found for input in instruction.inputs):
            continue
        partials = instruction.row.partials(values[number], *[values[input] for input in instruction.inputs])
        terms = [
            product(builder, found[input], partial)
            for input, partial in zip(instruction.inputs, partials, strict=True)
            if partial is not None and input in found
        ]
        if terms:
            found[number] = builder.total(terms)
    return found
