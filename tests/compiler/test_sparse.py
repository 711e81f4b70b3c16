"""Sparse Jacobians and Hessians: the dense ones' numbers, from few products."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import issparse

import autograd
from autograd import Value, compile, maximum, where
from autograd.compiler import GuardError
from autograd.lowering.sparsity import groups
from autograd.value import parameter

Function = Callable[..., Value]


def rosenbrock(x: list[Value]) -> Value:
    return autograd.sum([100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in itertools.pairwise(x)])


def arrow(x: list[Value]) -> Value:
    """Every variable meets the first: its row and column of the Hessian are full."""
    return autograd.sum([x[0] * a**3 for a in x[1:]]) + where(x[1] > x[2], x[3] ** 4, x[4] ** 2)


def separable(x: list[Value]) -> Value:
    return autograd.sum([a.exp() for a in x])


def linear(x: list[Value]) -> Value:
    return autograd.sum(x)


@pytest.mark.parametrize(("f", "products"), [(rosenbrock, 3), (arrow, 8), (separable, 1), (linear, 1)])
def test_a_sparse_hessian_is_the_dense_one(f: Function, products: int) -> None:
    point = np.random.default_rng(1).normal(size=8)
    fast = compile(f, example=[[0.5] * 8])
    found = fast.hessian(point, sparse=True)
    assert issparse(found)
    assert len(fast.structures["hessian"].seeds()) <= products
    np.testing.assert_allclose(found.toarray(), fast.hessian(point), rtol=1e-12)
    assert found.nnz <= fast.structures["hessian"].columns.size


def test_the_structure_shows_no_more_than_the_neighbours() -> None:
    fast = compile(rosenbrock, example=[[0.5] * 50])
    assert fast.hessian(np.linspace(-1.0, 1.0, 50), sparse=True).nnz == 50 + 2 * 49


def test_a_sparse_jacobian_is_the_dense_one() -> None:
    def f(x: list[Value], scale: Value) -> list[Value]:
        return [scale * a * b for a, b in itertools.pairwise(x)] + [maximum(x[0], 0.0), x[0] * 0.0 + 1.0]

    fast = compile(f, example=[[0.5] * 6, 1.0])
    point = np.random.default_rng(2).normal(size=6)
    found = fast.jacobian(point, scale=2.0, sparse=True)
    assert found.shape == (7, 7)
    np.testing.assert_allclose(found.toarray(), fast.jacobian(point, 2.0), rtol=1e-13)


def test_with_parameters_rows_are_summed() -> None:
    weights = [parameter(0.1 * k) for k in range(5)]

    def loss(x: Value) -> Value:
        return autograd.sum([(a * x - b) ** 2 * a for a, b in itertools.pairwise(weights)])

    fast = compile(loss, weights)
    rows = np.linspace(-1.0, 1.0, 7)
    found = fast.hessian(rows, sparse=True)
    np.testing.assert_allclose(found.toarray(), fast.hessian(rows), rtol=1e-12, atol=1e-14)
    both = compile(lambda x: [weights[0] * x, weights[3].exp() * x], weights)
    np.testing.assert_allclose(both.jacobian(rows, sparse=True).toarray(), both.jacobian(rows), rtol=1e-12, atol=1e-14)


def test_guards_and_rows_are_checked() -> None:
    fast = compile(lambda x, y: x * y**2 if x > 0 else y)
    with pytest.raises(GuardError):
        fast.hessian(-1.0, 2.0, sparse=True)
    with pytest.raises(ValueError, match=r"hessian\(sparse=True\) computes one row at a time.* got columns of 2 rows"):
        fast.hessian([1.0, 2.0], 2.0, sparse=True)


def test_many_variables_take_few_products() -> None:
    fast = compile(rosenbrock, example=[[0.5] * 1000])
    point = np.linspace(-1.0, 1.0, 1000)
    found = fast.hessian(point, sparse=True)
    assert (found.nnz, len(fast.structures["hessian"].seeds())) == (1000 + 2 * 999, 3)
    diagonal = np.full(1000, 202.0) + 1200.0 * point**2
    diagonal[:-1] -= 400.0 * point[1:]
    diagonal[0], diagonal[-1] = 2.0 + 1200.0 * point[0] ** 2 - 400.0 * point[1], 200.0
    np.testing.assert_allclose(found.diagonal(), diagonal, rtol=1e-12)
    np.testing.assert_allclose(found.diagonal(1), -400.0 * point[:-1], rtol=1e-12)


def test_no_row_has_two_columns_of_a_group() -> None:
    rows = [sorted(row) for row in np.random.default_rng(3).integers(0, 30, size=(40, 4)).tolist()]
    found = groups(rows, 30)
    assert all(len({found[column] for column in set(row)}) == len(set(row)) for row in rows)


def test_scipy_is_named_when_it_is_missing() -> None:
    code = (
        "import sys; sys.modules['scipy'] = sys.modules['scipy.sparse'] = None; import autograd; "
        "autograd.compile(lambda x: x**2).hessian(1.0, sparse=True)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "sparse=True needs SciPy, which is not installed: pip install scipy" in run.stderr
