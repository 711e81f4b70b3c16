"""`check_grads` passes what is right and catches what is a little wrong; `detect_anomaly` names the line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from oracle import HELD
from points import SELECTING, points
from strategies import Recipe, graphs

from autograd import Value, check_grads, detect_anomaly, dot, grad, jacobian, log_softmax, ops, softmax
from autograd.differences import difference
from autograd.observing import backward_observers, record_observers
from autograd.ops import OPS, Op

FLAT = ("detach", "sign", "where", "floor", "ceil", "round")
SMOOTH = [op for op in OPS.values() if op.name not in FLAT]


def applied(op: Op, xs: list[float]) -> Any:
    """The row as a function of the inputs that take a gradient."""
    held = {k: x for k, x in enumerate(xs) if k in HELD.get(op.name, ())}
    free = [k for k in range(len(xs)) if k not in held]

    def f(*values: Value) -> Any:
        given = dict(zip(free, values, strict=True)) | held
        return Value.record(op, *[given[k] for k in range(len(xs))])

    return f, [xs[k] for k in free]


@pytest.mark.parametrize("op", SMOOTH, ids=[op.name for op in SMOOTH])
def test_it_passes_every_row_to_second_order(op: Op) -> None:
    tried = 0
    for xs in points(op, 200, seed=5):
        scale = [min(x - low, high - x) for x, (low, high) in zip(xs, op.domain, strict=True)]
        near_end = any(room < 0.05 * min(1.0, high - low) for room, (low, high) in zip(scale, op.domain, strict=True))
        if near_end and op.domain[0][0] != 1e-9:
            continue
        if any(abs(x) < 1e-2 for x in xs) and (op.name in SELECTING or op.name == "absolute"):
            continue
        if len(xs) == 2 and abs(xs[0] - xs[1]) < 1.0 and op.name in SELECTING:
            continue
        check_grads(*applied(op, xs))
        tried += 1
        if tried == 8:
            return
    raise AssertionError(f"only {tried} points of {op.name} were tried")


@pytest.mark.parametrize("x", [1e-300, 1e-12, 1e-3, 1.0, 1e3, 1e12, 1e100])
def test_it_passes_tiny_and_huge_inputs(x: float) -> None:
    check_grads(lambda x: 3.0 * x, [x])
    check_grads(lambda x: x.arctan(), [x], order=1)
    check_grads(lambda x: x.log(), [x], order=1)
    check_grads(lambda x: x.sqrt(), [x], order=1)
    check_grads(lambda x, y: x * y, [x, 1.0 / x])


def wrong(op: Op, factor: float, k: int = 0) -> Op:
    """A row whose k-th partial is off by a factor."""

    def partials(y: Any, *xs: Any) -> Any:
        return [factor * p if i == k else p for i, p in enumerate(op.partials(y, *xs))]

    return msgspec.structs.replace(op, name=f"wrong_{op.name}", partials=partials)


CURVED = [op for op in SMOOTH if op.name not in SELECTING]


@pytest.mark.parametrize("factor", [1.001, 0.999, -1.0, 0.0])
@pytest.mark.parametrize("op", CURVED, ids=[op.name for op in CURVED])
def test_it_catches_a_derivative_that_is_a_thousandth_wrong(op: Op, factor: float) -> None:
    xs = [2.5, 1.5, 0.7, 1.1, 0.4][: len(op.domain)]
    if op.domain[0] == (-1.0, 1.0):
        xs = [0.6]
    f, free = applied(wrong(op, factor), xs)
    with pytest.raises(AssertionError, match="with respect to input 0, at "):
        check_grads(f, free)


def test_it_catches_a_wrong_second_derivative() -> None:
    # cos as it is, with a derivative that is right as a number and wrong as a graph
    def partials(y: Any, x: Any) -> Any:
        return (-ops.sin(x.detach()) if isinstance(x, Value) else -math.sin(x),)

    row = msgspec.structs.replace(ops.cos, name="forgetful", partials=partials)
    check_grads(lambda x: Value.record(row, x), [0.7], order=1)
    with pytest.raises(AssertionError, match=r"the engine says 0\.0"):
        check_grads(lambda x: Value.record(row, x), [0.7])


def test_its_message_names_the_input_both_numbers_and_the_tolerance() -> None:
    row = wrong(ops.multiply, 1.5, k=1)
    with pytest.raises(AssertionError) as error:
        check_grads(lambda x, y: Value.record(row, x, y), [2.0, 4.0])
    said = str(error.value)
    assert "input 1, at 4.0: the engine says 3.0, differences say 2" in said
    assert re.search(r"they may differ by \d\.\de-07$", said)


def test_a_forgotten_graph_is_caught() -> None:
    with pytest.raises(AssertionError, match=r"the engine says 0\.0"):
        check_grads(lambda x: Value(x.data**2), [3.0])
    with pytest.raises(AssertionError, match=r"the engine says 0\.0"):
        check_grads(lambda x: x.data**2, [3.0])


def test_functions_of_several_outputs() -> None:
    check_grads(lambda x, y: softmax([x, y, x * y]), [0.3, -0.7])
    check_grads(lambda x, y: (x * y, 3.0), [0.3, -0.7])
    row = wrong(ops.exp, 1.01)
    with pytest.raises(AssertionError, match="input 1"):
        check_grads(lambda x, y: [x, Value.record(row, y)], [0.3, -0.7], order=1)


def test_nan_is_no_agreement() -> None:
    with pytest.raises(AssertionError):
        check_grads(lambda x: x.log(), [-1.0])


@given(graphs(max_steps=6, ops=["add", "multiply", "tanh", "sin", "dot", "sigmoid", "logsumexp", "subtract"]))
@settings(max_examples=25)
def test_it_passes_random_graphs(recipe: Recipe) -> None:
    check_grads(recipe.root, recipe.leaves)


STEEP: list[tuple[str, Callable[[Any], Any], float]] = [
    ("a fast sine", lambda x: ops.sin(1e4 * x), 0.3),
    ("a very fast sine", lambda x: ops.sin(1e8 * x), 0.3),
    ("a narrow step", lambda x: ops.tanh(1000.0 * x + 1.0), 0.001),
    ("near a pole", lambda x: 1.0 / x, 1e-5),
    ("next to a kink", abs, 1e-9),
    ("what cancels", lambda x: (x + 1e8) - 1e8, 1.0),
]


@pytest.mark.parametrize(("f", "x"), [case[1:] for case in STEEP], ids=[case[0] for case in STEEP])
def test_it_accuses_no_right_derivative_of_a_steep_function(f: Callable[[Any], Any], x: float) -> None:
    check_grads(f, [x], order=1)


@pytest.mark.parametrize("factor", [1.001, -1.0, 0.0])
def test_it_catches_a_wrong_derivative_of_a_steep_function(factor: float) -> None:
    row = wrong(ops.sin, factor)
    with pytest.raises(AssertionError, match=r"input 0, at 0\.3"):
        check_grads(lambda x: Value.record(row, 1e4 * x), [0.3], order=1)


def test_without_a_verdict_it_says_so() -> None:
    with pytest.warns(RuntimeWarning, match=r"no verdict on the derivative with respect to input 0, at 0\.3"):
        check_grads(lambda x: ops.sin(1e14 * x), [0.3], order=1)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (abs, 0.0),
        (ops.sign, 0.0),
        (ops.relu, 0.0),
        (lambda x: ops.maximum(x, 2.0 * x), 0.0),
        (lambda x: x + abs(x - 3), 3.0),
    ],
)
def test_it_sees_kinks_and_jumps(f: Callable[[Any], Any], x: float) -> None:
    with pytest.raises(AssertionError, match="a kink or a jump there"):
        check_grads(f, [x], order=1)


@pytest.mark.parametrize(("f", "x"), [(lambda x: x * x, 0.0), (lambda x: x * abs(x), 0.0), (lambda x: 5.0, 1.0)])
def test_it_sees_no_kink_where_a_slope_is_flat(f: Callable[[Any], Any], x: float) -> None:
    check_grads(f, [x], order=1)


def test_a_gradient_written_by_hand() -> None:
    def f(x: Any, y: Any) -> Any:
        return (x * y).exp() + x

    check_grads(f, [0.5, -0.3], gradient=lambda x, y: [y * (x * y).exp() + 1, x * (x * y).exp()])
    check_grads(lambda x: x**3, 2.0, gradient=lambda x: 3 * x.data**2)
    with pytest.raises(AssertionError, match=r"input 1, at -0\.3: your gradient says"):
        check_grads(f, [0.5, -0.3], gradient=lambda x, y: [y * (x * y).exp() + 1, y])
    with pytest.raises(ValueError, match="2 partial derivatives, one for each input, got 1"):
        check_grads(f, [0.5, -0.3], gradient=lambda x, y: [x])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((Value(2.0), [3.0]), r"^check_grads\(f, xs\) takes a function as f, got Value"),
        ((abs, "3"), r"check_grads\(f, xs\) takes a list of numbers"),
        ((abs, ["3"]), r"^check_grads\(f, xs\): xs\[0\]: expected one real number, got str '3'"),
        ((abs, [[3.0]]), r"xs\[0\]: expected one real number, got list .*; flatten xs first"),
        ((abs, {3.0}), r"takes a list of numbers, one for each argument of f, as xs, got set"),
        ((lambda x, y: x, [3.0]), "^check_grads.* calls f with 1 argument, one for each number of xs: .*missing 1"),
        ((math.sin, [3.0]), "use autograd's functions"),
        ((lambda x: "y", [3.0]), "f must return Values or numbers, or lists or arrays of them, got str"),
        ((lambda x: None, [3.0]), "got NoneType None: is a `return` missing"),
    ],
)
def test_what_is_no_function_or_no_point_is_refused_by_name(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        check_grads(*arguments)


# detect_anomaly


def line_of(error: pytest.ExceptionInfo[FloatingPointError]) -> str:
    return str(error.value).rpartition(", at ")[2]


def test_forward_anomaly_names_op_operands_and_line() -> None:
    x = Value(-1.0, "x")
    with pytest.raises(FloatingPointError, match=r"^log\(x=-1\.0\) gave nan, at ") as error, detect_anomaly():
        x.log()  # the line to be named
    assert line_of(error).startswith(__file__)
    assert line_of(error).endswith("x.log()  # the line to be named")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda x: x / 0.0, r"divide\(x=800\.0, 0\.0\) gave inf"),
        (lambda x: 1.0 / (x - 800.0), r"divide\(1\.0, 0\.0\) gave inf"),
        (lambda x: x.exp(), r"exp\(x=800\.0\) gave inf"),
        (lambda x: -x.exp(), r"exp\(x=800\.0\) gave inf"),
        (lambda x: x * 1e308, r"multiply\(x=800\.0, 1e\+308\) gave inf"),
        (lambda x: x + math.inf, r"add\(x=800\.0, inf\) gave inf"),
        (lambda x: dot([x] * 4, [1e308] * 4), r"dot\(x=800\.0, .*, \.\.\. 8 in all\) gave inf"),
        (lambda x: log_softmax([x, math.nan]), "gave nan"),
    ],
)
def test_forward_anomalies(make: Any, told: str) -> None:
    with pytest.raises(FloatingPointError, match=told), detect_anomaly():
        make(Value(800.0, "x"))


def test_backward_anomaly_names_op_gradient_and_line() -> None:
    x = Value(0.0, "x")
    with detect_anomaly():
        y = x.sqrt()  # finite, but its derivative is not
        expected = r"^backward through sqrt\(x=0\.0\): gradient 1\.0 times partial inf on top of 0\.0 gave inf, at "
        with pytest.raises(FloatingPointError, match=expected) as error:
            y.backward()
    assert line_of(error).endswith("y = x.sqrt()  # finite, but its derivative is not")


def test_backward_anomaly_that_only_a_sum_makes() -> None:
    x, huge = Value(1e-300, "x"), 1.5e308
    with detect_anomaly():
        y = x * huge + x * huge
        with pytest.raises(FloatingPointError, match=r"partial 1\.5e\+308 on top of 1\.5e\+308 gave inf"):
            y.backward()


def test_a_graph_made_outside_has_no_line() -> None:
    y = Value(0.0).sqrt()
    assert y.source is None
    with detect_anomaly(), pytest.raises(FloatingPointError, match="a line that was not noted"):
        y.backward()


def test_a_branch_not_taken_is_no_anomaly() -> None:
    x = Value(0.0)
    with detect_anomaly():
        y = ops.where(0.0, x.sqrt(), x * 2.0)
        y.backward()
    assert x.grad == 2.0


def test_it_ends_with_its_context_also_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), detect_anomaly():
        raise ZeroDivisionError
    assert (record_observers, backward_observers) == ([], [])
    y = Value(-1.0).log()
    assert y.source is None
    assert math.isnan(grad(y, [y.inputs[0]])[0])


def test_it_nests() -> None:
    with detect_anomaly():
        with detect_anomaly():
            pass
        with pytest.raises(FloatingPointError):
            Value(-1.0).log()
    assert record_observers == []


def test_source_is_the_users_line() -> None:
    with detect_anomaly():
        y = softmax([Value(1.0), Value(2.0)])[0]
    assert y.source is not None
    file, line = y.source.rsplit(":", 1)
    assert file == __file__
    assert Path(file).read_text().splitlines()[int(line) - 1].strip() == "y = softmax([Value(1.0), Value(2.0)])[0]"


def test_one_value_is_a_list_of_one_and_an_array_a_list_of_results() -> None:
    check_grads(lambda x: x**3, Value(3.0))
    check_grads(lambda x, y: np.array([[x * y, y]]) * 2.0, [Value(3.0), 2.0])
    check_grads(lambda x: np.array(x * x), 2.0)
    row = wrong(ops.exp, 1.01)
    with pytest.raises(AssertionError, match="input 1"):
        check_grads(lambda x, y: np.array([x, Value.record(row, y)]), [0.3, -0.7], order=1)


def test_a_jacobian_inside_is_differentiated_too() -> None:
    check_grads(lambda x: jacobian(lambda y: y**3 * x, [2.0])[0], [3.0])
    with pytest.raises(AssertionError, match="the engine says 0"):
        check_grads(lambda x: grad(x**3, [x])[0], [3.0])


@pytest.mark.parametrize("x", [math.inf, -math.inf, math.nan])
def test_a_point_that_is_not_finite_is_refused(x: float) -> None:
    with pytest.raises(ValueError, match=r"^check_grads\(f, xs\): xs must be finite numbers"):
        check_grads(lambda x: x * x, [x])
    assert not difference(lambda x: x * x, [x], 0).settled


def test_nan_is_accused_without_a_bound_that_means_nothing():
    with pytest.raises(AssertionError, match=r"at -1\.0: the engine says nan, differences settle on no number$"):
        check_grads(lambda x: x.log(), [-1.0])


def test_the_order_of_a_derivative_is_named_and_asked_for_as_a_whole_number() -> None:
    softsign = Op("softsign", "softsign", lambda x: x / (1.0 + abs(x)), lambda y, x: (1.0 / (1.0 + abs(x)) ** 2,))
    check_grads(softsign, [0.0], order=1)
    with pytest.raises(
        AssertionError, match=r"second derivative with respect to input 0, at 0.0: the derivative before"
    ):
        check_grads(softsign, [0.0])
    with pytest.raises(TypeError, match=r"expected a whole number from 1 on, got function .*; pass .* as gradient="):
        check_grads(lambda x: x, [0.3], lambda x: [1.0])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"whole number from 1 on, got int 0$"):
        check_grads(lambda x: x, [0.3], 0)
