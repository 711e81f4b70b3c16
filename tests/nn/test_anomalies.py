"""`fit` stops at the first nan or infinity, says where it came from, and keeps the last good weights."""

from __future__ import annotations

import math

import pytest

from autograd import Value, exp, log, where
from nn import MLP, SGD, Adam, BatchNorm, Layer, Neuron, Sequential, fit, half_squared_error

NATIVE = pytest.mark.parametrize("native", [False, True], ids=["eager", "native"])
XS = [[0.0], [1.0], [2.0], [3.0]]


def line(slope: float, intercept: float = 0.0) -> Neuron:
    neuron = Neuron(1, "identity")
    neuron.load_state_dict({"weights.0": slope, "bias": intercept})
    return neuron


def run(model, optimizer, inputs, targets, loss=half_squared_error, epochs=50, **settings) -> list[float]:
    settings = {"progress": False, "reduction": "sum"} | settings
    return fit(model, inputs, targets, loss=loss, optimizer=optimizer, epochs=epochs, **settings)


def logarithmic(output: Value, target: float) -> Value:
    """A loss that is nan below 0."""
    return log(output) - target * output


@NATIVE
@pytest.mark.parametrize("callback", [None, lambda epoch, loss: False])
def test_a_nan_in_the_loss_names_step_row_node_and_line(native, callback):
    """The loss log b falls by way of b = 1, 0.5 and -0.5: the third step has no loss."""
    model = line(0.0, 1.0)
    optimizer = SGD(model.parameters(), lr=0.5)
    with pytest.raises(FloatingPointError) as caught:
        run(model, optimizer, [[0.0]], [0.0], logarithmic, 9, native=native, callback=callback)
    said = str(caught.value)
    assert said.startswith("step 3, row 0: log(net_input=-0.5) gave nan, at ")
    assert "return log(output) - target * output; " in said
    assert said.endswith("the parameters are as they were before that step")
    assert model.bias.data == -0.5
    assert optimizer.steps == 2


def falling(model: Neuron, native: bool, batch_size: int | None = None) -> str:
    """Train until the bias has fallen below what the third row allows; give what was said."""
    optimizer = SGD(model.parameters(), lr=0.01)
    with pytest.raises(FloatingPointError) as caught:
        run(
            model, optimizer, [[1.0], [2.0], [-0.5], [0.0]], [-9.0, -9.0, 9.0, -9.0],
            lambda o, t: log(o) * (1.0 / t) + o, 10_000, native=native, batch_size=batch_size,
        )  # fmt: skip
    return f"{caught.value} {optimizer.steps}"


@pytest.mark.parametrize("batch_size", [None, 3, 1])
def test_both_ways_stop_at_the_same_step_with_the_same_weights(batch_size):
    eager, native = line(0.3, 2.0), line(0.3, 2.0)
    said = falling(eager, False, batch_size)
    assert falling(native, True, batch_size) == said
    assert native.state_dict() == eager.state_dict()
    assert said.startswith("step ")
    assert int(said.split()[-1]) == int(said.split()[1].strip(",")) - 1 > 10
    assert "gave nan" in said
    assert all(map(math.isfinite, eager.state_dict().values()))


@NATIVE
def test_a_step_that_is_too_large_names_the_parameter(native):
    """The gradient is 1 at every step; the weight goes from 1 to -1e308, and would go to -2e308."""
    model = line(1.0)
    said = r"step 2: each row is finite, but the update took weights\.0 from -1e\+308 to -inf: try a smaller learning"
    with pytest.raises(FloatingPointError, match=said):
        run(model, SGD(model.weights, lr=1e308), [[1.0]], [0.0], lambda o, t: 1.0 * o, native=native)
    assert model.state_dict() == {"weights.0": -1e308, "bias": 0.0}


@NATIVE
def test_a_gradient_that_is_not_finite_names_the_node(native):
    model = line(0.0, 0.0)
    start = model.state_dict()
    with pytest.raises(
        FloatingPointError, match=r"step 1, row 0: backward through sqrt\(.*0\.0\): gradient 1\.0 times"
    ):
        run(model, SGD(model.parameters(), lr=0.1), XS, [0.0] * 4, lambda o, t: (o - t).sqrt(), native=native)
    assert model.state_dict() == start


@NATIVE
def test_rows_whose_sum_alone_overflows(native):
    model = line(0.0, 1.5e308)
    with pytest.raises(
        FloatingPointError, match="step 1: each row is finite, but the loss summed over the rows is inf"
    ):
        run(model, SGD(model.parameters(), lr=0.0), XS, [0.0] * 4, lambda o, t: o - t, native=native)


@NATIVE
def test_what_the_optimizer_remembers_must_be_finite_too(native):
    """Adam squares the gradient; with its square infinite every later step would be 0."""
    model = line(1.0)
    optimizer = Adam(model.parameters())
    with pytest.raises(FloatingPointError, match=r"the optimizer would remember \(.*, inf\) of weights\.0"):
        run(model, optimizer, XS, [0.0] * 4, lambda o, t: o * 1e200, native=native)
    assert optimizer.steps == 0
    assert optimizer.memory == [(0.0, 0.0)] * 2


@NATIVE
def test_an_infinity_in_a_branch_not_taken_does_not_hide_the_row_to_blame(native):
    """In row 0 the branch not taken is exp(800), which is infinite and harmless."""
    model = line(1.0)
    settings = {"loss": lambda o, t: where(t, log(o), o) + where(t, exp(o), 0.0), "native": native}
    with pytest.raises(FloatingPointError, match=r"step 1, row 1: log\(net_input=-1\.0\) gave nan"):
        run(model, SGD(model.parameters(), lr=0.1), [[800.0], [-1.0]], [0.0, 1.0], **settings)
    history = run(model, SGD(model.parameters(), lr=0.0), [[800.0], [1.0]], [0.0, 1.0], **settings)
    assert history == pytest.approx([800.0 + math.e] * 50)


@NATIVE
def test_the_net_input_that_overflows_is_named(native):
    model = MLP(2, [2, 1], activation="tanh")
    model.layers[1].neurons[0].weights[1].data = 1e308
    model.layers[1].neurons[0].weights[0].data = 1e308
    model.layers[0].neurons[0].bias.data = model.layers[0].neurons[1].bias.data = 20.0
    with pytest.raises(FloatingPointError, match=r"row 0: layers\.1\.neurons\.0\.net_input = dot\(layers\.1"):
        run(model, SGD(model.parameters(), lr=0.1), [[0.0, 0.0], [0.0, 1.0]], [0.0, 1.0], native=native)


@NATIVE
def test_told_otherwise_it_goes_on(native):
    model = line(math.nan)
    settings = {"native": native, "terminate_on_nan": False}
    history = run(model, SGD(model.parameters(), lr=0.1), [[math.inf], [1.0]], [math.nan, 0.0], epochs=3, **settings)
    assert len(history) == 3
    assert all(map(math.isnan, history))


def test_parameters_are_looked_at_before_the_first_step():
    with pytest.raises(ValueError, match=r"weights\.0: expected a finite number to start from, got inf"):
        run(model := line(math.inf), SGD(model.parameters(), lr=0.1), XS, [0.0] * 4)


def test_gradients_are_not_touched_by_looking():
    model = line(0.0, -1.0)
    for parameter in model.parameters():
        parameter.grad = 7.0
    with pytest.raises(FloatingPointError):
        run(model, SGD(model.parameters(), lr=0.1), XS, [0.0] * 4, logarithmic, native=True)
    assert [parameter.grad for parameter in model.parameters()] == [7.0, 7.0]


def test_rows_that_are_coupled_are_named_together_and_running_means_are_kept():
    """Batch normalisation takes a batch as one: its rows have one loss, and its buffers are part of what is kept."""
    model = Sequential(Layer(1, 2, "identity", seed=1), BatchNorm(2), Layer(2, 1, "identity", seed=1))
    optimizer, before = SGD(model.parameters(), lr=0.0), model.state_dict()
    with pytest.raises(FloatingPointError, match=r"step 1, its batch of 4 rows: log\(.*\) gave nan, at "):
        run(model, optimizer, XS, [0.0] * 4, logarithmic)
    assert model.state_dict() == before
    optimizer.lr = 1e308
    with pytest.raises(FloatingPointError, match=r"step [12]"):
        run(model, optimizer, XS, [0.0, 1.0, 2.0, 4.0], lambda o, t: 1e3 * half_squared_error(o, t))
    assert all(map(math.isfinite, model.state_dict().values()))
