"""What every peer has: assignments that stay floats, truth, formats, refusals in the user's words."""

from __future__ import annotations

import builtins
import fractions
import importlib.metadata
import inspect
import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, check_grads, dot, exp, hessian, hypot, jacobian, no_grad, record_steps
from autograd.observing import record_observers
from autograd.ops import Op
from autograd.value import parameter

NUMBERS = [
    True, 3, 2.5, np.float32(2.5), np.float64(2.5), np.float16(0.5), np.longdouble(2.5), np.int8(3), np.uint64(3),
    np.True_, np.array(2.5), np.array(2.5, np.float32), np.array(3), np.array(True), fractions.Fraction(1, 2),
]  # fmt: skip
NO_NUMBERS = ["x", "2.5", None, 2j, [1.0], np.array([0.2]), np.array([1.0, 2.0]), np.complex128(1j), np.array("a")]


@pytest.mark.parametrize("x", NUMBERS, ids=repr)
def test_whatever_number_comes_in_is_a_float_of_64_bits(x: Any) -> None:
    expected = float(x)
    v = Value(1.0)
    v.data, v.grad = x, x
    for y in (
        Value(x),
        parameter(x),
        v,
        Value(0.0) + x,
        x + Value(0.0),
        Value(1.0) * x,
        x * Value(1.0),
        0.0 + Value(x),
    ):
        assert type(y) is Value
        assert (type(y.data), y.data) == (float, expected)
    assert (type(v.grad), v.grad) == (float, expected)
    assert type(exp(x)) is float
    assert type(hypot(x, Value(1.0)).data) is float
    assert type((v * 2.0).data) is float


@pytest.mark.parametrize("x", NO_NUMBERS, ids=repr)
@pytest.mark.parametrize("name", ["data", "grad"])
def test_an_assignment_of_no_number_is_refused_by_name_and_changes_nothing(name: str, x: Any) -> None:
    v = Value(1.5)
    v.grad = 0.5
    with pytest.raises(TypeError, match=rf"^{name}: expected one real number, got {type(x).__name__}"):
        setattr(v, name, x)
    assert (v.data, v.grad) == (1.5, 0.5)


def test_a_number_beyond_every_float_is_refused_by_name() -> None:
    v = Value(1.5)
    with pytest.raises(ValueError, match=r"^data: expected a number that a float can hold, got one beyond 1\.8e308"):
        v.data = 10**400
    assert v.data == 1.5


@pytest.mark.parametrize(
    ("x", "holds"), [(0.0, False), (-0.0, False), (1.0, True), (-5e-324, True), (math.nan, True), (math.inf, True)]
)
def test_truth_is_data_that_is_not_0(x: float, holds: bool) -> None:
    assert bool(Value(x)) is bool(np.float64(x)) is holds
    assert [k for k, v in enumerate([Value(0.0), Value(x)]) if v] == ([1] if holds else [])


def test_a_mask_of_a_comparison_is_a_number() -> None:
    x = Value(2.0)
    y = x * (x > 0) + (x < 0)
    y.backward()
    assert (y.data, x.grad) == (2.0, 1.0)


def test_a_format_is_that_of_the_data_and_none_is_the_repr() -> None:
    v = Value(2.0 / 3.0, "loss")
    assert f"{v:.4f} {v:>8.2e} {v:%}" == "0.6667 6.67e-01 66.666667%"
    assert f"{v}" == str(v) == repr(v) == "Value(data=0.6666666666666666, grad=0.0, label='loss')"
    with pytest.raises(ValueError, match="Unknown format code"):
        f"{v:d}"


def test_rich_prints_a_long_chain_as_one_value() -> None:
    rich = pytest.importorskip("rich.pretty")
    y = Value(1.0, "x")
    for _ in range(3000):
        y = y * 1.0
    assert rich.pretty_repr(y) == "Value(data=1.0, grad=0.0, op='*')"
    assert rich.pretty_repr(Value(2.0, "w")) == "Value(data=2.0, grad=0.0, label='w')"


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda v: math.exp(v), r"a function of math .* autograd\.exp, or \.data"),
        (lambda v: float(v), r"^float\(v\).*\.data"),
        (lambda v: int(v), r"int\(v\.data\)"),
        (lambda v: round(v), r"round\(v\.data\)"),
        (lambda v: round(v, 2), r"round\(v\.data\)"),
        (lambda v: math.floor(v), r"v\.data .* autograd\.floor\(v\)"),
        (lambda v: v // 2, r"v\.data // 2"),
        (lambda v: 2 // v, r"2 // v\.data"),
        (lambda v: v % 2, r"v\.data % 2"),
        (lambda v: divmod(v, 2), r"divmod\(v\.data, 2\)"),
        (lambda v: v @ v, r"autograd\.dot"),
        (lambda v: [1.0] @ v, r"autograd\.dot"),
        (lambda v: exp(x=v), r"^exp\(x\) takes its operands by position"),
        (lambda v: next(autograd.backward_pass(v.data)), r"^backward_pass\(root\) takes a Value, got float 2\.0"),
        (lambda v: autograd.topological_order([v]), r"^topological_order\(root\) takes a Value, got list"),
        (lambda v: np.array([v], dtype=float), r"\.data"),
    ],
)
def test_what_would_lose_the_gradient_says_what_to_use(use: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        use(Value(2.0))


def test_numpy_s_statistics_keep_the_gradient() -> None:
    xs = [Value(x) for x in (1.0, 2.0, 4.0)]
    deviation = np.std(xs)
    deviation.backward()  # type: ignore[attr-defined]
    mean, sigma = 7.0 / 3.0, np.std([1.0, 2.0, 4.0])
    assert deviation.data == pytest.approx(sigma, rel=1e-15)  # type: ignore[attr-defined]
    assert [x.grad for x in xs] == pytest.approx([(x.data - mean) / (3 * sigma) for x in xs], rel=1e-14)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Value(), r"^Value\(data, label=''\) takes a number and perhaps a label, got nothing"),  # type: ignore[call-arg]
        (lambda: Value(1.0, (), "+"), r"^Value\(data, label=''\) .*got also '\+'; what a node was computed from"),  # type: ignore
        (lambda: Value(1.0, _children=()), r"^Value\(data, label=''\) .*got also '_children'"),  # type: ignore[call-arg]
        (lambda: Value(1.0, (Value(2.0),)), r"^Value: expected a str as label, got tuple"),  # type: ignore[arg-type]
        (lambda: Value(Value(1.0)), r"^Value: expected one real number, got a Value"),  # type: ignore[arg-type]
        (lambda: Value("1"), r"^Value: expected one real number, got str '1'"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_call_of_value_says_what_it_takes(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(TypeError, match=says):
        call()


def test_value_has_the_signature_that_it_takes() -> None:
    assert str(inspect.signature(Value)) == "(data: float, label: str = '')"


def test_subclasses_are_refused_where_they_are_defined() -> None:
    with pytest.raises(TypeError, match=r"^class Weight: Value cannot be subclassed, since operators .* make plain"):

        class Weight(Value):
            pass


@pytest.mark.parametrize("name", ["m", "v", "velocity", "exp_avg", "cache", "requires_grad"])
def test_an_attribute_put_on_a_value_says_where_to_keep_it(name: str) -> None:
    p = Value(1.0)
    with pytest.raises(
        AttributeError, match=rf"no room for an attribute '{name}': keep it beside the Value, in a dict"
    ):
        setattr(p, name, 0.0)
    assert not hasattr(p, name)


@pytest.mark.parametrize("name", ["_backward", "_prev", "_op", "_children", "_local_grads"])
def test_how_a_value_was_computed_cannot_be_assigned(name: str) -> None:
    y = Value(2.0) * 3.0
    with pytest.raises(AttributeError, match=r"is recorded by operators .* an operation of your own by an .*ops\.Op"):
        setattr(y, name, ())
    assert len(y.inputs) == 2


def test_microgpts_names_and_item_are_there() -> None:
    x, z = Value(2.0), Value(3.0)
    y = x * z
    assert (y._children, y._local_grads, x._children, x._local_grads) == ((x, z), (3.0, 2.0), (), ())
    assert (y.item(), type(y.item())) == (6.0, float)


def test_karpathys_lecture_propagates_by_hand() -> None:
    x1, x2, w1, w2 = Value(2.0, "x1"), Value(0.0, "x2"), Value(-3.0, "w1"), Value(1.0, "w2")
    b = Value(6.8813735870195432, "b")
    n = x1 * w1 + x2 * w2 + b
    o = n.tanh()
    o.grad = 1.0
    for node in (o, n, n.inputs[0], n.inputs[0].inputs[0], n.inputs[0].inputs[1], b):
        node._backward()
    assert o.data == pytest.approx(0.7071067811865476)  # the lecture's 0.7071
    assert [x.grad for x in (x1, w1, x2, w2, b)] == pytest.approx([-1.5, 1.0, 0.5, 0.0, 0.5])


def test_recorded_nodes_hold_64_bits_whatever_was_assigned() -> None:
    x = Value(1.0)
    x.data = np.float32(0.1)
    recording = record_steps(x * 3.0)
    assert [type(node.data) for node in recording.passes[0].nodes] == [float] * 3
    assert dot([x], [np.float32(0.5)]).data == float(np.float32(0.1)) * 0.5


def test_a_failed_conversion_does_not_import_numpy() -> None:
    code = "import sys; from autograd import Value\ntry: Value('x')\nexcept TypeError: print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_no_grad_records_nothing_and_ends_with_its_context() -> None:
    x = Value(3.0)
    with no_grad():
        y = x * x + dot([x], [2.0]) - x.exp() / 2
        assert (y.inputs, y.partials, y.op) == ((), (), None)
    assert y.data == 15.0 - math.exp(3.0) / 2
    z = x * y
    z.backward()
    assert (x.grad, y.grad) == (y.data, 3.0)
    assert record_observers == []


def test_no_grad_decorates_holds_for_its_thread_alone_and_costs_nothing_when_unused() -> None:
    x = Value(3.0)

    @no_grad()
    def evaluate() -> Value:
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lambda: x * 2.0).result().inputs
        return x * 2.0

    assert evaluate().inputs == evaluate().inputs == ()
    assert (x * 2.0).inputs
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert (x * 2.0).inputs


def test_compiled_code_does_not_freeze_what_no_grad_computed() -> None:
    pytest.importorskip("llvmlite")

    def function(x: Value) -> Value:
        with no_grad():
            scale = x * 2.0
        return x * scale

    with pytest.raises(TypeError, match=r"no_grad.*detach"):
        autograd.compile(function)


def test_tab_completion_offers_what_users_call_and_nothing_else() -> None:
    names = {name for name in dir(autograd) if not name.startswith("_")}
    assert {"draw", "compile", "debug", "load_recording", "sum", "Value", "tanh", "no_grad"} <= names
    assert not {"LAZY", "TYPE_CHECKING", "import_module", "Any", "OPS", "constant_power", "builtins"} & names
    assert all(getattr(autograd, name) is not None for name in names)


def test_a_star_import_keeps_the_built_ins() -> None:
    found: dict[str, Any] = {}
    exec("from autograd import *", found)
    assert {"Value", "tanh", "dot", "no_grad"} <= found.keys()
    assert not found.keys() & {*dir(builtins)} - {"__doc__", "__name__"}


def test_the_version_is_that_of_the_distribution() -> None:
    assert autograd.__version__ == importlib.metadata.version("scalar-autograd")
    with pytest.raises(AttributeError, match="has no attribute 'tahn'"):
        autograd.tahn  # noqa: B018


def test_the_other_autograd_in_the_same_folder_is_named_at_import(tmp_path: Path) -> None:
    package = tmp_path / "autograd"
    shutil.copytree(Path(autograd.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    assert run_in(tmp_path) == ""
    (package / "numpy").mkdir()
    (package / "numpy" / "numpy_boxes.py").touch()
    said = run_in(tmp_path)
    assert "HIPS autograd" in said
    assert "pip uninstall autograd scalar-autograd" in said


def run_in(folder: Path) -> str:
    """Import the package in a folder, and return what was written to stderr."""
    command = [sys.executable, "-c", "import autograd; print(autograd.tanh(0.0))"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.stdout == "0.0\n"
    return done.stderr


def test_an_op_of_ones_own_that_returns_numpy_floats_makes_nodes_of_64_bits() -> None:
    cube = Op("cube", "cube", lambda x: np.float32(x) ** 3, lambda z, x: (3 * np.float32(x) ** 2,))
    x = Value(2.0)
    y = cube(x)
    y.backward()
    assert [type(z) for z in (y.data, *y.partials, x.grad)] == [float] * 3
    assert (y.data, x.grad) == (8.0, 12.0)
    with pytest.raises(TypeError, match="expected one real number, got str"):
        Op("odd", "odd", lambda x: "x", lambda z, x: (1.0,))(x)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("label", [5, None, 1.0, b"x", ["x"], Value(1.0)])
def test_a_label_that_is_no_text_is_refused_where_it_is_assigned(label: object) -> None:
    v = Value(1.0, "x")
    with pytest.raises(TypeError, match=r"^label: expected a str as label, got \w+ "):
        v.label = label  # type: ignore[assignment]
    with pytest.raises(TypeError, match=r"^parameter: expected a str as label, got \w+ "):
        parameter(1.0, label)  # type: ignore[arg-type]
    assert (v.label, repr(v)) == ("x", "Value(data=1.0, grad=0.0, label='x')")


def test_a_value_in_the_place_of_a_number_points_to_its_data() -> None:
    with pytest.raises(TypeError, match=r"^data: expected one real number, got Value Value\(.*\): pass its \.data$"):
        Value(1.0).data = Value(2.0)  # type: ignore[assignment]


def test_no_grad_decorates_without_parentheses_and_is_entered_again_and_again() -> None:
    x = Value(3.0)

    @no_grad
    def double(v: Value) -> Value:
        """Return twice v."""
        return v * 2.0

    assert (double(x).inputs, double.__name__, double.__doc__) == ((), "double", "Return twice v.")
    context = no_grad()
    for _ in range(2):
        with context, context:
            assert (x * 2.0).inputs == ()
        assert (x * 2.0).inputs


def test_no_grad_refuses_what_runs_after_the_call() -> None:
    def generator() -> Iterator[Value]:
        yield Value(1.0) * 2.0

    async def coroutine() -> None:
        pass

    for function in (generator, coroutine):
        with pytest.raises(TypeError, match=r"^no_grad does not reach into a generator or coroutine, .* inside of it$"):
            no_grad()(function)
    with pytest.raises(TypeError, match=r"^no_grad\(\) takes a function to decorate, or nothing, got 5$"):
        no_grad(5)


def test_derivatives_inside_no_grad_are_refused_where_they_would_be_0() -> None:
    for derive in (lambda: jacobian(exp, [1.0]), lambda: hessian(exp, [1.0]), lambda: check_grads(exp, [1.0])):
        derive()
        with (
            no_grad(),
            pytest.raises(RuntimeError, match=r"finds no derivatives inside no_grad\(\), .* call it outside$"),
        ):
            derive()


def refused_op(forward: Any, partials: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        Op("mine", "mine", forward, partials)(Value(1.0))


def test_an_op_of_ones_own_is_refused_by_its_name() -> None:
    refused_op(
        abs, lambda y, x: 1.0, "^mine: its partials must return a tuple with a derivative for each of 1 inputs, got 1"
    )
    refused_op(abs, lambda y, x: (1.0, 2.0), r"^mine: its partials must return .*, got \(1\.0, 2\.0\)$")
    refused_op(abs, lambda y, x: ("a",), "^mine, a derivative: expected one real number, got str 'a'")
    refused_op(
        lambda x: None, lambda y, x: (1.0,), "^mine, the result of its forward: expected one real number, got None"
    )
    refused_op(3, lambda y, x: (1.0,), "^Op 'mine': forward must be a function, got 3$")
    refused_op(abs, None, "^Op 'mine': partials must be a function, got None$")
    with pytest.raises(TypeError, match=r"^Op: name must be a str, got 5$"):
        Op(5, "mine", abs, abs)  # type: ignore[arg-type]


def test_an_op_of_ones_own_gives_floats_for_numbers_too() -> None:
    op = Op("mine", "mine", lambda x: np.float32(x) * 2, lambda y, x: (np.float32(2),))
    assert (op(3.0), type(op(3.0)), type(op(Value(3.0)).data)) == (6.0, float, float)


def test_an_error_in_an_op_of_ones_own_is_told_its_name_and_numbers() -> None:
    inverse = Op("inverse", "inv", lambda x: 1.0 / x, lambda z, x: (-z * z,))
    with pytest.raises(ZeroDivisionError, match="division") as caught:
        inverse(Value(0.0))
    assert caught.value.__notes__ == ["raised in the op 'inverse' for 0.0"]
    bent = Op("bent", "bent", lambda x: x, lambda z: (1.0,))
    with pytest.raises(TypeError) as caught:
        bent(Value(2.0))
    assert "'bent' for 2.0" in caught.value.__notes__[0]
