"""Tracing: what depends on an argument's number is recorded, guarded, or refused by name; nothing is frozen unseen."""

from __future__ import annotations

import copy
import decimal
import functools
import json
import math
import random
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, grad, maximum, minimum, where
from autograd.compiler import GuardError, TraceError, compile
from autograd.compiler.frontend import tracer
from autograd.value import constant, parameter

POINTS = [0.3, 0.7, 1.0, 2.5, -1.5]


def eagerly(f: Callable[..., Any], x: float) -> float:
    y = f(Value(x))
    return float(y.data if isinstance(y, Value) else y)


def straight_through(x: Value) -> Value:
    """Keep the gradient of x, whatever was computed from its number."""
    return x + (x.data * 3.0 - x.data)


RECORDED = [
    lambda x: x * x.data,
    lambda x: x * x.item() + x.item(),
    lambda x: x.data * x,
    lambda x: Value(x.data) ** 2,
    lambda x: Value(x.data * 2.0, "twice") * x,
    lambda x: 2.0 - x.data / 4.0,
    lambda x: x * abs(x.data) - -x.data,
    lambda x: x * np.exp(x.data),
    lambda x: (np.array([x.data, 1.0]) * x)[0] + x,
    lambda x: np.float64(2.0) * x.data + x,
    lambda x: where((x > 0) & (x < 2), x * x, -x),
    lambda x: where((x < 0) | (x > 2), x * x, -x),
    lambda x: where((x > 0) ^ (x > 1), x * x, -x),
    lambda x: where((x > 0) == (x > 1), x * x, -x),
    lambda x: where((x > 0) != (x > 1), x * x, -x),
    lambda x: where((x > 0) == True, x * x, -x),  # noqa: E712
    lambda x: where((x > 0) == 0, x * x, -x),
    lambda x: where(False | (True & (x > 0)), x * x, -x),
    lambda x: x + ((x > 0) + 1.0) * (x > 1) * 3.0,
    lambda x: x * sum([x > 0, x > 1, x < 2.0]),
    straight_through,
    lambda x: grad(x**3, [x], create_graph=True)[0] * x,
    lambda x: grad(where(x > 0.5, x * x, x**3), [x], create_graph=True)[0],
    lambda x: grad(where(x > 0.5, x * x, x**3), [x])[0] * x,
    lambda x: grad(grad(x**4, [x], create_graph=True)[0] * x, [x], create_graph=True)[0],
    lambda x: grad(maximum(x, x * x) + minimum(x, 0.5), [x], create_graph=True)[0],
    lambda x: grad(abs(x - 1.0) ** 1.5, [x], create_graph=True)[0],
    lambda x: grad((y := x * x) * y.exp(), [y], create_graph=True)[0],
    lambda x: grad(x * 2.0, [Value(1.0)], create_graph=True)[0] + x,
    lambda x: autograd.hessian(lambda z: where(z > 0.5, z**3, z**4), [x.data])[0][0] * x,
    lambda x: autograd.jacobian(lambda z: z.tanh(), [x.data])[0] * x,
    lambda x: x * np.sign(x.data),
    lambda x: np.hypot(x, 1.0) * np.maximum(x, 0.5),
]


@pytest.mark.parametrize("f", RECORDED, ids=range(len(RECORDED)))
def test_numbers_and_conditions_are_followed_in_every_row(f: Callable[..., Any]) -> None:
    compiled = compile(f)(POINTS)
    for x, y in zip(POINTS, compiled, strict=True):
        assert y == pytest.approx(eagerly(f, x), rel=1e-14), x


@pytest.mark.parametrize(
    "name",
    ["relu", "log", "sqrt", "tanh", "sigmoid", "gelu", "absolute", "log1p", "softplus", "arctanh", "sign", "exp"],
)
def test_grad_of_every_kind_inside_a_function_compiles(name: str) -> None:
    def slope(x: Value) -> Value:
        return grad(getattr(autograd, name)(x), [x], create_graph=True)[0]

    points = [0.3, 0.7, -0.2]
    expected = [slope(Value(x)).data for x in points]
    assert compile(slope)(points) == pytest.approx(expected, rel=1e-14, nan_ok=True)


def test_the_gradient_of_a_gradient_inside_is_differentiated_too() -> None:
    def f(x: Value, y: Value) -> Value:
        slopes = grad(where(x > y, x**3 * y, x * y**2), [x, y], create_graph=True)
        return slopes[0] ** 2 + slopes[1]

    fast = compile(f)
    xs, ys = [0.3, 0.9, 2.0], [0.5, 0.5, 3.0]
    _, by_argument = fast.value_and_grad(xs, ys)
    for k, (a, b) in enumerate(zip(xs, ys, strict=True)):
        x, y = Value(a), Value(b)
        assert by_argument[:, k] == pytest.approx(grad(f(x, y), [x, y]), rel=1e-13)


def or_else(x: Value) -> Value:
    return (x or 5.0) * 1.0


def by_truth(x: Value) -> Value:
    return 2.0 * x if x else 3.0 + x


GUARDED = [  # a function, an example, and a row that goes another way
    (lambda x: x if x.data > 0 else -x, 0.5, -3.0),
    (lambda x: x if x > 0 else -x, 0.5, -3.0),
    (lambda t: 2 * t if t == 1 else 3 * t, 0.0, 1.0),
    (lambda t: 2 * t if t == 1 else 3 * t, 1.0, 0.0),
    (lambda t: 2 * t if t.data == 1.0 else 3 * t, 0.0, 1.0),
    (lambda t: 2 * t if t != 1 else 3 * t, 0.0, 1.0),
    (lambda t: 2 * t if t == 1 else 3 * t, 0.0, 1.0),
    (lambda t: 2 * t if t in (1, 2) else 3 * t, 0.0, 2.0),
    (lambda t: [2 * t, 3 * t][[0.0, 1.0].index(t)], 0.0, 1.0),
    (lambda t: 2 * t if t.data in [1.0] else 3 * t, 0.0, 1.0),
    (by_truth, 1.0, 0.0),
    (lambda t: 2 * t if not t else 3 * t, 1.0, 0.0),
    (or_else, 1.0, 0.0),
    (lambda t: (t and 5.0 * t) * 1.0, 0.0, 1.0),
    (lambda x: x * int(x > 0), 0.5, -0.5),
    (lambda x: [x, -x][x > 0], 0.5, -0.5),
    (lambda x: {True: x, False: -x}[x > 0], 0.5, -0.5),
    (lambda x: x if (x > 0) == (x > 1) else -x, 0.5, 1.5),
    (lambda x: x if (x > 0) is not False and (x > 1) else -x, 0.5, 1.5),
    (lambda x: sorted([x * 1.0, x * x], key=lambda v: v.data)[0], 0.5, 1.5),
    (lambda x: max(x, x * x), 0.5, 1.5),
    (lambda x: max([x, x * x], key=lambda v: v.data) * 1.0, 0.5, 1.5),
    (lambda x: x if all([x > 0, x > 1]) else -x, 0.5, 1.5),
    (lambda x: x if f"{x > 1}" == "True" else -x, 0.5, 1.5),
    (lambda x: x if np.isfinite(x) else 0.0 * x, 0.5, math.inf),
    (lambda x: x if np.isnan(x.data) else 2.0 * x, 0.5, math.nan),
    (lambda x: x if x == x else 0.0 * x, 0.5, math.nan),
    (lambda x: x if x.data != x.data else 2.0 * x, 0.5, math.nan),
    (lambda x: x if (x, 1.0) < (1.0, 2.0) else -x, 0.5, 1.0),
]


@pytest.mark.parametrize(("f", "example", "other"), GUARDED, ids=range(len(GUARDED)))
def test_a_branch_on_a_number_is_guarded(f: Callable[..., Any], example: float, other: float) -> None:
    fast = compile(f, example=[example])
    assert fast([example, example]).tolist() == pytest.approx([fast(example)] * 2)
    with pytest.raises(GuardError, match=r"in 1 of 2 rows: 1\. Use where\(condition, a, b\)"):
        fast([example, other])


p = parameter(2.0, "p")


def assigning(x: Value) -> Value:
    y = x * 1.0
    y.data = float(round(y.data))
    return y * y


def assigning_a_constant(x: Value) -> Value:
    y = x * 1.0
    y.data = 3.0
    return y


def leaking(x: Value) -> Value:
    seen = Value(0.0)
    seen.data = x.data
    return x


def going_backward(x: Value) -> Value:
    y = x**3
    y.backward()
    return x * x.grad


@functools.lru_cache
def cached(x: float) -> float:
    return 3.0


REFUSED = [
    (lambda x: x * math.exp(x.data), r"float\(\), or a function of `math`.*autograd\.exp"),
    (lambda x: x * math.isclose(x.data, 0.5), r"float\(\)"),
    (lambda x: x * np.float64(x.data), r"float\(\)"),
    (lambda x: x * math.floor(x.data), r"math\.floor\(\)"),
    (lambda x: x * math.ceil(x.data), r"math\.ceil\(\)"),
    (lambda x: x * math.trunc(x.data), r"math\.trunc\(\)"),
    (lambda x: x * round(x.data), r"round\(\)"),
    (lambda x: x * (x.data // 1), "//"),
    (lambda x: x * (x.data % 1), "%"),
    (lambda x: x * divmod(x.data, 1)[0], r"divmod\(\)"),
    (lambda x: x * int(x.data), r"int\(\)"),
    (lambda t: [1.0, 2.0][int(t)] * t, r"int\(\).*where\(t == 1, a, b\).*cross_entropy"),
    (lambda t: [1.0, 2.0][t] * t, r"an index.*cross_entropy"),
    (lambda x: sum(x for _ in range(x)), "an index or a count"),
    (lambda x: x * {0.5: 1.0}.get(x.data, 2.0), "a set, dict or cache"),
    (lambda x: x if x in {1, 2} else -x, "a set, dict or cache"),
    (lambda x: x * cached(x.data), "a set, dict or cache"),
    (lambda x: x * float(f"{x.data:.1f}"), "an f-string"),
    (lambda x: x if x.data.is_integer() else -x, "is_integer"),
    (assigning, r"round\(\)"),
    (assigning_a_constant, r"an assignment to \.data.*detach"),
    (leaking, r"an assignment to \.data"),
    (going_backward, r"backward\(\).*grad\(y, \[x\], create_graph=True\)"),
    (lambda x: x * (1.0 + x.grad), r"a read of \.grad"),
    (lambda x: x * (x * x).partials[0], r"a read of \.partials"),
    (lambda x: where(~(x > 0), x, -x), "~ on a comparison.*not"),
    (lambda x: x * copy.copy(x), r"constants 0\.5 and 0\.505 for two examples"),
    (lambda x: x * copy.deepcopy(x * 2.0), "for two examples"),
    (lambda x: x * random.random(), "two calls of the function on the same numbers.*chance"),
    (lambda x: x + x if random.random() < 2.0 ** -next(counter) else x, "two calls|graphs of"),
    (lambda x: x * 2.0 if isinstance(x.data, float) else x, r"called on 0\.5, the function gives 1\.0.*isinstance"),
    (lambda x: x * 2.0 if type(x.data) is float else x, "isinstance"),
]
counter = iter([-9, 9, 9, -9, -9, 9, 9] * 9)


@pytest.mark.parametrize(("f", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_followed_is_refused_by_name(f: Callable[..., Any], message: str) -> None:
    with pytest.raises(TraceError, match=f"(?s){message}"):
        compile(f)


def test_the_line_is_named() -> None:
    with pytest.raises(TraceError, match=r"test_trace\.py:\d+: .*by_line"):
        compile(lambda by_line: by_line * int(by_line))


def test_parameters_are_watched_as_arguments_are() -> None:
    w = parameter(2.0, "w")
    assert compile(lambda x: x * w.data, [w])([1.0, 2.0]).tolist() == [2.0, 4.0]
    branching = compile(lambda x: x * w if w.data > 1.0 else x, [w])
    w.data = 0.5
    with pytest.raises(GuardError):
        branching([1.0])
    with pytest.raises(TraceError, match=r"int\(\)"):
        compile(lambda x: x * int(w.data), [w])


def test_conditions_count_as_numbers_in_functions() -> None:
    fast = compile(lambda x: autograd.sum([x > 0, x > 1]) * x + autograd.exp(x > 1) + maximum(x > 0, 0.5))
    assert fast([0.5, 2.0, -1.0]).tolist() == [0.5 + 1.0 + 1.0, 4.0 + math.e + 1.0, 0.0 + 1.0 + 0.5]


def test_two_parameters_are_equal_if_they_are_the_same() -> None:
    w, v = parameter(0.0, "w"), parameter(0.0, "v")
    fast = compile(lambda x: x * w if w in [v, w] and w != v else -x, [w, v])
    w.data = 3.0
    assert fast([2.0]).tolist() == [6.0]
    assert not fast.program.guards


def test_other_numbers_stay_plain() -> None:
    scale = Value(3.0)
    table = {scale: 2.0}
    fast = compile(lambda x: x * int(scale.data) * table[scale] * float(f"{scale.data}"))
    assert fast([1.0]).tolist() == [18.0]


def test_values_are_as_ever_after_a_trace_and_in_other_threads() -> None:
    seen: list[object] = []

    def f(x: Value) -> Value:
        def look() -> None:
            if isinstance(x, Value):
                seen.extend([x.data, x > 1.0, x == 0.5, Value(2.0).data])

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        return x * 2.0

    compile(f)
    assert seen[:4] == [0.5, False, False, 2.0]
    x = Value(2.0)
    assert (x.data, x == 2.0, x > 1.0, type(x.data), not tracer.tracers) == (2.0, False, True, float, True)
    with pytest.raises(TypeError):
        float(x)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        compile(lambda x: x * int(x))
    assert {x: 1}[x] == 1
    assert Value(x.data).data == 2.0


def test_other_threads_compare_and_read_values_while_one_traces() -> None:
    x, seen, failures = Value(2.0), 0, []
    done = threading.Event()

    def look() -> None:
        nonlocal seen
        while not done.is_set():
            try:
                assert (x > 1.0, x == x, bool(x), x.data, x.item(), grad(x, [x])) == (True, True, True, 2.0, 2.0, [1.0])
                seen += 1
            except Exception as failure:
                failures.append(failure)

    thread = threading.Thread(target=look)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that the threads take turns inside of each other's calls
    thread.start()
    try:
        for _ in range(300):
            compile(lambda x: x * x if x > 0.0 else x)
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(interval)
    assert seen
    assert not failures


def test_the_example_may_be_an_array() -> None:
    fast = compile(lambda x: x if x > 0.2 else -x, example=np.array([0.0]))
    assert fast([0.0, -1.0]).tolist() == [0.0, 1.0]
    with pytest.raises(GuardError):
        fast([0.5])
    with pytest.raises(TypeError, match="example must be a list of one real number for each argument"):
        compile(lambda x: x, example=["a"])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3,), "compile expects a function of numbers, got int 3"),
        ((lambda x: x, 3), "parameters= as a list of Values, got int 3"),
        ((lambda x: x, p), "parameters= as a list of Values, got Value"),
        (
            (lambda xs: autograd.sum(xs),),
            "For a list of numbers pass one in the example",
        ),
        ((lambda xs: xs[0] + xs[1],), r"one number for each argument"),
        ((lambda xs: autograd.dot(xs, xs),), r"one number for each argument"),
        ((math.sin,), r"autograd\.exp"),
        ((max,), "cannot see which arguments"),
        ((lambda *, x: x,), "by keyword only"),
        ((lambda x: None,), "must give a Value, or lists or arrays of them, got NoneType"),
        ((lambda x: x > 0,), "must give a Value, or lists or arrays of them, got a comparison"),
    ],
)
def test_misuse_is_answered_in_the_callers_words(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(TypeError, match=f"(?s){message}"):
        compile(*arguments)


def test_a_row_of_the_rule_table_compiles() -> None:
    assert compile(autograd.tanh)([0.3]).tolist() == [math.tanh(0.3)]
    assert compile(autograd.arctan2)([0.3], [0.2]).tolist() == [math.atan2(0.3, 0.2)]


def test_a_compiled_function_takes_no_values() -> None:
    fast = compile(lambda x: x * 2.0)
    with pytest.raises(TypeError, match=r"column 'x' must hold numbers, got a Value: .*Pass \.data"):
        fast(constant(1.0))
    grid = np.ones((2, 2))
    with pytest.raises(ValueError, match=r"x\.ravel\(\)"):
        fast(grid)


def test_a_softmax_of_one_s_own_is_told_what_to_write_and_that_costs_no_more() -> None:
    def by_hand(xs: list[Value]) -> Value:  # as microgpt has it
        largest = max(x.data for x in xs)
        exps = [(x - largest).exp() for x in xs]
        return exps[0] / sum(exps)

    example = [[0.1, 0.4, 0.2]]
    fast = compile(by_hand, example=example)
    with pytest.raises(GuardError, match=r"maximum\(a, b\) for max\(\), and softmax\(xs\) or logsumexp\(xs\)"):
        fast([[0.1, 0.4, 0.2], [0.5, 0.4, 0.2]])
    ours = compile(lambda xs: autograd.softmax(xs)[0], example=example)
    assert ours(*example) == pytest.approx(fast(*example), rel=1e-15)
    ops = [instruction.op for instruction in ours.program.code]
    assert (ops.count("exp"), ops.count("log"), ops.count("logsumexp"), ours.program.guards) == (3, 0, 0, ())


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x if (x > y) is True else y,
        lambda x, y: x if str(x.data).startswith("-") else y,
    ],
)
def test_a_way_that_no_guard_can_see_is_found_far_from_the_example(function):
    with pytest.raises(TraceError, match=r"^called on -0\.8, -1\.01, the function gives .* but while it was traced"):
        compile(function)


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (lambda x: json.loads(json.dumps(x.data)) * x, "TypeError: Object of type Value is not JSON serializable"),
        (lambda x: float(str(x.data)) * x, "ValueError: could not convert string to float"),
        (lambda x: float(decimal.Decimal(x.data)) * x, "TypeError: conversion from Value to Decimal is not supported"),
        (lambda x: x.data.real * x, "AttributeError: 'Value' object has no attribute 'real'"),
        (lambda x: x * ((x > 0) << 1), "TypeError: unsupported operand"),
    ],
)
def test_what_fails_in_a_trace_alone_is_told_with_its_line(function, error: str):
    with pytest.raises(TraceError, match=rf"gives a result, but traced .* it raises {error}.*, at .*test_trace\.py:"):
        compile(function)


def test_what_fails_on_numbers_too_keeps_its_own_error():
    with pytest.raises(ZeroDivisionError):
        compile(lambda x: x * (1 // 0))


def test_tests_for_nan_and_infinity_are_followed_in_every_row():
    def function(x: Any, y: Any) -> Any:
        return (
            np.fmax(x, y)
            + where(np.isnan(x), 1.0, 0.0)
            + where(np.isinf(y), 2.0, 0.0) * where(np.isfinite(x), 4.0, 0.5)
        )

    xs, ys = [1.0, math.nan, 3.0, math.nan, 2.0], [2.0, 2.0, math.nan, math.nan, math.inf]
    expected = [function(Value(x), Value(y)).data for x, y in zip(xs, ys, strict=True)]
    np.testing.assert_array_equal(compile(function)(xs, ys), expected)
