"""A small share of `derivatives.py` holds, and it sees rules that are wrong where only some points tell."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import derivatives
import gmpy2
import msgspec
import pytest
import truth

from autograd import Value, grad, ops, rules
from autograd.ops import OPS


def test_a_share_of_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert {*truth.ROWS} == {*OPS}
    assert derivatives.main(["--share", "0.0005"]) == 0
    assert (tmp_path / "out/trust/derivatives.json").exists()


# Rules that a textbook has and gradients seldom show: each loses its digits in one place.
SLOPPY: dict[str, tuple[Callable[..., Any], int]] = {
    "tanh": (lambda y, x: (1.0 - y * y,), 0),  # none are left far out
    "sigmoid": (lambda y, x: (y * (1.0 - y),), 1),  # the first is right in [-1, 1], the second is not near 0
    "arcsin": (lambda y, x: (rules.quotient(1.0, ops.sqrt(1.0 - x * x)),), 0),  # none near 1
    "arctanh": (lambda y, x: (rules.quotient(1.0, (1.0 - x) * (1.0 + x)),), 1),  # the second has none near 0
    "arctan": (lambda y, x: (rules.quotient(1.0, 1.0 + x * x),), 0),  # 0 from 1e154 on
    "erfc": (lambda y, x: (-2.0 / math.sqrt(math.pi) * ops.exp(-x * x),), 0),  # few far out
    "logsumexp": (lambda y, *xs: [ops.exp(x - y) for x in xs], 0),  # few where y is large
}


@pytest.mark.parametrize("name", SLOPPY)
def test_it_finds_a_sloppy_rule(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rule, order = SLOPPY[name]
    assert all(tally.worst.beside_bound <= 1.0 for tally in derivatives.try_row((name, 300, 0)))
    monkeypatch.setitem(OPS, name, msgspec.structs.replace(OPS[name], partials=rule))
    found = derivatives.try_row((name, 300, 0))[order].worst
    assert found.beside_bound > 1.0
    assert len(found.by) == order + 1


@pytest.mark.parametrize("x", [14.0, 15.5, 21.0, 27.99, 40.0])
def test_the_series_of_erfc_is_that_of_mpfr(x: float) -> None:
    assert abs(truth.complement(truth.precise(x)) / gmpy2.erfc(truth.precise(x)) - 1) < 1e-70


def test_it_finds_a_truth_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert derivatives.truth_agrees(["tan"], 3).holds
    monkeypatch.setitem(truth.ROWS, "tan", lambda x: truth.curve(x, 1 + x * x, 2 * x))
    assert not derivatives.truth_agrees(["tan"], 3).holds


# What the proofs found, each the smallest case: where an earlier rule gave 0, or half of its digits.
@pytest.mark.parametrize(
    ("op", "x", "first", "second"),
    [
        (ops.arctan, 2e154, 2.5e-309, -2.5e-463),
        (ops.arctan, 1e81, 1e-162, -2e-243),
        (ops.erfc, 25.3, -1.16118157981169885e-278, 5.87557879384719633e-277),
        (ops.tanh, 1e-20, 1.0, -2e-20),
        (ops.sigmoid, 1e-20, 0.25, -1.25e-21),
        (ops.arcsin, 1e-20, 1.0, 1e-20),
        (ops.arccos, 1e-20, -1.0, -1e-20),
        (ops.arctanh, 1e-20, 1.0, 2e-20),
    ],
)
def test_digits_that_earlier_rules_lost(op: ops.Op, x: float, first: float, second: float) -> None:
    leaf = Value(x)
    (slope,) = grad(op(leaf), [leaf], create_graph=True)
    assert slope.data == pytest.approx(first, rel=1e-15, abs=5e-324)
    assert grad(slope, [leaf]) == pytest.approx([second], rel=2e-15, abs=5e-324)


@pytest.mark.parametrize(("x", "n"), [(2e-308, -0.002), (2.0**-1024, -(2.0**-8)), (1e-310, -1e-20), (2.0**-683, -0.5)])
def test_a_slope_is_finite_though_the_power_in_it_is_not(x: float, n: float) -> None:
    assert math.isinf(ops.power.forward(x, n - 1.0))
    true = truth.power(truth.precise(x), truth.precise(n))[1][0]
    for op in (ops.power, ops.constant_power):
        slope = op.partials(op.forward(x, n), x, n)[0]
        assert abs(float(true - slope)) <= 4.0 * math.ulp(float(true))


@pytest.mark.parametrize("x", [1e-310, 5e-324])
def test_a_power_of_a_value_whose_inverse_is_infinite_has_a_second_derivative(x: float) -> None:
    leaf = Value(x)
    (slope,) = grad(leaf ** Value(2.0), [leaf], create_graph=True)
    assert (slope.data, grad(slope, [leaf])) == (2.0 * x, [2.0])
