"""Worked examples whose numbers were published, and closed formulas to hold the engine against.

Sources: note 1 teaches Rumelhart, Hinton and Williams (1986) in stages 1 to 3, with a worked example after the Backprop
Explainer (Bertucci and Kahng, 2021); note 2 is "Backpropagation: a simple explanation using partial derivatives", with
a 2-2-1 network.
"""

from __future__ import annotations

import math
from random import Random

import pytest

from autograd import Value, grad, sigmoid, topological_order
from nn import MLP, SGD, Neuron, half_squared_error, mean_squared_error, uniform

RANDOM_SEEDS = range(20)


def sigma(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))


def parameters(model: MLP | Neuron) -> dict[str, Value]:
    return dict(model.named_parameters())


# Note 1, Math prerequisites -------------------------------------------------------------------------------------------


def test_slope_of_a_square():
    """Section 1: f(x) = x**2 has slope 6 at 3, so that 3.01 gives about 0.06 more."""
    x = Value(3.0)
    assert grad(x**2, [x]) == [6.0]
    assert math.isclose(3.01**2 - 9.0, 6.0 * 0.01, rel_tol=2e-3)


def test_partial_derivatives():
    """Section 2: E = w1**2 + 3 w1 w2 has partials 2 w1 + 3 w2 and 3 w1."""
    w1, w2 = Value(1.5), Value(-2.0)
    assert grad(w1**2 + 3 * w1 * w2, [w1, w2]) == [2 * 1.5 + 3 * -2.0, 3 * 1.5]


@pytest.mark.parametrize("x", [-2.0, 0.0, 0.5, 7.0])
def test_chain_rule(x: float):
    """Section 3: y = (3x + 2)**2 has slope 6 (3x + 2)."""
    value = Value(x)
    assert grad((3 * value + 2) ** 2, [value]) == [6 * (3 * x + 2)]


@pytest.mark.parametrize("z", [-3.0, 0.0, 1.25])
def test_slope_of_the_sigmoid(z: float):
    """Section 5: sigma' = sigma (1 - sigma); stage 1.5 prints 0.891 and 0.097 for z = 2.1."""
    value = Value(z)
    assert grad(sigmoid(value), [value]) == [pytest.approx(sigma(z) * (1 - sigma(z)), rel=1e-14)]
    u = Value(2.1)
    assert [round(sigmoid(u).data, 3), round(grad(sigmoid(u), [u])[0], 3)] == [0.891, 0.097]


# Note 1, stages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", RANDOM_SEEDS)
def test_stage_1_a_single_neuron(seed: int):
    """dE/dw_i = -(t - o) o (1 - o) x_i."""
    random = Random(seed)
    n = random.randint(1, 6)
    neuron = Neuron(n, "sigmoid", uniform(2.0), seed)
    xs, t = [random.uniform(-2, 2) for _ in range(n)], random.random()
    half_squared_error(neuron(xs), t).backward()
    o = sigma(math.fsum(w.data * x for w, x in zip(neuron.weights, xs, strict=True)))
    for weight, x in zip(neuron.weights, xs, strict=True):
        assert weight.grad == pytest.approx(-(t - o) * o * (1 - o) * x, rel=1e-12)
    assert neuron.bias.grad == pytest.approx(-(t - o) * o * (1 - o), rel=1e-12)


def test_stage_1_5_the_linear_neuron():
    """w = 1, b = 0, x = 2.1, y = 4: gradients -7.98 and -3.8, new w 1.0798 and b 0.038, loss 3.61 to about 2.87."""
    neuron = Neuron(1, "identity")
    neuron.load_state_dict({"weights.0": 1.0, "bias": 0.0})
    prediction = neuron([2.1])
    loss = mean_squared_error(prediction, 4.0)
    loss.backward()
    assert [prediction.data, prediction.grad] == [2.1, pytest.approx(-3.8)]
    assert loss.data == pytest.approx(3.61)
    assert [p.grad for p in neuron.parameters()] == [pytest.approx(-7.98), pytest.approx(-3.8)]
    SGD(neuron.parameters(), lr=0.01).step()
    assert [p.data for p in neuron.parameters()] == [pytest.approx(1.0798), pytest.approx(0.038)]
    assert round(neuron([2.1]).data, 4) == 2.3056
    assert round(mean_squared_error(neuron([2.1]), 4.0).data, 2) == 2.87


@pytest.mark.parametrize("seed", RANDOM_SEEDS)
def test_stage_2_one_hidden_layer(seed: int):
    """dE/dw_j = -(t - o) o (1 - o) h_j, and dE/dv_ij = -(t - o) o (1 - o) w_j h_j (1 - h_j) x_i."""
    random = Random(seed)
    n, m = random.randint(1, 4), random.randint(2, 5)
    model = MLP(n, [m, 1], "sigmoid", "sigmoid", uniform(1.5), seed)
    xs, t = [random.uniform(-2, 2) for _ in range(n)], random.random()
    half_squared_error(model(xs), t).backward()
    hidden, (last,) = model.layers[0].neurons, model.layers[1].neurons
    h = [sigma(math.fsum(v.data * x for v, x in zip(neuron.weights, xs, strict=True))) for neuron in hidden]
    o = sigma(math.fsum(w.data * y for w, y in zip(last.weights, h, strict=True)))
    for w, y, neuron in zip(last.weights, h, hidden, strict=True):
        assert w.grad == pytest.approx(-(t - o) * o * (1 - o) * y, rel=1e-12)
        for v, x in zip(neuron.weights, xs, strict=True):
            assert v.grad == pytest.approx(-(t - o) * o * (1 - o) * w.data * y * (1 - y) * x, rel=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_stage_3_the_general_recursion(seed: int):
    """delta_j = sigma'(a_j) * sum over k of w_jk delta_k, and dE/dw_ij = delta_j o_i, on a network of four layers."""
    random = Random(seed)
    sizes = [3, 5, 4, 6, 2]
    model = MLP(3, sizes[1:], "sigmoid", "sigmoid", uniform(1.0), seed)
    for p in model.parameters():
        p.data += random.uniform(-0.3, 0.3)  # biases that are not 0
    xs, targets = [random.uniform(-1, 1) for _ in range(3)], [random.random() for _ in range(2)]
    loss = half_squared_error(model(xs), targets)
    loss.backward()
    net_input_grads = {node.label: node.grad for node in topological_order(loss) if node.label.endswith("net_input")}

    outputs = [xs]
    for layer in model.layers:
        nets = [
            math.fsum([*(w.data * x for w, x in zip(n.weights, outputs[-1], strict=True)), n.bias.data])
            for n in layer.neurons
        ]
        outputs.append([sigma(a) for a in nets])
    deltas = [-(t - o) * o * (1 - o) for t, o in zip(targets, outputs[-1], strict=True)]
    for number in reversed(range(len(model.layers))):
        neurons = model.layers[number].neurons
        for j, (neuron, delta) in enumerate(zip(neurons, deltas, strict=True)):
            assert net_input_grads[f"layers.{number}.neurons.{j}.net_input"] == pytest.approx(delta, rel=1e-11)
            assert neuron.bias.grad == pytest.approx(delta, rel=1e-11)
            for weight, o in zip(neuron.weights, outputs[number], strict=True):
                assert weight.grad == pytest.approx(delta * o, rel=1e-11)
        deltas = [
            o * (1 - o) * math.fsum(n.weights[i].data * d for n, d in zip(neurons, deltas, strict=True))
            for i, o in enumerate(outputs[number])
        ]


# Note 2, the 2-2-1 network -------------------------------------------------------------------------------------------

NAMES = {  # the note's names; its w3 and w4 come from the second input
    "w1": "layers.0.neurons.0.weights.0",
    "w3": "layers.0.neurons.0.weights.1",
    "w2": "layers.0.neurons.1.weights.0",
    "w4": "layers.0.neurons.1.weights.1",
    "w5": "layers.1.neurons.0.weights.0",
    "w6": "layers.1.neurons.0.weights.1",
}
WEIGHTS = {"w1": 0.3, "w3": -0.2, "w2": 0.8, "w4": 0.4, "w5": 1.2, "w6": -0.7}
# The note rounds every step to four digits and computes on from there; once the fourth digit is off by two, as it
# prints 0.2484 for 0.5369 * 0.4631 = 0.2486.
ROUNDED = 3e-4


@pytest.fixture
def network() -> MLP:
    model = MLP(2, [2, 1], "sigmoid", "sigmoid")
    biases = {name: 0.0 for name in model.state_dict() if name.endswith("bias")}
    model.load_state_dict({NAMES[w]: x for w, x in WEIGHTS.items()} | biases)
    return model


def test_2_2_1_forward_pass(network: MLP):
    """Section 1, forward pass, numerical example, steps 1 to 5."""
    loss = half_squared_error(network([1.0, 0.5]), 1.0)
    nodes = {node.label: node.data for node in topological_order(loss)}
    printed = {
        "layers.0.neurons.0.net_input": 0.2,
        "layers.0.neurons.1.net_input": 1.0,
        "layers.0.neurons.0.output": 0.5498,
        "layers.0.neurons.1.output": 0.7311,
        "layers.1.neurons.0.net_input": 0.1480,
        "layers.1.neurons.0.output": 0.5369,
    }
    assert {label: nodes[label] for label in printed} == pytest.approx(printed, abs=ROUNDED)
    assert loss.data == pytest.approx(0.1072, abs=5e-5)


def test_2_2_1_backward_pass(network: MLP):
    """Backward pass, numerical example, steps 1 to 4.

    The note prints delta_3 as -0.4631 once, which is a slip: that is the error, and delta_3 is -0.1150, the number that
    it computes one line above and uses from there on.
    """
    loss = half_squared_error(network([1.0, 0.5]), 1.0)
    loss.backward()
    nodes = {node.label: node.grad for node in topological_order(loss)}
    deltas = {
        "layers.1.neurons.0.net_input": -0.1150,
        "layers.0.neurons.0.net_input": -0.0341,
        "layers.0.neurons.1.net_input": 0.0158,
    }
    assert {label: nodes[label] for label in deltas} == pytest.approx(deltas, abs=ROUNDED)
    assert nodes["layers.1.neurons.0.output"] == pytest.approx(-0.4631, abs=5e-5)
    gradients = {"w5": -0.0632, "w6": -0.0841, "w1": -0.0341, "w3": -0.0170, "w2": 0.0158, "w4": 0.0079}
    assert {w: parameters(network)[NAMES[w]].grad for w in gradients} == pytest.approx(gradients, abs=ROUNDED)


def test_2_2_1_partials_are_the_slopes_that_the_note_prints(network: MLP):
    """Steps 1 and 3 print 0.2484, 0.2475 and 0.1966 as slopes of the sigmoids."""
    nodes = {node.label: node for node in topological_order(network([1.0, 0.5]))}
    slopes = {
        "layers.1.neurons.0.output": 0.2484,
        "layers.0.neurons.0.output": 0.2475,
        "layers.0.neurons.1.output": 0.1966,
    }
    assert {label: nodes[label].partials[0] for label in slopes} == pytest.approx(slopes, abs=ROUNDED)


def test_2_2_1_update(network: MLP):
    """Step 5, with learning rate 0.1: w5 becomes 1.2063 and w1 0.3034."""
    half_squared_error(network([1.0, 0.5]), 1.0).backward()
    SGD(network.parameters(), lr=0.1).step()
    updated = {w: parameters(network)[NAMES[w]].data for w in ("w5", "w1")}
    assert updated == pytest.approx({"w5": 1.2063, "w1": 0.3034}, abs=5e-5)
