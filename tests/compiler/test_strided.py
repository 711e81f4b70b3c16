"""Lists as arguments: their columns are read where they are, with the bits of the engine in every row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile
from autograd.compiler.runtime.memory import LANES
from autograd.compiler.runtime.strided import strided
from autograd.lowering.program import BLOCK
from tests.compiler.test_edges import bits

SIZE = 5


def weighted(xs: Sequence[Value], ys: Sequence[Value], scale: Value) -> Value:
    return sum(((x * y).tanh() * scale for x, y in zip(xs, ys, strict=True)), start=xs[0] * ys[-1])


def eager(xs: Sequence[float], ys: Sequence[float], scale: float) -> list[float]:
    """The value and the derivatives of one row."""
    leaves = [Value(x) for x in [*xs, *ys, scale]]
    root = weighted(leaves[:SIZE], leaves[SIZE:-1], leaves[-1])
    root.backward()
    return [root.data, *(leaf.grad for leaf in leaves)]


@pytest.fixture(scope="module")
def compiled() -> Any:
    return compile(weighted, example=[[0.5] * SIZE, [0.5] * SIZE, 1.0])


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape)


def flat(result: Any) -> np.ndarray:
    """The value and the derivatives, a column for each row."""
    value, (by_xs, by_ys, by_scale) = result
    return np.vstack([value, by_xs.T, by_ys.T, by_scale])


@pytest.mark.parametrize("rows", [1, 2, 7, 8, 9, 31, 32, 100])
def test_every_row_has_the_bits_of_the_engine(compiled: Any, rows: int) -> None:
    xs, ys, scale = numbers(rows, SIZE), numbers(rows, SIZE)[::-1].copy(), numbers(rows)
    expected = [eager(*row) for row in zip(xs.tolist(), ys.tolist(), scale.tolist(), strict=True)]
    assert bits(flat(compiled.value_and_grad(xs, ys, scale)).T) == bits(np.array(expected))


@pytest.mark.parametrize("rows", [1, 3, 8, 21])
def test_a_list_and_a_number_may_be_given_for_all_rows(compiled: Any, rows: int) -> None:
    xs, ys = numbers(rows, SIZE), numbers(SIZE)
    expected = [eager(row, ys.tolist(), 0.7) for row in xs.tolist()]
    assert bits(flat(compiled.value_and_grad(xs, ys, 0.7)).T) == bits(np.array(expected))
    column = numbers(rows)
    expected = [eager(ys.tolist(), ys.tolist(), scale) for scale in column.tolist()]
    assert bits(flat(compiled.value_and_grad(ys, ys, column)).T) == bits(np.array(expected))


def test_one_row_needs_no_axis_for_it(compiled: Any) -> None:
    xs, ys = numbers(SIZE), numbers(SIZE)[::-1].copy()
    value, (by_xs, by_ys, by_scale) = compiled.value_and_grad(xs, ys, 2.0)
    assert bits([value, *by_xs, *by_ys, by_scale]) == bits(eager(xs.tolist(), ys.tolist(), 2.0))


@pytest.mark.parametrize("fastmath", [False, True])
def test_many_rows_have_the_same_bits_on_any_number_of_threads(fastmath: bool) -> None:
    xs, ys, scale = numbers(2 * BLOCK + 5, SIZE), numbers(SIZE), numbers(2 * BLOCK + 5)
    runs = [
        compile(weighted, example=[[0.5] * SIZE, [0.5] * SIZE, 1.0], fastmath=fastmath, threads=threads).value_and_grad(
            xs, ys, scale
        )
        for threads in (1, 2, 5)
    ]
    assert len({bits(flat(run)).__repr__() for run in runs}) == 1
    last = len(xs) - 1
    assert np.allclose(flat(runs[0])[:, last], eager(xs[last].tolist(), ys.tolist(), scale[last]))


def test_memory_in_any_order_gives_the_same_numbers(compiled: Any) -> None:
    xs, ys, scale = numbers(20, SIZE), numbers(SIZE), numbers(20)
    expected = bits(flat(compiled.value_and_grad(xs, ys, scale)))
    for other in (np.asfortranarray(xs), np.repeat(xs, 2, axis=0)[::2], np.repeat(xs, 2, axis=1)[:, ::2], xs.tolist()):
        assert bits(flat(compiled.value_and_grad(other, ys, scale))) == expected


def test_an_array_is_read_where_it_is() -> None:
    xs, y = numbers(6, SIZE), np.float64(2.0)
    columns = strided([xs, y], ["xs", "y"], [SIZE, None])
    assert columns.rows == 6
    assert (columns.starts[:SIZE] == xs.ctypes.data + 8 * np.arange(SIZE)).all()
    assert columns.steps.tolist() == [SIZE] * SIZE + [0]
    assert columns.memory[1].tolist() == [2.0] * LANES


def test_arguments_of_different_lengths_are_refused(compiled: Any) -> None:
    with pytest.raises(ValueError, match=r"equally many rows, got \[3, 4\]"):
        compiled(numbers(3, SIZE), numbers(4, SIZE), 1.0)
    with pytest.raises(ValueError, match=r"'ys' must have the shape \(5,\) or \(rows, 5\), got \(3, 4\)"):
        compiled(numbers(3, SIZE), numbers(3, 4), 1.0)
