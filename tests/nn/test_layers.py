"""Layers: what they compute, record and refuse."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pandas as pd
import polars as pl
import pytest

from autograd import Value, detect_anomaly, grad, topological_order
from autograd.ops import CONSTANT
from nn import ACTIVATIONS, MLP, Layer, LayerNorm, Neuron, Residual, Sequential, uniform
from nn.layers import Activation

# Each activation by its textbook formula.
FORMULAS = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": lambda z: (math.exp(z) - math.exp(-z)) / (math.exp(z) + math.exp(-z)),
    "relu": lambda z: max(0.0, z),
    "leaky_relu": lambda z: z if z > 0 else 0.01 * z,
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "gelu": lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2,
}
INPUTS = [[0.7, -1.2], [-2.0, 0.4], [1.5, 2.5]]


def net_input_of(neuron: Neuron, xs: list[float]) -> float:
    return math.fsum([*(w.data * x for w, x in zip(neuron.weights, xs, strict=True)), neuron.bias.data])


def outputs_of(model: MLP, xs: list[float]) -> list[float]:
    """Compute a model's outputs without the engine."""
    for layer in model.layers:
        xs = [FORMULAS[neuron.activation](net_input_of(neuron, xs)) for neuron in layer.neurons]
    return xs


def test_there_is_a_formula_for_each_activation():
    assert ACTIVATIONS.keys() == FORMULAS.keys()


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("xs", INPUTS)
def test_a_neuron_computes_its_formula(name: str, xs: list[float]):
    neuron = Neuron(2, name, uniform(1.0), seed=5)
    neuron.bias.data = 0.25
    z = net_input_of(neuron, xs)
    assert neuron(xs).data == pytest.approx(FORMULAS[name](z), rel=1e-13)
    slope = (FORMULAS[name](z + 1e-6) - FORMULAS[name](z - 1e-6)) / 2e-6
    expected = [slope * x for x in [*xs, 1.0]]
    assert grad(neuron(xs), neuron.parameters()) == pytest.approx(expected, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_model_computes_its_formula(name: str):
    model = MLP(2, [4, 3, 2], activation=name, output_activation="tanh", seed=3)
    for k, p in enumerate(model.parameters()):
        p.data += 0.01 * k
    assert [neuron.activation for layer in model.layers for neuron in layer.neurons] == [name] * 7 + ["tanh"] * 2
    for xs in INPUTS:
        assert [y.data for y in model(xs)] == pytest.approx(outputs_of(model, xs), rel=1e-12)


def test_one_output_is_a_value_and_several_are_a_list():
    xs = [1.0, 2.0]
    assert isinstance(Layer(2, 1)(xs), Value)
    assert isinstance(MLP(2, [3, 1])(xs), Value)
    assert [type(y) for y in Layer(2, 3)(xs)] == [Value] * 3
    assert [type(y) for y in MLP(2, [3, 2])(xs)] == [Value] * 2


def test_a_neuron_records_its_net_input_and_its_output():
    model = MLP(2, [2, 1], activation="sigmoid")
    order = topological_order(model([0.5, -1.0]))
    computed = [(node.label, node.op.name) for node in order if node.inputs]
    assert sorted(computed) == [
        ("layers.0.neurons.0.net_input", "dot"),
        ("layers.0.neurons.0.output", "sigmoid"),
        ("layers.0.neurons.1.net_input", "dot"),
        ("layers.0.neurons.1.output", "sigmoid"),
        ("layers.1.neurons.0.net_input", "dot"),
    ]
    first = next(node for node in order if node.label == "layers.0.neurons.1.net_input")
    labels = ["layers.0.neurons.1.weights.0", "layers.0.neurons.1.weights.1", "x1", "x2", "layers.0.neurons.1.bias"]
    assert [node.label for node in first.inputs] == labels


def test_a_lone_neuron_has_short_labels():
    y = Neuron(1, "tanh")([2.0])
    assert [y.label, y.inputs[0].label, *(v.label for v in y.inputs[0].inputs)] == [
        *("output", "net_input", "weights.0", "x1", "bias")
    ]


def test_numbers_are_lifted_once_and_take_no_gradient():
    model = MLP(2, [3, 1])
    y = model([1, 2.0])
    y.backward()
    given = [node for node in topological_order(y) if node.op is CONSTANT]
    assert [(node.label, node.data, type(node.data), node.grad) for node in given] == [
        ("x1", 1.0, float, 0.0),
        ("x2", 2.0, float, 0.0),
    ]


def test_values_given_as_inputs_have_gradients():
    neuron = Neuron(2, "identity")
    a, b = Value(3.0, "a"), Value(4.0, "b")
    assert grad(neuron([a, b]), [a, b]) == [w.data for w in neuron.weights]
    y = neuron([a, 5])
    assert [(x.label, x.op) for x in y.inputs[2:4]] == [("a", None), ("x2", None)]
    assert grad(y, [a, *neuron.weights]) == [neuron.weights[0].data, 3.0, 5.0]


def test_a_single_number_stands_for_a_list_of_one():
    model = MLP(1, [2, 1])
    assert model(0.5).data == model([0.5]).data
    assert model(Value(0.5)).data == model([0.5]).data
    assert model(2).data == model([2.0]).data


@pytest.mark.parametrize("model", [Neuron(2), Layer(2, 3), MLP(2, [3, 1])], ids=repr)
@pytest.mark.parametrize("xs", [[], [1.0], [1.0, 2.0, 3.0], 1.0])
def test_a_wrong_number_of_inputs_is_refused(model, xs):
    count = 1 if xs == 1.0 else len(xs)
    with pytest.raises(ValueError, match=f"expected 2 inputs, got {count}"):
        model(xs)


@pytest.mark.parametrize("xs", [["1", 2.0], [None, 1.0], [1j, 1.0]])
def test_inputs_that_are_no_numbers_are_refused(xs):
    with pytest.raises(TypeError, match="expected one real number"):
        Neuron(2)(xs)


@pytest.mark.parametrize("n", [0, -1, 1.0, "2", True, None])
def test_a_wrong_size_is_refused(n):
    for make in (lambda: Neuron(n), lambda: Layer(n, 1), lambda: MLP(n, [1])):
        with pytest.raises(ValueError, match="inputs must be an int of at least 1, got"):
            make()
    for make in (lambda: Layer(1, n), lambda: MLP(1, [2, n])):
        with pytest.raises(ValueError, match=r"(inputs|outputs) must be an int of at least 1, got"):
            make()


@pytest.mark.parametrize("outputs", [[], 3, "31"])
def test_outputs_are_a_list(outputs):
    with pytest.raises(ValueError, match="outputs must be a list with the size of each layer"):
        MLP(2, outputs)


def test_an_unknown_activation_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"one of identity, sigmoid, .*, got 'swish'"):
        MLP(2, [2, 1], activation="swish")
    with pytest.raises(ValueError, match="got 'softmax'"):
        MLP(2, [2, 1], output_activation="softmax")


def test_an_activation_that_returns_no_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(ACTIVATIONS, "step", lambda z: 1.0 if z > 0 else 0.0)
    with pytest.raises(
        TypeError, match=r"^the activation 'step' must return a Value, got float 1.0: compute it from its"
    ):
        MLP(2, [1], output_activation="step", seed=0)([1.0, 2.0])


def test_an_activation_can_be_added(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(ACTIVATIONS, "swish", lambda z: z * z.sigmoid())
    neuron = Neuron(1, "swish")
    neuron.load_state_dict({"weights.0": 2.0, "bias": 0.0})
    y = neuron([1.0])
    assert (y.data, y.label) == (pytest.approx(2.0 / (1.0 + math.exp(-2.0))), "output")


@pytest.mark.parametrize(
    "text",
    [
        "Neuron(inputs=2, activation='tanh')",
        "Layer(inputs=2, outputs=3, activation='gelu')",
        "MLP(inputs=2, outputs=[4, 1], activation='relu', output_activation='sigmoid')",
    ],
)
def test_the_repr_makes_the_same_model(text: str):
    assert repr(eval(text)) == text


def test_an_anomaly_names_the_neuron():
    model = MLP(1, [1, 1], activation="relu")
    model.layers[1].neurons[0].weights[0].data = math.inf
    model.layers[0].neurons[0].weights[0].data = -1.0
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"layers\.1\.neurons\.0\.weights\.0=inf"):
        model([1.0])


@pytest.mark.parametrize(
    "row",
    [
        (2.0, 3.0),
        np.array([2, 3]),
        np.array([2.0, 3.0], dtype=np.float32),
        range(2, 4),
        (x for x in [2, 3]),
        {2.0: "a", 3.0: "b"}.keys().__iter__(),
        [np.int64(2), np.array(3.0)],
        pd.Series([2.0, 3.0], index=["a", "b"]),
        pl.Series([2.0, 3.0]),
    ],
)
def test_any_iterable_is_a_row(row):
    neuron = Neuron(2, "identity")
    neuron.load_state_dict({"weights.0": 10.0, "weights.1": 1.0, "bias": 0.5})
    assert neuron(row).data == 23.5


@pytest.mark.parametrize("x", [2, 2.0, np.int64(2), np.float32(2), np.array(2), np.array(2.0), Value(2.0)])
@pytest.mark.parametrize("make", [Neuron, Residual, LayerNorm])
def test_a_single_number_stands_for_a_row_of_one(make, x):
    model = make(Neuron(1, "identity", seed=1)) if make is Residual else make(1)
    assert model(x).data == model([2.0]).data


@pytest.mark.parametrize(
    "table",
    [
        [[1, 2], [3, 4]],
        np.ones((2, 2)),
        np.ones((1, 2)),
        [(1.0, 2.0)],
        pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}),
        pl.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}),
        [np.ones(2), np.ones(2)],
    ],
)
@pytest.mark.parametrize("model", [Neuron(2), Layer(2, 3), MLP(2, [2, 1]), Sequential(Layer(2, 3))])
def test_a_table_in_the_place_of_a_row_is_told_what_to_do(table, model):
    with pytest.raises((TypeError, ValueError), match=r"one row at a time, so write \[model\(row\) for row in rows\]"):
        model(table)


@pytest.mark.parametrize("row", [None, "12", b"12", {1: 2, 3: 4}, {1.0, 2.0}, object()])
def test_what_is_no_row_is_refused(row):
    with pytest.raises(TypeError, match=r"^expected a row of numbers, such as \[1\.0, 2\.0\], got "):
        Neuron(2)(row)


@pytest.mark.parametrize("name", ["sigmod", "Tanh", "", None, 3, ["tanh"], Value.tanh])
def test_a_misspelt_activation_is_refused_even_where_no_layer_has_it(name):
    with pytest.raises(ValueError, match=r"^activation must be one of identity, sigmoid, .*, got "):
        MLP(2, [2], activation=name)
    with pytest.raises(ValueError, match=r"^output_activation must be one of identity, sigmoid"):
        MLP(2, [2, 1], output_activation=name)
    with pytest.raises(ValueError, match=r"^activation must be one of identity, sigmoid"):
        Layer(2, 2, name)


def test_an_activation_that_is_set_later_is_checked_too():
    neuron = Neuron(1)
    neuron.activation = "sigmod"
    with pytest.raises(ValueError, match=r"^activation must be one of identity, .*, got 'sigmod'"):
        neuron(1.0)


def test_the_types_name_the_activations():
    assert {*get_args(Activation)} == {*ACTIVATIONS}


@pytest.mark.parametrize("sizes", [np.array([3, 1]), (np.int64(3), 1), [np.uint8(3), np.int32(1)]])
def test_sizes_may_be_integers_of_numpy(sizes):
    model = MLP(np.int64(2), sizes)
    assert repr(model) == repr(MLP(2, [3, 1]))
    assert len(model.parameters()) == 13


def test_a_masked_number_is_no_input():
    with pytest.raises(TypeError, match="expected one real number, got NoneType"):
        MLP(2, [1], seed=0)(np.ma.array([1.0, 2.0], mask=[False, True]))


@pytest.mark.parametrize(("change", "name"), [(0.5, r"weights\[1\]"), (None, r"weights\[1\]"), ("bias", "bias")])
def test_a_neuron_with_something_else_than_parameters_says_so(change, name: str):
    model = MLP(2, [2, 1])
    neuron = model.layers[0].neurons[1]
    if change == "bias":
        neuron.bias = None
    else:
        neuron.weights[1] = change
    with pytest.raises(
        TypeError, match=rf"^{name} of this Neuron is .*, and must be a parameter: to change its number"
    ):
        model([1.0, 2.0])
