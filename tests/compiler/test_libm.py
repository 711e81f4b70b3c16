"""Functions on whole vectors in exact mode: the bits of this machine's C library, or the C library itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd import compile
from autograd.compiler.llvm import agreement, libm, native
from autograd.compiler.llvm.vector import Vector
from autograd.ops import OPS
from tests.compiler.test_edges import bits

vectors = pytest.mark.skipif(
    native.natural_lanes() < libm.LEAST or not native.has_fma(), reason="needs vectors of four lanes and fma"
)


@pytest.mark.parametrize("name", libm.FUNCTIONS)
def test_every_row_has_the_engine_s_bits(name: str) -> None:
    """On any machine, whether its C library is the one that the vector functions follow or not."""
    op = OPS[name]
    xs = agreement.points()[::41]
    expected = [op.forward(x) for x in xs.tolist()]
    fast = compile(lambda x: autograd.Value.record(op, x))
    assert bits(fast(xs)) == bits(expected)
    for rows in (1, 7, 8, 9):  # a last vector that is not full
        assert bits(fast(xs[-rows:])) == bits(expected[-rows:])


@vectors
@pytest.mark.parametrize("name", libm.FUNCTIONS)
def test_a_function_is_ours_only_if_it_agrees_on_other_points_too(name: str) -> None:
    rng = np.random.default_rng(1)
    xs = np.concatenate([rng.uniform(-limit, limit, 1 << 16) for limit in (0.5, 3.0, 30.0)])
    theirs, ours = agreement.both(name, xs)
    assert agreement.own_function(name, native.natural_lanes()) == (theirs.tobytes() == ours.tobytes())


@vectors
def test_a_function_that_differs_in_a_few_last_bits_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfused(t: Vector, x: str) -> tuple[str, str]:
        with monkeypatch.context() as patch:
            patch.setattr(libm.exponential, "fma", lambda t, x, z, total: t.add(t.multiply(x, z), total))
            return libm.exp(t, x)

    monkeypatch.setitem(libm.FUNCTIONS, "exp", unfused)
    agreement.agrees.cache_clear()
    try:
        assert not agreement.own_function("exp", native.natural_lanes())
        assert compile(lambda x: x.exp() + 0.125)([1.0, 2.0]).tolist() == [math.exp(x) + 0.125 for x in (1.0, 2.0)]
    finally:
        agreement.agrees.cache_clear()


def test_lanes_and_functions_that_have_none_are_left_to_the_c_library() -> None:
    assert not agreement.own_function("exp", 1)
    assert not agreement.own_function("hypot", 8)
