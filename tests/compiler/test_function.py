"""`autograd.compile`: what it takes, gives and refuses."""

from __future__ import annotations

import itertools
import pickle
import random
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from strategies import Recipe, graphs

import autograd
from autograd import Value, compiler, dot, where
from autograd.compiler import CompiledFunction, GuardError, Program
from autograd.compiler.runtime import strategy
from autograd.compiler.runtime.kernel import Kernel
from autograd.compiler.tape.kernel import TapeKernel
from autograd.lowering.programs import gradient_program
from autograd.ops import OPS
from autograd.value import parameter
from tests.compiler.test_edges import bits, eager


def network(sizes: list[int], seed: int = 0) -> tuple[object, list[Value]]:
    """A small net of relu neurons, as plain Values."""
    rng = random.Random(seed)
    layers = [
        [([parameter(rng.gauss(0.0, 0.7)) for _ in range(m)], parameter(rng.gauss(0.0, 0.1))) for _ in range(n)]
        for m, n in itertools.pairwise(sizes)
    ]

    def model(xs: list[Value]) -> Value:
        for layer in layers:
            xs = [dot(w, xs, b).relu() if len(layer) > 1 else dot(w, xs, b) for w, b in layer]
        return xs[0]

    return model, [p for layer in layers for w, b in layer for p in (*w, b)]


Maker = Callable[[Program], Kernel | TapeKernel]


def gradient_kernel(program: Program) -> Kernel:
    return Kernel(gradient_program(program), fast=False)


def tape_kernel(program: Program) -> TapeKernel:
    return TapeKernel(program, fast=False, differentiate=True)


MODEL, PARAMETERS = network([2, 5, 4, 1])


def hinge(x: Value, z: Value, t: Value) -> Value:
    return (1.0 - t * MODEL([x, z])).relu()  # type: ignore[operator]


def data(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=rows), rng.normal(size=rows), np.where(rng.random(rows) > 0.5, 1.0, -1.0)


def folded(terms: list[float]) -> float:
    """Add as the kernels do: eight running totals, folded in halves."""
    totals = [0.0] * 8
    for row, term in enumerate(terms):
        totals[row % 8] += term
    while len(totals) > 1:
        half = len(totals) // 2
        totals = [a + b for a, b in zip(totals[:half], totals[half:], strict=True)]
    return totals[0]


@pytest.mark.parametrize("make", [gradient_kernel, tape_kernel])
@given(recipe=graphs())
def test_random_graphs_have_the_engines_bits(make: Maker, recipe: Recipe) -> None:
    assert_same_bits(make, recipe.root, recipe.leaves)


@pytest.mark.parametrize("make", [gradient_kernel, tape_kernel])
@given(recipe=graphs())
def test_random_graphs_with_comparisons_have_the_engines_bits(make: Maker, recipe: Recipe) -> None:
    assert_same_bits(make, branching(recipe), recipe.leaves)


def branching(recipe: Recipe) -> Callable[..., Value]:
    """Make a function of a recipe whose results are compared, and selected from by the answers."""

    def function(*xs: Value) -> Value:
        results = recipe.run(xs, lambda step, operands: Value.record(OPS[step.op], *operands))
        first, middle, last = results[0], results[len(results) // 2], results[-1]
        inner = where(last <= middle, first * middle, where(middle, last.tanh(), first + last))
        return where(first > last, last * inner, inner.exp() * middle) + last * first

    return function


def points_around(leaves: tuple[float, ...]) -> list[tuple[float, ...]]:
    """Give a recipe's own numbers, and others that may take any branch."""
    rng = random.Random(leaves[0])
    return [leaves] + [tuple(x * rng.uniform(-2.0, 2.0) for x in leaves) for _ in range(4)]


def assert_same_bits(make: Maker, function: Callable[..., Value], leaves: tuple[float, ...]) -> None:
    fast = autograd.compile(function, example=leaves)
    fast.kernels["value_and_grad"] = make(fast.program)
    rows = points_around(leaves)
    values, slopes = fast.value_and_grad(*np.array(rows).T)
    expected = [eager(function, row) for row in rows]
    assert bits(values) == bits([value for value, _ in expected])
    assert bits(np.transpose(slopes)) == bits([slope for _, slope in expected])


@pytest.mark.parametrize("lanes", [0, 1, 2, 4, 8], ids=["tape", "1", "2", "4", "8"])
def test_all_row_counts_and_lanes_give_the_same_bits(lanes: int) -> None:
    fast = autograd.compile(hinge, PARAMETERS)
    narrow = CompiledFunction(fast.program, fast.structure, fast.parameters, fast.fastmath, lanes)
    if not lanes:
        narrow.kernels = {"values": TapeKernel(fast.program, False), "value_and_grad": tape_kernel(fast.program)}
    whole = data(33)
    losses, slopes = [], []
    for row in zip(*whole, strict=True):
        for p in PARAMETERS:
            p.grad = 0.0
        loss = hinge(*[Value(x) for x in row])
        loss.backward()
        losses.append(loss.data)
        slopes.append([p.grad for p in PARAMETERS])
    for rows in range(34):
        columns = [column[:rows] for column in whole]
        total, gradient = narrow.value_and_grad(*columns)
        assert bits(narrow(*columns)) == bits(losses[:rows])
        assert bits(total) == bits(folded(losses[:rows]))
        assert bits(gradient) == bits([folded([s[k] for s in slopes[:rows]]) for k in range(len(PARAMETERS))])


def test_backward_adds_to_the_parameters_and_leaves_nothing_half_done() -> None:
    fast = autograd.compile(hinge, PARAMETERS)
    for p in PARAMETERS:
        p.grad = 1.0
    total = fast.backward(*data(5))
    value, gradient = fast.value_and_grad(*data(5))
    assert total == value
    assert [p.grad for p in PARAMETERS] == (1.0 + gradient).tolist()


def test_parameters_are_read_at_every_call_or_given_as_theta() -> None:
    w = parameter(2.0, "w")
    fast = autograd.compile(lambda x: w * x, [w])
    assert fast([1.0, 3.0]).tolist() == [2.0, 6.0]
    w.data = 3.0
    assert fast(1.0) == 3.0
    assert fast(1.0, theta=[5]) == 5.0
    total, gradient = fast.value_and_grad([1.0, 3.0], theta=np.array([10.0]))
    assert (total, gradient.tolist()) == (40.0, [4.0])
    with pytest.raises(ValueError, match=r"theta must hold 1 numbers.*\(2,\)"):
        fast(1.0, theta=[1.0, 2.0])


def test_numbers_for_all_rows_are_one_row() -> None:
    fast = autograd.compile(hinge, PARAMETERS)
    columns = data(1)
    value, gradient = fast.value_and_grad(*[column[0] for column in columns])
    assert value == fast.value_and_grad(*columns)[0] > 0.0
    assert gradient.tolist() == fast.value_and_grad(*columns)[1].tolist()


def test_a_parameter_that_was_not_given_is_refused() -> None:
    w = parameter(2.0, "layers.0.bias")
    with pytest.raises(ValueError, match=r"layers\.0\.bias.*parameters=model\.parameters\(\)"):
        autograd.compile(lambda x: w * x)


def test_several_outputs_give_an_array_each() -> None:
    fast = autograd.compile(lambda x, y: [x * y, 7.0, x + y])
    product, seven, total = fast([1.0, 2.0], 3.0)
    assert (product.tolist(), seven.tolist(), total.tolist()) == ([3.0, 6.0], [7.0, 7.0], [4.0, 5.0])
    with pytest.raises(TypeError, match="one output"):
        fast.value_and_grad([1.0, 2.0], 3.0)


def test_a_comparison_leaves_the_order_in_which_gradients_are_added() -> None:
    """The program computes the comparison's sides early; (0.3 + 0.2) + 0.1 is not (0.1 + 0.2) + 0.3."""

    def function(x: Value) -> Value:
        a, b, c = 0.1 * x, 0.2 * x, 0.3 * x
        return a + b + c + where(c < a, 1.0, 2.0)

    fast = autograd.compile(function)
    (slope,) = fast.value_and_grad(1.0)[1]
    assert slope == eager(function, (1.0,))[1][0] == 0.3 + 0.2 + 0.1 != 0.1 + 0.2 + 0.3


def test_a_branch_on_a_comparison_is_guarded_in_every_row() -> None:
    def function(x: Value) -> Value:
        if x > 0.0:
            return x.log()
        return -x

    fast = autograd.compile(function)
    assert fast([1.0, 2.0]).tolist() == [0.0, np.log(2.0)]
    here = re.escape(__file__)
    with pytest.raises(GuardError, match=rf"{here}:\d+: if x > 0\.0: was True .* False in 2 of 4 rows: 1, 3\."):
        fast([1.0, -1.0, 2.0, 0.0])
    with pytest.raises(GuardError, match="rows: 0"):
        fast.value_and_grad([np.nan])
    assert autograd.compile(function, example=[-1.0])([-2.0, -3.0]).tolist() == [2.0, 3.0]


def test_a_failing_guard_leaves_gradients_alone() -> None:
    w = parameter(1.0)
    fast = autograd.compile(lambda x: w * x if x > 0.0 else w, [w])
    with pytest.raises(GuardError):
        fast.backward([1.0, -1.0])
    assert w.grad == 0.0
    assert fast.backward([1.0, 2.0]) == 3.0
    assert w.grad == 3.0


@pytest.mark.parametrize("parameters", [0, 1])
def test_each_of_several_guards_looks_at_its_own_comparison(parameters: int) -> None:
    w = parameter(3.0) if parameters else Value(3.0)

    def function(x: Value, z: Value) -> Value:
        y = w * x if x > 0.0 else w
        return y * z if x > 10.0 else y - z

    fast = autograd.compile(function, [w][:parameters])
    _, slopes = fast.value_and_grad([1.0, 2.0], 0.5)
    assert slopes.tolist() == ([3.0] if parameters else [[3.0, 3.0], [-1.0, -1.0]])
    for column, rows in (([1.0, -1.0], "rows: 1"), ([11.0, 1.0], "rows: 0")):
        for call in (fast, fast.value_and_grad, fast.hessian):
            with pytest.raises(GuardError, match=f"in 1 of 2 {rows}"):
                call(column, 0.5)


def test_gradient_program_has_the_engines_sign_of_zero() -> None:
    def function(x: Value) -> Value:
        return x * -0.0

    _, (slopes,) = autograd.compile(function).value_and_grad([1.0])
    assert bits(slopes.tolist()) == bits(autograd.grad(function(x := Value(1.0)), [x]))


def test_where_on_a_comparison_needs_no_guard_and_constants_none_either() -> None:
    threshold = Value(1.0)
    fast = autograd.compile(lambda x: where(x > 0.0, x.log(), 5.0 * x) if threshold < 2.0 else x)
    assert not fast.program.guards
    values, (slopes,) = fast.value_and_grad([0.0, 1.0, -2.0])
    assert (values.tolist(), slopes.tolist()) == ([0.0, 0.0, -10.0], [5.0, 1.0, 5.0])


def test_where_may_choose_between_numbers_by_what_is_known() -> None:
    threshold = Value(1.0)
    fast = autograd.compile(lambda x: x * where(threshold < 2.0, 3.0, 4.0) + where(threshold > 2.0, x, threshold))
    assert fast(5.0) == 16.0
    assert fast.value_and_grad([5.0])[1].tolist() == [[3.0]]


def test_two_threads_may_call_one_function() -> None:
    fast = autograd.compile(hinge, PARAMETERS)
    sets = [data(200, seed) for seed in range(8)]
    theta = np.array([p.data for p in PARAMETERS])
    expected = [fast.value_and_grad(*columns) for columns in sets]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda columns: fast.value_and_grad(*columns, theta=theta), sets * 25))
    for k, (total, gradient) in enumerate(results):
        assert total == expected[k % 8][0]
        assert gradient.tolist() == expected[k % 8][1].tolist()


def test_pickling_keeps_the_program_and_compiles_anew() -> None:
    fast = autograd.compile(hinge, PARAMETERS)
    again = pickle.loads(pickle.dumps(fast))
    assert again.program == fast.program
    total, gradient = fast.value_and_grad(*data(9))
    other_total, other_gradient = again.value_and_grad(*data(9))
    assert (total, gradient.tolist()) == (other_total, other_gradient.tolist())
    branching = autograd.compile(lambda x: x.exp() if x > 0 else x)
    with pytest.raises(GuardError):
        pickle.loads(pickle.dumps(branching))([-1.0])


FAST = autograd.compile(lambda x, y: x * y)
REFUSED = [
    (([1.0, 2.0], [1.0]), ValueError, "equal length, got x: 2, y: 1"),
    (([1.0],), TypeError, r"expected 2 columns \(x, y\), got 1"),
    ((["a"], [1.0]), TypeError, "'x' must hold real numbers"),
    (([1j], [1.0]), TypeError, "'x' must hold real numbers, got dtype complex128"),
    (([None], [1.0]), TypeError, "'x' must hold real numbers, got dtype object"),
    (([[1.0, 2.0]], [1.0]), ValueError, r"'x' must have one dimension, got shape \(1, 2\)"),
    (([1.0, [2.0]], [1.0]), ValueError, "'x' is no array of numbers"),
    ((np.array([1.0], dtype=np.longdouble), [1.0]), TypeError, "'x' must hold real numbers, got dtype"),
]


@pytest.mark.parametrize(("columns", "error", "message"), REFUSED)
def test_bad_columns_are_refused_by_name(columns: tuple[object, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        FAST(*columns)


class Subclass(np.ndarray):
    """An array of another type, as `np.memmap` makes."""


def test_other_columns_are_converted() -> None:
    base = np.arange(12.0)
    locked = base[:6].copy()
    locked.flags.writeable = False
    for column in (
        base[::2],
        locked,
        base[:6].astype(np.float32),
        np.arange(6, dtype=np.int8),
        list(range(6)),
        base[:6].astype(">f8"),
        base[:6].astype(np.dtype("f8", metadata={"unit": "m"})),
        pickle.loads(pickle.dumps(base[:6])),
        base[:6].view(Subclass),
        np.frombuffer(b"\0" + base[:6].tobytes(), dtype=np.uint8)[1:].view(np.float64),
    ):
        assert FAST(column, 2.0).tolist() == (2.0 * np.asarray(column, dtype=float)).tolist()
    assert FAST([], []).tolist() == []
    assert FAST(np.array([], dtype=np.float64), 1.0).tolist() == []
    assert bits(FAST([np.nan], 1.0)) == ["nan"]
    assert FAST(2, 3) == 6.0
    total, gradient = autograd.compile(hinge, PARAMETERS).value_and_grad([], [], [])
    assert (total, set(gradient.tolist())) == (0.0, {0.0})


def test_columns_that_are_ready_are_read_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    columns, theta = data(11), np.array([p.data for p in PARAMETERS])
    fast = autograd.compile(hinge, PARAMETERS)
    expected = fast.value_and_grad(*[column.tolist() for column in columns], theta=theta.tolist())
    monkeypatch.setattr(compiler.runtime.function, "columns", None)
    for got in (fast.value_and_grad(*columns), fast.value_and_grad(*columns, theta=theta)):
        assert (bits(got[0]), bits(got[1])) == (bits(expected[0]), bits(expected[1]))
    one = fast.value_and_grad(columns[0][::11], columns[1][:1], columns[2][0, ...])
    assert one[0] == hinge(*[Value(float(column[0])) for column in columns]).data


@pytest.mark.parametrize(
    "convert", [list, tuple, np.float32, lambda t: np.repeat(t, 2)[::2], lambda t: t.view(Subclass)]
)
def test_theta_is_converted_as_columns_are(convert: Callable[..., object]) -> None:
    fast, theta = autograd.compile(hinge, PARAMETERS), np.arange(len(PARAMETERS)) / 32.0
    got, expected = [fast.value_and_grad(*data(9), theta=x)[1] for x in (convert(theta), theta)]
    assert bits(got) == bits(expected)
    with pytest.raises(ValueError, match="theta must hold"):
        fast(*data(9), theta=convert(theta[1:]))


def test_arguments_are_named_from_the_signature_or_counted_by_the_example() -> None:
    assert autograd.compile(lambda first, second=2.0: first * second).program.arguments == ("first",)
    fast = autograd.compile(lambda *xs: autograd.sum(xs), example=[0.0] * 3)
    assert fast(1.0, 2.0, 3.0) == 6.0
    with pytest.raises(TypeError, match=r"\*xs takes: pass example="):
        autograd.compile(lambda *xs: autograd.sum(xs))
    with pytest.raises(ValueError, match="expected 1 numbers in example"):
        autograd.compile(lambda x: x, example=[1.0, 2.0])
    with pytest.raises(TypeError, match="must give a Value"):
        autograd.compile(lambda x: "x")
    with pytest.raises(TypeError, match="leaf Values"):
        autograd.compile(lambda x: x, [1.0])  # type: ignore[list-item]


def test_inside_can_be_looked_at() -> None:
    fast = autograd.compile(lambda x: x.tanh())
    assert str(fast.program).splitlines() == ["%0 = input 0", "%1 = tanh %0", "outputs %1"]
    assert "tanh" in fast.inspect_llvm()
    assert "tanh" in fast.inspect_asm("values")
    with pytest.raises(ValueError, match=r"expected one of values, value_and_grad, .*hessian"):
        fast.inspect_llvm("gradient")
    assert "1 instructions" not in repr(fast)


def test_fastmath_is_close() -> None:
    fast = autograd.compile(hinge, PARAMETERS, fastmath=True)
    exact = autograd.compile(hinge, PARAMETERS)
    columns = data(77)
    np.testing.assert_allclose(fast.value_and_grad(*columns)[1], exact.value_and_grad(*columns)[1], rtol=1e-12)


def test_a_huge_chain_compiles_and_has_the_engines_bits() -> None:
    def chain(x: Value) -> Value:
        y = x
        for _ in range(5_000):
            y = (y * 0.999 + x * 0.001).tanh() + where(y > 0.4, 1e-6, x * 1e-7)
        return y

    fast = autograd.compile(chain)
    kernel = fast.kernel("value_and_grad")
    assert isinstance(kernel, Kernel)
    assert kernel.code.text.count("fadd") < 100
    value, slopes = fast.value_and_grad(0.5)
    assert (value, [slopes[0]]) == eager(chain, (0.5,))


def test_a_tape_checks_guards_too(monkeypatch: pytest.MonkeyPatch) -> None:
    w = parameter(3.0)
    fast = autograd.compile(lambda x: w * x.log() if x > 0.0 else w, [w])
    fast.kernels["value_and_grad"] = tape = tape_kernel(fast.program)
    tape.guards = gradient_program(fast.program).guards
    assert fast.value_and_grad([1.0, np.e])[0] == 3.0
    with pytest.raises(GuardError, match="rows: 1"):
        fast.value_and_grad([1.0, -1.0])


@pytest.mark.parametrize("missing", ["llvmlite", "numpy"])
def test_a_missing_extra_is_named(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import autograd; autograd.compile"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"needs {missing}, which is not installed: pip install 'scalar-autograd[native]'" in run.stderr


def test_only_one_file_imports_llvmlite() -> None:
    folder = Path(compiler.__file__).parent
    files = [file.name for file in folder.rglob("*.py") if "import llvmlite" in file.read_text()]
    assert files == ["native.py"]


def summed(*xs: Value) -> Value:
    return autograd.dot(xs[:8], xs[1:])


@pytest.mark.parametrize("rows", [0, 1, 3, 1025])
def test_many_columns_are_taken_as_few_are(rows: int) -> None:
    fast = autograd.compile(summed, example=[0.5] * 9)
    columns = list(np.random.default_rng(1).normal(size=(9, rows)))
    expected = fast(*columns)
    assert expected.shape == (rows,)
    products = sum(columns[k] * columns[k + 1] for k in range(8))
    np.testing.assert_allclose(expected, products, rtol=1e-12, atol=1e-12)
    spread = [np.repeat(column, 2)[::2] for column in columns]
    assert bits(fast(*spread)) == bits(expected)
    assert bits(fast(*[column.tolist() for column in columns])) == bits(expected)
    assert bits(fast(*[column.astype(">f8") for column in columns])) == bits(expected)
    single = [*columns[:8], 2.0]
    assert bits(fast(*single)) == bits(fast(*columns[:8], np.full(rows, 2.0)))
    whole = [np.arange(rows)] * 9
    assert bits(fast(*whole)) == bits(8.0 * np.arange(rows) ** 2)


def test_bad_columns_among_many_are_refused_by_name() -> None:
    fast = autograd.compile(summed, example=[0.5] * 9)
    fine = [np.ones(2)] * 8
    for bad, error, message in [
        (np.ones(3), ValueError, r"xs\[8\]: 3"),
        (np.ones((2, 2)), ValueError, r"xs\[8\]'.*one dimension"),
        (["a", "b"], TypeError, r"xs\[8\]'.*real numbers"),
        (np.ones(2) * 1j, TypeError, r"xs\[8\]'.*real numbers"),
    ]:
        with pytest.raises(error, match=message):
            fast(*fine, bad)
    with pytest.raises(ValueError, match="one dimension"):
        fast(*[np.ones((2, 2))] * 9)


@pytest.mark.parametrize("count", [1, 9])
def test_masked_numbers_are_refused_by_name(count: int) -> None:
    fast = autograd.compile(lambda *xs: sum(xs), example=[1.0] * count)
    masked, whole = np.ma.array([1.0, 2.0], mask=[False, True]), np.ma.array([1.0, 2.0])
    with pytest.raises(TypeError, match=r"has masked numbers: leave these rows out, or pass x\.filled\(0\.0\)"):
        fast(*[masked] * count)
    assert fast(*[whole] * count).tolist() == [count * 1.0, count * 2.0]


def test_a_single_row_has_a_kernel_of_one_lane_made_when_it_is_needed() -> None:
    strategy.cached_kernel.cache_clear()  # or an earlier test's kernel of the same program is found
    fast = autograd.compile(hinge, PARAMETERS)
    columns = data(3)
    kernel = fast.kernel("value_and_grad")
    assert isinstance(kernel, Kernel)
    one = [fast.value_and_grad(*[column[k : k + 1] for column in columns]) for k in range(3)]
    assert "machine" not in vars(kernel)  # nobody has asked for many rows
    assert kernel.single.lanes == 1
    assert bits(fast.value_and_grad(*[column[0] for column in columns])[1]) == bits(one[0][1])
    total, gradient = fast.value_and_grad(*columns)
    assert bits(total) == bits(folded([value for value, _ in one]))
    assert bits(gradient) == bits([folded([slopes[k] for _, slopes in one]) for k in range(len(PARAMETERS))])
    told = CompiledFunction(fast.program, fast.structure, fast.parameters, fast.fastmath, 4).kernel("value_and_grad")
    assert isinstance(told, Kernel)
    assert told.run([column[:1] for column in columns], 1, fast.numbers())[1][0] == one[0][0]
    assert "single" not in vars(told)


def test_true_and_false_are_numbers_in_a_column_too() -> None:
    np.testing.assert_array_equal(FAST([True, False], np.array([3.0, 4.0])), [3.0, 0.0])
    np.testing.assert_array_equal(FAST(2.0, np.True_), 2.0)


@pytest.mark.parametrize("fastmath", ["yes", 1, None])
def test_fastmath_is_true_or_false(fastmath: object) -> None:
    with pytest.raises(TypeError, match=r"^compile expects fastmath= as True or False, got "):
        autograd.compile(lambda x: x, fastmath=fastmath)  # type: ignore[arg-type]
