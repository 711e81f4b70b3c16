"""`Value`: its operators on every mix of operands, its types and refusals, how it prints, compares and copies."""

from __future__ import annotations

import copy
import math
import operator
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograd import Value, grad, ops
from autograd.graph import topological_order
from autograd.ops import CONSTANT, OPS, PARAMETER
from autograd.value import constant, parameter

OPERATORS: list[tuple[Callable[[Any, Any], Any], str, Callable[[float, float], tuple[float, float]]]] = [
    (operator.add, "add", lambda x, z: (1.0, 1.0)),
    (operator.sub, "subtract", lambda x, z: (1.0, -1.0)),
    (operator.mul, "multiply", lambda x, z: (z, x)),
    (operator.truediv, "divide", lambda x, z: (1.0 / z, -x / z / z)),
    (operator.pow, "power", lambda x, z: (z * x ** (z - 1.0), x**z * math.log(x))),
]
each_operator = pytest.mark.parametrize(("apply", "name", "slopes"), OPERATORS, ids=[name for _, name, _ in OPERATORS])
NUMBERS = [2, 2.0, np.float64(2.0), np.float32(2.0), np.int64(2), np.uint8(2), Fraction(2)]
NUMPY = """exp exp2 expm1 log log2 log10 log1p sqrt sin cos tan arcsin arccos arctan
sinh cosh tanh arcsinh arccosh arctanh""".split()  # noqa: SIM905 - a list of words is read as words
WRONG = ["2", b"2", None, 2j]


@each_operator
def test_operator_of_two_values(apply: Any, name: str, slopes: Any) -> None:
    x, z = Value(1.5, "x"), Value(2.5, "z")
    y = apply(x, z)
    assert y.data == apply(1.5, 2.5)
    assert y.op is OPS[name]
    assert y.inputs == (x, z)
    assert y.partials == pytest.approx(slopes(1.5, 2.5), rel=1e-15)
    assert (y.label, y.grad, y.source) == ("", 0.0, None)


@each_operator
@pytest.mark.parametrize("number", NUMBERS, ids=lambda x: type(x).__name__)
def test_operator_with_a_number_on_either_side(apply: Any, name: str, slopes: Any, number: Any) -> None:
    x = Value(1.5)
    right = apply(x, number)
    assert type(right) is Value
    assert right.data == apply(1.5, 2.0)
    assert grad(right, [x]) == pytest.approx([slopes(1.5, 2.0)[0]], rel=1e-15)
    left = apply(number, x)
    assert type(left) is Value
    assert left.data == apply(2.0, 1.5)
    assert grad(left, [x]) == pytest.approx([slopes(2.0, 1.5)[1]], rel=1e-15)
    for made in (left, right):
        lifted = next(other for other in made.inputs if other is not x)
        assert lifted.op is CONSTANT
        assert type(lifted.data) is float
        assert made.partials[made.inputs.index(lifted)] is None


@each_operator
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_operator_refuses_what_is_not_a_number(apply: Any, name: str, slopes: Any, wrong: Any) -> None:
    for attempt in (lambda: apply(Value(1.0), wrong), lambda: apply(wrong, Value(1.0))):
        with pytest.raises(TypeError, match=r"expected one real number, got|must be|unsupported"):
            attempt()


@pytest.mark.parametrize("wrong", ["1", b"1", None, 1j, [1.0], np.array([1.0, 2.0])], ids=repr)
def test_value_refuses_what_is_not_a_number(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"expected one real number, got {type(wrong).__name__}"):
        Value(wrong)


def test_value_refuses_a_value_and_a_label_that_is_no_string() -> None:
    with pytest.raises(TypeError, match=r"got a Value: use it as it is, or pass its \.data"):
        Value(Value(1.0))
    with pytest.raises(TypeError, match="expected a str as label, got int 3"):
        Value(1.0, 3)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda x: type(x).__name__)
def test_numbers_become_floats(number: Any) -> None:
    assert type(Value(number).data) is float
    assert type(parameter(number).data) is float
    assert type(constant(number).data) is float


def test_a_leaf() -> None:
    x = Value(3, "x")
    assert (x.data, x.label, x.grad, x.op, x.inputs, x.partials, x.source) == (3.0, "x", 0.0, None, (), (), None)
    assert Value(1.0).label == ""
    assert Value(data=1.0, label="y").label == "y"
    assert parameter(2.0, "w").op is PARAMETER
    assert parameter(2.0, "w").label == "w"
    assert constant(2.0).op is CONSTANT


def test_unary_operators() -> None:
    x = Value(-2.0)
    assert ((-x).data, (-x).partials, (-x).op) == (2.0, (-1.0,), ops.negative)
    assert (abs(x).data, abs(x).partials, abs(x).op) == (2.0, (-1.0,), ops.absolute)
    assert +x is x


def test_functions_of_one_number_are_methods_by_their_name() -> None:
    for name in [*NUMPY, "sign", "sigmoid", "relu", "softplus", "detach"]:
        x = Value(1.0 if name == "arccosh" else 0.5)
        made = getattr(x, name)()
        assert made.op is OPS[name]
        assert made.inputs == (x,)
        assert getattr(Value, name).__name__ == name
        assert getattr(Value, name).__doc__


def test_products_and_powers_keep_duplicate_inputs() -> None:
    a = Value(3.0)
    for made, slope in ((a * a, 6.0), (a + a, 2.0), (a - a, 0.0), (a / a, 0.0), (a**a, 27.0 * (math.log(3.0) + 1.0))):
        assert made.inputs == (a, a)
        assert grad(made, [a]) == pytest.approx([slope], rel=1e-15)


def test_augmented_assignment_rebinds() -> None:
    x = Value(1.0)
    y = x
    y += 1.0
    assert (x.data, y.data) == (1.0, 2.0)
    y *= x
    y -= 3
    y /= 2
    y **= 2
    assert x.data == 1.0
    assert not [name for name in ("__iadd__", "__isub__", "__imul__", "__itruediv__", "__ipow__") if hasattr(x, name)]


def test_the_gradient_cannot_be_dropped_by_accident() -> None:
    x = Value(1.0)
    for convert in (math.exp, float, int, math.sqrt, round, complex, math.floor, math.ceil, math.trunc):
        with pytest.raises(TypeError, match=r"Value.*\.data"):
            convert(x)  # type: ignore[operator, arg-type, call-overload]
    with pytest.raises(TypeError):
        pow(x, 2, 5)  # type: ignore[call-overload]


def test_ints_may_be_assigned() -> None:
    x = Value(1.0)
    x.data, x.grad = 3, 0
    for made in (x * x, x + x, x - 1, x / 2, x**2, -x, x.exp(), ops.dot(x, x, x), 2 * x, x + 1):
        assert type(made.data) is float
    assert (x * x).data == 9.0
    assert (x / 2).data == 1.5
    (x**2).backward()
    assert x.grad == 6.0
    assert type(x.grad) is float


def test_huge_ints_and_floats_keep_ieee_results() -> None:
    x = Value(1e308)
    assert (x * 10).data == math.inf
    assert (x + x).data == math.inf
    assert (-x - x).data == -math.inf
    assert (x**2).data == math.inf
    assert (1 / Value(0.0)).data == math.inf
    assert (1 / Value(-0.0)).data == -math.inf
    assert math.isnan((Value(0.0) / 0).data)
    assert math.isnan((Value(-8.0) ** 0.5).data)


def test_what_was_recorded_does_not_change() -> None:
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert (y.data, y.partials, x.grad) == (9.0, (3.0, 3.0), 6.0)


def test_comparisons_are_of_data() -> None:
    for left, right in ((1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (math.nan, 1.0)):
        for compare in (operator.lt, operator.le, operator.gt, operator.ge):
            expected = compare(left, right)
            assert compare(Value(left), Value(right)) is expected
            assert compare(Value(left), right) is expected
            assert compare(left, Value(right)) is expected
    for wrong in ("1", None):
        with pytest.raises(TypeError, match="expected one real number"):
            _ = Value(1.0) < wrong  # type: ignore[operator]
    with pytest.raises(TypeError):
        _ = Value(1.0) < [1.0]  # type: ignore[operator]
    assert max([Value(1.0, "a"), Value(3.0, "b"), Value(2.0, "c")]).label == "b"


def test_equality_and_hash_are_identity() -> None:
    x, z = Value(1.0), Value(1.0)
    assert x == x
    assert x != z
    assert x != 1.0
    assert len({x, z, x}) == 2
    assert [x, z].index(z) == 1


def test_repr_is_one_line_and_never_recurses() -> None:
    assert repr(Value(2.0)) == "Value(data=2.0, grad=0.0)"
    assert repr(Value(2.0, "x")) == "Value(data=2.0, grad=0.0, label='x')"
    assert repr(Value(2.0, "a\nb") + 1.0) == "Value(data=3.0, grad=0.0, op='+')"
    assert "\n" not in repr(Value(2.0, "a\nb"))
    assert repr(Value(math.nan)) == "Value(data=nan, grad=0.0)"


def test_builtin_sum_works() -> None:
    xs = [Value(float(k)) for k in range(4)]
    whole = sum(xs)
    assert isinstance(whole, Value)
    assert whole.data == 6.0
    assert grad(whole, xs) == [1.0, 1.0, 1.0, 1.0]


def test_numpy_functions_find_the_methods() -> None:
    for name in [*NUMPY, "absolute", "negative"]:
        number = 1.25 if name == "arccosh" else 0.625
        x = Value(number)
        made = getattr(np, name)(x)
        assert type(made) is Value
        assert made.op is OPS[name]
        assert made.data == pytest.approx(getattr(np, name)(number), rel=1e-15)


@each_operator
def test_numpy_scalars_and_arrays_with_values(apply: Any, name: str, slopes: Any) -> None:
    x = Value(1.5)
    array = np.array([2.0, 3.0])
    for made, expected in ((apply(x, array), apply(1.5, array)), (apply(array, x), apply(array, 1.5))):
        assert made.dtype == object
        assert made.shape == (2,)
        assert [value.data for value in made] == pytest.approx(expected, rel=1e-15)
        assert all(x in value.inputs for value in made)
    values = np.array([Value(1.0), Value(2.0)])
    assert values.dtype == object
    assert [value.data for value in apply(values, values)] == [apply(1.0, 1.0), apply(2.0, 2.0)]
    assert type(apply(x, np.array(2.0))) is Value


def test_object_arrays_compute() -> None:
    weights = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    out = np.exp(weights @ np.array([0.1, 0.2])).sum()
    assert type(out) is Value
    assert out.data == pytest.approx(math.exp(0.5) + math.exp(1.1))
    assert grad(out, [weights[1, 1]]) == pytest.approx([0.2 * math.exp(1.1)])
    assert np.sort(np.array([Value(2.0), Value(1.0)]))[0].data == 1.0


def test_detach_holds_the_gradient_back() -> None:
    x = Value(3.0)
    y = x.detach() * x
    y.backward()
    assert x.grad == 3.0


def test_copies_keep_what_is_shared() -> None:
    x = Value(2.0, "x")
    shared = x * x
    losses = [shared + 1.0, shared * x]
    for first, second in (copy.deepcopy(losses), pickle.loads(pickle.dumps(losses))):
        leaf = topological_order(first)[0]
        assert leaf.label == "x"
        assert leaf is not x
        assert leaf in second.inputs
        assert grad(first, [leaf]) == [4.0]
        assert grad(second, [leaf]) == [12.0]
    first, second = copy.deepcopy(losses)
    assert first.inputs[0] is second.inputs[0]
    shallow = copy.copy(shared)
    assert shallow is not shared
    assert shallow.inputs == shared.inputs


def test_copies_keep_every_field() -> None:
    leaf = parameter(2.0, "w")
    leaf.grad, leaf.source = 5.0, "here.py:1"
    made = leaf * 3.0
    made.label, made.grad, made.source = "y", 7.0, "there.py:2"
    for y in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        w, three = y.inputs
        assert (y.data, y.label, y.grad, y.op, y.source) == (6.0, "y", 7.0, ops.multiply, "there.py:2")
        assert y.partials == (3.0, None)
        assert (w.data, w.label, w.grad, w.op, w.source) == (2.0, "w", 5.0, PARAMETER, "here.py:1")
        assert (three.data, three.op) == (3.0, CONSTANT)


def test_micrograd_names() -> None:
    x = Value(2.0)
    y = x * x
    assert (y._prev, y._op, x._prev, x._op) == ({x}, "*", set(), "")
