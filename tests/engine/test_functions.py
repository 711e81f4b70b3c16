"""Functions of several Values: what they compute, record and refuse."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import (
    Value,
    clip,
    dot,
    elu,
    erf,
    grad,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    logsumexp,
    maximum,
    mean,
    minimum,
    ops,
    prod,
    silu,
    softmax,
    where,
)
from autograd import sum as sum_of
from autograd.functions import net_input
from autograd.value import constant, parameter


def test_numbers_give_floats() -> None:
    for made, expected in (
        (maximum(1, 2), 2.0),
        (minimum(1, 2), 1.0),
        (where(True, 1, 2), 1.0),
        (where(0.0, 1, 2), 2.0),
        (leaky_relu(-2), -0.02),
        (sum_of([1, 2, 3]), 6.0),
        (sum_of([]), 0.0),
        (dot([1, 2], [3, 4]), 11.0),
        (dot([1, 2], [3, 4], 5), 16.0),
        (logsumexp([0, 0]), math.log(2.0)),
        (autograd.exp(0), 1.0),
        (autograd.hypot(3, 4), 5.0),
        (autograd.arctan2(1, 1), math.pi / 4),
    ):
        assert type(made) is float
        assert made == expected
    assert softmax([0, 0]) == [0.5, 0.5]
    assert softmax([]) == log_softmax([]) == []
    assert log_softmax([3.0]) == [0.0]


@pytest.mark.parametrize("name", [name for name in autograd.__all__ if isinstance(getattr(autograd, name), ops.Op)])
def test_a_public_row_takes_a_number_or_a_value(name: str) -> None:
    op = getattr(autograd, name)
    xs = [1.25, 0.5][: len(op.domain)] if name in ("arccosh", "hypot", "arctan2") else [0.5]
    assert type(op(*xs)) is float
    made = op(*map(Value, xs))
    assert type(made) is Value
    assert made.data == op(*xs)


def test_maximum_and_minimum_record_a_clamp_beside_a_constant() -> None:
    x = Value(1.0)
    assert [maximum(x, 0.0).op, maximum(0.0, x).op, minimum(x, 0.0).op, minimum(0.0, x).op] == [
        ops.clamp_min,
        ops.clamp_min,
        ops.clamp_max,
        ops.clamp_max,
    ]
    assert maximum(3.0, x).inputs[0] is x
    assert (maximum(x, x).op, minimum(x, x).op) == (ops.maximum, ops.minimum)


def test_where_takes_a_comparison_a_bool_or_a_number() -> None:
    x, z = Value(1.0), Value(2.0)
    for condition in (True, 1, -0.5, np.True_, np.array(True), np.int64(3), x > 0, Value(3.0)):
        assert grad(where(condition, x, z), [x, z]) == [1.0, 0.0]
    for condition in (False, 0, -0.0, np.False_, np.array(0.0), x < 0, Value(0.0)):
        assert grad(where(condition, x, z), [x, z]) == [0.0, 1.0]


@pytest.mark.parametrize("wrong", [[True, False], (), "yes", "", None, np.array([True]), {}, 1j, len], ids=repr)
def test_a_list_is_no_condition(wrong: Any) -> None:
    with pytest.raises(
        TypeError, match=r"^where\(condition, a, b\) takes a comparison, a bool or a number as condition"
    ):
        where(wrong, 1, 2)


def test_clip_bounds_from_below_above_or_both() -> None:
    assert [clip(x, -1.0, 1.0) for x in (-3.0, 0.25, 3.0)] == [-1.0, 0.25, 1.0]
    assert (clip(-3, low=0), clip(3, high=2.5), clip(3.0, 2.0, 1.0)) == (0.0, 2.5, 1.0)
    for x, slope in ((-3.0, 0.0), (-1.0, 0.0), (0.25, 1.0), (1.0, 0.0), (3.0, 0.0)):
        leaf = Value(x)
        assert grad(clip(leaf, -1.0, 1.0), leaf) == [slope]
    low = Value(2.0)
    assert grad(clip(1.0, low), low) == [1.0]
    assert math.isnan(clip(Value(math.nan), -1.0, 1.0).data)


def test_mean_and_prod() -> None:
    xs = [Value(2.0), Value(3.0), Value(4.0)]
    assert (mean(xs).data, prod(xs).data) == (3.0, 24.0)
    assert grad(mean(xs), xs) == [1.0 / 3.0] * 3
    assert grad(prod(xs), xs) == [12.0, 8.0, 6.0]
    zero = [Value(0.0), Value(3.0), Value(0.0), Value(5.0)]
    assert grad(prod(zero), zero) == [0.0] * 4
    assert grad(prod(zero[:2]), zero[:2]) == [3.0, 0.0]
    assert (prod([]), prod([3]), mean([5]), mean(iter([1, 2]))) == (1.0, 3.0, 5.0, 1.5)
    assert all(type(x) is float for x in (prod([]), prod([3]), prod([2, 3]), mean([5])))
    with pytest.raises(ValueError, match=r"^mean\(xs\) takes at least one number, got an empty list"):
        mean([])


@pytest.mark.parametrize("x", [-740.0, -5.0, -0.5, 0.0, 0.5, 2.0, 40.0])
def test_new_activations_are_their_definitions(x: float) -> None:
    leaf = Value(x)
    assert silu(leaf).data == pytest.approx(x * ops.sigmoid(x), rel=1e-14)
    assert log_sigmoid(leaf).data == pytest.approx(-ops.softplus(-x), rel=1e-15)
    assert elu(leaf, 0.5).data == (x if x > 0.0 else 0.5 * math.expm1(x))
    assert grad(elu(leaf), leaf) == [1.0 if x > 0.0 else math.exp(x)]
    assert erf(leaf).data == math.erf(x)
    assert grad(erf(leaf), leaf) == pytest.approx([2.0 / math.sqrt(math.pi) * math.exp(-x * x)], rel=1e-15)


def test_rounding_is_flat_and_halves_go_to_even() -> None:
    for x, down, up, nearest in ((2.5, 2.0, 3.0, 2.0), (-1.5, -2.0, -1.0, -2.0), (3.2, 3.0, 4.0, 3.0), (1e300,) * 4):
        leaf = Value(x)
        made = [leaf.floor(), leaf.ceil(), leaf.round()]
        assert [y.data for y in made] == [down, up, nearest]
        assert [grad(y, leaf) for y in made] == [[0.0]] * 3
    assert math.copysign(1.0, autograd.ceil(-0.5)) == -1.0
    assert autograd.floor(-math.inf) == -math.inf
    assert math.isnan(autograd.round(math.nan))


@pytest.mark.parametrize("f", [sum_of, mean, prod, logsumexp, softmax, log_softmax], ids=lambda f: f.__name__)
def test_a_function_of_a_list_says_so(f: Any) -> None:
    name = f.__name__
    with pytest.raises(TypeError, match=rf"^{name}\(xs\) takes one list of numbers and Values: {name}\(\[a, b\]\)"):
        f(Value(1.0), Value(2.0))
    with pytest.raises(TypeError, match=rf"^{name}\(xs\) takes one list"):
        f()
    for wrong in (Value(1.0), 3.0, None, "12", {"x": 1.0}, {1.0}, np.array(1.0)):
        with pytest.raises(TypeError, match=rf"^{name}\(xs\) takes a list of numbers and Values as xs, got"):
            f(wrong)
    with pytest.raises(TypeError, match=rf"^{name}: xs\[1\]: expected one real number, got str '3'"):
        f([Value(1.0), "3"])
    with pytest.raises(TypeError, match=rf"^{name}: xs\[0\]: .*for several numbers, call {name} for each"):
        f([[1.0, 2.0], [3.0]])
    assert str(inspect.signature(f)).startswith("(xs")
    f(xs=[1.0, 2.0])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: dot(Value(1.0), [1.0]),
            r"^dot\(weights, xs\) takes a list of .* as weights, got Value",
        ),
        (lambda: dot([1.0], 2.0), r"^dot\(weights, xs\) takes a list of numbers and Values as xs, got float 2\.0"),
        (lambda: dot([1.0], ["2"]), r"^dot: xs\[0\]: expected one real number, got str '2'"),
        (lambda: dot([Value(1.0)], [2.0], "b"), r"^dot: bias: expected one real number, got str 'b'"),
        (lambda: maximum(Value(1.0), "2"), r"^maximum: y: expected one real number"),
        (lambda: minimum(None, Value(2.0)), r"^minimum: x: expected one real number"),
        (lambda: clip(Value(1.0), "0"), r"^clip: low: expected one real number"),
        (lambda: clip(Value(1.0)), r"^clip\(x, low, high\) takes a lower bound, an upper bound or both, got neither"),
        (lambda: where(True, "a", 2.0), r"^where: a: expected one real number"),
        (lambda: leaky_relu([1.0]), r"^leaky_relu: x: expected one real number, got list .*call leaky_relu for each"),
        (lambda: autograd.tanh("1"), r"^tanh: x: expected one real number, got str '1'"),
        (lambda: autograd.tanh(np.array([1.0, 2.0])), r"^tanh: x: .*got ndarray .*call tanh for each"),
        (lambda: autograd.hypot(Value(1.0), None), r"^hypot: y: expected one real number, got NoneType"),
        (lambda: autograd.tanh(), r"^tanh\(x\) takes 1 operand, got 0"),
        (lambda: autograd.tanh(1.0, 2.0), r"^tanh\(x\) takes 1 operand, got 2"),
        (lambda: autograd.exp(10**400), r"^exp: x: expected a number that a float can hold"),
    ],
)
def test_a_refusal_names_the_function_and_the_argument(call: Any, said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        call()


def test_sum_is_one_node() -> None:
    xs = [Value(float(k)) for k in range(5)]
    whole = sum_of(iter(xs))
    assert whole.inputs == tuple(xs)
    assert whole.partials == (1.0,) * 5
    assert whole.data == 10.0


def test_dot_is_one_node_with_the_inputs_in_order() -> None:
    weights, bias = [Value(0.5), Value(-2.0)], Value(0.25)
    y = dot(weights, [3.0, 4.0], bias)
    assert (y.data, y.op) == (0.5 * 3.0 - 2.0 * 4.0 + 0.25, ops.dot)
    assert y.inputs[:2] == tuple(weights)
    assert [x.data for x in y.inputs[2:4]] == [3.0, 4.0]
    assert y.inputs[4] is bias
    assert y.partials == (3.0, 4.0, None, None, 1.0)
    assert dot(iter(weights), iter([3.0, 4.0])).data == 0.5 * 3.0 - 2.0 * 4.0
    assert grad(dot(weights, weights), weights) == [1.0, -4.0]
    assert dot([], [], bias).data == 0.25
    assert dot([], []) == 0.0


def test_dot_refuses_ragged_operands() -> None:
    with pytest.raises(ValueError, match="expected as many weights as xs, got 1 weights and 2 xs"):
        dot([Value(1.0)], [1.0, 2.0])


@pytest.mark.parametrize("f", [sum_of, logsumexp, softmax, log_softmax], ids=lambda f: f.__name__)
@pytest.mark.parametrize("wrong", ["3", None, 1j])
def test_what_is_not_a_number_is_refused(f: Any, wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected one real number"):
        f([Value(1.0), wrong])


def test_net_input_records_what_dot_records() -> None:
    weights, bias = tuple(parameter(w) for w in (0.1, 0.2, 0.3)), parameter(0.4)
    for xs, given in (((1.5, -2.0, 0.7), True), (tuple(Value(x) for x in (1.5, -2.0, 0.7)), False)):
        inputs = tuple(map(constant, xs)) if given else xs
        fast, plain = net_input(weights, inputs, [x.data for x in inputs], bias, "net", given), dot(weights, xs, bias)
        assert (fast.label, fast.grad, fast.op) == ("net", 0.0, plain.op)
        assert (fast.data, fast.partials) == (plain.data, plain.partials)
        assert [p is None for p in fast.partials] == [p is None for p in plain.partials]
        assert fast.inputs == (*weights, *inputs, bias)


def test_softmax_sums_to_one_and_has_the_known_gradient() -> None:
    xs = [Value(x) for x in (0.5, -1.0, 2.0)]
    shares = softmax(xs)
    p = [share.data for share in shares]
    assert math.fsum(p) == pytest.approx(1.0, rel=1e-15)
    assert p == pytest.approx([math.exp(x.data) / sum(math.exp(z.data) for z in xs) for x in xs], rel=1e-14)
    for i in range(3):
        expected = [p[i] * ((i == j) - p[j]) for j in range(3)]
        assert grad(shares[i], xs) == pytest.approx(expected, rel=1e-13)
        logs = [(i == j) - p[j] for j in range(3)]
        assert grad(log_softmax(xs)[i], xs) == pytest.approx(logs, rel=1e-13)


def test_softmax_keeps_digits_of_large_inputs() -> None:
    assert softmax([1e16, 1e16]) == pytest.approx([0.5, 0.5], rel=1e-15)
    assert softmax([1e308, -1e308]) == [1.0, 0.0]
    assert log_softmax([1e9, 1e9 + 1.0]) == pytest.approx(log_softmax([0.0, 1.0]), rel=1e-15)
    assert all(map(math.isnan, softmax([math.nan, 1.0])))


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_numbers_of_32_bits_are_computed_with_in_64(function) -> None:
    numbers = np.array([0.1, 0.7, -3.3], dtype=np.float32)
    results = function(numbers)
    assert results == function(numbers.tolist())
    assert {type(x) for x in results} == {float}
