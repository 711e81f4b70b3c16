"""`jacobian` and `hessian`: results of every shape, refusals, and derivatives of derivatives."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, grad, hessian, jacobian, sin, softmax, where
from autograd.jacobians import active

A = np.array([[1.0, 2.0], [3.0, 4.0]])


def test_jacobian() -> None:
    assert jacobian(lambda x, y: x * y, [2.0, 3.0]) == [3.0, 2.0]
    assert jacobian(lambda x, y: (x * y, x - y, 1.0), [2.0, 3.0]) == [[3.0, 2.0], [1.0, -1.0], [0.0, 0.0]]
    assert jacobian(lambda x: 5.0, [2.0]) == [0.0]
    assert jacobian(lambda x: [sin(x)], [0]) == [[1.0]]
    assert jacobian(lambda x: x, [2.0]) == [1.0]


def test_hessian() -> None:
    assert hessian(lambda x, y: x**2 * y + y**3, [2.0, 3.0]) == [[6.0, 4.0], [4.0, 18.0]]
    assert hessian(lambda x, y: x + y, [2.0, 3.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(lambda x, y: 7.0, [2.0, 3.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(lambda x, y: x * x, [2.0, 3.0]) == [[2.0, 0.0], [0.0, 0.0]]
    assert hessian(lambda x, n: x**n, [2.0, 0.0])[0][1] == 0.5


def test_hessian_agrees_with_gradients_of_a_gradient() -> None:
    def f(x: Value, z: Value) -> Value:
        return (x * z).tanh() * z.exp() + where(x > z, x**3, z / x) * softmax([x, z, x * z])[0]

    for point in ([0.3, 0.7], [1.5, -0.2]):
        values = [Value(x) for x in point]
        slopes = grad(f(*values), values, create_graph=True)
        assert hessian(f, point) == [pytest.approx(grad(slope, values), rel=1e-13) for slope in slopes]


def test_hessians_in_threads_do_not_see_each_others_nodes() -> None:
    def f(x: Value, z: Value) -> Value:
        return ((x * z).tanh() + (x / z).sin()) * x.exp()

    points = [[0.1 * k + 0.05, 1.0 + 0.2 * k] for k in range(60)]
    expected = [hessian(f, point) for point in points]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda point: hessian(f, point), points)) == expected
    finally:
        sys.setswitchinterval(interval)


def test_a_hessian_of_data_that_was_assigned_meanwhile_is_refused() -> None:
    with pytest.raises(RuntimeError, match="assigned new data"):
        hessian(changed, [3.0])


def changed(x: Value) -> Value:
    """Assign to a number after it was used."""
    y = x**3
    x.data = 5.0
    return y


def test_results_keep_their_shape() -> None:
    assert jacobian(lambda *x: A @ np.array(x), [1.0, 2.0]) == A.tolist()
    assert jacobian(lambda x, y: np.array([[x, y], [x * y, 3.0]]), [2.0, 3.0]) == [
        [[1.0, 0.0], [0.0, 1.0]],
        [[3.0, 2.0], [0.0, 0.0]],
    ]
    assert jacobian(lambda x, y: [[x], (y, 2 * x)], [2.0, 3.0]) == [[[1.0, 0.0]], [[0.0, 1.0], [2.0, 0.0]]]
    assert jacobian(lambda x: np.array(x * x), [3.0]) == [6.0]
    assert jacobian(lambda x: [], [3.0]) == []
    assert jacobian(lambda x: np.array([1.0, 2.0]), [3.0]) == [[0.0], [0.0]]
    assert jacobian(lambda x: np.float64(2.0), [3.0]) == [0.0]


def test_one_number_or_value_is_a_point_of_one() -> None:
    assert jacobian(lambda x: x * x, 3.0) == [6.0]
    assert hessian(lambda x: x**3, 2) == [[12.0]]
    assert jacobian(lambda x, y: x * y, np.array([3.0, 4.0])) == [4.0, 3.0]
    assert jacobian(lambda x: x * x, np.float32(3.0)) == [6.0]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (lambda x: None, "got NoneType None: is a `return` missing"),
        (lambda x: map(sin, [x]), "got map"),
        (lambda x: (x for _ in range(2)), "got generator"),
        (lambda x: {"y": x}, "got dict"),
        (lambda x: {x}, "got set"),
        (lambda x: "x", "got str 'x'"),
        (lambda x: 1j, "got complex"),
        (lambda x: [x, None], "got NoneType None"),
        (lambda x: [x, [x, "y"]], "got str 'y'"),
        (lambda x: np.array([x, None]), "got NoneType None"),
        (lambda x: np.array(["y"]), "got str 'y'"),
        (lambda x: np.ma.masked_array([1.0, 2.0], [True, False]), "got NoneType None"),
    ],
)
def test_what_is_no_number_or_value_is_no_constant(result: Any, said: str) -> None:
    with pytest.raises(TypeError, match=rf"^jacobian\(f, xs\): f must return Values or numbers.*{said}"):
        jacobian(result, [2.0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((2.0, [2.0]), r"^{} takes a function as f, got float 2\.0"),
        ((lambda x: x, "12"), r"^{} takes a list of numbers, one for each argument of f, as xs, got str '12'"),
        ((lambda x: x, None), r"^{} takes a list of numbers.*got NoneType"),
        ((lambda x: x, ["1"]), r"^{}: xs\[0\]: expected one real number, got str '1'"),
        ((lambda x: x, [[1.0], [2.0]]), r"^{}: xs\[0\]: .*flatten xs first, by \.ravel\(\) if it is an array"),
        ((lambda v: v[0] * v[1], [1.0, 2.0]), r"^{} calls f with 2 arguments, .*lambda \*values: f\(values\)"),
    ],
)
@pytest.mark.parametrize("of", [jacobian, hessian])
def test_what_it_cannot_take_is_refused_by_name(of: Any, arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(TypeError, match=said.format(rf"{of.__name__}\(f, xs\)")):
        of(*arguments)
    assert active.variables == []


def test_an_error_inside_of_f_is_left_as_it_is() -> None:
    def f(x: Value) -> Value:
        return x + len(3)  # type: ignore[arg-type]

    with pytest.raises(TypeError, match=r"^object of type 'int' has no len\(\)$"):
        jacobian(f, [1.0])
    assert active.variables == []


@pytest.mark.parametrize("result", [lambda x: [x * x], lambda x: None, lambda x: np.array([x])])
def test_a_hessian_is_of_one_value(result: Any) -> None:
    with pytest.raises(TypeError, match=r"^hessian\(f, xs\): f must return one Value, got"):
        hessian(result, [2.0])


def test_they_nest() -> None:
    """d/dx of d/dy (y**3 * x), at y = 2, is 3 y**2; and so on."""
    assert jacobian(lambda x: jacobian(lambda y: y**3 * x, [2.0])[0], [3.0]) == [12.0]
    assert jacobian(lambda x: jacobian(lambda y: y**3, [x])[0], [2.0]) == [12.0]
    assert jacobian(lambda x: hessian(lambda y: y**3 * x, [2.0]), [3.0]) == [[[12.0]]]
    assert hessian(lambda x: jacobian(lambda y: y * x**3, [2.0])[0], [3.0]) == [[18.0]]
    assert jacobian(lambda x: hessian(lambda y: y**3, [x])[0][0], [2.0]) == [6.0]
    third = jacobian(lambda x: jacobian(lambda y: jacobian(lambda z: x * y**2 * z**3, [2.0])[0], [3.0])[0], [5.0])
    assert third == [2 * 3.0 * 3 * 2.0**2]


def test_a_value_that_f_also_uses_directly_is_not_confused_with_its_argument() -> None:
    """d/dx of (d/dy of y * x, at y = x), which is x: 1. Were y taken for x, it would be the derivative of 2 x."""
    x = Value(3.0)
    (slope,) = jacobian(lambda y: y * x, [x])
    assert slope.data == 3.0
    assert grad(slope, [x]) == [1.0]


def test_an_inner_jacobian_of_numbers_alone_is_of_floats() -> None:
    inner: list[Any] = []
    jacobian(lambda x: inner.append(jacobian(lambda y: y**2, [2.0])) or x, [3.0])
    assert inner == [[4.0]]
    x = Value(2.0)
    (slope,) = jacobian(lambda y: y**2, [x])
    slope.backward()
    assert (slope.data, x.grad) == (4.0, 2.0)


def test_a_jacobian_in_a_traced_function() -> None:
    compiled = autograd.compile(lambda x: jacobian(lambda y: y**3, [x])[0])
    assert compiled([2.0, 3.0]).tolist() == [12.0, 27.0]
