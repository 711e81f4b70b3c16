"""Callbacks: what they get, what stops training, early stopping; the history; validation data; interrupts."""

from __future__ import annotations

import csv
import io
import pickle
from itertools import pairwise

import numpy as np
import pytest

from nn import (
    MLP,
    SGD,
    Adam,
    BatchNorm,
    Dropout,
    EarlyStopping,
    History,
    Layer,
    Neuron,
    Sequential,
    fit,
    half_squared_error,
    mean_squared_error,
)

XS = [[0.0], [1.0], [2.0], [3.0]]
TS = [1.0, 3.0, 5.0, 7.0]
HELD_OUT = ([[4.0], [5.0]], [9.0, 11.0])
NATIVE = pytest.mark.parametrize("native", [False, True], ids=["eager", "native"])


def run(model=None, optimizer=None, epochs=5, **settings) -> History:
    model = model or Neuron(1, "identity", seed=1)
    settings = {"loss": half_squared_error, "progress": False, "optimizer": optimizer} | settings
    settings["optimizer"] = settings["optimizer"] or SGD(model.parameters(), lr=0.05)
    return fit(model, XS, TS, epochs=epochs, **settings)


@NATIVE
@pytest.mark.parametrize("answer", [None, 0, 1, 12, "stop", [1], 1.0, False, np.False_])
def test_only_true_stops(answer, native):
    assert len(run(callback=lambda epoch, loss: answer, native=native)) == 5


@NATIVE
@pytest.mark.parametrize("answer", [True, np.True_])
def test_true_stops(answer, native):
    assert len(run(callback=lambda epoch, loss: answer, native=native)) == 1


def test_writers_are_callbacks():
    file = io.StringIO()
    history = run(callback=[lambda e, x: file.write(f"{e} "), print, lambda *row: csv.writer(file).writerow(row)])
    assert len(history) == 5
    assert file.getvalue().startswith("1 1,")


@NATIVE
def test_a_callback_gets_what_it_names(native):
    model, seen = Neuron(1, "identity", seed=1), []

    def named(epoch, loss, validation, *, history, optimizer, model, unit="epoch"):
        seen.append((epoch, loss, validation, len(history), optimizer.steps, model.bias.data, unit))

    class Watcher:
        def __call__(self, epoch, loss, model):
            self.last = model

        def end(self, history, validation):
            self.history, self.validation = history, validation

    watcher = Watcher()
    history = run(model, validation=HELD_OUT, callback=[named, watcher], native=native)
    assert [(e, x, v, n, s, u) for e, x, v, n, s, _, u in seen] == [
        (k, history[k - 1], history.validation[k - 1], k, k, "epoch") for k in range(1, 6)
    ]
    assert len({bias for *_, bias, _ in seen}) == 5
    assert (watcher.last, watcher.history, watcher.validation) == (model, history, history.validation[-1])


def test_a_callback_with_keywords_gets_everything():
    seen = []
    history = run(epochs=1, callback=lambda epoch, loss, **more: seen.append(more))
    assert list(seen[0]) == ["validation", "model", "optimizer", "history"]
    assert seen[0]["history"] is history


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (5, "a callback must be a function.* got 5"),
        ("log", "a callback must be a function.* got 'log'"),
        ([print, None], "a callback must be a function.* got None"),
        (lambda: True, "by name gets any of validation, model, optimizer, history.*does not fit"),
        (lambda epoch: True, "does not fit"),
        (lambda epoch, loss, metrics: True, "does not fit.*metrics"),
    ],
)
def test_callbacks_are_checked_before_the_first_step(callback, message):
    model = Neuron(1, "identity", seed=1)
    before = model.state_dict()
    with pytest.raises(TypeError, match=message):
        run(model, callback=callback)
    assert model.state_dict() == before


@NATIVE
def test_the_validation_loss_is_that_of_the_model_after_the_epoch(native):
    model, expected = Neuron(1, "identity", seed=1), []

    def by_hand(epoch, loss):
        losses = [half_squared_error(model(x), t).data for x, t in zip(*HELD_OUT, strict=True)]
        expected.append(sum(losses) / 2)

    history = run(model, validation=HELD_OUT, callback=by_hand, native=native)
    assert history.validation == pytest.approx(expected, rel=1e-15)
    assert run(validation=HELD_OUT, reduction="sum", native=native).validation[0] != history.validation[0]


def test_validation_is_in_evaluation_mode():
    """Dropout and batch statistics are off; running means do not move."""
    model = Sequential(Layer(1, 4, "tanh", seed=1), BatchNorm(4), Dropout(0.5), Layer(4, 1, "identity", seed=1))
    seen = []

    def by_hand(epoch, loss):
        model.eval()
        seen.append(sum(mean_squared_error(model(x), t).data for x, t in zip(*HELD_OUT, strict=True)) / 2)
        model.train()

    history = run(model, loss=mean_squared_error, validation=HELD_OUT, callback=by_hand)
    assert history.validation == pytest.approx(seen, rel=1e-15)
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        (3, r"validation must be a pair \(inputs, targets\), got 3"),
        ([[1.0]], "validation must be a pair"),
        (([[1.0]], []), "validation: expected a target for each row"),
        (([[float("inf")]], [1.0]), "validation: inputs, row 0: expected finite numbers"),
        (([[1.0]], [[1.0, 2.0]]), "validation targets, row 0: expected as many targets"),
        (([[1.0, 2.0]], [1.0]), "expected 1 inputs, got 2"),
    ],
)
def test_validation_data_are_checked(validation, message):
    with pytest.raises((TypeError, ValueError), match=message):
        run(validation=validation)


def test_the_bar_shows_the_validation_loss(capsys):
    history = run(validation=HELD_OUT, progress=True)
    assert f"loss {history[-1]:.6g}, validation {history.validation[-1]:.6g}" in capsys.readouterr().err


def test_a_history_is_a_list_of_losses():
    history = run(validation=HELD_OUT)
    assert isinstance(history, list)
    assert history == [*history]
    assert history.best_epoch == 1 + history.validation.index(min(history.validation))
    copy = pickle.loads(pickle.dumps(history))
    assert (copy, copy.validation, type(copy)) == (history, history.validation, History)
    assert (History().best_epoch, History([2.0, 1.0, 1.0]).best_epoch) == (None, 2)
    assert History([float("nan"), 1.0]).best_epoch == 2


def test_a_history_is_plotted():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    history = run(validation=HELD_OUT)
    axes = history.plot()
    lines = [list(line.get_ydata()) for line in axes.lines]
    assert lines == [history, history.validation]
    assert list(axes.lines[0].get_xdata()) == [1, 2, 3, 4, 5]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "loss")
    assert history.plot(axes) is axes
    matplotlib.pyplot.close("all")


def test_a_history_goes_on():
    history = run()
    epochs = []
    assert run(history=history, callback=lambda epoch, loss: epochs.append(epoch)) is history
    assert (len(history), epochs) == (10, [6, 7, 8, 9, 10])
    with pytest.raises(TypeError, match=r"history must be an nn\.History"):
        run(history=[1.0])


@NATIVE
def test_early_stopping_stops_and_restores_the_best(native):
    """The validation target moves away from what training approaches: its loss falls, then rises."""
    states = []
    model = Neuron(1, "identity", seed=1)
    settings = {"validation": ([[1.0]], [1.5]), "epochs": 200, "native": native}
    history = run(
        model, callback=[lambda e, x: states.append(model.state_dict()), EarlyStopping(patience=3)], **settings
    )
    best = history.best_epoch
    assert 1 < best < 200 - 3
    assert len(history) == best + 3
    assert model.state_dict() == states[best - 1]
    kept = Neuron(1, "identity", seed=1)
    run(kept, callback=EarlyStopping(patience=3, restore_best=False), **settings)
    assert kept.state_dict() == states[-1]


def test_early_stopping_wants_an_improvement_of_min_delta():
    losses = run(epochs=50)
    drops = [a - b for a, b in pairwise(losses)]
    delta = drops[4] * 0.999  # the sixth epoch still counts, and then some do not
    patient = run(epochs=50, callback=EarlyStopping(patience=1, min_delta=delta))
    assert len(patient) == 2 + next(k for k, drop in enumerate(drops) if drop <= delta)


def test_early_stopping_can_be_used_again_and_restores_when_epochs_run_out():
    stopping, settings = EarlyStopping(patience=50), {"validation": ([[1.0]], [1.5]), "epochs": 20}
    for _ in range(2):
        model, states = Neuron(1, "identity", seed=1), []
        history = run(model, callback=[lambda e, x, s=states, m=model: s.append(m.state_dict()), stopping], **settings)
        assert history.best_epoch < 20
        assert model.state_dict() == states[history.best_epoch - 1]


def test_early_stopping_takes_plain_models():
    from autograd import Value

    w = Value(0.0)
    fit(
        lambda x: w * x[0], XS, TS, loss=half_squared_error, optimizer=SGD([w], 0.1), epochs=30, progress=False,
        callback=EarlyStopping(patience=1),
    )  # fmt: skip
    assert w.data > 0.0


@pytest.mark.parametrize("settings", [{"patience": 0}, {"patience": 1.5}, {"min_delta": -1.0}])
def test_early_stopping_checks_its_settings(settings):
    with pytest.raises(ValueError, match="must be"):
        EarlyStopping(**settings)


@NATIVE
def test_an_interrupt_keeps_the_history(native):
    """Ctrl-C in a callback, in the loss, or in the middle of an optimizer's step."""

    def interrupt(epoch, loss):
        if epoch == 3:
            raise KeyboardInterrupt

    model = MLP(1, [2, 1], seed=1)
    with pytest.warns(RuntimeWarning, match="training was interrupted in epoch 4") as caught:
        history = run(model, optimizer := Adam(model.parameters()), callback=interrupt, native=native)
    assert caught[0].filename == __file__
    twin = MLP(1, [2, 1], seed=1)
    assert history == run(twin, Adam(twin.parameters()), epochs=3)
    assert (model.state_dict(), optimizer.steps) == (twin.state_dict(), 3)


def test_an_interrupt_in_the_middle_of_a_step_undoes_it():
    class Interrupted(SGD):
        calls = 0

        def rule(self, data, grad, memory, step, *settings):
            self.calls += 1
            if self.calls == 8:  # the second of two parameters, in the fourth step
                raise KeyboardInterrupt
            return SGD.rule(data, grad, memory, step, *settings)

    model, twin = Neuron(1, "identity", seed=1), Neuron(1, "identity", seed=1)
    with pytest.warns(RuntimeWarning, match="epoch 4"):
        history = run(model, Interrupted(model.parameters(), 0.05))
    assert history == run(twin, epochs=3)
    assert model.state_dict() == twin.state_dict()


@pytest.mark.parametrize("every", [0, -1, 1.5, "2", None])
def test_every_is_checked_without_a_checkpoint_too(every: object):
    model = Neuron(1)
    with pytest.raises(ValueError, match="every must be an int of at least 1, got"):
        fit(
            model, [[1.0]], [1.0], loss=half_squared_error, optimizer=SGD(model.parameters(), lr=0.1), epochs=1,
            every=every, progress=False,
        )  # fmt: skip


def test_early_stopping_shows_its_settings():
    assert repr(EarlyStopping(3)) == "EarlyStopping(patience=3, min_delta=0.0, restore_best=True)"
