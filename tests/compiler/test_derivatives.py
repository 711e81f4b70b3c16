"""Derivatives of compiled functions beyond the gradient, arguments that are lists, and results of any structure."""

from __future__ import annotations

import inspect
import itertools
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.optimize import minimize

import autograd
from autograd import Value, compile, maximum, where
from autograd.compiler import GuardError, TraceError
from autograd.compiler.runtime import strategy
from autograd.value import parameter


def several(x: Value, y: Value) -> list[Value]:
    return [x * y.exp(), where(x > y, x**3, x * y), maximum(x, y) + 2.0, x * 0.0 + 1.0]


def single(x: Value, y: Value) -> Value:
    return autograd.sum([output * (k + 1.0) for k, output in enumerate(several(x, y))]) ** 2


ROWS = np.array([[0.3, 1.2, -0.5, 2.0, 1.0], [0.7, 0.4, 0.1, -1.0, 1.0]])


def eager_jacobian(f: Callable[..., Any], point: list[float]) -> np.ndarray:
    return np.array(autograd.jacobian(f, point))


def test_jacobian_has_an_axis_for_outputs_arguments_and_rows() -> None:
    fast = compile(several)
    found = fast.jacobian(*ROWS)
    assert found.shape == (4, 2, 5)
    for k, point in enumerate(ROWS.T.tolist()):
        np.testing.assert_allclose(found[:, :, k], eager_jacobian(several, point), rtol=1e-14)
    assert fast.jacobian(0.3, 0.7).shape == (4, 2)
    np.testing.assert_array_equal(compile(single).jacobian(*ROWS), compile(single).value_and_grad(*ROWS)[1])


def test_jvp_and_vjp_are_products_with_the_jacobian() -> None:
    fast = compile(several)
    tangents, cotangents = np.array([[1.0, -2.0, 0.5, 3.0, 1.0], [0.25] * 5]), [1.0, -1.0, ROWS[0], 2.0]
    jacobian = fast.jacobian(*ROWS)
    changes = fast.jvp(*ROWS, tangents=tangents)
    assert isinstance(changes, list)
    np.testing.assert_allclose(changes, np.einsum("oar,ar->or", jacobian, tangents), rtol=1e-13)
    weights = np.array([np.broadcast_to(c, 5) for c in cotangents])
    slopes = fast.vjp(*ROWS, cotangents=cotangents)
    np.testing.assert_allclose(slopes, np.einsum("oar,or->ar", jacobian, weights), rtol=1e-13)


def test_hvp_is_the_product_with_the_hessian() -> None:
    fast = compile(single)
    vector = np.array([[1.0, -2.0, 0.5, 3.0, 1.0], [0.25] * 5])
    expected = np.einsum("abr,br->ar", fast.hessian(*ROWS), vector)
    np.testing.assert_allclose(fast.hvp(*ROWS, vector=vector), expected, rtol=1e-12)
    assert fast.hvp(0.3, 0.7, vector=[1.0, 0.0]).shape == (2,)


def test_derivatives_along_parameters_are_summed_over_the_rows() -> None:
    w, b = parameter(0.3, "w"), parameter(-0.2, "b")
    fast = compile(lambda x, t: (w * x + b).tanh() * (w - t) ** 2, [w, b])
    vector = np.array([0.7, -1.5])
    np.testing.assert_allclose(fast.hvp(*ROWS, vector=vector), fast.hessian(*ROWS) @ vector, rtol=1e-12)
    both = compile(lambda x, t: ((w * x + b).tanh(), w * t), [w, b])
    jacobian = both.jacobian(*ROWS)
    assert jacobian.shape == (2, 2)
    changes = both.jvp(*ROWS, tangents=vector)
    assert isinstance(changes, tuple)
    np.testing.assert_allclose([change.sum() for change in changes], jacobian @ vector, rtol=1e-12)
    np.testing.assert_allclose(both.vjp(*ROWS, cotangents=(1.0, 2.0)), np.array([1.0, 2.0]) @ jacobian, rtol=1e-12)
    np.testing.assert_allclose(fast.hvp(*ROWS, vector=vector, theta=[0.3, -0.2]), fast.hvp(*ROWS, vector=vector))


def test_a_branch_that_is_not_taken_stops_infinite_tangents() -> None:
    fast = compile(lambda x: where(x > 0.0, x.sqrt(), 5.0 * x))
    assert fast.jvp([0.0, 4.0], tangents=[1.0]).tolist() == [5.0, 0.25]
    assert fast.vjp([0.0, 4.0], cotangents=1.0).tolist() == [[5.0, 0.25]]


def test_the_tape_computes_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = compile(several).jacobian(*ROWS)
    monkeypatch.setattr(strategy, "LARGE", 1)
    strategy.cached_kernel.cache_clear()
    np.testing.assert_array_equal(compile(several).jacobian(*ROWS), expected)


def test_guards_are_checked_in_every_derivative() -> None:
    fast = compile(lambda x: x**3 if x > 0 else -x)
    for call in (
        lambda: fast.jacobian([1.0, -1.0]),
        lambda: fast.jvp([1.0, -1.0], tangents=[1.0]),
        lambda: fast.vjp([1.0, -1.0], cotangents=1.0),
        lambda: fast.hvp([1.0, -1.0], vector=[1.0]),
    ):
        with pytest.raises(GuardError) as caught:
            call()
        assert caught.value.rows == (1,)
        assert "test_derivatives.py" in caught.value.source
        assert pickle.loads(pickle.dumps(caught.value)).rows == (1,)


def test_many_guards_are_one_column_and_the_first_that_fails_is_named() -> None:
    def steps(x: Value, y: Value) -> Value:
        for k in range(20):
            if x > -k:
                x = x * 1.5 + 0.01 * k
            if y < 5.0 + k:
                y = y + x
        return x * y

    fast = compile(steps, example=[0.5, -9.0])
    kernel = fast.kernel("values")
    assert (len(fast.program.guards), len(kernel.guards), kernel.outputs) == (40, 1, 2)
    assert fast([0.5, 0.5], [-9.0, -9.0]).tolist() == [steps(Value(0.5), Value(-9.0)).data] * 2
    for call in (fast, fast.value_and_grad, fast.hessian, lambda *xs: fast.hvp(*xs, vector=[1.0, 0.0])):
        with pytest.raises(GuardError, match=r"if y < 5\.0") as caught:
            call([0.5, 0.5, 0.5], [-9.0, -9.0, 30.0])
        assert caught.value.rows == (2,)


def quadratic(x: list[Value], scale: Value) -> Value:
    return scale * autograd.sum([(a - k) ** 2 * (1.0 + a * a) for k, a in enumerate(x)])


def test_an_argument_may_be_a_list() -> None:
    fast = compile(quadratic, example=[[0.5] * 3, 1.0])
    table = np.array([[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]])
    one = fast([0.1, 0.2, 0.3], 2.0)
    assert one == quadratic([Value(x) for x in table[0]], Value(2.0)).data
    assert fast(table, 2.0).tolist() == [one, quadratic([Value(x) for x in table[1]], Value(2.0)).data]
    values, (by_x, by_scale) = fast.value_and_grad(table, [2.0, 3.0])
    assert (values.shape, by_x.shape, by_scale.shape) == ((2,), (2, 3), (2,))
    xs = [Value(x) for x in table[1]]
    expected = autograd.grad(quadratic(xs, Value(3.0)), xs)
    assert by_x[1].tolist() == expected
    _, (by_x, by_scale) = fast.value_and_grad([0.1, 0.2, 0.3], 2.0)
    assert (by_x.shape, by_scale.shape) == ((3,), ())
    assert fast.hessian(table, 2.0).shape == (4, 4, 2)
    assert [x.shape for x in fast.hvp(table, 2.0, vector=[[1.0, 0.0, 0.0], 0.0])] == [(2, 3), (2,)]


def test_a_list_takes_part_in_guards_parameters_and_names() -> None:
    w = parameter(2.0, "w")
    fast = compile(lambda x, t: w * autograd.dot(x, x) - t if x[0] > 0 else t, [w], example=[np.ones(2), 0.0])
    total, slope = fast.value_and_grad(np.array([[1.0, 2.0], [3.0, 4.0]]), t=1.0)
    assert (total, slope.tolist()) == (2.0 * 30.0 - 2.0, [30.0])
    with pytest.raises(GuardError):
        fast([-1.0, 2.0], 1.0)
    with pytest.raises(ValueError, match=r"'x' must have the shape \(2,\) or \(rows, 2\), got \(3,\)"):
        fast([1.0, 2.0, 3.0], 1.0)
    with pytest.raises(ValueError, match="equally many rows"):
        fast(np.ones((3, 2)), [1.0, 2.0])
    with pytest.raises(TraceError, match="index"):
        compile(lambda x, k: x[k], example=[[1.0, 2.0], 1.0])


def test_scipy_minimizes_with_hessian_vector_products() -> None:
    fast = compile(
        lambda x: autograd.sum([100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in itertools.pairwise(x)]),
        example=[[0.5] * 6],
    )
    result = minimize(
        lambda x: (lambda value, slopes: (value, slopes[0]))(*fast.value_and_grad(x)),
        np.zeros(6),
        jac=True,
        hessp=lambda x, p: fast.hvp(x, vector=[p])[0],
        method="trust-ncg",
    )
    np.testing.assert_allclose(result.x, np.ones(6), rtol=1e-6)


class Pair(NamedTuple):
    first: Any
    second: Any


def test_results_have_the_structure_of_the_functions() -> None:
    def nested(x: Value, y: Value) -> Any:
        array = np.array([[x, y], [x * y, 1.0]])
        return {"sum": x + y, "pair": Pair(x, [y, 2.0]), "array": array, "numbers": np.array([1.0, 2.0])}

    result = compile(nested)([1.0, 2.0], 3.0)
    assert result["sum"].tolist() == [4.0, 5.0]
    assert isinstance(result["pair"], Pair)
    assert [column.tolist() for column in result["pair"].second] == [[3.0, 3.0], [2.0, 2.0]]
    assert result["array"].shape == (2, 2, 2)
    assert result["array"][1, 0].tolist() == [3.0, 6.0]
    assert result["numbers"].tolist() == [[1.0, 1.0], [2.0, 2.0]]
    assert compile(lambda x: (x, -x))(2.0) == (2.0, -2.0)


def test_arguments_are_given_by_name_too() -> None:
    fast = compile(lambda x, y: x - y)
    assert fast(y=1.0, x=[3.0, 4.0]).tolist() == [2.0, 3.0]
    assert fast(5.0, y=1.0) == 4.0
    assert fast.value_and_grad(5.0, y=1.0)[1].tolist() == [1.0, -1.0]
    for call in (lambda: fast(5.0, z=1.0), lambda: fast(5.0, x=1.0), lambda: fast(1.0, 2.0, y=3.0)):
        with pytest.raises(TypeError, match=r"takes the arguments x, y, got"):
            call()


def test_a_compiled_function_bears_the_name_and_docstring_of_its_function() -> None:
    def area(width: Value, height: Value) -> Value:
        """Return the area of a rectangle."""
        return width * height

    for fast in (compile(area), pickle.loads(pickle.dumps(compile(area)))):
        assert (fast.__name__, fast.__doc__) == ("area", "Return the area of a rectangle.")
        assert str(inspect.signature(fast)) == "(width, height, *, theta=None)"
        assert repr(fast) == "<compiled function area(width, height): 3 instructions, 0 parameters>"
    many = compile(lambda *x: autograd.sum(x), example=[0.5] * 880)
    assert "x[7], ... 880 in all" in repr(many)
    assert str(inspect.signature(many)) == "(*x, theta=None)"


def test_misuse_of_derivatives_names_what_to_use() -> None:
    fast = compile(several)
    for method in (fast.value_and_grad, fast.hessian, lambda *xs: fast.hvp(*xs, vector=xs)):
        with pytest.raises(TypeError, match=r"one output, and this one gives 4: use jacobian\(\), jvp\(\) or vjp\(\)"):
            method(1.0, 2.0)
    with pytest.raises(ValueError, match="expected 4 numbers or columns, as the function returns, got"):
        fast.vjp(1.0, 2.0, cotangents=1.0)
    with pytest.raises(ValueError, match="a tangent for each of 2 arguments, got 1"):
        fast.jvp(1.0, 2.0, tangents=[1.0])
