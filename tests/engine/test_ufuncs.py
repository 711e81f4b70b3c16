"""NumPy's universal functions of Values and arrays: what NumPy computes for floats, with gradients."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest

from autograd import Value, grad, ops
from autograd.ops import OPS
from autograd.ufuncs import FUNCTIONS, PREDICATES

NAMED = {ufunc.__name__: ufunc for ufunc in vars(np).values() if isinstance(ufunc, np.ufunc)}
REFUSED = {"floor_divide", "remainder"}
TAKEN = sorted((FUNCTIONS.keys() | PREDICATES.keys() | OPS.keys()) & NAMED.keys() - REFUSED)
POINTS = [(0.3, 0.7), (0.9, -0.2), (2.5, 2.0), (-1.5, 3.0), (0.0, 0.0), (math.inf, 1.0)]
VALUES = [np.array([Value(3.0)]), 4.0]


def data(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


@pytest.mark.parametrize("name", TAKEN)
def test_a_ufunc_computes_what_numpy_computes(name: str) -> None:
    ufunc = NAMED[name]
    for point in POINTS:
        xs = (point[0], -1.0, 1.0) if name == "clip" else point[: ufunc.nin]
        with np.errstate(all="ignore"):
            expected = ufunc(*map(np.float64, xs))
        if name in ("equal", "not_equal"):
            expected = name == "not_equal"  # a Value equals itself alone
        got = ufunc(Value(xs[0]), *xs[1:])
        assert isinstance(got, Value | bool)
        assert data(got) == pytest.approx(expected, rel=1e-14, abs=1e-300, nan_ok=True)
        many = ufunc(Value(xs[0]), *[np.array([x, x]) for x in xs[1:]])
        assert [data(x) for x in np.ravel(many)] == [pytest.approx(data(got), nan_ok=True)] * np.size(many)
        if name in PREDICATES:
            assert np.asarray(many).dtype == bool


@pytest.mark.parametrize("name", ["isnan", "fabs", "hypot", "arctan2", "logaddexp", "maximum", "exp2", "rint"])
def test_it_was_among_those_that_failed(name: str) -> None:
    assert name in TAKEN


@pytest.mark.parametrize(
    ("made", "slopes"),
    [
        (lambda x, y: np.hypot(x, y), (0.6, 0.8)),
        (lambda x, y: np.arctan2(x, y), (4.0 / 25.0, -3.0 / 25.0)),
        (lambda x, y: np.logaddexp(x, y), (1.0 / (1.0 + math.e), math.e / (1.0 + math.e))),
        (lambda x, y: np.logaddexp2(x, y), (1.0 / 3.0, 2.0 / 3.0)),
        (lambda x, y: np.maximum(x, y), (0.0, 1.0)),
        (lambda x, y: np.fmin(x, y), (1.0, 0.0)),
        (lambda x, y: np.float64(2.0) * x / y, (0.5, -6.0 / 16.0)),
        (lambda x, y: np.power(x, y), (108.0, 81.0 * math.log(3.0))),
        (lambda x, y: np.clip(x, 0.0, 3.5) * y, (4.0, 3.0)),
        (lambda x, y: np.fabs(-x) + y, (1.0, 1.0)),
        (lambda x, y: np.degrees(x) + np.radians(y), (180.0 / math.pi, math.pi / 180.0)),
    ],
)
def test_gradients(made: Any, slopes: tuple[float, float]) -> None:
    x, y = Value(3.0), Value(4.0)
    assert grad(made(x, y), [x, y]) == pytest.approx(slopes, rel=1e-15)


def test_arrays_broadcast_on_either_side() -> None:
    v, a = Value(3.0), np.array([[1.0, 2.0], [4.0, 8.0]])
    for op in (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow):
        for made, expected in ((op(v, a), op(3.0, a)), (op(a, v), op(a, 3.0))):
            assert made.shape == (2, 2)
            assert [x.data for x in made.ravel()] == pytest.approx(expected.ravel().tolist(), rel=1e-15)
    assert (a > v).tolist() == [[False, False], [True, True]]
    assert (a > v).dtype == bool
    assert np.maximum(a, v).ravel()[0].data == 3.0
    assert np.multiply(np.array([Value(2.0), 1.0]), v)[0].data == 6.0
    total = np.sum(a * v)
    assert grad(total, v) == [15.0]


def test_arrays_of_values() -> None:
    made = np.hypot(*VALUES)
    assert (made[0].data, grad(made[0], VALUES[0][0])) == (5.0, [0.6])  # type: ignore[index]
    assert np.fabs(np.array([Value(-3.0)]))[0].data == 3.0
    assert np.arctan2(*VALUES)[0].data == math.atan2(3.0, 4.0)
    assert np.round(np.array([Value(2.6)]))[0].data == 3.0
    a = np.array([Value(1.0), Value(2.0)])
    a += Value(1.0)
    assert [x.data for x in a] == [2.0, 3.0]


def test_nan_is_the_larger_and_the_smaller() -> None:
    assert math.isnan(np.maximum(Value(math.nan), 0).data)
    assert math.isnan(np.minimum(0, Value(math.nan)).data)
    assert np.fmax(Value(math.nan), 0).data == 0.0
    assert np.isnan(Value(math.nan)) is True


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda v: np.gcd(v, 2), r"^np\.gcd does not take Values"),
        (lambda v: np.ldexp(v, 2), r"^np\.ldexp does not take Values"),
        (lambda v: np.add.outer(v, [1.0]), r"^np\.add\.outer does not take Values"),
        (lambda v: np.exp(v, dtype=float), r"^np\.exp of Values takes no dtype"),
        (lambda v: np.hypot(v, "3"), "expected one real number, got str"),
        (lambda v: np.floor_divide(v, 2.0), "// of a Value"),
        (lambda v: np.array([1.0]) // v, "// of a Value|// by a Value|Value"),
    ],
)
def test_what_it_does_not_take_is_refused_by_name(call: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        call(Value(3.0))


def test_a_product_with_a_scalar_of_numpy_is_one_node() -> None:
    v = Value(3.0)
    for x in (np.float64(2.0), np.float32(2.0), np.int64(2), np.uint8(2), np.array(2.0)):
        for made in (x * v, v * x):
            assert (made.op, made.data, type(made.data)) == (ops.multiply, 6.0, float)


def test_a_value_in_an_array_without_dimensions_is_one_number() -> None:
    v = Value(3.0)
    for y in (np.array(v) + v, v * np.array(Value(2.0)), np.hypot(np.array(v), Value(3.0 * 3.0**0.5))):
        assert y.data == pytest.approx(6.0)
    y = np.polyval([1.0, 2.0], v)
    assert (y.data, grad(y, [v])) == (5.0, [1.0])
