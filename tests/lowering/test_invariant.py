"""What is the same in every row is computed once, with the bits of the whole."""

from __future__ import annotations

import numpy as np

import autograd
from autograd import Value, where
from autograd.compiler.runtime.kernel import Kernel
from autograd.lowering.invariant import split_invariant
from autograd.lowering.programs import values_program
from nn import Adam
from tests.compiler.test_edges import bits

NOTHING = np.empty(0)


def update(data: Value, grad: Value, m: Value, v: Value, step: Value, lr: Value) -> list[Value]:
    moved, memory = Adam.rule(data, grad, (m, v), step, lr, 0.9, 0.999, 1e-8)
    return [moved, *memory]


def test_adams_corrections_are_computed_once() -> None:
    program = values_program(autograd.compile(update).program)
    once, rest = split_invariant(program, {0, 1, 2, 3})
    assert [instruction.op for instruction in once.code].count("power") == 2
    assert "power" not in [instruction.op for instruction in rest.code]
    assert len(rest.arguments) == len(program.arguments) + len(once.outputs)
    columns = [*np.random.default_rng(0).uniform(0.1, 1.0, size=(4, 9)), np.full(9, 3.0), np.full(9, 0.01)]
    whole, _ = Kernel(program, False).run(columns, 9, NOTHING)
    prepared, _ = Kernel(once, False).run(columns, 9, NOTHING)
    assert bits(Kernel(rest, False).run([*columns, *prepared], 9, NOTHING)[0]) == bits(whole)


def test_conditions_stay_where_they_choose_and_a_result_may_be_the_same_in_every_row() -> None:
    def f(x: Value, step: Value) -> list[Value]:
        rate = where(step > 2.0, 0.1, 0.5 * step)
        return [where(step > 1.0, x, -x) * rate, rate.exp(), x]

    program = values_program(autograd.compile(f).program)
    once, rest = split_invariant(program, {0})
    assert [once.code[k].op for k in once.outputs] == ["multiply"]  # 0.5 * step; what is chosen is computed in place
    for step in (0.5, 1.5, 2.5):
        columns = [np.linspace(-1.0, 1.0, 5), np.full(5, step)]
        whole, _ = Kernel(program, False).run(columns, 5, NOTHING)
        prepared, _ = Kernel(once, False).run(columns, 5, NOTHING)
        assert bits(Kernel(rest, False).run([*columns, *prepared], 5, NOTHING)[0]) == bits(whole)


def test_a_program_of_rows_alone_has_nothing_to_prepare() -> None:
    program = values_program(autograd.compile(lambda x, lr: x - lr * x).program)
    once, rest = split_invariant(program, {0})
    assert once.outputs == ()
    assert rest == program
