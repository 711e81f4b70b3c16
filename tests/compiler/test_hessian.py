"""Compiled second derivatives: `autograd.hessian`'s, to the last bit, in whatever branches the rows are."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import KINKED, Recipe, graphs

import autograd
from autograd import Value, dot, maximum, ops, where
from autograd.compiler import CompiledFunction, GuardError, Program
from autograd.compiler.runtime import strategy
from autograd.compiler.runtime.kernel import Kernel
from autograd.compiler.tape.kernel import TapeKernel
from autograd.lowering.programs import hessian_program
from autograd.ops import OPS
from autograd.value import parameter
from tests.compiler.test_edges import FEW, SELECTING, bits, points_of
from tests.compiler.test_function import MODEL, PARAMETERS, branching, data, folded, points_around
from tests.engine.test_backward import CURVATURES

Maker = Callable[[Program], Kernel | TapeKernel]
SMOOTH = ("add", "multiply", "divide", "tanh", "sin", "dot", "sum")  # they let a selection's gradient be any number
SELECTIONS = (*KINKED, "maximum", "minimum", "clamp_min", "clamp_max", "where")


def straight(program: Program) -> Kernel:
    return Kernel(hessian_program(program), fast=False)


def tape(program: Program) -> TapeKernel:
    return TapeKernel(hessian_program(program), fast=False)


def assert_same(function: Callable[..., Value], points: Sequence[tuple[float, ...]], make: Maker = straight) -> None:
    """Compare every second derivative at every point, all points in one call."""
    fast = autograd.compile(function, example=[0.5] * len(points[0]))
    fast.kernels["hessian"] = make(fast.program)
    got = fast.hessian(*np.array(points).T)
    found = [(point, bits(got[:, :, row]), bits(autograd.hessian(function, point))) for row, point in enumerate(points)]
    wrong = [each for each in found if each[1] != each[2]]
    assert not wrong, (len(wrong), wrong[:3])


@pytest.mark.parametrize("make", [straight, tape])
@pytest.mark.parametrize("op", OPS.values(), ids=str)
def test_every_op_has_the_engines_bits(op: ops.Op, make: Maker) -> None:
    arity = op.arity or 3
    if op is ops.constant_power:
        for exponent in [*FEW, 2.0]:
            assert_same(lambda x, n=exponent: (x * x.sin()) ** n * x, points_of(1), make)
        return
    assert_same(op, points_of(arity)[:: 3 if arity == 2 else 1], make)
    assert_same(lambda *xs: op(*[x * xs[-1] for x in xs]) * xs[0] + op(*xs), points_of(arity)[:: 3 * arity - 2], make)
    for constant in (0.0, 2.0, -1.5, math.inf) if arity == 2 else ():
        assert_same(lambda x, constant=constant: op(x * x.sin(), constant), points_of(1), make)
        assert_same(lambda x, constant=constant: op(constant, x * x.sin()), points_of(1), make)


@pytest.mark.parametrize(("arity", "op"), SELECTING.values(), ids=SELECTING)
def test_an_infinite_gradient_passes_only_the_branch_taken(arity: int, op: Callable[..., Value]) -> None:
    assert_same(lambda *xs: op(*xs) * math.inf * xs[0], points_of(arity))
    assert_same(lambda *xs: op(*[x.log() * x for x in xs]) * xs[0], points_of(arity))


@pytest.mark.parametrize(("f", "xs"), [case[1:3] for case in CURVATURES], ids=[case[0] for case in CURVATURES])
def test_second_derivatives_are_the_engines_at_the_edges(f: Callable[..., Value], xs: list[float]) -> None:
    assert_same((lambda x: f(x)) if len(xs) == 1 else (lambda x, z: f(x, z)), [tuple(xs)])


@pytest.mark.parametrize("make", [straight, tape])
@given(recipe=graphs())
@settings(max_examples=15)
def test_random_graphs_have_the_engines_bits(make: Maker, recipe: Recipe) -> None:
    assert_same(recipe.root, points_around(recipe.leaves), make)


@pytest.mark.parametrize("make", [straight, tape])
@given(recipe=graphs(25, (*SMOOTH, *SELECTIONS)))
@settings(max_examples=20)
def test_random_graphs_with_comparisons_have_the_engines_bits(make: Maker, recipe: Recipe) -> None:
    assert_same(branching(recipe), points_around(recipe.leaves), make)


def numbers(count: int) -> list[tuple[float, ...]]:
    rng = random.Random(0)
    return [(rng.uniform(0.0, 3.0),) for _ in range(count)]


def test_a_gradient_passed_on_unchanged_is_added_in_the_engines_groups() -> None:
    """Both terms of a sum have the gradient of the sum: what comes back through each is added up before they meet."""
    assert_same(lambda x: (x.exp() * x.sin() + x.cos() * x.tanh()).sin(), numbers(100))


def test_a_branch_not_taken_leaves_the_order_of_what_is_added() -> None:
    """A use of u that takes part in some rows only: in the others, its place among the uses of u stays empty."""

    def function(x: Value) -> Value:
        u, v = x.exp() * x.sin(), x.cos() * x.tanh()
        return (u + v).sin() + where(x > 1.5, u, x) * x + maximum(u, v) * u

    assert_same(function, numbers(200))


def test_with_parameters_each_row_adds_the_engines_hessian() -> None:
    """Rows are in different branches, of every neuron and of the hinge."""
    columns = data(40)
    fast = autograd.compile(lambda x, z, t: (1.0 - t * MODEL([x, z])).relu() ** 2, PARAMETERS)  # type: ignore[operator]
    rows = [fast.hessian(*row) for row in zip(*columns, strict=True)]
    expected = [autograd.hessian(loss_of(row), [p.data for p in PARAMETERS]) for row in zip(*columns, strict=True)]
    assert [bits(row) for row in rows] == [bits(row) for row in expected]
    assert len({(np.array(row) == 0.0).tobytes() for row in expected}) > 4
    sums = [folded(list(terms)) for terms in np.reshape(expected, (len(rows), -1)).T.tolist()]
    assert bits(fast.hessian(*columns)) == bits(sums)
    on_tape = CompiledFunction(fast.program, 0, fast.parameters, False)
    on_tape.kernels["hessian"] = tape(fast.program)
    assert bits(on_tape.hessian(*columns)) == bits(sums)


def loss_of(row: tuple[float, ...]) -> Callable[..., Value]:
    """The loss of the model on one row, as a function of its parameters."""
    x, z, t = row

    def loss(*theta: Value) -> Value:
        given = iter(theta)
        xs: list[Value | float] = [x, z]
        for size in (5, 4, 1):
            neurons = [([next(given) for _ in xs], next(given)) for _ in range(size)]
            xs = [dot(w, xs, b).relu() if len(neurons) > 1 else dot(w, xs, b) for w, b in neurons]
        return (1.0 - t * xs[0]).relu() ** 2

    return loss


def test_guards_stand_behind_the_derivatives() -> None:
    def function(x: Value, z: Value) -> Value:
        y = x.exp() * z if x > 0.0 else x
        return y.tanh() * x if z < 10.0 else y

    assert_same(function, [(0.3, 0.7), (1.2, -0.4), (2.0, 9.0)])
    with pytest.raises(GuardError, match="in 1 of 2 rows: 1"):
        autograd.compile(function).hessian([1.0, 1.0], [2.0, 10.0])


def test_with_parameters_it_sums_over_rows() -> None:
    w = parameter(0.7)
    of_sum = autograd.compile(lambda x: (w * x).exp(), [w]).hessian([1.0, 2.0])
    assert of_sum.shape == (1, 1)
    assert of_sum[0, 0] == pytest.approx(np.exp(0.7) + 4.0 * np.exp(1.4), rel=1e-14)


def test_it_has_the_engines_sign_of_zero() -> None:
    assert_same(lambda x, z: x * z * -0.0, [(1.0, 2.0), (-1.0, 2.0)])


def test_logic_of_ties_is_the_engines() -> None:
    """At a tie, whether anything has reached x * x is asked of both branches."""
    assert_same(lambda x: maximum(x * x, x * x), [(3.0,), (-2.0,)])


def test_what_does_not_depend_on_an_argument_has_derivative_zero() -> None:
    fast = autograd.compile(lambda x, z: z * 3.0)
    assert fast.hessian([1.0, 2.0], 3.0).tolist() == [[[0.0, 0.0]] * 2] * 2
    assert autograd.compile(lambda x: x).hessian(2.0).tolist() == [[0.0]]
    assert autograd.compile(lambda x: 5.0).hessian(2.0).tolist() == [[0.0]]


def test_a_large_one_is_run_on_the_tape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy, "LARGE", 1)
    fast = autograd.compile(lambda x: (x * x).tanh() * x)
    assert fast.hessian(0.3)[0, 0] == autograd.hessian(lambda x: (x * x).tanh() * x, [0.3])[0][0]
    assert isinstance(fast.kernels["hessian"], TapeKernel)
