"""Numbers given for all rows: what they alone decide is computed once, with the bits it has in every row."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value, compile
from autograd.compiler.runtime.kernel import MANY, Kernel
from tests.compiler.test_edges import bits

ROWS = 1000
X = np.random.default_rng(5).normal(size=ROWS)


def decay(x: Value, t: Value, rate: Value) -> Value:
    return x * (-rate * t).exp() / (1.0 + t.log()) ** 2 + x.tanh()


def ops(kernel: Kernel) -> set[str]:
    return {instruction.op for instruction in kernel.program.code}


@pytest.mark.parametrize("kind", ["values", "value_and_grad"])
def test_the_bits_are_those_of_whole_columns(kind: str) -> None:
    fast = compile(decay)
    call = fast if kind == "values" else fast.value_and_grad
    whole = call(X, np.full(ROWS, 1.7), np.full(ROWS, 0.3))
    assert [bits(part) for part in call(X, 1.7, 0.3)] == [bits(part) for part in whole]
    assert [bits(part) for part in call(X, 1.7, np.full(ROWS, 0.3))] == [bits(part) for part in whole]
    once, rest = fast.kernels[kind].split((1, 2))
    assert {"exp", "log"} <= ops(once)
    assert not {"exp", "log"} & ops(rest)


def test_a_number_is_computed_on_anew_when_it_changes() -> None:
    fast = compile(decay)
    for t in (0.5, 2.0):
        assert bits(fast(X, t, 0.3)) == bits(fast(X, np.full(ROWS, t), np.full(ROWS, 0.3)))


def test_fastmath_agrees_with_exact_mode() -> None:
    exact, fast = compile(decay), compile(decay, fastmath=True)
    np.testing.assert_allclose(fast(X, 1.7, 0.3), exact(X, 1.7, 0.3), rtol=1e-14)


@pytest.mark.parametrize(
    ("function", "rows"),
    [(lambda x, t: x + 2.0 * t, ROWS), (lambda x, t: (x * t).exp(), ROWS), (lambda x, t: x * t.exp(), MANY - 1)],
    ids=["quick", "nothing is the same", "few rows"],
)
def test_where_it_does_not_pay_nothing_is_computed_apart(function: object, rows: int) -> None:
    fast = compile(function)  # type: ignore[arg-type]
    assert bits(fast(X[:rows], 0.7)) == bits(fast(X[:rows], np.full(rows, 0.7)))
    assert not any(fast.kernels["values"].splits.values())
