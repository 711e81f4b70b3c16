"""Ops of the user's own in compiled code: what they compute takes their place, with their own derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, grad, where
from autograd.compiler import TraceError
from autograd.ops import Op
from nn import MLP, SGD, fit

ROWS = np.array([0.3, -1.7, 2.6, 0.0, 1e-300])


def swish_partials(z: Any, x: Any, b: Any) -> tuple[Any, Any]:
    s = autograd.sigmoid(b * x)
    return s + b * x * s * (1.0 - s), x * x * s * (1.0 - s)


square = Op("square", "sq", lambda x: x * x, lambda z, x: (2.0 * x,))
OWN = {
    "power": Op("cube", "cube", lambda x: x**3, lambda z, x: (3.0 * x * x,)),
    "own_op_in_its_rule": Op("cube", "cube", lambda x: x * x * x, lambda z, x: (3.0 * square(x),)),
    "round_and_pass_through": Op("ste", "ste", lambda x: autograd.round(x), lambda z, x: (1.0,)),
    "selecting": Op("leaky", "leaky", lambda x: where(x > 0, x, 0.1 * x), lambda z, x: (where(x > 0, 1.0, 0.1),)),
    "bell": Op("bell", "bell", lambda x: autograd.exp(-x * x), lambda z, x: (-2.0 * x * z,)),
    "two_inputs": Op("swish", "swish", lambda x, b: x * autograd.sigmoid(b * x), swish_partials),
    "no_gradient": Op("held", "held", lambda x: x + 1.0, lambda z, x: (None,)),
    "times_a_comparison": Op("ramp", "ramp", lambda x: x * (x > 0), lambda z, x: (x > 0,)),
    "a_comparison": Op("step", "step", lambda x: x > 0, lambda z, x: (None,)),
    "minus_a_comparison": Op("back", "back", lambda x: -(x > 0) * x, lambda z, x: (-(x > 0),)),
    "comparisons_combined": Op("band", "band", lambda x: x * ((x > 0) & (x < 2)), lambda z, x: ((x > 0) & (x < 2),)),
}


def used(op: Op, x: Any) -> Any:
    u = 1.1 * x
    return (op(u, 0.7 * x) if op.name == "swish" else op(u)) * x


def eager(f: Callable[[Any], Any], x: float) -> tuple[float, float, float]:
    v = Value(x)
    y = f(v)
    (slope,) = grad(y, [v], create_graph=True)
    return y.data, slope.data, grad(slope, [v])[0] if slope.inputs else 0.0


@pytest.mark.parametrize("op", OWN.values(), ids=OWN)
def test_own_ops_have_the_bits_of_the_engine_in_values_and_two_derivatives(op: Op) -> None:
    fast = autograd.compile(lambda x: used(op, x))
    values, slopes, curvatures = np.array([eager(lambda x: used(op, x), x) for x in ROWS]).T
    np.testing.assert_array_equal(fast(ROWS), values)
    np.testing.assert_array_equal(fast.value_and_grad(ROWS)[1][0], slopes)
    np.testing.assert_array_equal(np.ravel(fast.hessian(ROWS)), curvatures)
    along = np.ravel(fast.hvp(ROWS, vector=[np.ones(len(ROWS))]))  # a forward pass: terms in another order
    np.testing.assert_allclose(along, curvatures, rtol=1e-13)


def test_grad_inside_a_traced_function_uses_the_ops_own_derivative() -> None:
    op = OWN["round_and_pass_through"]
    fast = autograd.compile(lambda x: grad(op(x) * x, [x], create_graph=True)[0])
    np.testing.assert_array_equal(fast(ROWS), np.round(ROWS) + ROWS)


def test_native_training_with_an_own_op_has_the_same_bits() -> None:
    huber = Op(
        "huber",
        "huber",
        lambda e: where(abs(e) < 0.5, 0.5 * e * e, 0.5 * abs(e) - 0.125),
        lambda z, e: (where(abs(e) < 0.5, e, 0.5 * autograd.sign(e)),),
    )
    found = []
    for native in (False, True):
        model = MLP(2, [3, 1], activation="tanh", seed=1)
        rows, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        optimizer = SGD(model.parameters(), lr=0.1)
        history = fit(
            model,
            rows,
            targets,
            loss=lambda y, t: huber(y - t),
            optimizer=optimizer,
            epochs=5,
            native=native,
            progress=False,
        )
        found.append((list(history), [p.data for p in model.parameters()]))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("forward", "partials"),
    [
        (lambda x: math.sin(x), lambda z, x: (autograd.cos(x),)),
        (lambda x: x * x, lambda z, x: (2.0 * math.sqrt(x * x),)),
        (lambda x: x if x > 0 else -x, lambda z, x: (1.0,)),
        (lambda x: max(x, 0.0), lambda z, x: (1.0,)),
        (lambda x: float(int(x)), lambda z, x: (1.0,)),
    ],
    ids=["math", "math in a partial", "if", "max", "int"],
)
def test_what_no_symbol_can_go_through_is_refused_by_the_ops_name(
    forward: Callable[..., Any], partials: Callable[..., Any]
) -> None:
    op = Op("mine", "mine", forward, partials)
    with pytest.raises(TraceError, match=r"compile cannot follow 'mine', an op of your own .*where\(\) in place of if"):
        autograd.compile(lambda x: op(x) + 1.0)


def test_a_comparison_in_arithmetic_has_the_sign_of_zero_that_python_gives_it() -> None:
    fast = autograd.compile(lambda x: -(x > 0) * x)
    values = [(-(v > 0) * v).data for v in map(Value, ROWS)]
    np.testing.assert_array_equal(np.signbit(fast(ROWS)), np.signbit(values))
