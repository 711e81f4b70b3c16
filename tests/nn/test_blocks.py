"""Chains, skip connections and layer normalisation: their numbers, derivatives, names and refusals."""

from __future__ import annotations

import statistics

import pytest

import nn
from autograd import Value, check_grads
from nn import MLP, SGD, Adam, Layer, LayerNorm, Module, Residual, Sequential, fit, half_squared_error


def block() -> Sequential:
    return Sequential(
        Layer(2, 3, "tanh", seed=1),
        Residual(Sequential(LayerNorm(3), Layer(3, 3, "sigmoid", seed=2))),
        Layer(3, 1, "identity"),
    )


def test_a_chain_feeds_each_with_the_one_before():
    first, second = Layer(2, 3, "tanh", seed=1), Layer(3, 1, "sigmoid", seed=2)
    assert Sequential(first, second)([0.3, -0.2]).data == second(first([0.3, -0.2])).data


def test_a_chain_of_layers_is_an_mlp():
    model, chain = MLP(2, [3, 1], "tanh", "sigmoid", seed=3), Sequential(Layer(2, 3, "tanh"), Layer(3, 1, "sigmoid"))
    chain.load_state_dict(model.state_dict())
    assert chain([0.3, -0.2]).data == model([0.3, -0.2]).data


def test_a_skip_connection_adds_the_inputs():
    layer = Layer(2, 2, "tanh", seed=1)
    assert [y.data for y in Residual(layer)([0.3, -0.2])] == [
        x + y.data for x, y in zip([0.3, -0.2], layer([0.3, -0.2]), strict=True)
    ]
    assert Residual(Layer(1, 1, "tanh", seed=1))(0.5).data == 0.5 + Layer(1, 1, "tanh", seed=1)(0.5).data


@pytest.mark.parametrize("scale", [1e-150, 1e-3, 1.0, 1e100])
def test_layer_normalisation_gives_mean_0_and_variance_1(scale: float):
    ys = [y.data for y in LayerNorm(4, epsilon=1e-310)([scale * x for x in (1.0, 2.0, 4.0, -3.0)])]
    assert statistics.fmean(ys) == pytest.approx(0.0, abs=1e-12)
    assert statistics.pvariance(ys) == pytest.approx(1.0)


def test_equal_numbers_are_normalised_to_the_biases():
    norm = LayerNorm(3)
    norm.load_state_dict(norm.state_dict() | {"biases.1": 0.5})
    assert [y.data for y in norm([7.0, 7.0, 7.0])] == [0.0, 0.5, 0.0]


def test_derivatives_by_inputs_and_parameters():
    model = block()
    check_grads(lambda *xs: model(list(xs)), [0.3, -0.7])
    norm = LayerNorm(3)

    def normalised(*numbers: Value) -> Value:
        vars(norm).update(gains=list(numbers[:3]), biases=list(numbers[3:6]))
        return half_squared_error(norm(list(numbers[6:])), [0.1, 0.2, -0.3])

    check_grads(normalised, [1.0, 0.5, -2.0, 0.1, 0.0, 0.3, 0.4, -1.0, 2.0])


def test_parameters_have_their_paths_for_names():
    names = [name for name, _ in block().named_parameters()]
    assert "layers.1.module.layers.0.gains.2" in names
    assert "layers.1.module.layers.1.neurons.0.weights.2" in names
    assert [parameter.label for parameter in block().parameters()] == names


@pytest.mark.parametrize("make", [lambda ps: SGD(ps, 0.1, 0.5), lambda ps: Adam(ps, 0.01)])
def test_native_training_is_eager_training(make):
    histories = []
    for native in (False, True):
        nn.manual_seed(0)
        model = block()
        histories.append(
            fit(
                model,
                [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]],
                [0.0, 1.0, 0.5],
                loss=half_squared_error,
                optimizer=make(model.parameters()),
                epochs=5,
                progress=False,
                native=native,
            )
        )
    assert histories[0] == pytest.approx(histories[1], rel=1e-12)


class Doubling(Module):
    def forward(self, xs: list[Value]) -> list[Value]:
        return [*xs, *xs]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Sequential(), ValueError, "at least one module"),
        (lambda: Sequential(Layer(1, 1), "relu"), TypeError, r"layers\[1\] must be a Module, got 'relu'"),
        (lambda: Residual(abs), TypeError, "expected a module to skip"),
        (lambda: Residual(Doubling())([1.0, 2.0]), ValueError, "got 4 for 2"),
        (lambda: LayerNorm(0), ValueError, "at least 1, got 0"),
        (lambda: LayerNorm(2, epsilon=0.0), ValueError, "epsilon must be above 0, got 0.0"),
        (lambda: LayerNorm(2, epsilon="a"), ValueError, "epsilon must be above 0, got 'a'"),
        (
            lambda: Sequential([Layer(2, 2)]),
            TypeError,
            r"layers\[0\] must be a Module, .*: write Sequential\(\*layers\)",
        ),
        (lambda: LayerNorm(2)([1.0]), ValueError, "expected 2 inputs, got 1"),
    ],
)
def test_what_does_not_fit_is_refused(make, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()
