"""Every op at every edge of its domain: compiled code gives the engine's bits, row by row."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest

import autograd
from autograd import Value, ops
from autograd.compiler.runtime import strategy
from autograd.lowering.program import COMPARISONS, LOGIC
from autograd.lowering.table import CONDITIONS, LOWERING
from autograd.ops import OPS

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 0.3, 7.7, -8.1, 1e-310, -1e-310, 1e-17, 40.0, -40.0]
EDGES += [709.0, 800.0, -745.2, -800.0, 1e16, 1e200, -1e200, 1.7e308, -1.7e308, math.inf, -math.inf, math.nan]
FEW = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 1e-310, 800.0, -1e200, math.inf, -math.inf, math.nan]


def bits(x: object) -> list[float | str]:
    """Numbers that compare equal only if their bits do; one nan is like another."""
    return ["nan" if y != y else (y, math.copysign(1.0, y)) for y in np.ravel(np.asarray(x, dtype=float)).tolist()]  # type: ignore[misc]


def eager(function: object, point: tuple[float, ...]) -> tuple[float, list[float]]:
    values = [Value(x) for x in point]
    output = function(*values)  # type: ignore[operator]
    if not isinstance(output, Value):
        return float(output), [0.0] * len(values)
    output.backward()
    return output.data, [value.grad for value in values]


def assert_same(function: object, points: list[tuple[float, ...]], **options: object) -> None:
    fast = autograd.compile(function, **options)
    columns = [np.array(column) for column in zip(*points, strict=True)]
    values, slopes = fast.value_and_grad(*columns)
    expected = [eager(function, point) for point in points]
    assert bits(fast(*columns)) == bits([value for value, _ in expected])
    assert bits(values) == bits([value for value, _ in expected])
    for k, column in enumerate(slopes):
        got, wanted = bits(column), bits([slope[k] for _, slope in expected])
        wrong = [(points[i], got[i], wanted[i]) for i in range(len(points)) if got[i] != wanted[i]]
        assert not wrong, wrong[:5]


def points_of(arity: int) -> list[tuple[float, ...]]:
    if arity == 1:
        return [(x,) for x in EDGES]
    if arity == 2:
        return list(itertools.product(EDGES, EDGES))
    several = list(itertools.islice(itertools.product(FEW, repeat=arity), 0, None, 7 if arity == 3 else 37))
    return several + [(x,) * arity for x in FEW]


def test_the_lowering_table_has_exactly_the_ops_of_the_rule_table() -> None:
    assert set(LOWERING) == set(OPS)
    assert set(CONDITIONS) == {*COMPARISONS, *LOGIC}


# Ops that select, and how many inputs of theirs vary.
SELECTING: dict[str, tuple[int, Callable[..., Value]]] = {
    "relu": (1, ops.relu),
    "clamp_min": (1, lambda x: autograd.maximum(x, 1.0)),
    "clamp_max": (1, lambda x: autograd.minimum(x, 1.0)),
    "x**0": (1, lambda x: x**0),
    "leaky_relu": (2, ops.leaky_relu),
    "maximum": (2, ops.maximum),
    "minimum": (2, ops.minimum),
    "where": (2, lambda x, z: autograd.where(x > 1.0, x, z)),
}


@pytest.mark.parametrize(("arity", "op"), SELECTING.values(), ids=SELECTING)
def test_an_infinite_gradient_passes_only_the_branch_taken(arity: int, op: Callable[..., Value]) -> None:
    """A zero that blocks gives 0, and a zero that multiplies gives nan: as in the engine, row by row."""
    assert_same(lambda *xs: op(*xs) * math.inf, points_of(arity), example=[0.5] * arity)


@pytest.mark.parametrize("large", [strategy.LARGE, -1], ids=["straight", "tape"])
@pytest.mark.parametrize("op", OPS.values(), ids=str)
def test_every_op_has_the_engines_bits(op: ops.Op, large: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy, "LARGE", large)
    arity = op.arity or 3
    points = points_of(arity)
    if op is ops.constant_power:
        for exponent in [*FEW, 2.0, -0.5, -(2.0**-9)]:
            assert_same(lambda x, n=exponent: x**n, points_of(1))
    else:
        assert_same(op, points, example=[0.5] * arity)
    if arity == 2 and op is not ops.constant_power:
        for constant in (0.0, 2.0, -1.5, math.inf):
            assert_same(lambda x, constant=constant: op(x, constant), points_of(1))
            assert_same(lambda x, constant=constant: op(constant, x), points_of(1))
