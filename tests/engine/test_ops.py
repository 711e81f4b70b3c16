"""The rule table, row by row, against mpmath; and the table's rows as functions of numbers."""

from __future__ import annotations

import math
import pickle

import pytest
from oracle import EPSILON, HELD, TRUTH, bits, exact, first, mp, second, ulps
from points import SELECTING, points

from autograd import Value, grad, ops, rules
from autograd.backward import backward_pass
from autograd.ops import CONSTANT, OPS, PARAMETER, Op, as_float

every_op = pytest.mark.parametrize("op", OPS.values(), ids=OPS)
SUMS = {"sum", "dot", "logsumexp"}  # their terms may cancel: the error is measured against the terms
BINARY_CANCELS = {"hypot", "arctan2"}  # their second derivatives do, against slope / radius


def held(op: Op, k: int) -> bool:
    return k in HELD.get(op.name, ())


def test_the_oracle_knows_every_row() -> None:
    assert {*TRUTH} == {*OPS}


@every_op
def test_domain_is_finite_and_has_an_interval_for_each_input(op: Op) -> None:
    assert op.domain
    assert all(math.isfinite(low) and math.isfinite(high) and low < high for low, high in op.domain)
    xs = next(points(op, 1))
    assert len(op.partials(op.forward(*xs), *xs)) == len(op.domain)


@every_op
def test_forward_is_right_over_the_domain(op: Op) -> None:
    for xs in points(op, 300):
        true = TRUTH[op.name](*exact(xs))
        got = op.forward(*xs)
        if op.name in SUMS:
            terms = 1.0 + max(map(abs, xs)) ** (2 if op.name == "dot" else 1)
            assert abs(mp.mpf(got) - true) <= len(xs) * EPSILON * terms, xs
        else:
            assert ulps(got, true) <= op.ulps / 2.0, xs


@every_op
def test_first_derivatives_are_right_over_the_domain(op: Op) -> None:
    for xs in points(op, 1000):
        true_inputs = exact(xs)
        for k, partial in enumerate(op.partials(op.forward(*xs), *xs)):
            if held(op, k):
                assert partial is None
            else:
                assert ulps(partial or 0.0, first(TRUTH[op.name], true_inputs, k)) <= op.ulps, (xs, k)


@pytest.mark.parametrize("x", [3.3, -4.7, 10.3, 20.1, 25.7])
def test_the_tail_of_a_bell_keeps_its_digits(x: float) -> None:
    """exp(-x * x) magnifies the rounding of x * x by x * x: hundreds of units, if it were taken as it is written."""
    erfc = OPS["erfc"]
    (partial,) = erfc.partials(erfc.forward(x), x)
    assert ulps(partial, first(TRUTH["erfc"], exact([x]), 0)) <= erfc.ulps


@every_op
def test_second_derivatives_are_right_over_the_domain(op: Op) -> None:
    for xs in points(op, 80, seed=1):
        leaves = [Value(x) for x in xs]
        output = Value.record(
            op, *[x if held(op, k) else leaf for k, (x, leaf) in enumerate(zip(xs, leaves, strict=True))]
        )
        slopes = grad(output, leaves, create_graph=True)
        scale = max(abs(slope.data) for slope in slopes)
        if op.name in BINARY_CANCELS:
            scale *= max(1.0, 1.0 / max(map(abs, xs)))
        for k, slope in enumerate(slopes):
            for j, got in enumerate(grad(slope, leaves)):
                if held(op, j) or held(op, k):
                    assert got == 0.0
                    continue
                true = second(TRUTH[op.name], exact(xs), j, k)
                allowed = op.ulps * (4.0 * math.ulp(float(true)) + EPSILON * scale)
                assert abs(mp.mpf(got) - true) <= allowed, (xs, j, k)


@every_op
def test_recorded_partials_are_those_of_the_rule_and_of_create_graph(op: Op) -> None:
    for xs in points(op, 50, seed=2):
        leaves = [Value(x) for x in xs]
        output = Value.record(
            op, *[x if held(op, k) else leaf for k, (x, leaf) in enumerate(zip(xs, leaves, strict=True))]
        )
        partials = [*op.partials(op.forward(*xs), *xs)]
        expected = [0.0 if p is None else p for p in partials]
        assert [*output.partials] == partials
        assert grad(output, leaves) == expected
        assert [slope.data for slope in grad(output, leaves, create_graph=True)] == expected


@pytest.mark.parametrize("exponent", [-3.0, -2.0, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0, 3.0, 8.0])
def test_common_exponents_keep_four_ulps(exponent: float) -> None:
    for op in (ops.power, ops.constant_power):
        for x, _ in points(op, 200):
            partial = op.partials(op.forward(x, exponent), x, exponent)[0]
            assert ulps(partial, first(TRUTH["power"], exact([x, exponent]), 0)) <= 4.0, x


EXTREMES = {
    "log": lambda x: 1 / x,
    "log2": lambda x: 1 / (x * mp.ln(2)),
    "log10": lambda x: 1 / (x * mp.ln(10)),
    "log1p": lambda x: 1 / (1 + x),
    "sqrt": lambda x: 1 / (2 * mp.sqrt(x)),
    "arcsinh": lambda x: 1 / mp.sqrt(1 + x * x),
    "arctan": lambda x: 1 / (1 + x * x),
}


@pytest.mark.parametrize("x", [5e-324, 1e-310, 1e-300, 1e-100, 1e100, 1e300, 1.7e308])
@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_inputs_keep_four_ulps(name: str, x: float) -> None:
    op = OPS[name]
    (partial,) = op.partials(op.forward(x), x)
    assert ulps(partial, EXTREMES[name](mp.mpf(x))) <= 4.0


@pytest.mark.parametrize("x", [-1e308, -1e100, -1e3, -800.0, 800.0, 1e3, 1e100, 1e308])
@pytest.mark.parametrize("op", [ops.sigmoid, ops.softplus, ops.tanh, ops.gelu, ops.relu, ops.arctan], ids=str)
def test_saturating_functions_are_stable(op: Op, x: float) -> None:
    leaf = Value(x)
    y = op(leaf)
    (slope,) = grad(y, [leaf], create_graph=True)
    (curvature,) = grad(slope, [leaf])
    assert all(map(math.isfinite, (y.data, slope.data, curvature)))


@pytest.mark.parametrize("xs", [[1e308, -1e308], [-1e308, -1e308], [1e308, 1e308], [1e3, 0.0, -1e3], [-800.0]])
def test_logsumexp_is_stable(xs: list[float]) -> None:
    leaves = [Value(x) for x in xs]
    y = ops.logsumexp(*leaves)
    slopes = grad(y, leaves, create_graph=True)
    assert y.data == max(xs) + math.log(xs.count(max(xs)))
    assert math.fsum(slope.data for slope in slopes) == 1.0
    assert all(map(math.isfinite, grad(slopes[0], leaves)))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8])
def test_variadic_rows_at_any_size(size: int) -> None:
    xs = [0.37 * (k + 1) * (-1) ** k for k in range(size)]
    for name in ("sum", "dot", "logsumexp"):
        op, true_inputs = OPS[name], exact(xs)
        if name == "dot" and size == 1:
            continue
        leaves = [Value(x) for x in xs]
        for k, got in enumerate(grad(op(*leaves), leaves)):
            assert ulps(got, first(TRUTH[name], true_inputs, k)) <= 4.0, (name, k)


@every_op
def test_a_row_gives_numbers_for_numbers_and_a_node_for_a_value(op: Op) -> None:
    xs = next(points(op, 1, seed=3))
    y = op(*xs)
    assert type(y) is float
    node = op(Value(xs[0]), *xs[1:])
    assert bits(node.data) == bits(y)
    assert node.op is op
    assert op(*xs[:-1], Value(xs[-1])).data == y


@every_op
def test_a_row_pickles_as_its_name_and_prints_it(op: Op) -> None:
    assert pickle.loads(pickle.dumps(op)) is op
    assert repr(op) == f"<op {op.name}>"
    assert op.symbol


def test_singletons_survive_pickling() -> None:
    assert pickle.loads(pickle.dumps([CONSTANT, PARAMETER])) == [CONSTANT, PARAMETER]
    assert pickle.loads(pickle.dumps(Value(3.0) * 2.0)).partials[1] is None


@every_op
def test_only_selecting_rows_block(op: Op) -> None:
    if op.name not in SELECTING and op.name not in HELD:
        for xs in points(op, 20, seed=4):
            assert not any(p is None for p in op.partials(op.forward(*xs), *xs))


@pytest.mark.parametrize("condition", [True, False])
def test_select_between_values_is_a_node_whichever_is_taken(condition: bool) -> None:
    """So a derivative's graph has both branches, as compiled code has, and gradients are added in the same order."""
    x, z = Value(2.0), Value(3.0)
    for a, b in ((x, z), (x, 3.0), (2.0, z)):
        chosen = rules.select(condition, a, b)
        assert (chosen.op, chosen.data) == (ops.where, 2.0 if condition else 3.0)
    assert rules.select(condition, 2.0, 3.0) == (2.0 if condition else 3.0)


def test_what_rounding_error_and_gaussian_detach_gets_nothing_of_an_infinite_gradient() -> None:
    """Its contributions cancel to 0; those of an infinite gradient would be inf - inf."""
    x = Value(0.3)
    for a, b in ((x, 7.1), (7.1, x)):
        assert rules.rounding_error(a, b).data != 0.0
        assert grad(math.inf * rules.rounding_error(a, b), [x]) == [0.0]
    assert grad(math.inf * rules.gaussian(x, 1.0), [x]) == [-math.inf]
    error = rules.rounding_error(Value(1.0), Value(1e-20))
    assert error.data == -1e-20
    assert [*backward_pass(error)] == [error]  # no pass goes through what it was computed by


def test_slopes_at_infinity() -> None:
    assert ops.silu.partials(math.inf, math.inf) == (1.0,)
    assert ops.silu.partials(-0.0, -math.inf) == (0.0,)
    assert all(math.isnan(slope) for slope in ops.hypot.partials(math.inf, math.inf, math.inf))


@pytest.mark.parametrize("wrong", ["3", b"3", None, 1j, [1.0], {}], ids=repr)
def test_what_is_not_a_number_is_refused_by_name(wrong: object) -> None:
    with pytest.raises(TypeError, match=f"expected one real number, got {type(wrong).__name__}.*pass an int"):
        as_float(wrong)
    with pytest.raises(TypeError, match="expected one real number"):
        ops.exp(wrong)
    with pytest.raises(TypeError, match="expected one real number"):
        ops.hypot(Value(1.0), wrong)


def test_an_op_of_ones_own_needs_no_domain() -> None:
    cube = Op("cube", "cube", lambda x: x * x * x, lambda y, x: (3.0 * x * x,))
    x = Value(2.0)
    cube(x).backward()
    assert x.grad == 12.0
    assert cube(2.0) == 8.0
