"""The backward pass: what it writes, where and in which order; and the table of gradients at the edges."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import (
    Value,
    absolute,
    backward_pass,
    dot,
    grad,
    leaky_relu,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    record_steps,
    relu,
    sigmoid,
    softmax,
    softplus,
    sqrt,
    tanh,
    where,
)
from autograd.observing import backward_observers, observing, record_observers
from autograd.ops import CONSTANT

inf, nan = math.inf, math.nan

# What is computed, at which numbers, and its gradient there. Each is taken by `backward`, by `grad`, and by
# `grad(create_graph=True)`.
EDGES: list[tuple[str, Callable[..., Any], list[float], list[float]]] = [
    ("relu at 0", relu, [0.0], [0.0]),
    ("relu at -0", relu, [-0.0], [0.0]),
    ("relu above 0", relu, [2.0], [1.0]),
    ("relu below 0", relu, [-2.0], [0.0]),
    ("relu at nan", relu, [nan], [nan]),
    ("leaky relu at 0", lambda x: leaky_relu(x, 0.1), [0.0], [0.1]),
    ("leaky relu above 0", lambda x: leaky_relu(x, 0.1), [1.0], [1.0]),
    ("leaky relu slope as a Value", leaky_relu, [-3.0, 0.1], [0.1, -3.0]),
    ("leaky relu slope not taken", leaky_relu, [3.0, 0.1], [1.0, 0.0]),
    ("abs at 0", absolute, [0.0], [0.0]),
    ("abs below 0", absolute, [-3.0], [-1.0]),
    ("abs at nan", absolute, [nan], [nan]),
    ("sqrt at 0", sqrt, [0.0], [inf]),
    ("maximum tie of two", maximum, [1.0, 1.0], [0.5, 0.5]),
    ("minimum tie of two", minimum, [1.0, 1.0], [0.5, 0.5]),
    ("maximum tie with itself", lambda x: maximum(x, x), [1.0], [1.0]),
    ("minimum tie with itself", lambda x: minimum(x, x), [1.0], [1.0]),
    ("maximum tie with a constant", lambda x: maximum(x, 1.0), [1.0], [0.0]),
    ("maximum tie with a constant on the left", lambda x: maximum(1.0, x), [1.0], [0.0]),
    ("minimum tie with a constant", lambda x: minimum(x, 1.0), [1.0], [0.0]),
    ("maximum above a constant", lambda x: maximum(0.0, x), [1.0], [1.0]),
    ("maximum below a constant", lambda x: maximum(x, 3.0), [1.0], [0.0]),
    ("minimum below a constant", lambda x: minimum(3.0, x), [1.0], [1.0]),
    ("minimum above a constant", lambda x: minimum(x, -3.0), [1.0], [0.0]),
    ("maximum with a nan", maximum, [nan, 1.0], [nan, nan]),
    ("maximum with a nan constant", lambda x: maximum(x, nan), [1.0], [nan]),
    ("maximum of two", maximum, [1.0, 2.0], [0.0, 1.0]),
    ("minimum of two", minimum, [1.0, 2.0], [1.0, 0.0]),
    ("leaky relu at 0 times inf", lambda x, s: leaky_relu(x, s) * inf, [0.0, 0.1], [inf, nan]),
    ("leaky relu above times inf", lambda x, s: leaky_relu(x, s) * inf, [3.0, 0.1], [inf, 0.0]),
    ("x**0 at 0", lambda x: x**0, [0.0], [0.0]),
    ("x**0 elsewhere", lambda x: x**0, [3.0], [0.0]),
    ("x**0 at inf", lambda x: x**0, [inf], [0.0]),
    ("x**0 times inf", lambda x: x**0 * inf, [2.0], [nan]),  # 0 * inf: flat is not the same as not taken
    ("x**1 at 0", lambda x: x**1, [0.0], [1.0]),
    ("x**2 at 0", lambda x: x**2, [0.0], [0.0]),
    ("x**0.5 at 0", lambda x: x**0.5, [0.0], [inf]),
    ("x**-0.5 at 0", lambda x: x**-0.5, [0.0], [-inf]),
    ("x**-0.5 at -0", lambda x: x**-0.5, [-0.0], [-inf]),
    ("x**-0.5 at inf", lambda x: x**-0.5, [inf], [0.0]),
    ("x**-1 at -0", lambda x: x**-1, [-0.0], [-inf]),
    ("x**y next to 0", lambda x, y: x**y, [2.0**-1024, -(2.0**-9)], [-(2.0**1017), -4096.0 * math.log(2.0)]),
    ("x**y at (-0, -0.5)", lambda x, y: x**y, [-0.0, -0.5], [-inf, -inf]),
    ("x**y at (-0, -1)", lambda x, y: x**y, [-0.0, -1.0], [-inf, inf]),
    ("x**y at (0, 0)", lambda x, y: x**y, [0.0, 0.0], [0.0, 0.0]),
    ("x**y at (0, 2)", lambda x, y: x**y, [0.0, 2.0], [0.0, 0.0]),
    ("x**y at (0, 1)", lambda x, y: x**y, [0.0, 1.0], [1.0, 0.0]),
    ("x**y at (0, -1)", lambda x, y: x**y, [0.0, -1.0], [-inf, -inf]),
    ("x**y at (2, 0)", lambda x, y: x**y, [2.0, 0.0], [0.0, math.log(2.0)]),
    ("x**y at (-2, 3)", lambda x, y: x**y, [-2.0, 3.0], [12.0, nan]),
    ("(-2)**3, constant exponent", lambda x: x**3, [-2.0], [12.0]),
    ("2**y", lambda y: 2**y, [3.0], [8.0 * math.log(2.0)]),
    ("0**y at 2", lambda y: 0**y, [2.0], [0.0]),
    ("log at 0", lambda x: x.log(), [0.0], [inf]),
    ("log at -1", lambda x: x.log(), [-1.0], [nan]),
    ("log2 at -1", lambda x: x.log2(), [-1.0], [nan]),
    ("log10 at -1", lambda x: x.log10(), [-1.0], [nan]),
    ("log1p at -2", lambda x: x.log1p(), [-2.0], [nan]),
    ("log1p at -1", lambda x: x.log1p(), [-1.0], [inf]),
    ("log just below 0", lambda x: x.log(), [-5e-324], [nan]),
    ("log1p just below -1", lambda x: x.log1p(), [math.nextafter(-1.0, -2.0)], [nan]),
    ("arctanh just above 1", lambda x: x.arctanh(), [math.nextafter(1.0, 2.0)], [nan]),
    ("arctanh at 2", lambda x: x.arctanh(), [2.0], [nan]),
    ("arctanh at 1", lambda x: x.arctanh(), [1.0], [inf]),
    ("arcsin at 1", lambda x: x.arcsin(), [1.0], [inf]),
    ("arccos at 1", lambda x: x.arccos(), [1.0], [-inf]),
    ("1/x at 0", lambda x: 1 / x, [0.0], [-inf]),
    ("x/y at (1, 0)", lambda x, y: x / y, [1.0, 0.0], [inf, -inf]),
    ("where takes a", lambda a, b: where(True, a, b), [1.0, 2.0], [1.0, 0.0]),
    ("where takes b", lambda a, b: where(False, a, b), [1.0, 2.0], [0.0, 1.0]),
    ("where by a Value", where, [1.0, 2.0, 3.0], [0.0, 1.0, 0.0]),
    ("where by a Value 0", where, [0.0, 2.0, 3.0], [0.0, 0.0, 1.0]),
    ("branch not taken: log", lambda x: where(x > 0, x.log(), 5.0 * x), [0.0], [5.0]),
    ("branch not taken: nan", lambda x: where(x > 0, (x - 1.0).sqrt(), x * x), [-3.0], [-6.0]),
    ("branch not taken: 1/x", lambda x: where(True, 2.0 * x, 1.0 / x), [0.0], [2.0]),
    ("relu stops an inf", lambda x: relu(-(x.sqrt())) + x, [0.0], [1.0]),
    ("maximum stops an inf", lambda x: maximum(x.sqrt(), 1.0) + x, [0.0], [1.0]),
    ("maximum of two stops an inf", lambda x: maximum(x.sqrt(), x + 1.0), [0.0], [1.0]),
    ("detach stops an inf", lambda x: x.sqrt().detach() + x, [0.0], [1.0]),
    ("a constant stops an inf", lambda x: x * inf, [2.0], [inf]),
    ("0 * inf elsewhere", lambda x: 0.0 * x.sqrt(), [0.0], [nan]),
    ("sigmoid far out", sigmoid, [-1e308], [0.0]),
    ("sigmoid at 0", sigmoid, [0.0], [0.25]),
    ("softplus far out", softplus, [1e308], [1.0]),
    ("softplus far below", softplus, [-1e308], [0.0]),
    ("tanh far out", tanh, [1e308], [0.0]),
    ("tanh at 0", tanh, [0.0], [1.0]),
    ("sign", lambda x: x.sign(), [3.0], [0.0]),
    ("logsumexp far out", lambda x, y: logsumexp([x, y]), [1e308, -1e308], [1.0, 0.0]),
    ("log_softmax far out", lambda x, y: log_softmax([x, y])[1], [1e308, -1e308], [-1.0, 1.0]),
    ("softmax of equals", lambda x, y: softmax([x, y])[0], [1e308, 1e308], [0.25, -0.25]),
    ("dot", lambda w, x, b: dot([w], [x], b), [2.0, 3.0, 5.0], [3.0, 2.0, 1.0]),
    ("a leaf", lambda x: x, [3.0], [1.0]),
    ("x + x", lambda x: x + x, [3.0], [2.0]),
    ("x * x", lambda x: x * x, [3.0], [6.0]),
    ("x - x", lambda x: x - x, [3.0], [0.0]),
    ("not used", lambda x, y: x * 1.0, [3.0, 4.0], [1.0, 0.0]),
]


@pytest.mark.parametrize(("f", "xs", "expected"), [case[1:] for case in EDGES], ids=[case[0] for case in EDGES])
def test_gradient_at_the_edges(f: Any, xs: list[float], expected: list[float]) -> None:
    leaves = [Value(x) for x in xs]
    output = f(*leaves)
    same = pytest.approx(expected, rel=1e-15, abs=0.0, nan_ok=True)
    assert grad(output, leaves) == same
    slopes = grad(output, leaves, create_graph=True)
    assert all(type(slope) is Value for slope in slopes)
    assert [slope.data for slope in slopes] == same
    assert [x.grad for x in leaves] == [0.0] * len(xs)
    output.backward()
    assert [x.grad for x in leaves] == same


# The second derivative with respect to the first input: f'' is finite and right where the first order selects.
CURVATURES: list[tuple[str, Callable[..., Any], list[float], list[list[float]]]] = [
    ("relu at 0", relu, [0.0], [[0.0]]),
    ("relu squared", lambda x: relu(x) ** 2, [3.0], [[2.0]]),
    ("relu squared at 0", lambda x: relu(x) ** 2, [0.0], [[0.0]]),
    ("abs at 0", absolute, [0.0], [[0.0]]),
    ("x**2 at 0", lambda x: x**2, [0.0], [[2.0]]),
    ("x**1 at 0", lambda x: x**1, [0.0], [[0.0]]),
    ("x**0 at 0", lambda x: x**0, [0.0], [[0.0]]),
    ("x**3 at -2", lambda x: x**3, [-2.0], [[-12.0]]),
    ("x**-0.5 at 4", lambda x: x**-0.5, [4.0], [[0.75 * 4.0**-2.5]]),
    ("x**-0.5 at 0", lambda x: x**-0.5, [0.0], [[math.inf]]),
    ("x**-0.5 at -0", lambda x: x**-0.5, [-0.0], [[math.inf]]),
    ("x**-2^-9 next to 0", lambda x: x ** -(2.0**-9), [2.0**-512], [[513.0 * 2.0**1007]]),
    ("x**Value(2) where 1/x is inf", lambda x: x ** Value(2.0), [2.0**-1030], [[2.0]]),
    ("x**y at (2, 0)", lambda x, y: x**y, [2.0, 0.0], [[0.0, 0.5], [0.5, math.log(2.0) ** 2]]),
    ("x**y at (0, 2)", lambda x, y: x**y, [0.0, 2.0], [[2.0, 0.0], [0.0, 0.0]]),
    ("maximum takes a cube", lambda x, y: maximum(x**3, y), [2.0, 1.0], [[12.0, 0.0], [0.0, 0.0]]),
    ("maximum tie", lambda x: maximum(x * x, x * x), [3.0], [[2.0]]),
    ("minimum with a constant", lambda x: minimum(x**2, 100.0), [3.0], [[2.0]]),
    ("where's other branch: log", lambda x: where(x > 0, x.log(), 5.0 * x**2), [0.0], [[10.0]]),
    ("where's other branch: 1/x", lambda x: where(True, x**3, 1.0 / x), [0.0], [[0.0]]),
    ("where's other branch: nan", lambda x: where(x > 0, (x - 1.0).sqrt(), x**3), [-3.0], [[-18.0]]),
    ("relu stops an inf", lambda x: relu(-(x.sqrt())) + x**2, [0.0], [[2.0]]),
    ("leaky relu by slope", leaky_relu, [-3.0, 0.1], [[0.0, 1.0], [1.0, 0.0]]),
    ("leaky relu above", leaky_relu, [3.0, 0.1], [[0.0, 0.0], [0.0, 0.0]]),
    ("detach", lambda x: x.detach() * x**2, [3.0], [[6.0]]),
    ("dot", lambda w, x: dot([w], [x], 1.0), [2.0, 3.0], [[0.0, 1.0], [1.0, 0.0]]),
    ("logsumexp far out", lambda x, y: logsumexp([x, y]), [1e308, -1e308], [[0.0, 0.0], [0.0, 0.0]]),
    ("a leaf", lambda x: x, [3.0], [[0.0]]),
]


@pytest.mark.parametrize(("f", "xs", "expected"), [case[1:] for case in CURVATURES], ids=[c[0] for c in CURVATURES])
def test_second_derivatives_at_the_edges(f: Any, xs: list[float], expected: list[list[float]]) -> None:
    leaves = [Value(x) for x in xs]
    slopes = grad(f(*leaves), leaves, create_graph=True)
    rows = [grad(slope, leaves) for slope in slopes]
    assert rows == [pytest.approx(row, rel=1e-14, abs=0.0) for row in expected]


def test_the_partial_of_a_constant_exponent_is_never_computed() -> None:
    x = Value(-2.0)
    y = x**3
    assert y.partials == (12.0, None)
    assert y.inputs[1].op is CONSTANT
    y.backward()
    assert y.inputs[1].grad == 0.0


def test_two_passes_double() -> None:
    x = Value(3.0)
    y = x**3
    y.backward()
    assert x.grad == 27.0
    y.backward()
    assert (x.grad, y.grad) == (54.0, 1.0)


def test_two_passes_double_to_the_last_bit_where_contributions_round() -> None:
    x = Value(0.1)
    y = 0.1 * x + 0.2 * x + 0.3 * x + x * x * x
    y.backward()
    once = x.grad
    y.backward()
    assert x.grad == 2.0 * once
    y.backward()
    assert x.grad == 2.0 * once + once


def test_losses_that_share_a_node_add_up() -> None:
    x = Value(3.0)
    shared = x * x
    first, second = shared * 2.0, shared**2
    first.backward()
    assert (x.grad, shared.grad) == (12.0, 2.0)
    second.backward()
    assert (x.grad, shared.grad) == (12.0 + 108.0, 18.0)


def test_interior_nodes_start_from_zero_and_leaves_from_what_they_have() -> None:
    x = Value(2.0)
    inner = x * 3.0
    y = inner + inner
    x.grad, inner.grad, y.grad = 10.0, 99.0, 99.0
    y.backward()
    assert (x.grad, inner.grad, y.grad) == (16.0, 2.0, 1.0)


def test_a_node_behind_a_branch_not_taken_is_reset_too() -> None:
    x = Value(2.0)
    hidden = x * 3.0
    deeper = hidden * hidden
    y = where(False, deeper, x)
    hidden.grad = deeper.grad = 99.0
    y.backward()
    assert (hidden.grad, deeper.grad, x.grad) == (0.0, 0.0, 1.0)


def test_a_node_behind_a_branch_not_taken_but_reached_elsewhere_gets_its_gradient() -> None:
    x = Value(2.0)
    shared = x * 3.0
    y = where(True, x, shared * 5.0) + shared
    y.backward()
    assert (shared.grad, x.grad) == (1.0, 4.0)


def test_a_leaf_is_its_own_root() -> None:
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0
    x.backward()
    assert x.grad == 2.0
    assert list(backward_pass(x)) == []


def test_constants_get_no_gradient() -> None:
    y = Value(2.0) * 3.0 + 4.0 - 1
    y.backward()
    assert y.inputs[1].grad == 0.0
    assert y.inputs[0].inputs[1].grad == 0.0


def test_nodes_are_yielded_from_the_root_with_their_gradient_complete() -> None:
    x = Value(2.0, "x")
    a = x * x
    b = a + x
    c = a * b
    final = grad(c, [a, b, c])
    seen = []
    for node in backward_pass(c):
        seen.append(node)
        assert node.grad == final[[a, b, c].index(node)]
        if node is c:
            assert (a.grad, b.grad, x.grad) == (0.0, 0.0, 0.0)
    assert seen == [c, b, a]
    assert x.grad == 2.0 * 2.0 * (4.0 + 2.0) + 4.0 * 5.0 - 0.0 - 0.0


def test_a_pass_stopped_half_way_leaves_what_leaves_have_got_and_harms_no_later_one() -> None:
    x, w = Value(2.0), Value(5.0)
    x.grad, w.grad = 100.0, 10.0
    y = (x * 3.0 + w) * w
    steps = backward_pass(y)
    assert next(steps) is y
    assert next(steps).op.symbol == "+"  # type: ignore[union-attr]
    steps.close()
    assert (x.grad, w.grad) == (100.0, 10.0 + 11.0)
    x.grad = w.grad = 0.0
    y.backward()
    assert (x.grad, w.grad) == (15.0, 16.0)


def test_a_pass_that_an_observer_aborts_keeps_earlier_gradients() -> None:
    x = Value(2.0)
    y = x * 3.0
    x.grad = 7.0

    def refuse(node: Value) -> None:
        raise KeyboardInterrupt

    with observing(backward=refuse), pytest.raises(KeyboardInterrupt) as error:
        y.backward()
    assert error.tb  # the pass has ended although its frames live on
    assert x.grad == 7.0
    y.backward()
    assert x.grad == 10.0


def test_an_observer_that_goes_away_hides_no_node_from_the_next() -> None:
    seen: list[Value] = []

    def once(made: Value) -> None:
        record_observers.remove(once)

    record_observers.append(once)
    with observing(record=seen.append):
        y = Value(2.0) * 3.0
    assert seen == [y]


@pytest.mark.parametrize("run", [Value.backward, record_steps], ids=["backward", "record_steps"])
def test_an_observer_that_goes_away_during_a_pass_hides_no_node_from_the_next(run: Callable[[Value], object]) -> None:
    seen: list[Value] = []

    def once(node: Value) -> None:
        backward_observers.remove(once)

    y = Value(2.0) * 3.0
    z = y.exp()
    backward_observers.append(once)
    with observing(backward=seen.append):
        run(z)
    assert seen == [z, y]


def test_what_is_recorded_as_a_constant_takes_a_gradient_from_plus_and_times_alone() -> None:
    x = Value(3.0)
    c = (x * 2.0).inputs[1]
    assert [(x + c).partials, (x * c).partials, (c * x).partials] == [(1.0, 1.0), (2.0, 3.0), (3.0, 2.0)]
    for y in (x - c, x / c, x**c, c.exp(), maximum(x, c), autograd.sum([x, c])):
        assert y.partials[-1] is None


def test_observers_see_each_node_once_before_it_passes_on() -> None:
    made: list[Value] = []
    passed: list[tuple[Value, float]] = []
    x = Value(2.0)
    with observing(made.append, lambda node: passed.append((node, x.grad))):
        nodes = [x * x, x + 1.0, 2.0 * x, x.exp(), x**2, x - 1, dot([x], [x], x), -x]
        assert made == nodes
        y = nodes[0] + nodes[1]
        y.backward()
    assert (record_observers, backward_observers) == ([], [])
    assert passed == [(y, 0.0), (nodes[1], 0.0), (nodes[0], 1.0)]
    assert x.grad == 5.0


def test_threads_differentiate_their_own_graphs_and_share_parameters_through_grad() -> None:
    shared = [Value(0.1 * k) for k in range(1, 6)]
    results: dict[int, list[float]] = {}

    def loss(number: int, xs: list[Value]) -> Value:
        y = xs[0] * number
        for _ in range(20):
            for x in xs:
                y = (y * x + x).tanh()
        return y

    def work(number: int) -> None:
        own = [Value(x.data) for x in shared]
        loss(number, own).backward()
        assert grad(loss(number, shared), shared) == [x.grad for x in own]
        results[number] = [x.grad for x in own]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(10))
    assert results[3] == grad(loss(3, shared), shared)
    assert all(x.grad == 0.0 for x in shared)
