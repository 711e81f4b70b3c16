"""`value_and_grad` by parameters, by arguments or both, with the values summed or row by row."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, compile, where
from autograd.compiler import GuardError
from autograd.compiler.runtime import strategy
from autograd.value import parameter
from tests.compiler.test_edges import bits

ROWS = np.random.default_rng(0).normal(size=(2, 11))
BOTH = ("parameters", "arguments")


def make() -> tuple[list[Value], Any]:
    """A function with a branch, a parameter that does not count and an argument that is used twice."""
    w = [parameter(x) for x in (0.3, -0.7, 1.1)]
    return w, lambda x, z: where(x > z, (w[0] * x).tanh(), w[1] * z * x) + x * w[0]


def eager(w: list[Value], f: Any) -> tuple[list[float], list[list[float]], list[list[float]]]:
    """Run the engine on each row: values, gradients by the parameters, and by the arguments."""
    values, by_parameter, by_argument = [], [], []
    for row in ROWS.T.tolist():
        xs = [Value(x) for x in row]
        for p in w:
            p.grad = 0.0
        y = f(*xs)
        y.backward()
        values.append(y.data)
        by_parameter.append([p.grad for p in w])
        by_argument.append([x.grad for x in xs])
    return values, by_parameter, by_argument


def test_one_call_gives_values_and_both_gradients_with_the_engines_bits() -> None:
    w, f = make()
    values, by_parameter, by_argument = eager(w, f)
    fast = compile(f, w)
    found, (parameters, arguments) = fast.value_and_grad(*ROWS, wrt=BOTH, reduction="none")
    assert bits(found) == bits(values)
    assert bits(np.transpose(arguments)) == bits(by_argument)
    total, gradient = fast.value_and_grad(*ROWS)
    assert bits(parameters) == bits(gradient)
    np.testing.assert_allclose(gradient, np.sum(by_parameter, axis=0), rtol=1e-14)
    assert gradient[2] == 0.0
    both = fast.value_and_grad(*ROWS, wrt=BOTH)
    assert bits(both[0]) == bits(total)
    assert bits(both[1][1]) == bits(arguments)


@pytest.mark.parametrize("reduction", ["sum", "none", None])
def test_each_request_gives_a_part_of_what_all_together_give(reduction: str | None) -> None:
    w, f = make()
    fast = compile(f, w)
    value, (parameters, arguments) = fast.value_and_grad(*ROWS, wrt=BOTH, reduction=reduction)
    assert np.shape(value) == ((11,) if reduction == "none" else ())
    for wrt, expected in (("parameters", parameters), ("arguments", arguments)):
        alone = fast.value_and_grad(*ROWS, wrt=wrt, reduction=reduction)
        assert bits(alone[0]) == bits(value)
        assert bits(alone[1]) == bits(expected)
        assert bits(fast.value_and_grad(*ROWS, wrt=[wrt], reduction=reduction)[1][0]) == bits(expected)
    reverse = fast.value_and_grad(*ROWS, wrt=BOTH[::-1], reduction=reduction)
    assert bits(reverse[1][0]) == bits(arguments)


def test_a_function_without_parameters_can_add_its_values_up() -> None:
    fast = compile(lambda x, z: x * z.exp())
    values, slopes = fast.value_and_grad(*ROWS)
    assert bits(fast.value_and_grad(*ROWS, wrt="arguments")[1]) == bits(slopes)
    total, summed = fast.value_and_grad(*ROWS, reduction="sum")
    assert total == pytest.approx(values.sum(), rel=1e-14)
    assert bits(summed) == bits(slopes)
    assert fast.value_and_grad(1.0, 0.0, wrt=("arguments",)) == (1.0, (pytest.approx([1.0, 1.0]),))


def test_arguments_that_are_lists_get_gradients_in_their_shapes() -> None:
    w = parameter(2.0)
    fast = compile(lambda xs, y: w * autograd.dot(xs, xs) * y, [w], example=[[1.0] * 3, 1.0])
    points = np.arange(12.0).reshape(4, 3)
    values, (by_w, (by_xs, by_y)) = fast.value_and_grad(points, 0.5, wrt=BOTH, reduction="none")
    squares = (points**2).sum(1)
    np.testing.assert_allclose(values, squares)
    np.testing.assert_allclose(by_w, [0.5 * squares.sum()])
    np.testing.assert_allclose(by_xs, 2.0 * points)
    np.testing.assert_allclose(by_y, 2.0 * squares)


def test_guards_and_theta_count_here_too() -> None:
    w = parameter(2.0)
    fast = compile(lambda x: w * x if x > 0.0 else x, [w])
    with pytest.raises(GuardError) as caught:
        fast.value_and_grad([1.0, -1.0], wrt=BOTH)
    assert caught.value.rows == (1,)
    value, (by_w, by_x) = fast.value_and_grad(3.0, wrt=BOTH, theta=[5.0])
    assert (value, by_w.tolist(), by_x.tolist()) == (15.0, [3.0], [5.0])


def test_many_rows_are_added_in_blocks_whatever_is_asked_for() -> None:
    w, f = make()
    fast = compile(f, w)
    xs = np.random.default_rng(1).normal(size=(2, 20_000))
    total, gradient = fast.value_and_grad(*xs)
    value, (parameters, _) = fast.value_and_grad(*xs, wrt=BOTH)
    assert bits(value) == bits(total)
    assert bits(parameters) == bits(gradient)


def test_a_program_too_large_to_write_out_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    w, f = make()
    expected = compile(f, w).value_and_grad(*ROWS, wrt=BOTH, reduction="none")
    monkeypatch.setattr(strategy, "LARGE", 1)
    strategy.cached_kernel.cache_clear()
    found = compile(f, w).value_and_grad(*ROWS, wrt=BOTH, reduction="none")
    assert bits(found[0]) == bits(expected[0])
    assert bits(found[1][0]) == bits(expected[1][0])
    assert bits(found[1][1]) == bits(expected[1][1])


def test_refusals_name_the_argument() -> None:
    w, f = make()
    with pytest.raises(ValueError, match=re.escape("""wrt must be "parameters", "arguments", or a tuple of both""")):
        compile(f, w).value_and_grad(1.0, 2.0, wrt="x")
    with pytest.raises(ValueError, match="wrt must be"):
        compile(f, w).value_and_grad(1.0, 2.0, wrt=("arguments", "arguments"))
    with pytest.raises(ValueError, match="wrt must be"):
        compile(f, w).value_and_grad(1.0, 2.0, wrt=0)
    with pytest.raises(ValueError, match='reduction must be "sum"'):
        compile(f, w).value_and_grad(1.0, 2.0, reduction="mean")
    with pytest.raises(TypeError, match="none were given"):
        compile(lambda x: x).value_and_grad(1.0, wrt="parameters")
    with pytest.raises(TypeError, match="value_and_grad is for a function with one output, and this one gives 2"):
        compile(lambda x: [x, x]).value_and_grad(1.0, wrt="arguments", reduction="sum")
