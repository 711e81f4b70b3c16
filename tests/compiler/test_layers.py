"""Long dots as loops: the engine's bits, and code that grows with neurons instead of weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, compile, where
from autograd.compiler import CompiledFunction
from autograd.compiler.llvm.find_loops import LONG_DOT, Loops, loops
from autograd.compiler.llvm.products import PLACES, TOGETHER, called_products
from autograd.compiler.runtime import strategy
from autograd.compiler.runtime.kernel import Kernel
from autograd.compiler.runtime.strategy import size
from autograd.compiler.tape.kernel import TapeKernel
from autograd.lowering.programs import gradient_program
from tests.compiler.test_edges import bits
from tests.compiler.test_function import folded

WIDE = LONG_DOT + 3  # neither a whole number of vectors nor of unrolled steps


def wide_loss(model: nn.Module, xs: tuple[Value, ...]) -> Value:
    return nn.half_squared_error(model(list(xs[:-1])), xs[-1])


def traced(model: nn.Module, columns: int, **options: object) -> CompiledFunction:
    example = [0.5] * (columns + 1)
    return autograd.compile(lambda *xs: wide_loss(model, xs), model.parameters(), example=example, **options)


def random_columns(count: int, rows: int) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    return list(rng.normal(size=(count, rows)))


def residual(activation: str) -> nn.Module:
    """Layers of which one is skipped: parts of the gradients of its xs come past it, and those are no loops."""
    skipped = nn.Residual(nn.Layer(WIDE, WIDE, activation, seed=4))
    return nn.Sequential(nn.Layer(WIDE, WIDE, activation, seed=3), skipped, nn.Layer(WIDE, 1, "identity", seed=5))


MODELS = [lambda activation: nn.MLP(WIDE, [WIDE + 1, 9, 1], activation=activation, seed=3), residual]


def test_layer_dots_are_loops_whatever_the_number_of_neurons() -> None:
    """A weight that is written out takes three lines; a neuron of a loop takes few, however many weights it has."""

    def lines(neurons: int) -> int:
        return traced(nn.MLP(LONG_DOT, [neurons, 1]), LONG_DOT).inspect_llvm("values").count("\n")

    for few, more in ((1, TOGETHER), (TOGETHER + 1, TOGETHER + 2)):
        assert lines(more) - lines(few) < 2 * LONG_DOT * (more - few)


def eager_rows(model: nn.Module, columns: Sequence[Any]) -> tuple[list[float], list[list[float]]]:
    """Return the loss of each row, and its gradient, by the eager engine."""
    parameters, losses, slopes = model.parameters(), [], []
    for row in zip(*columns, strict=True):
        for p in parameters:
            p.grad = 0.0
        loss = wide_loss(model, tuple(Value(float(x)) for x in row))
        loss.backward()
        losses.append(loss.data)
        slopes.append([p.grad for p in parameters])
    return losses, slopes


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_loop_has_the_engines_bits(activation: str, make: Callable[[str], nn.Module]) -> None:
    model = make(activation)
    parameters = model.parameters()
    for k, p in enumerate(parameters):
        p.data = p.data or (k % 7 - 3) / 8  # biases begin at 0, where one that is left out would not show
    columns = random_columns(WIDE + 1, 2 * 64 + 11)  # panels of 64 rows with 8 lanes, and some rows more
    losses, slopes = eager_rows(model, columns)
    fast = traced(model, WIDE)
    for lanes in (1, 2, 8):
        narrow = CompiledFunction(fast.program, 0, parameters, False, lanes)
        total, gradient = narrow.value_and_grad(*columns)
        assert "loop1:" in narrow.inspect_llvm()
        assert bits(narrow(*columns)) == bits(losses)
        assert bits(total) == bits(folded(losses))
        assert bits(gradient) == bits([folded([s[k] for s in slopes]) for k in range(len(parameters))])
    swift = CompiledFunction(fast.program, 0, parameters, True)
    np.testing.assert_allclose(swift.value_and_grad(*columns)[1], gradient, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_all_sums_of_a_first_layers_weights_are_loops(activation: str) -> None:
    model = nn.MLP(WIDE, [5, 1], activation=activation)
    program = gradient_program(traced(model, WIDE).program)
    found = loops(program)
    (layer,) = found.layers
    assert len(layer.xs) == WIDE
    assert [slopes.first for slopes in found.slopes] == [1 + k * (WIDE + 1) for k in range(5)]
    assert len(found.replaced) == 5 * WIDE


class Shared(nn.Module):
    """One layer applied to so many pieces of the input, and another to their sums: as at the positions of a text."""

    def __init__(self, places: int, activation: str) -> None:
        self.first = nn.Layer(LONG_DOT, 6, activation, seed=3)
        self.last = nn.Neuron(6, "identity", seed=4)
        self.places = places

    def forward(self, xs: list[Value]) -> Value:
        pieces = [self.first(xs[k : k + LONG_DOT]) for k in range(self.places)]
        return self.last([autograd.sum(outputs) for outputs in zip(*pieces, strict=True)])


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("places", [1, 2, 7, 8, 9, 17])
def test_weights_used_at_several_places_have_the_engines_bits(places: int, activation: str) -> None:
    """Their gradients are one matrix product: the code grows with the places, and not with places times weights."""
    model, count = Shared(places, activation), LONG_DOT + places - 1
    parameters = model.parameters()
    for k, p in enumerate(parameters):
        p.data = p.data or (k % 7 - 3) / 8
    fast = traced(model, count)
    found = loops(gradient_program(fast.program))
    assert [(len(slopes.deltas), slopes.weights) for slopes in found.slopes] == [(places, LONG_DOT)] * 6
    columns = random_columns(count + 1, 21)
    _, slopes = eager_rows(model, columns)
    for lanes in (1, 2, 4, 8):
        narrow = CompiledFunction(fast.program, 0, parameters, False, lanes)
        _, gradient = narrow.value_and_grad(*columns)
        assert bits(gradient) == bits([folded([s[k] for s in slopes]) for k in range(len(parameters))])
    swift = CompiledFunction(fast.program, 0, parameters, True)
    np.testing.assert_allclose(swift.value_and_grad(*columns)[1], gradient, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_all_gradients_of_a_hidden_layers_outputs_are_loops(activation: str) -> None:
    mlp = loops(gradient_program(traced(MODELS[0](activation), WIDE).program))
    assert [(len(product.deltas), len(product.results)) for product in mlp.transposed] == [(9, WIDE + 1)]
    assert len(mlp.transposed[0].lives) == (9 if activation == "relu" else 0)
    (skipped,) = loops(gradient_program(traced(residual(activation), WIDE).program)).transposed
    assert (len(skipped.deltas), len(skipped.results)) == (WIDE, WIDE)
    assert None not in skipped.starts  # the gradients that skip the layer


class Skipped(nn.Module):
    """A hidden layer with a skip around it, at so many places."""

    def __init__(self, places: int, activation: str) -> None:
        self.first = nn.Layer(LONG_DOT, LONG_DOT, activation, seed=3)
        self.hidden = nn.Residual(nn.Layer(LONG_DOT, LONG_DOT, activation, seed=4))
        self.last = nn.Neuron(LONG_DOT, "tanh", seed=5)
        self.places = places

    def forward(self, xs: list[Value]) -> Value:
        return autograd.sum([self.last(self.hidden(self.first(xs[k : k + LONG_DOT]))) for k in range(self.places)])


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("places", [PLACES - 1, PLACES, PLACES + 3])
def test_layers_used_at_several_places_are_functions_with_the_engines_bits(places: int, activation: str) -> None:
    model, count = Skipped(places, activation), LONG_DOT + places - 1
    parameters = model.parameters()
    fast = traced(model, count)
    program = gradient_program(fast.program)
    called = called_products(program, loops(program))
    kinds = [type(products[0]).__name__ for products in called for _ in products]
    assert kinds == ([] if places < PLACES else ["Layer"] * 3 * places + ["Transposed"] * places)
    columns = random_columns(count + 1, 23)
    losses, slopes = eager_rows(model, columns)
    for lanes in (1, 2, 4, 8):
        total, gradient = CompiledFunction(fast.program, 0, parameters, False, lanes).value_and_grad(*columns)
        assert bits(total) == bits(folded(losses))
        assert bits(gradient) == bits([folded([s[k] for s in slopes]) for k in range(len(parameters))])


def test_code_grows_with_neurons_and_not_with_the_weights_between_them() -> None:
    def lines(width: int) -> int:
        return traced(nn.MLP(LONG_DOT, [width, width, 1], activation="relu"), LONG_DOT).inspect_llvm().count("\n")

    few, more, many = (lines(k * LONG_DOT) for k in (1, 2, 3))
    assert many - more < 1.05 * (more - few)


def test_code_grows_with_neurons_and_columns_and_not_with_weights() -> None:
    def lines(columns: int) -> int:
        return traced(nn.MLP(columns, [16, 1]), columns).inspect_llvm().count("\n")

    few, many = lines(2 * LONG_DOT), lines(4 * LONG_DOT)
    assert many - few < 30 * 2 * LONG_DOT  # 16 weights a column, each of which is loaded, multiplied, added, twice


def test_a_wide_layer_needs_no_tape_and_agrees_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy, "LARGE", 8000)
    model = nn.MLP(200, [48, 1], activation="relu", seed=5)
    fast = traced(model, 200)
    assert size(fast.program) > strategy.LARGE
    assert isinstance(fast.kernel("value_and_grad"), Kernel)
    columns = random_columns(201, 3)
    total, gradient = fast.value_and_grad(*columns)
    fast.kernels["value_and_grad"] = TapeKernel(fast.program, 0, differentiate=True)
    expected, slopes = fast.value_and_grad(*columns)
    assert total == expected
    assert bits(gradient) == bits(slopes)


def test_a_skipped_wide_layer_needs_no_tape_either(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = nn.Residual(nn.Layer(96, 96, "tanh", seed=4))
    model = nn.Sequential(nn.Layer(LONG_DOT, 96, "tanh", seed=3), skipped, nn.Layer(96, 1, "identity", seed=5))
    fast = traced(model, LONG_DOT)
    monkeypatch.setattr(strategy, "LARGE", 8000)
    assert size(fast.program) > strategy.LARGE
    assert isinstance(fast.kernel("value_and_grad"), Kernel)


def test_a_deep_net_of_wide_layers_needs_no_tape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy, "LARGE", 8000)
    model = nn.MLP(64, [64, 64, 10], activation="relu", seed=5)
    fast = traced(nn.Sequential(model, nn.Layer(10, 1, "identity", seed=2)), 64)
    assert size(fast.program) > strategy.LARGE
    assert isinstance(fast.kernel("value_and_grad"), Kernel)
    columns = random_columns(65, 3)
    total, gradient = fast.value_and_grad(*columns)
    fast.kernels["value_and_grad"] = TapeKernel(fast.program, 0, differentiate=True)
    expected_total, slopes = fast.value_and_grad(*columns)
    assert (bits(total), bits(gradient)) == (bits(expected_total), bits(slopes))


def test_a_loop_under_a_where_passes_gradients_in_the_rows_taken_alone() -> None:
    leaves = [Value(0.1 * k) for k in range(LONG_DOT)]

    def loss(*xs: Value) -> Value:
        return autograd.where(xs[0], autograd.dot(leaves, xs), 3.0) * xs[1]

    fast = autograd.compile(loss, leaves, example=[0.5] * LONG_DOT)
    columns = random_columns(LONG_DOT, 5)
    columns[0][:] = [1.0, 0.0, -1.0, 0.0, np.nan]
    columns[2][1] = np.inf
    columns[3][4] = 0.0
    total, gradient = fast.value_and_grad(*columns)
    assert "loop2:" in fast.inspect_llvm()
    fast.kernels["value_and_grad"] = TapeKernel(fast.program, 0, differentiate=True)
    expected, slopes = fast.value_and_grad(*columns)
    assert bits(total) == bits(expected)
    assert bits(gradient) == bits(slopes)
    assert np.isfinite(gradient[1:]).all()


def test_a_dot_without_bias_and_one_of_parameters_alone_are_loops_too() -> None:
    leaves = [Value(0.1 * k) for k in range(2 * LONG_DOT)]
    fast = autograd.compile(lambda: autograd.dot(leaves[:LONG_DOT], leaves[LONG_DOT:]).exp2(), leaves)
    value, gradient = fast.value_and_grad()
    loss = autograd.dot(leaves[:LONG_DOT], leaves[LONG_DOT:]).exp2()
    loss.backward()
    assert "loop1:" in fast.inspect_llvm()
    assert value == loss.data
    assert gradient.tolist() == [leaf.grad for leaf in leaves]


def test_short_dots_and_scattered_weights_stay_as_they_are() -> None:
    leaves = [Value(0.1 * k) for k in range(2 * LONG_DOT)]

    def scattered(*xs: Value) -> Value:
        return autograd.dot(leaves[::2], list(xs))

    fast = autograd.compile(scattered, leaves, example=[0.5] * LONG_DOT)
    assert loops(gradient_program(fast.program)) == Loops([], [], [], set())
    columns = random_columns(LONG_DOT, 4)
    _, gradient = fast.value_and_grad(*columns)
    np.testing.assert_allclose(gradient[::2], [column.sum() for column in columns], rtol=1e-12)
    assert not gradient[1::2].any()
    short = autograd.compile(
        lambda *xs: autograd.dot(leaves[: LONG_DOT - 1], xs), leaves, example=[0.5] * (LONG_DOT - 1)
    )
    assert loops(gradient_program(short.program)) == Loops([], [], [], set())


def test_a_few_long_dots_behind_choices_have_the_engines_bits_in_every_row():
    def chosen(a, b):
        xs = [(a * (0.1 * k)).tanh() for k in range(LONG_DOT + 2)]
        edges = (0.5, 1.5, 2.5)
        dots = [autograd.dot(xs, [edge + 0.01 * k for k in range(len(xs))]) for edge in edges]
        return sum(where(b > edge, y, 0.0) for edge, y in zip(edges, dots, strict=True))

    columns = np.linspace(-1.0, 1.0, 9), np.linspace(0.0, 3.0, 9)
    fast = compile(chosen)
    assert "live_products" in {i.op for i in gradient_program(fast.program).code}
    values, slopes = fast.value_and_grad(*columns)
    for k, point in enumerate(zip(*columns, strict=True)):
        leaves = [Value(x) for x in point]
        root = chosen(*leaves)
        root.backward()
        assert (root.data, [leaf.grad for leaf in leaves]) == (values[k], slopes[:, k].tolist())
