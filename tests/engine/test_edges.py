"""Ops at the edges of their domains: value, first and second derivative, from the limits of calculus.

At a pole or branch point the derivative is the one-sided limit from inside the domain, at -0.0 as at 0.0; outside it
all is nan. tests/compiler/test_edges.py holds compiled code to the same bits.
"""

from __future__ import annotations

from math import inf, nan, pi

import pytest

from autograd import Value, grad, maximum, ops
from autograd.ops import OPS

HUGE, TINY = 1.7976931348623157e308, 5e-324
CONSTANT_SLOPE = ("where", "detach", "sign", "floor", "ceil", "round")
EDGES = [  # op, x, value, slope, curvature
    ("log", 0.0, -inf, inf, -inf),
    ("log", -0.0, -inf, inf, -inf),
    ("log", -1.0, nan, nan, nan),
    ("log", -inf, nan, nan, nan),
    ("log", inf, inf, 0.0, 0.0),
    ("log2", -0.0, -inf, inf, -inf),
    ("log2", -TINY, nan, nan, nan),
    ("log10", -0.0, -inf, inf, -inf),
    ("log10", -HUGE, nan, nan, nan),
    ("log1p", -1.0, -inf, inf, -inf),
    ("log1p", -2.0, nan, nan, nan),
    ("sqrt", 0.0, 0.0, inf, -inf),
    ("sqrt", -0.0, -0.0, inf, -inf),
    ("sqrt", -1.0, nan, nan, nan),
    ("sqrt", inf, inf, 0.0, 0.0),
    ("arcsin", 1.0, pi / 2, inf, inf),
    ("arcsin", -1.0, -pi / 2, inf, -inf),
    ("arcsin", 2.0, nan, nan, nan),
    ("arccos", 1.0, 0.0, -inf, -inf),
    ("arccos", -1.0, pi, -inf, inf),
    ("arccosh", 1.0, 0.0, inf, -inf),
    ("arccosh", 0.0, nan, nan, nan),
    ("arctanh", 1.0, inf, inf, inf),
    ("arctanh", -1.0, -inf, inf, -inf),
    ("arctanh", -inf, nan, nan, nan),
    ("exp", inf, inf, inf, inf),
    ("exp", -inf, 0.0, 0.0, 0.0),
    ("expm1", -inf, -1.0, 0.0, 0.0),
    ("tanh", inf, 1.0, 0.0, 0.0),
    ("tanh", -HUGE, -1.0, 0.0, 0.0),
    ("sigmoid", -inf, 0.0, 0.0, 0.0),
    ("sigmoid", HUGE, 1.0, 0.0, 0.0),
    ("softplus", -inf, 0.0, 0.0, 0.0),
    ("softplus", inf, inf, 1.0, 0.0),
    ("gelu", -inf, 0.0, 0.0, 0.0),
    ("gelu", inf, inf, 1.0, 0.0),
    ("gelu", HUGE, HUGE, 1.0, 0.0),
    ("gelu", -HUGE, 0.0, 0.0, 0.0),
    ("erfc", -inf, 2.0, 0.0, 0.0),
    ("arctan", -inf, -pi / 2, 0.0, 0.0),
    ("arctan", HUGE, pi / 2, 0.0, 0.0),
    ("arcsinh", inf, inf, 0.0, 0.0),
    ("sinh", -inf, -inf, inf, -inf),
    ("cosh", -inf, inf, -inf, inf),
    ("relu", -0.0, 0.0, 0.0, 0.0),
    ("relu", TINY, TINY, 1.0, 0.0),
    ("relu", nan, nan, nan, 0.0),
    ("absolute", -0.0, 0.0, 0.0, 0.0),
    ("absolute", -inf, inf, -1.0, 0.0),
    ("sin", inf, nan, nan, nan),
]


@pytest.mark.parametrize(("name", "x", "value", "slope", "curvature"), EDGES)
def test_an_op_at_an_edge(name: str, x: float, value: float, slope: float, curvature: float) -> None:
    leaf = Value(x)
    y = OPS[name](leaf)
    assert y.data == pytest.approx(value, rel=1e-15, abs=0.0, nan_ok=True)
    assert grad(y, [leaf]) == pytest.approx([slope], nan_ok=True)
    (recorded,) = grad(y, [leaf], create_graph=True)
    assert [recorded.data, *grad(recorded, [leaf])] == pytest.approx([slope, curvature], nan_ok=True)


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.name not in CONSTANT_SLOPE], ids=str)
def test_nan_in_is_nan_out_and_in_the_slope(op: ops.Op) -> None:
    """Ops whose slope does not depend on x keep it: those of arithmetic, and the leaky branch."""
    leaves = [Value(nan), *[Value(2.0) for _ in op.domain[1:]]]
    y = op(*leaves)
    assert y.data != y.data
    slope = grad(y, leaves[:1])[0]
    assert slope != slope or op.name in (
        "add",
        "subtract",
        "multiply",
        "divide",
        "negative",
        "sum",
        "dot",
        "leaky_relu",
    )


@pytest.mark.parametrize(
    ("x", "n", "value"),
    [
        (-0.0, -0.9999999999999999, inf),
        (-0.0, -1.0, -inf),
        (-0.0, -3.0, -inf),
        (-0.0, -2.0, inf),
        (-0.0, -1.0000000000000002, inf),
        (-0.0, -(2.0**53), inf),
        (-1e300, 3.0, -inf),
        (-1e300, 2.9999999999999996, nan),
        (-1e300, 4.0, inf),
        (-inf, 3.0, -inf),
        (0.0, -inf, inf),
        (-0.0, -inf, inf),
    ],
)
def test_a_power_has_the_sign_that_c99_gives_it(x: float, n: float, value: float) -> None:
    """C99 annex F.9.4.4: only odd integers keep the sign of the base."""
    for y in (Value(x) ** n, Value(x) ** Value(n), x ** Value(n)):
        assert y.data == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize("n", [2.0, 3.0, 0.5, 1.0])
def test_the_slope_of_a_power_at_infinity_is_the_same_whether_the_exponent_is_constant(n: float) -> None:
    x = Value(inf)
    assert grad(x**n, [x]) == grad(x ** Value(n), [x]) == [n * inf ** (n - 1.0)]


def test_a_power_that_is_constant_is_so_at_nan_too() -> None:
    """C99 annex F.9.4.4: x**0 and 1**x are 1 for every x."""
    x = Value(nan)
    assert ((x**0).data, (1.0**x).data, grad(x**0, [x])) == (1.0, 1.0, [0.0])


def test_maximum_of_two_infinities_is_a_tie() -> None:
    x, y = Value(inf), Value(inf)
    assert grad(maximum(x, y), [x, y]) == [0.5, 0.5]
