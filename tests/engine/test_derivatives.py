"""`grad`: to any order, of any node, and without a trace on `.grad`."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from oracle import mp

from autograd import Value, dot, exp, grad, logsumexp, softmax, where
from autograd import sum as sum_of
from autograd.graph import topological_order
from autograd.ops import Op


def test_it_gives_floats_or_values_and_leaves_every_grad_alone() -> None:
    x, z = Value(2.0), Value(3.0)
    x.grad, z.grad = 5.0, 6.0
    y = x * z + x
    y.grad = 7.0
    floats = grad(y, [x, z])
    assert floats == [4.0, 2.0]
    assert [type(slope) for slope in floats] == [float, float]
    slopes = grad(y, [x, z], create_graph=True)
    assert [type(slope) for slope in slopes] == [Value, Value]
    assert [slope.data for slope in slopes] == [4.0, 2.0]
    assert (x.grad, z.grad, y.grad) == (5.0, 6.0, 7.0)
    assert all(node.grad == 0.0 for slope in slopes for node in topological_order(slope) if node not in (x, z, y))


def test_of_an_input_not_on_the_path() -> None:
    x, unused = Value(2.0), Value(3.0)
    assert grad(x * x, [unused, x]) == [0.0, 4.0]
    zero, slope = grad(x * x, [unused, x], create_graph=True)
    assert (zero.data, slope.data) == (0.0, 4.0)
    assert grad(zero, [unused]) == [0.0]
    assert grad(x * x, []) == []


def test_of_the_output_itself_of_a_leaf_and_of_interior_nodes() -> None:
    x = Value(2.0)
    inner = x * x
    y = inner * 3.0
    assert grad(y, [y, inner, x]) == [1.0, 3.0, 12.0]
    assert [slope.data for slope in grad(y, [y, inner, x], create_graph=True)] == [1.0, 3.0, 12.0]
    assert grad(x, [x]) == [1.0]
    assert grad(x, [x], create_graph=True)[0].data == 1.0
    assert grad(y, [x, x]) == [12.0, 12.0]
    assert grad(y, iter([x])) == [12.0]


def test_of_a_leaf_behind_a_branch_not_taken() -> None:
    x, z = Value(2.0), Value(0.0)
    y = where(True, x * x, z.log())
    assert grad(y, [x, z]) == [4.0, 0.0]
    assert [slope.data for slope in grad(y, [x, z], create_graph=True)] == [4.0, 0.0]


def test_it_agrees_with_backward_when_leaves_carry_gradients() -> None:
    x = Value(0.1)
    y = (x * 0.3 + x * 0.7).tanh() * x
    x.grad = 1e10
    expected = grad(y, [x])
    x.grad = 0.0
    y.backward()
    assert [x.grad] == expected


def third_by_mpmath(f: Any, x: float) -> list[float]:
    with mp.workdps(60):
        return [float(mp.diff(f, mp.mpf(x), order)) for order in (1, 2, 3)]


CHAINS = {
    "x**5": (lambda x: x**5, lambda x: x**5),
    "x**2.5": (lambda x: x**2.5, lambda x: x ** mp.mpf(2.5)),
    "x**x": (lambda x: x**x, lambda x: x**x),
    "sin(x**2)": (lambda x: (x**2).sin(), lambda x: mp.sin(x**2)),
    "tanh": (lambda x: x.tanh(), mp.tanh),
    "exp(-x)/x": (lambda x: exp(-x) / x, lambda x: mp.exp(-x) / x),
    "sigmoid": (lambda x: x.sigmoid(), lambda x: 1 / (1 + mp.exp(-x))),
    "log1p(x*x)": (lambda x: (x * x).log1p(), lambda x: mp.log(1 + x * x)),
    "arctan": (lambda x: x.arctan(), mp.atan),
    "sqrt(1+x)": (lambda x: (1 + x).sqrt(), lambda x: mp.sqrt(1 + x)),
    "dot": (lambda x: dot([x, x * x], [x, 2.0], x), lambda x: x * x + 2 * x * x + x),
    "sum": (lambda x: sum_of([x**3, x.sin(), x]), lambda x: x**3 + mp.sin(x) + x),
    "logsumexp": (lambda x: logsumexp([x, 2 * x]), lambda x: mp.log(mp.exp(x) + mp.exp(2 * x))),
    "softmax": (lambda x: softmax([x, x * x])[0], lambda x: 1 / (1 + mp.exp(x * x - x))),
    "arcsin": (lambda x: (x / 4).arcsin(), lambda x: mp.asin(x / 4)),
    "softplus": (lambda x: x.softplus(), lambda x: mp.log(1 + mp.exp(x))),
}


@pytest.mark.parametrize("x", [0.3, 1.7])
@pytest.mark.parametrize("name", CHAINS)
def test_third_order_against_mpmath(name: str, x: float) -> None:
    ours, theirs = CHAINS[name]
    leaf = Value(x)
    (first,) = grad(ours(leaf), [leaf], create_graph=True)
    (second,) = grad(first, [leaf], create_graph=True)
    (third,) = grad(second, [leaf])
    assert [first.data, second.data, third] == pytest.approx(third_by_mpmath(theirs, x), rel=1e-12)


def test_backward_through_a_gradient() -> None:
    x, w = Value(2.0), Value(3.0)
    (slope,) = grad(w * x**2, [x], create_graph=True)
    (slope**2).backward()
    assert slope.data == 12.0
    assert (w.grad, x.grad) == (2.0 * 12.0 * 4.0, 2.0 * 12.0 * 6.0)


def test_create_graph_refuses_data_assigned_since() -> None:
    x = Value(3.0)
    y = x**3
    x.data = 5.0
    assert grad(y, [x]) == [27.0]
    with pytest.raises(RuntimeError, match=r"derivative was 27\.0 and would be 75\.0; record the graph again"):
        grad(y, [x], create_graph=True)
    x.data = math.nan
    with pytest.raises(RuntimeError, match="would be nan"):
        grad(y, [x], create_graph=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([Value(1.0)], [Value(1.0)]), r"takes one Value as output, got list .*; call grad for each of several"),
        ((3.0, [Value(1.0)]), r"^grad\(output, inputs\) takes one Value as output, got float 3\.0$"),
        ((len, [Value(1.0)]), r"got builtin_function_or_method .*; apply it first: grad\(f\(x\), \[x\]\)"),
        ((Value(1.0), [Value(1.0), 2.0]), r"^grad\(output, inputs\): inputs\[1\] must be a Value, got float 2\.0"),
        ((Value(1.0), 2.0), r"inputs\[0\] must be a Value, got float 2\.0"),
        ((Value(1.0), None), r"takes a list of Values as inputs, got NoneType None"),
        ((Value(1.0), {"x": Value(1.0)}), r"takes a list of Values as inputs, got dict"),
        ((Value(1.0), {Value(1.0)}), r"takes a list of Values as inputs, got set"),
        ((Value(1.0), np.array([[Value(1.0)]])), r"inputs\[0\] must be a Value, got ndarray"),
    ],
)
def test_grad_names_itself_and_the_argument(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        grad(*arguments)


def test_one_value_is_a_list_of_one() -> None:
    x = Value(3.0)
    assert grad(x * x, x) == [6.0]
    assert grad(x * x, np.array([x])) == [6.0]


INVERSE_QUADRATIC = Op(
    "inv_quad", "1/(1+x^2)", lambda x: 1 / (1 + x * x), lambda z, x: (-2 * x / (1 + x**2) ** 2,), ((-5.0, 5.0),)
)


def test_a_rule_that_rounds_otherwise_on_values_is_no_change_of_data() -> None:
    """Of floats x**2 is pow, of `Value`s it is x * x."""
    rng = random.Random(1)
    differ = 0
    for _ in range(5000):
        x = Value(rng.uniform(-5.0, 5.0))
        y = INVERSE_QUADRATIC(x)
        (slope,) = grad(y, [x], create_graph=True)
        differ += slope.data != y.partials[0]
    assert differ > 0
    x.data += 1.0
    with pytest.raises(RuntimeError, match="<op inv_quad> or an input of it was assigned new data"):
        grad(y, [x], create_graph=True)
