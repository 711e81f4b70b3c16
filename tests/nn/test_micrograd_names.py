"""micrograd's names for arguments and parameters, as its notebooks and the test suites of its forks use them."""

from __future__ import annotations

import pytest

from autograd import Value
from nn import MLP, SGD, Layer, Neuron, fit, half_squared_error, load, save


def test_models_are_made_by_micrograds_arguments():
    assert len(MLP(nin=3, nouts=[4, 4, 1]).parameters()) == 41
    assert len(Layer(nin=3, nout=4).parameters()) == 16
    assert Neuron(nin=2, nonlin=False).activation == "identity"
    assert Neuron(2, nonlin=True).activation == "relu"
    assert [neuron.nonlin for neuron in Layer(2, 2, nonlin=False).neurons] == [False, False]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MLP(in_features=2, outputs=[1]), r"MLP has no argument 'in_features': .* inputs, outputs, activation"),
        (lambda: MLP(2, [1], nonlin=True), "MLP has no argument 'nonlin': its arguments are inputs, outputs"),
        (lambda: Layer(2, n_outputs=3), "Layer has no argument 'n_outputs': its arguments are inputs, outputs"),
        (lambda: Neuron(nin=2, inputs=3), "Neuron got one argument twice, in nin, inputs"),
        (lambda: Neuron(2, activation="tanh", nonlin=True), "Neuron got one argument twice, in activation, nonlin"),
        (lambda: Neuron(2, nonlin="tanh"), "nonlin must be True or False, got 'tanh'"),
    ],
)
def test_unknown_names_are_refused_by_those_there_are(make, message: str):
    with pytest.raises(TypeError, match=message):
        make()


def test_weights_and_bias_have_micrograds_names():
    neuron = Neuron(2, nonlin=False)
    neuron.w[0].data, neuron.w[1].data, neuron.b.data = 2.0, -3.0, 0.5
    assert neuron([1.0, 1.0]).data == -0.5
    assert neuron.parameters() == neuron.w + [neuron.b]  # noqa: RUF005 - as written for micrograd
    neuron.w[0] = Value(5.0)
    assert neuron([10.0, 0.0]).data == 50.5


def test_what_is_assigned_to_them_is_trained_and_saved(tmp_path):
    neuron = Neuron(2, nonlin=False)
    weights, bias = [Value(0.5), Value(1.0)], Value(0.1)
    neuron.w, neuron.b = weights, bias
    neuron([2.0, 3.0]).backward()
    assert [p.grad for p in (*weights, bias)] == [2.0, 3.0, 1.0]
    assert neuron.parameters() == [*weights, bias]
    assert [p.label for p in neuron.parameters()] == ["weights.0", "weights.1", "bias"]
    save(neuron, tmp_path / "neuron.safetensors")
    assert load(tmp_path / "neuron.safetensors").state_dict() == {"weights.0": 0.5, "weights.1": 1.0, "bias": 0.1}
    optimizer = SGD(neuron.parameters(), lr=0.1)
    fit(neuron, [[1.0, 2.0]], [1.0], loss=half_squared_error, optimizer=optimizer, epochs=1, progress=False)
    assert bias.data == pytest.approx(0.1 - 0.1 * (0.5 + 2.0 + 0.1 - 1.0))
    neuron.w, neuron.b = (1, 2.0), 3
    assert neuron([1.0, 1.0]).data == 6.0


@pytest.mark.parametrize("weights", [[1.0], 3.0, "12", [1.0, 2.0, 3.0], Value(1.0)])
def test_weights_of_another_number_are_refused(weights: object):
    with pytest.raises(TypeError, match="w, or weights, must be a list of 2 Values or numbers, got"):
        Neuron(2).w = weights


def test_a_computed_value_is_no_bias():
    with pytest.raises(TypeError, match=r"bias is a parameter of Neuron, and Value\(.*\) is not"):
        Neuron(2).b = Value(1.0) * 2.0
