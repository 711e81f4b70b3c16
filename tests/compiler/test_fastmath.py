"""`fastmath=True`: what it gains may cost a few units in the last place, and nothing else."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from oracle import TRUTH, exact, ulps

import autograd
from autograd import ops
from autograd.compiler.llvm import native
from autograd.compiler.runtime import strategy
from autograd.lowering.table import LOWERING
from autograd.ops import OPS

# The ops that are one call of libm, where fastmath may take a vector library's function.
CALLED = [*sorted(name for name, lower in LOWERING.items() if lower.__qualname__.startswith("libm.")), "power"]


@pytest.mark.parametrize("name", CALLED)
def test_a_call_is_within_four_ulps(name: str) -> None:
    op, rng = OPS[name], random.Random(name)
    points = [[rng.uniform(low, high) for low, high in op.domain] for _ in range(200)]
    columns = [np.array(column) for column in zip(*points, strict=True)]
    results = autograd.compile(op, example=[0.5] * len(columns), fastmath=True)(*columns)
    for point, result in zip(points, results.tolist(), strict=True):
        assert ulps(result, TRUTH[name](*exact(point))) <= 4.0, (point, result)


def test_every_function_that_the_lowering_calls_is_held_to_it() -> None:
    single = [op for op in OPS.values() if len(op.domain) == 1]
    called = {op.name for op in single if f"@{C_NAMES.get(op.name, op.name)}" in text(op)}
    assert called <= set(CALLED)


C_NAMES = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh"}
C_NAMES["arctanh"] = "atanh"


def text(op: ops.Op) -> str:
    return autograd.compile(op, example=[0.5]).inspect_llvm("values")


def test_vector_functions_are_used_where_the_machine_has_them() -> None:
    fast = autograd.compile(lambda x: x.exp(), fastmath=True)
    named = native.vector_function("exp", 1, native.natural_lanes())
    assert (named or "exp.lanes") in fast.inspect_llvm("values")


def test_without_a_vector_library_libm_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "VECTOR_LIBRARY", "no-such-library.so")
    forget_functions()
    try:
        fast = autograd.compile(lambda x: x.exp(), fastmath=True)
        assert fast([0.0, 1.0]).tolist() == [1.0, math.e]
        assert "@exp.lanes" in fast.inspect_llvm("values")
    finally:
        forget_functions()


def forget_functions() -> None:
    for remembered in (native.vector_library, native.vector_function, strategy.cached_kernel):
        remembered.cache_clear()


def test_a_branch_not_taken_gives_nothing_in_fastmath_either() -> None:
    fast = autograd.compile(lambda x: autograd.where(x > 0.0, x.log(), 5.0 * x), fastmath=True)
    values, (slopes,) = fast.value_and_grad([0.0, 1.0, -2.0, math.nan])
    assert values[:3].tolist() == [0.0, 0.0, -10.0]
    assert slopes.tolist() == [5.0, 1.0, 5.0, 5.0]
    assert math.isnan(values[3])
