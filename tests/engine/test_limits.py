"""Derivatives at infinities and at points where a formula would give 0/0: the limits, to second order."""

from __future__ import annotations

import math
from math import inf, nan

import pytest

from autograd import Value, grad, logsumexp, ops, softmax
from autograd.ops import OPS, Op

ROOT_HALF = math.sqrt(0.5)
UNARY = [op for op in OPS.values() if len(op.domain) == 1]
WITHOUT_LIMIT = {"sin", "cos", "tan"}
SIGNED = [-inf, -1.0, -1e-300, -0.0, 0.0, 1e-300, 1.0, inf]

# A row, a point, and the gradient there.
GRADIENTS: list[tuple[str, tuple[float, ...], tuple[float, ...]]] = [
    ("hypot", (0.0, 0.0), (0.0, 0.0)),
    ("hypot", (-0.0, 0.0), (0.0, 0.0)),
    ("hypot", (5e-324, 0.0), (1.0, 0.0)),
    ("hypot", (inf, 2.0), (1.0, 0.0)),
    ("hypot", (2.0, -inf), (0.0, -1.0)),
    ("hypot", (inf, inf), (nan, nan)),
    ("hypot", (nan, 0.0), (nan, nan)),
    ("arctan2", (1.0, inf), (0.0, 0.0)),
    ("arctan2", (-inf, 1.0), (0.0, 0.0)),
    ("gelu", (-inf,), (0.0,)),
    ("gelu", (inf,), (1.0,)),
    ("gelu", (nan,), (nan,)),
    ("logsumexp", (-inf,), (0.0,)),
    ("logsumexp", (-inf, -inf), (0.0, 0.0)),
    ("logsumexp", (inf, 0.0, -inf), (1.0, 0.0, 0.0)),
    ("logsumexp", (inf, inf, 3.0), (0.5, 0.5, 0.0)),
    ("logsumexp", (-inf, 2.0), (0.0, 1.0)),
    ("logsumexp", (nan, -inf), (nan, nan)),
    ("logsumexp", (nan, inf), (nan, nan)),
    ("arctan", (inf,), (0.0,)),
    ("arccosh", (inf,), (0.0,)),
]


def derivatives(op: Op, xs: tuple[float, ...]) -> tuple[list[float], list[list[float]]]:
    """The first and the second derivatives of a row at a point."""
    leaves = [Value(x) for x in xs]
    slopes = grad(Value.record(op, *leaves), leaves, create_graph=True)
    return [slope.data for slope in slopes], [grad(slope, leaves) for slope in slopes]


@pytest.mark.parametrize(("name", "xs", "expected"), GRADIENTS, ids=str)
def test_the_gradient_at_an_edge(name: str, xs: tuple[float, ...], expected: tuple[float, ...]) -> None:
    leaves = [Value(x) for x in xs]
    assert grad(Value.record(OPS[name], *leaves), leaves) == pytest.approx(expected, nan_ok=True)
    assert derivatives(OPS[name], xs)[0] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(("name", "xs", "expected"), GRADIENTS, ids=str)
def test_second_derivatives_are_flat_where_the_gradient_is(
    name: str, xs: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    """The gradients above are constants nearby, but for kinks, where the slope counts as constant."""
    if not any(map(math.isnan, expected)) and xs != (5e-324, 0.0):
        assert derivatives(OPS[name], xs)[1] == [[0.0] * len(xs)] * len(xs)


@pytest.mark.parametrize("x", [-inf, inf])
@pytest.mark.parametrize("op", UNARY, ids=str)
def test_at_infinity_a_derivative_has_its_limit(op: Op, x: float) -> None:
    """What it is at 1e308 is within 1e-150 of the limit, where there is one."""
    if op.name in WITHOUT_LIMIT:
        return
    slopes, curvatures = derivatives(op, (x,))
    far, bend = derivatives(op, (math.copysign(1e308, x),))
    assert slopes == pytest.approx(far, rel=0.0, abs=1e-150, nan_ok=True)
    assert curvatures[0] == pytest.approx(bend[0], rel=0.0, abs=1e-150, nan_ok=True)


@pytest.mark.parametrize("op", UNARY, ids=str)
def test_a_nan_stays_nan(op: Op) -> None:
    y = op(Value(nan))
    assert math.isnan(y.data)
    if op.name not in ("sign", "detach", "negative", "floor", "ceil", "round"):
        assert math.isnan(grad(y, [y.inputs[0]])[0])


@pytest.mark.parametrize("x", SIGNED)
def test_hypot_with_zero_is_the_absolute_value_to_second_order(x: float) -> None:
    slopes, curvatures = derivatives(ops.hypot, (x, 0.0))
    (slope,), ((curvature,),) = derivatives(ops.absolute, (x,))
    assert (slopes[0], curvatures[0][0]) == (slope, curvature)


def test_the_distance_of_points_that_coincide_is_trained_without_nan() -> None:
    a, b = (Value(0.5), Value(-1.0)), (Value(0.5), Value(-1.0))
    distance = ops.hypot(a[0] - b[0], a[1] - b[1])
    assert distance.data == 0.0
    assert grad(distance, [*a, *b]) == [0.0] * 4
    assert grad(distance**2 + 3.0 * distance, [*a, *b]) == [0.0] * 4


def test_hypot_off_the_origin() -> None:
    assert derivatives(ops.hypot, (3.0, 4.0))[0] == [0.6, 0.8]
    assert derivatives(ops.hypot, (1e-320, 1e-320))[0] == pytest.approx([ROOT_HALF] * 2, rel=1e-2)


def test_gelu_at_infinity_has_its_limits() -> None:
    assert ops.gelu(-inf) == 0.0
    assert ops.gelu(inf) == inf
    assert ops.gelu(-1e4) == 0.0


def test_masked_scores_have_a_gradient() -> None:
    xs = [Value(-inf), Value(0.0), Value(0.0)]
    shares = softmax(xs)
    assert [share.data for share in shares] == pytest.approx([0.0, 0.5, 0.5], rel=1e-15)
    assert grad(shares[1], xs) == pytest.approx([0.0, 0.25, -0.25], rel=1e-15)
    masked = [Value(-inf), Value(-inf)]
    assert logsumexp(masked).data == -inf
    assert grad(logsumexp(masked), masked) == [0.0, 0.0]
