"""Batch normalisation: its numbers and derivatives, its two modes, its state, and how `fit` trains what it couples."""

from __future__ import annotations

import pickle
import statistics
from pathlib import Path

import pytest

from autograd import Value, check_grads, sum
from nn import (
    MLP,
    SGD,
    BatchNorm,
    Layer,
    LayerNorm,
    Module,
    Residual,
    Sequential,
    fit,
    half_squared_error,
    load,
    save,
)

ROWS = [[1.0, -30.0], [2.0, 10.0], [4.5, 20.0], [-3.0, 0.25]]


def block(seed: int = 1) -> Sequential:
    inner = Sequential(BatchNorm(3), Layer(3, 3, "sigmoid", seed=seed))
    return Sequential(Layer(2, 3, "tanh", seed=seed), Residual(inner), Layer(3, 1, "identity", seed=seed))


def numbers(rows: list[list[Value]]) -> list[list[float]]:
    return [[y.data for y in row] for row in rows]


def trained(model: Module, **settings: object) -> list[float]:
    optimizer = SGD(model.parameters(), 0.1, 0.5)
    rows, targets = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
    options = {"epochs": 4, "progress": False, **settings}
    return fit(model, rows, targets, loss=half_squared_error, optimizer=optimizer, **options)


def test_each_input_gets_mean_0_and_variance_1_over_the_batch():
    columns = list(zip(*numbers(BatchNorm(2, epsilon=1e-300).batch(ROWS)), strict=True))
    for column in columns:
        assert statistics.fmean(column) == pytest.approx(0.0, abs=1e-12)
        assert statistics.pvariance(column) == pytest.approx(1.0)


def test_gains_and_biases_come_after():
    plain, norm = BatchNorm(2), BatchNorm(2)
    norm.load_state_dict(norm.state_dict() | {"gains.0": 2.0, "biases.1": -0.5})
    for (a, b), (c, d) in zip(numbers(plain.batch(ROWS)), numbers(norm.batch(ROWS)), strict=True):
        assert (c, d) == (pytest.approx(2.0 * a), pytest.approx(b - 0.5))


def test_equal_inputs_are_normalised_to_the_bias():
    assert [y.data for y in BatchNorm(1).batch([7.0, 7.0, 7.0])] == [0.0, 0.0, 0.0]


def test_derivatives_by_inputs_gains_and_biases():
    norm = BatchNorm(1)

    def loss(gain: Value, bias: Value, *xs: Value) -> Value:
        vars(norm).update(gains=[gain], biases=[bias])
        return sum([(k + y) ** 3 for k, y in enumerate(norm.batch(xs))])

    check_grads(loss, [1.5, 0.1, 1.0, -3.0, 2.5])


def test_derivatives_through_a_chain():
    model = block()
    check_grads(lambda *xs: sum(model.batch([xs[:2], xs[2:4], xs[4:]])) ** 2, [0.3, -0.7, 1.0, 0.2, -0.4, 0.9], order=1)


def test_running_means_and_variances_are_moved_by_the_share_of_a_batch():
    norm = BatchNorm(2, momentum=0.25)
    norm.batch(ROWS)
    norm.batch(ROWS[:2])
    for k in (0, 1):
        first, second = [row[k] for row in ROWS], [row[k] for row in ROWS[:2]]
        mean = 0.75 * 0.25 * statistics.fmean(first) + 0.25 * statistics.fmean(second)
        variance = 0.75 * (0.75 * 1.0 + 0.25 * statistics.variance(first)) + 0.25 * statistics.variance(second)
        assert norm.running_means[k].data == pytest.approx(mean)
        assert norm.running_variances[k].data == pytest.approx(variance)


def test_in_evaluation_mode_rows_are_independent_and_nothing_moves():
    norm = BatchNorm(2, epsilon=0.5)
    state = {"gains.0": 2.0, "biases.0": 1.0, "running_means.0": 3.0, "running_variances.0": 3.5}
    norm.load_state_dict(norm.state_dict() | state)
    before = norm.eval().state_dict()
    assert norm([5.0, 0.0])[0].data == 2.0 * (5.0 - 3.0) / 2.0 + 1.0
    assert numbers(norm.batch(ROWS)) == numbers([norm(row) for row in ROWS])
    assert norm.state_dict() == before
    check_grads(lambda *xs: norm(list(xs))[0] ** 2, [0.3, -0.7])


def test_train_and_eval_reach_every_module_and_give_the_model():
    model = block()
    assert {module.training for module in model.modules()} == {True}
    assert model.eval() is model
    assert {module.training for module in model.modules()} == {False}
    assert model.train() is model
    assert {module.training for module in model.modules()} == {True}
    assert model.train(False).training is False


@pytest.mark.parametrize("model", [MLP(2, [3, 1], seed=1), Sequential(Layer(2, 3, seed=1), Residual(LayerNorm(3)))])
def test_a_batch_of_what_couples_nothing_is_its_rows(model: Module):
    batch, singly = model.batch(ROWS), [model(row) for row in ROWS]
    assert repr(batch) == repr(singly)


def test_the_state_has_buffers_by_their_paths():
    model = block()
    name = "layers.1.module.layers.0.running_variances.2"
    assert dict(model.named_buffers())[name].label == name
    assert name in model.state_dict()
    assert name not in dict(model.named_parameters())
    with pytest.raises(ValueError, match=r"missing .*running_variances\.2"):
        model.load_state_dict({key: x for key, x in model.state_dict().items() if key != name})


def test_what_was_learned_outlives_a_file_and_a_pickle(tmp_path: Path):
    model = block()
    trained(model)
    save(model, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors", block(seed=9)).eval()
    copied = pickle.loads(pickle.dumps(model.eval()))
    assert again.state_dict() == copied.state_dict() == model.state_dict()
    assert again([0.5, 0.2]).data == copied([0.5, 0.2]).data == model([0.5, 0.2]).data


def test_fit_takes_the_steps_of_whole_batches():
    model, other = block(), block()
    losses = trained(model, epochs=2, reduction="sum")
    optimizer = SGD(other.parameters(), 0.1, 0.5)
    for loss in losses:
        outputs = other.batch([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        total = sum([half_squared_error(output, t) for output, t in zip(outputs, (0.0, 1.0, 1.0, 0.0), strict=True)])
        assert total.data == loss
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    assert other.state_dict() == model.state_dict()


def test_fit_learns_with_it_and_leaves_the_mode():
    model = block()
    losses = trained(model, epochs=150, batch_size=2)
    assert losses[-1] < 0.2 * losses[0]
    assert {module.training for module in model.modules()} == {True}


def test_evaluation_mode_trains_natively_as_eagerly_with_its_means_fixed():
    for means in ([0.0, 0.0, 0.0], [0.5, -0.25, 0.125]):
        models = [block().eval(), block().eval()]
        for model in models:
            for (_, buffer), mean in zip(model.named_buffers(), means, strict=False):
                buffer.data = mean
        eager, native = (trained(model, native=flag) for model, flag in zip(models, (False, True), strict=True))
        assert native == pytest.approx(eager, rel=1e-12)
        assert [value.data for _, value in models[1].named_buffers()] == [*means, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"native": True}, "native=True trains on rows that are independent"),
        ({"batch_size": 1}, "4 rows in batches of 1 leave one alone"),
        ({"batch_size": 3}, "4 rows in batches of 3 leave one alone"),
    ],
)
def test_fit_refuses_what_cannot_be_before_anything_changes(settings: dict[str, object], message: str):
    model = block()
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        trained(model, **settings)
    assert model.state_dict() == before


class Own(Module):
    """A module that does not hand its batch on."""

    def __init__(self) -> None:
        self.inner = block()

    def forward(self, inputs: list[float]) -> Value:
        return self.inner(inputs)


def test_a_module_that_does_not_hand_its_batch_on_is_refused_before_a_step():
    model = Own()
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"inner\.layers\.1\.module\.layers\.0 couples .* must define"):
        trained(model)
    assert model.state_dict() == before


def test_fit_that_refuses_a_target_leaves_modes_and_means():
    model = block()
    model.layers[1].eval()
    before = model.state_dict()
    with pytest.raises(ValueError, match="targets, row 0"):
        fit(
            model,
            [[0.0, 1.0]] * 2,
            [[1.0, 2.0]] * 2,
            loss=half_squared_error,
            optimizer=SGD(model.parameters(), 0.1),
            epochs=1,
        )
    assert model.state_dict() == before
    assert [module.training for module in model.layers] == [True, False, True]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: BatchNorm(2)([1.0, 2.0]), ValueError, "BatchNorm couples the rows of a batch"),
        (lambda: block()([1.0, 2.0]), ValueError, r"layers\.1\.module\.layers\.0 couples .* model\.batch"),
        (lambda: BatchNorm(2).batch([[1.0, 2.0]]), ValueError, "at least 2 rows in training mode, got 1"),
        (lambda: BatchNorm(2).batch([[1.0, 2.0], [1.0]]), ValueError, "expected 2 inputs, got 1"),
        (lambda: BatchNorm(0), ValueError, "at least 1, got 0"),
        (lambda: BatchNorm(1, epsilon=-1.0), ValueError, r"epsilon must be above 0, got -1\.0"),
        (lambda: BatchNorm(1, momentum=0.0), ValueError, r"momentum must be above 0 and at most 1, got 0\.0"),
        (lambda: BatchNorm(1, momentum="0.1"), TypeError, "got str"),
        (lambda: BatchNorm(1).train("yes"), TypeError, "mode must be True or False, got .yes."),
    ],
)
def test_what_does_not_fit_is_refused(make, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        make()
