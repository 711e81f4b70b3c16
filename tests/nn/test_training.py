"""`fit`: what it computes, in which order, and what it refuses before the first step."""

from __future__ import annotations

import math
import sys
from random import Random

import numpy as np
import pytest

from autograd import Value
from nn import (
    MLP,
    SGD,
    Adam,
    Dropout,
    EarlyStopping,
    GaussianNoise,
    Layer,
    Neuron,
    Optimizer,
    binary_cross_entropy_with_logits,
    cross_entropy,
    fit,
    half_squared_error,
    hinge_loss,
    mean_squared_error,
    piecewise_constant,
    uniform,
)

XS = [[0.0], [1.0], [2.0], [3.0], [4.0]]
TS = [1.0, 3.0, 5.0, 7.0, 9.0]


def line(slope: float = 0.0, intercept: float = 0.0) -> Neuron:
    neuron = Neuron(1, "identity")
    neuron.load_state_dict({"weights.0": slope, "bias": intercept})
    return neuron


def run(model, inputs=XS, targets=TS, loss=half_squared_error, lr=0.01, epochs=1, **settings) -> list[float]:
    settings = {"progress": False} | settings
    settings["optimizer"] = settings["optimizer"] if "optimizer" in settings else SGD(model.parameters(), lr)
    return fit(model, inputs, targets, loss=loss, epochs=epochs, **settings)


@pytest.mark.parametrize(("reduction", "share"), [("sum", 1.0), ("mean", 0.2)])
def test_full_batch_steps_by_hand(reduction: str, share: float):
    """A line through rows (x, t): dE/dw is the sum of (o - t) x, dE/db the sum of (o - t); mean divides both by 5."""
    model, w, b = line(0.5, -1.0), 0.5, -1.0
    expected = []
    for _ in range(3):
        errors = [(w * x + b) - t for (x,), t in zip(XS, TS, strict=True)]
        expected.append(share * sum(e * e / 2 for e in errors))
        w -= 0.01 * share * sum(e * x for e, (x,) in zip(errors, XS, strict=True))
        b -= 0.01 * share * sum(errors)
    assert run(model, epochs=3, reduction=reduction) == pytest.approx(expected, rel=1e-13)
    assert [p.data for p in model.parameters()] == pytest.approx([w, b], rel=1e-13)


def test_mean_is_the_default():
    one, other = line(), line()
    assert run(one, epochs=2) == run(other, epochs=2, reduction="mean")


def test_batches_of_two_step_three_times_an_epoch():
    """With learning rate 0 the loss of an epoch is the mean over all rows, whatever the batches."""
    model = line(1.0, 0.0)
    optimizer = SGD(model.parameters(), lr=0.0)
    history = run(model, optimizer=optimizer, batch_size=2, epochs=4)
    mean = sum((x - t) ** 2 / 2 for (x,), t in zip(XS, TS, strict=True)) / 5
    assert history == pytest.approx([mean] * 4)
    assert optimizer.steps == 12


class Watched(Neuron):
    """Notes what it is called with."""

    def __init__(self) -> None:
        super().__init__(1, "identity")
        self.seen: list[float] = []

    def forward(self, inputs):
        self.seen.append(inputs[0])
        return super().forward(inputs)

    def epochs(self) -> list[list[float]]:
        """Give the inputs of each epoch; the first call of all checks the shapes."""
        return [self.seen[k : k + 5] for k in range(1, len(self.seen), 5)]


@pytest.mark.parametrize("batch_size", [None, 5, 100])
def test_a_full_batch_keeps_the_order_of_the_rows(batch_size: int | None):
    model = Watched()
    run(model, batch_size=batch_size, epochs=3, seed=1)
    assert model.epochs() == [[0.0, 1.0, 2.0, 3.0, 4.0]] * 3


def test_every_batch_takes_each_row_once_in_a_new_order():
    model = Watched()
    run(model, batch_size=2, epochs=3, seed=1)
    epochs = model.epochs()
    assert [sorted(epoch) for epoch in epochs] == [[0.0, 1.0, 2.0, 3.0, 4.0]] * 3
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_the_last_batch_is_averaged_over_its_own_rows():
    """Five equal rows in batches of 2, 2 and 1: every step has the gradient of one row."""
    model, w = line(0.0), 0.0
    run(model, [[1.0]] * 5, [1.0] * 5, lr=0.1, batch_size=2)
    b = 0.0
    for _ in range(3):
        error = w + b - 1.0
        w, b = w - 0.1 * error, b - 0.1 * error
    assert [p.data for p in model.parameters()] == pytest.approx([w, b])


def test_batches_follow_the_seed():
    def histories(seed: int) -> list[float]:
        return run(line(), batch_size=2, epochs=3, seed=seed)

    assert histories(1) == histories(1)
    assert histories(1) != histories(2)
    assert run(line(), epochs=2, seed=1) == run(line(), epochs=2, seed=2)


def test_a_line_is_found():
    model = line()
    history = run(model, lr=0.1, epochs=500)
    assert [p.data for p in model.parameters()] == pytest.approx([2.0, 1.0], abs=1e-6)
    assert history[-1] < 1e-12 < history[0]


def test_classes_are_learned():
    model = MLP(2, [8, 3], activation="tanh", seed=1)
    points = [[math.cos(a), math.sin(a)] for a in [0.1 * k for k in range(60)]]
    classes = [k // 20 for k in range(60)]
    settings = {"optimizer": Adam(model.parameters(), lr=0.03), "batch_size": 10, "epochs": 60}
    run(model, points, classes, cross_entropy, **settings)
    answers = [max(range(3), key=lambda k, xs=xs: model(xs)[k].data) for xs in points]
    assert sum(a == c for a, c in zip(answers, classes, strict=True)) >= 55


def test_gradients_from_before_do_not_count():
    fresh, used = line(), line()
    for p in used.parameters():
        p.grad = 1e6
    assert run(fresh, epochs=2) == run(used, epochs=2)


def test_parameters_outside_the_optimizer_stay():
    model = MLP(1, [2, 1], activation="tanh")
    before = model.layers[0].state_dict()
    run(model, optimizer=SGD(model.layers[1].parameters(), 0.1), epochs=2)
    assert model.layers[0].state_dict() == before


def test_the_callback_sees_each_epoch_and_can_stop():
    calls: list[tuple[int, float]] = []

    def callback(epoch: int, loss: float) -> bool:
        calls.append((epoch, loss))
        return epoch == 3

    model = line()
    optimizer = SGD(model.parameters(), 0.01)
    history = run(model, optimizer=optimizer, epochs=10, callback=callback)
    assert calls == list(enumerate(history, start=1))
    assert (len(history), optimizer.steps) == (3, 3)
    assert len(run(line(), epochs=4, callback=lambda epoch, loss: None)) == 4


def test_arrays_and_ranges_are_data():
    lists, arrays = line(), line()
    assert run(lists, epochs=2) == run(arrays, np.array(XS), np.array(TS), epochs=2)
    assert run(line(), epochs=2) == run(line(), range(5), iter(TS), epochs=2)


def test_several_outputs_have_rows_of_targets():
    model = Layer(1, 2, "identity")
    history = run(model, XS, [[1.0, -x] for (x,) in XS], mean_squared_error, lr=0.05, epochs=200)
    assert history[-1] < 0.01 < history[0]


REFUSED = [
    ([], [], ValueError, "at least one row of inputs, got none"),
    ([[1.0]], [], ValueError, "got 1 rows and 0 targets"),
    ([[1.0], [2.0]], [1.0], ValueError, "got 2 rows and 1 targets"),
    ([[1.0], [1.0, 2.0]], [1, 1], ValueError, "^inputs, row 1: expected a list of 1 as in row 0, got a list of 2"),
    ([[1.0], 2.0], [1, 1], ValueError, "^inputs, row 1: expected a list of 1 as in row 0, got a number"),
    ([[1.0], [2.0]], [1, [1]], ValueError, "^targets, row 1: expected a number as in row 0, got a list of 1"),
    ([[1.0], [math.nan]], [1, 1], ValueError, "^inputs, row 1: expected finite numbers, got nan"),
    ([[1.0], [2.0]], [1, -math.inf], ValueError, "^targets, row 1: expected finite numbers, got -inf"),
    ([[1.0], ["2"]], [1, 1], TypeError, "^inputs, row 1: expected one real number, got str '2'"),
    ([[1.0], "2"], [1, 1], TypeError, "^inputs, row 1: expected one real number, got str '2'"),
    ([[1.0], [2.0]], [1, None], TypeError, "^targets, row 1: expected one real number, got NoneType"),
    ([[1.0, 2.0]], [1], ValueError, "expected 1 inputs, got 2"),
    ([[1.0]], [[1.0, 2.0]], ValueError, "^targets, row 0: expected as many targets as outputs"),
]


@pytest.mark.parametrize(("inputs", "targets", "error", "message"), REFUSED)
def test_data_are_refused_before_the_first_step(inputs, targets, error, message):
    model = line()
    with pytest.raises(error, match=message):
        run(model, inputs, targets)
    assert model.state_dict() == line().state_dict()


@pytest.mark.parametrize(
    ("model", "loss", "targets", "message"),
    [
        (Layer(1, 3), cross_entropy, [0, 2, 1, 3, 0], "^targets, row 3: .* 0 to 2, as target, got 3.0"),
        (line(), binary_cross_entropy_with_logits, [0, 1, 1, 0, -1], "^targets, row 4: .* from 0 to 1, got -1.0"),
        (line(), hinge_loss, [-1, 1, 0, 1, 1], "^targets, row 2: expected -1 or 1 as target, got 0.0"),
    ],
)
def test_targets_that_do_not_fit_the_loss_are_refused(model, loss, targets, message):
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        run(model, XS, targets, loss, batch_size=1)
    assert model.state_dict() == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs must be an int of at least 1, got 0"),
        ({"epochs": 2.0}, "epochs must be an int of at least 1, got 2.0"),
        ({"epochs": True}, "epochs must be an int of at least 1, got True"),
        ({"batch_size": 0}, "batch_size must be an int of at least 1, got 0"),
        ({"batch_size": "2"}, "batch_size must be an int of at least 1, got '2'"),
        ({"reduction": "max"}, "reduction must be 'mean' or 'sum', got 'max'"),
        ({"optimizer": SGD(line().parameters(), 0.1)}, "holds none of the model's parameters"),
    ],
)
def test_settings_are_refused(settings: dict, message: str):
    with pytest.raises(ValueError, match=message):
        run(line(), **settings)


def test_a_loss_that_forgets_the_gradient_is_refused():
    with pytest.raises(TypeError, match=r"the loss must give a Value, got 1\.0"):
        run(line(), loss=lambda output, target: 1.0)


def test_the_progress_bar_shows_the_loss(capsys: pytest.CaptureFixture[str]):
    history = run(line(), epochs=3, progress=True)
    shown = capsys.readouterr()
    assert "3/3" in shown.err
    assert f"loss {history[-1]:.6g}" in shown.err
    assert shown.out == ""


def test_without_tqdm_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    model = line()
    message = r"the progress bar needs tqdm: pip install 'scalar-autograd\[nn\]', or pass progress=False"
    with pytest.raises(ImportError, match=message):
        run(model, progress=True)
    assert model.state_dict() == line().state_dict()
    assert len(run(model, progress=False)) == 1


class Step(Neuron):
    """A neuron whose output is 1 above 0 and 0 below: its slope is 0."""

    def forward(self, inputs):
        return 0.5 * (super().forward(inputs).sign() + 1.0)


@pytest.mark.parametrize("native", [False, True])
def test_a_flat_model_is_told_apart_from_a_slow_one(native: bool):
    model = Step(1, "identity", seed=1)
    start = model.state_dict()
    with pytest.warns(RuntimeWarning, match="every gradient is exactly 0.*training will stand still") as caught:
        history = run(model, [[1.0], [-1.0]], [2.0, 2.0], epochs=3, native=native)
    assert caught[0].filename == __file__  # it points to the call of fit
    assert len(set(history)) == 1
    assert model.state_dict() == start


def test_no_warning_where_there_is_nothing_to_learn_or_one_row_has_a_slope():
    """Warnings are errors here."""
    run(line(2.0, 1.0))  # it fits already
    hinge = {"inputs": [[1.0], [3.0], [1.0]], "targets": [1.0, 1.0, -1.0], "loss": hinge_loss}
    run(line(2.0), **hinge)  # the first rows are right by more than the margin, and have no gradient


def orders(run_once, times: int) -> list[tuple[float, ...]]:
    """Return the order of the rows in each of several calls."""
    model = Watched()
    optimizer = SGD(model.parameters(), 0.01)
    seen = []
    for _ in range(times):
        model.seen.clear()
        run_once(model, optimizer)
        seen.append(tuple(model.seen[1:]))  # the first call of all checks the shapes
    return seen


def test_calls_one_after_the_other_go_on_with_the_order():
    """A loop of fit(epochs=1) draws the batches of one fit with as many epochs."""
    together, by_one = line(), line()
    optimizer, other = SGD(together.parameters(), 0.01), SGD(by_one.parameters(), 0.01)
    history = run(together, optimizer=optimizer, batch_size=2, epochs=4)
    assert [run(by_one, optimizer=other, batch_size=2)[0] for _ in range(4)] == history
    assert len(set(orders(lambda model, optimizer: run(model, optimizer=optimizer, batch_size=2), 4))) == 4


def test_seeds_of_all_kinds():
    def order(seed) -> tuple[float, ...]:
        return orders(lambda model, optimizer: run(model, optimizer=optimizer, batch_size=2, seed=seed), 1)[0]

    assert order(3) == order(np.int64(3)) == order(np.uint8(3))
    assert order(Random(5)) == order(Random(5))
    shared = Random(5)
    assert order(shared) != order(shared)
    assert len({order(None) for _ in range(20)}) > 1  # 120 orders: all alike once in 10^39 runs
    for bad in ("1", 1.0, True, [1]):
        with pytest.raises(TypeError, match=r"seed must be an int, None or a random\.Random"):
            order(bad)


def test_numpy_integers_are_counts():
    assert len(run(line(), epochs=np.int64(3), batch_size=np.int32(2))) == 3


def test_weights_count_as_rows_that_are_repeated():
    """The weighted mean over a full batch is the mean over rows repeated as often as their weights say."""
    weighted, repeated = line(), line()
    history = run(weighted, sample_weight=[1, 2, 0, 3, 1], epochs=20)
    rows = [0, 1, 1, 3, 3, 3, 4]
    assert history == pytest.approx(run(repeated, [XS[k] for k in rows], [TS[k] for k in rows], epochs=20), rel=1e-12)
    assert [p.data for p in weighted.parameters()] == pytest.approx([p.data for p in repeated.parameters()], rel=1e-12)


@pytest.mark.parametrize("weights", [[1.0], [1, 1, 1, 1, -1], [0] * 5, [[1]] * 5, [1, 1, 1, 1, math.nan], "11111", 2])
def test_weights_are_checked(weights):
    with pytest.raises((TypeError, ValueError), match=r"sample.weight"):
        run(line(), sample_weight=weights)


@pytest.mark.parametrize("limits", [{"clip_value": 0.0}, {"clip_norm": -1.0}, {"clip_value": math.nan}])
def test_limits_of_gradients_are_checked(limits):
    with pytest.raises(ValueError, match="must be a number above 0"):
        run(line(), **limits)


def test_clipping_by_hand():
    """At slope and intercept 0 the gradients are the sums of -t x and of -t over the rows."""
    xs, ts = [[1.0], [2.0]], [2.0, 3.0]  # gradients -(2 + 6) = -8 and -(2 + 3) = -5
    settings = {"inputs": xs, "targets": ts, "lr": 1.0, "reduction": "sum"}
    for limits, step in [
        ({}, (8.0, 5.0)),
        ({"clip_value": 6.0}, (6.0, 5.0)),
        ({"clip_norm": 1.0}, (8.0 / math.sqrt(89.0), 5.0 / math.sqrt(89.0))),
        ({"clip_norm": 100.0}, (8.0, 5.0)),
        ({"clip_value": 4.0, "clip_norm": 2.0}, (math.sqrt(2.0), math.sqrt(2.0))),
    ]:
        model = line()
        run(model, **settings, **limits)
        assert (model.weights[0].data, model.bias.data) == pytest.approx(step, rel=1e-15)


class Lecture:
    """A model in micrograd's style: no base class."""

    def __init__(self) -> None:
        self.w, self.b = Value(0.0), Value(0.0)

    def __call__(self, x):
        return self.w * x[0] + self.b

    def parameters(self):
        return [self.w, self.b]


@pytest.mark.parametrize("native", [False, True])
def test_plain_objects_and_functions_are_models(native: bool):
    plain, neuron = Lecture(), line()
    assert run(plain, epochs=5, native=native) == run(neuron, epochs=5)
    assert [plain.w.data, plain.b.data] == [p.data for p in neuron.parameters()]
    w, b = Value(0.0), Value(0.0)
    history = run(lambda x: w * x[0] + b, optimizer=SGD([w, b], 0.01), epochs=5, native=native)
    assert history == run(line(), epochs=5)


class Unprepared(SGD):
    def __init__(self, parameters) -> None:
        self.parameters = list(parameters)
        self.lr = 0.1


class Duck:
    def __init__(self, parameters) -> None:
        self.parameters = list(parameters)

    def step(self) -> None: ...


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"loss": "mse"},
            r"loss must be a function loss\(output, target\), such as one of nn's half_sq",
        ),
        ({"loss": None}, "loss must be a function"),
        ({"optimizer": "sgd"}, r"optimizer must be an nn\.Optimizer, such as nn\.SGD\(.*, got 'sgd'"),
        ({"optimizer": SGD}, r"optimizer must be an nn\.Optimizer.*got <class"),
        ({"optimizer": None}, r"optimizer must be an nn\.Optimizer"),
        ({"optimizer": Duck(line().parameters())}, r"optimizer must be an nn\.Optimizer.*subclass nn\.Optimizer"),
        (
            {"optimizer": Unprepared(line().parameters())},
            r"this Unprepared has no `memory`: its __init__ must",
        ),
        ({"model": "mlp"}, "model must be a Module or a function.* got 'mlp'"),
        ({"model": MLP}, "model must be a Module or a function"),
    ],
)
def test_what_fit_gets_is_checked_by_kind(settings, message):
    model = line()
    settings = {"model": model, "loss": half_squared_error, "optimizer": SGD(model.parameters(), 0.1)} | settings
    with pytest.raises(TypeError, match=message):
        fit(inputs=XS, targets=TS, epochs=1, progress=False, **settings)
    assert model.state_dict() == line().state_dict()


@pytest.mark.parametrize("make", [Neuron, lambda *xs, **named: Layer(2, 3, **named), lambda *xs, **n: MLP(2, [1], **n)])
def test_an_initialization_is_a_function(make):
    with pytest.raises(TypeError, match=r"initialization must be a function, such as nn\.glorot, .* got 'he'"):
        make(2, initialization="he")


@pytest.mark.parametrize("package", ["numpy", "llvmlite"])
def test_native_training_names_the_extra(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    model = line()
    with pytest.raises(ImportError, match=rf"native=True\) needs {package}: pip install 'scalar-autograd\[native\]'"):
        run(model, native=True)
    assert model.state_dict() == line().state_dict()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"native": "yes"}, "native must be True or False, got 'yes'"),
        ({"progress": None}, "progress must be True or False, got None"),
        ({"terminate_on_nan": 1}, "terminate_on_nan must be True or False, got 1"),
        ({"loss": lambda output: output}, r"loss is called as loss\(output, target\), and .* does not fit"),
        ({"clip_value": "1"}, "clip_value must be a number above 0, got '1'"),
        ({"clip_norm": Value(1.0)}, "clip_norm must be a number above 0, got Value"),
        ({"checkpoint": 3}, "checkpoint must be the path of a file, got 3"),
        ({"checkpoint": "x", "every": 0}, "every must be an int of at least 1, got 0"),
        ({"history": []}, r"history must be an nn\.History"),
    ],
)
def test_settings_of_the_wrong_kind_are_refused_by_name(settings, message):
    model = line()
    with pytest.raises((TypeError, ValueError), match=message):
        run(model, **settings)
    assert model.state_dict() == line().state_dict()


def test_settings_may_be_numpys():
    assert len(run(line(), native=np.True_, progress=np.False_, clip_norm=np.float32(1.0))) == 1


@pytest.mark.parametrize("table", [[[True], [False]], np.array([[True], [False]]), [np.True_, np.False_]])
def test_truth_values_are_numbers(table):
    assert run(line(), table, [True, False]) == run(line(), [[1.0], [0.0]], [1.0, 0.0])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dropout("0.5"), "p must be a probability from 0 to below 1, got '0.5'"),
        (lambda: GaussianNoise(-1.0), "sigma must be a finite number >= 0, got -1.0"),
        (lambda: EarlyStopping(3, "a"), "min_delta must be a finite number >= 0, got 'a'"),
        (lambda: EarlyStopping(3, restore_best=1), "restore_best must be True or False, got 1"),
        (lambda: uniform("a"), "bound must be a finite number >= 0, got 'a'"),
        (lambda: piecewise_constant([1, 2]), "expected a dict of values by the step"),
        (lambda: piecewise_constant({0: "a"}), "expected one real number, got str 'a'"),
        (lambda: Optimizer([Value(1.0)]), "Optimizer must define `ranges`, as SGD does"),
        (lambda: mean_squared_error(Value(1.0), None), "expected a number, a Value or a list of them, got None"),
    ],
)
def test_what_a_part_gets_is_refused_in_its_terms(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()
