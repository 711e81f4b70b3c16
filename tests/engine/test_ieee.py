"""Functions on floats at the edges: IEEE 754 results, as NumPy gives them, and no exceptions."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from oracle import bits, total

from autograd import Value, ieee
from autograd.ops import OPS, Op

inf, nan = math.inf, math.nan
EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 0.1, 5e-324, -5e-324, 1e-300, 800.0, -800.0]
EDGES += [1e16, -1e16, 1e308, -1e308, 1.7976931348623157e308, inf, -inf, nan]
NUMPY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "negative",
    "sign",
    "absolute",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sqrt",
    "hypot",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "arctan2",
    "sinh",
    "cosh",
    "tanh",
    "arcsinh",
    "arccosh",
    "arctanh",
    "maximum",
    "minimum",
    "power",
]


@pytest.mark.parametrize("name", NUMPY)
def test_edges_are_as_in_numpy(name: str) -> None:
    op, reference = OPS[name], getattr(np, name)
    for xs in product(EDGES, repeat=len(op.domain)):
        if name == "power" and xs[1] == 0.5:
            continue  # NumPy takes the square root, which differs from C's pow at -0.0 and -inf
        with np.errstate(all="ignore"):
            expected = float(reference(*map(np.float64, xs)))
        got = op.forward(*xs)
        assert type(got) is float
        assert got == pytest.approx(expected, rel=1e-14, abs=0.0, nan_ok=True), xs
        if name not in ("maximum", "minimum", "sign") and expected == 0.0:
            assert bits(got) == bits(expected), xs


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_no_edge_raises_in_a_forward_or_a_partial(op: Op) -> None:
    edges = EDGES if len(op.domain) < 3 else [0.0, -2.0, 1e308, inf, nan]
    for xs in product(edges, repeat=len(op.domain)):
        y = op.forward(*xs)
        assert type(y) is float
        assert all(isinstance(p, float | None) for p in op.partials(y, *xs)), xs
        made = Value.record(op, *map(Value, xs))
        assert bits(made.data) == bits(y)


CASES: list[tuple[str, tuple[float, ...], float]] = [
    ("log", (0.0,), -inf),
    ("log", (-1.0,), nan),
    ("log", (-inf,), nan),
    ("log1p", (-1.0,), -inf),
    ("divide", (1.0, 0.0), inf),
    ("divide", (-1.0, 0.0), -inf),
    ("divide", (1.0, -0.0), -inf),
    ("divide", (nan, 0.0), nan),
    ("divide", (0.0, 0.0), nan),
    ("exp", (800.0,), inf),
    ("sinh", (-800.0,), -inf),
    ("cosh", (-800.0,), inf),
    ("power", (-8.0, 0.5), nan),
    ("power", (-8.0, 1 / 3), nan),
    ("power", (0.0, -1.0), inf),
    ("power", (-0.0, -1.0), -inf),
    ("power", (-0.0, -2.0), inf),
    ("power", (-1e200, 3.0), -inf),
    ("power", (-1e200, 2.0), inf),
    ("power", (0.0, 0.0), 1.0),
    ("power", (nan, 0.0), 1.0),
    ("arctanh", (1.0,), inf),
    ("arctanh", (-1.0,), -inf),
    ("arctanh", (1.5,), nan),
    ("hypot", (1.7e308, 1.7e308), inf),
    ("hypot", (inf, nan), inf),
    ("hypot", (3.0, 4.0), 5.0),
    ("sqrt", (-1.0,), nan),
    ("tan", (inf,), nan),
    ("sigmoid", (-1e308,), 0.0),
    ("sigmoid", (1e308,), 1.0),
    ("sigmoid", (-inf,), 0.0),
    ("sigmoid", (nan,), nan),
    ("sigmoid", (0.0,), 0.5),
    ("softplus", (0.0,), math.log(2.0)),
    ("softplus", (1e308,), 1e308),
    ("softplus", (-1e308,), 0.0),
    ("softplus", (nan,), nan),
    ("softplus", (inf,), inf),
    ("relu", (nan,), nan),
    ("relu", (-1.0,), 0.0),
    ("relu", (inf,), inf),
    ("leaky_relu", (-2.0, 0.25), -0.5),
    ("leaky_relu", (2.0, 0.25), 2.0),
    ("gelu", (0.0,), 0.0),
    ("gelu", (1e308,), 1e308),
    ("sign", (nan,), nan),
    ("sign", (-0.0,), 0.0),
    ("sign", (5.0,), 1.0),
    ("sign", (-5.0,), -1.0),
    ("maximum", (nan, 1.0), nan),
    ("maximum", (1.0, nan), nan),
    ("minimum", (nan, 1.0), nan),
    ("minimum", (1.0, nan), nan),
    ("clamp_min", (nan, 1.0), nan),
    ("clamp_max", (1.0, nan), nan),
    ("where", (1.0, 2.0, 3.0), 2.0),
    ("where", (0.0, 2.0, 3.0), 3.0),
    ("logsumexp", (-inf, -inf), -inf),
    ("logsumexp", (inf, 0.0), inf),
    ("logsumexp", (0.0, nan), nan),
    ("logsumexp", (nan, 0.0), nan),
    ("logsumexp", (1e308, 1e308), 1e308),
    ("logsumexp", (0.0, 0.0), math.log(2.0)),
    ("logsumexp", (3.0,), 3.0),
    ("logsumexp", (), -inf),
    ("sum", (), 0.0),
    ("sum", (1e16, 1.0, -1e16), 0.0),
    ("dot", (1e8, 1.0, 1e8, 1.0, -1e16), 0.0),
    ("dot", (2.0, 3.0), 6.0),
    ("dot", (2.0, 3.0, 5.0, 7.0), 31.0),
    ("dot", (2.0, 3.0, 5.0, 7.0, 11.0), 42.0),
    ("dot", (11.0,), 11.0),
]


@pytest.mark.parametrize(("name", "xs", "expected"), CASES, ids=lambda x: str(x))
def test_edge(name: str, xs: tuple[float, ...], expected: float) -> None:
    assert OPS[name].forward(*xs) == pytest.approx(expected, rel=0.0, abs=0.0, nan_ok=True)


def test_a_square_is_the_nearest_float_as_numpys_is() -> None:
    xs = [math.pi * (1.0 + 0.001 * k) for k in range(3000)]
    assert [ieee.power(x, 2.0) for x in xs] == [float(Fraction(x) ** 2) for x in xs] == (np.array(xs) ** 2).tolist()


def test_sums_are_plain_sums_on_every_python() -> None:
    xs = [0.1] * 10 + [1e16, 1.0, -1e16]
    assert ieee.sum(*xs) == total(xs)
    ones = [1.0] * len(xs)
    assert ieee.dot(*xs, *ones) == total(xs)
    assert ieee.dot(*ones, *xs, 0.25) == total(xs) + 0.25


def test_extended_gives_the_value_at_a_pole_and_the_sign_of_an_overflow() -> None:
    def overflowing(x: float) -> float:
        raise OverflowError

    def undefined(x: float) -> float:
        raise ValueError

    assert ieee.never_raising(overflowing)(-1.0) == -inf
    assert ieee.never_raising(overflowing, even=True)(-1.0) == inf
    assert ieee.never_raising(undefined, {2.0: 5.0})(2.0) == 5.0
    assert math.isnan(ieee.never_raising(undefined, {2.0: 5.0})(3.0))
    assert math.isnan(ieee.never_raising(undefined)(3.0))


def test_hypot_is_that_of_the_c_library() -> None:
    pairs: list[Any] = [(0.1 * k, 0.3 * k + 0.7) for k in range(1, 200)]
    assert [ieee.hypot(x, y) for x, y in pairs] == [float(np.hypot(x, y)) for x, y in pairs]
