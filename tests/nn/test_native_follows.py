"""Native training follows what a user's code does, with the bits of eager training, or refuses it by name."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, log, where
from nn import (
    MLP,
    SGD,
    Adam,
    Dropout,
    GaussianNoise,
    Layer,
    Module,
    Neuron,
    Noise,
    Sequential,
    binary_cross_entropy_with_logits,
    fit,
    half_squared_error,
    parameter,
)

XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
EXCLUSIVE = [0.0, 1.0, 1.0, 0.0]


def network() -> MLP:
    return MLP(2, [3, 1], activation="tanh", output_activation="sigmoid", seed=1)


def run(native: bool, make: Callable[[], Any] = network, optimizer: Callable[..., Any] = SGD, **settings: Any) -> tuple:
    """Train on XOR, and return losses, validation losses, parameters and memory. A `hook` gets model and optimizer."""
    model = make()
    settings = {"loss": half_squared_error, "epochs": 8, "lr": 0.5} | settings
    trained = optimizer(model.parameters(), settings.pop("lr"))
    hook = settings.pop("hook", None)
    if hook:
        settings["callback"] = lambda epoch, loss: hook(model, trained, epoch, loss)
    history = fit(model, XOR, EXCLUSIVE, optimizer=trained, progress=False, native=native, **settings)
    return list(history), history.validation, [p.data for p in model.parameters()], trained.memory, trained.steps


def assert_same(**settings: Any) -> tuple:
    eager = run(False, **settings)
    assert run(True, **settings) == eager
    return eager


def refused(message: str, error: type[Exception] = TypeError, **settings: Any) -> None:
    """Refuse natively, before anything changes, what eager training takes."""
    run(False, **settings)
    model = settings.pop("make", network)()
    before = [p.data for p in model.parameters()]
    with pytest.raises(error, match=message):
        run(True, make=lambda: model, **settings)
    assert [p.data for p in model.parameters()] == before


# Branches on data ----------------------------------------------------------------------------------------------------


def branching_cross_entropy(p: Value, t: float) -> Any:
    return -log(p) if t == 1 else -log(1.0 - p)


def test_a_loss_that_branches_on_its_target_is_refused():
    refused("where", ValueError, loss=branching_cross_entropy, epochs=50)


def test_the_same_loss_with_where_has_the_same_bits():
    assert_same(loss=lambda p, t: where(t > 0.5, -log(p), -log(1.0 - p)), epochs=50)


class Comparing(Module):
    def __init__(self) -> None:
        self.network = network()

    def forward(self, x: Any) -> Any:
        return self.network(x) * (2.0 if x[0] == x[1] else 1.0)


class Reading(Comparing):
    def forward(self, x: Any) -> Any:
        first = x[0].data if isinstance(x[0], Value) else x[0]
        return self.network([first, x[1]])


def test_a_model_that_branches_on_its_inputs_is_refused():
    refused("where", (ValueError, TypeError), make=Comparing)


def test_a_model_that_reads_the_data_of_its_inputs_is_followed():
    assert_same(make=Reading)


def test_an_index_by_the_target_points_to_where():
    weights = {0.0: 1.0, 1.0: 5.0}
    refused(r"where\(t", loss=lambda o, t: weights[t] * (o - t) ** 2)


class Warm(SGD):
    @staticmethod
    def rule(data: Any, grad: Any, memory: Any, step: Any, *settings: Any) -> Any:
        return data - (0.5 if step == 1 else 0.01) * grad, memory


class Counting(SGD):
    def rule(self, data: Any, grad: Any, memory: Any, step: Any, *settings: Any) -> Any:  # type: ignore[override]
        return data - 0.5 / self.steps * grad, memory


@pytest.mark.parametrize(("optimizer", "name"), [(Warm, "Warm|where"), (Counting, r"Counting\.rule.*self\.steps")])
def test_a_rule_that_branches_or_reads_the_steps_is_refused(optimizer, name):
    refused(name, (TypeError, ValueError), optimizer=optimizer)


# What a subclass does ------------------------------------------------------------------------------------------------


class Clipping(SGD):
    def step(self) -> None:
        for p in self.parameters:
            p.grad = max(-0.01, min(0.01, p.grad))
        super().step()


class Forgetting(SGD):
    def zero_grad(self) -> None:
        pass


class Halving(SGD):
    def hyperparameters(self, steps: int | None = None) -> tuple[float, ...]:
        return tuple(x / 2 for x in super().hyperparameters(steps))


@pytest.mark.parametrize("optimizer", [Clipping, Forgetting, Halving])
def test_methods_that_are_never_called_natively_are_refused_by_name(optimizer):
    refused(rf"{optimizer.__name__}\.(step|zero_grad|hyperparameters), which is overridden", optimizer=optimizer)


def test_a_method_set_on_the_instance_is_refused_too():
    def patched(parameters: Any, lr: float) -> SGD:
        optimizer = SGD(parameters, lr)
        optimizer.step = lambda: None  # type: ignore[method-assign]
        return optimizer

    refused("SGD.step, which is overridden", optimizer=patched)


def test_gradients_that_a_subclass_keeps_are_kept():
    """Without zero_grad, as in a loop by hand, each step has the sum of all gradients so far."""
    model, twin = (Neuron(1, "identity", seed=1) for _ in range(2))
    fit(
        model, [[1.0]], [3.0], loss=half_squared_error, optimizer=Forgetting(model.parameters(), lr=0.1), epochs=3,
        progress=False,
    )  # fmt: skip
    by_hand = SGD(twin.parameters(), lr=0.1)
    for _ in range(3):
        half_squared_error(twin([1.0]), 3.0).backward()
        by_hand.step()
    assert model.state_dict() == twin.state_dict()


class Decaying(SGD):
    decay = 0.1

    def rule(self, data: Any, grad: Any, memory: Any, step: Any, *settings: Any) -> Any:  # type: ignore[override]
        return (data - 0.5 * grad) * (1.0 - self.decay), memory


def test_a_rule_that_reads_an_attribute_has_its_present_value():
    def twice(native: bool) -> list[float]:
        model = network()
        optimizer = Decaying(model.parameters(), lr=0.5)
        losses = []
        for decay in (0.1, 0.0):
            optimizer.decay = decay
            losses += fit(
                model, XOR, EXCLUSIVE, loss=half_squared_error, optimizer=optimizer, epochs=5, native=native,
                progress=False,
            )  # fmt: skip
        return losses

    assert twice(True) == twice(False)


class CallCounting(Comparing):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: Any) -> Any:
        self.calls += 1
        return self.network(x)


class Remembering(Comparing):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def forward(self, x: Any) -> Any:
        self.seen.append(x)
        return self.network(x)


class Averaging(Comparing):
    def __init__(self) -> None:
        super().__init__()
        self.mean = Value(0.0)

    def forward(self, x: Any) -> Any:
        y = self.network(x)
        self.mean.data = 0.9 * self.mean.data + 0.1 * y.data
        return y - self.mean.data


class OwnRandom(Comparing):
    def __init__(self) -> None:
        super().__init__()
        self.random = random.Random(0)

    def forward(self, x: Any) -> Any:
        return self.network([xi * (2.0 if self.random.random() < 0.5 else 0.0) for xi in x])


class NumpyRandom(Comparing):
    def __init__(self) -> None:
        super().__init__()
        self.generator = np.random.default_rng(0)

    def forward(self, x: Any) -> Any:
        return self.network([xi * float(self.generator.random()) for xi in x])


class GlobalRandom(Comparing):
    def forward(self, x: Any) -> Any:
        return self.network([xi * random.random() for xi in x])


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (CallCounting, r"CallCounting\.calls changes when the model is called"),
        (Remembering, r"Remembering\.seen changes"),
        (Averaging, r"Averaging\.mean changes"),
        (OwnRandom, r"OwnRandom\.random changes.*nn\.Dropout"),
        (NumpyRandom, r"NumpyRandom\.generator changes"),
        (GlobalRandom, r"`random` is drawn from.*nn\.Dropout"),
    ],
)
def test_a_model_that_changes_itself_is_refused_by_name(model, name):
    refused(name, make=model)
    refused(name, make=lambda: Sequential(model(), Layer(1, 1)))


class Doubling(MLP):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return 2.0 * super().__call__(*args, **kwargs)


def test_an_overridden_call_is_followed():
    assert_same(make=lambda: Doubling(2, [3, 1], activation="tanh", seed=1))


class Batched(Module):
    def __init__(self) -> None:
        self.network = network()
        self.batches = 0

    def forward(self, x: Any) -> Any:
        return self.network(x)

    def batch(self, rows: Any) -> list[Any]:
        self.batches += 1
        outputs = [self.network(row) for row in rows]
        mean = sum(outputs[1:], outputs[0]) / len(outputs)
        return [output - mean for output in outputs]


@pytest.mark.parametrize("wrap", [lambda model: model, lambda model: Sequential(model)])
def test_an_overridden_batch_is_called_eagerly_and_refused_natively(wrap):
    model = Batched()
    settings = {"loss": half_squared_error, "progress": False, "epochs": 5, "batch_size": 2}
    fit(wrap(model), XOR, EXCLUSIVE, optimizer=SGD(model.parameters(), lr=0.1), **settings)
    assert model.batches == 10
    with pytest.raises(ValueError, match=r"a batch\(\) of its own"):
        fit(wrap(model), XOR, EXCLUSIVE, optimizer=SGD(model.parameters(), lr=0.1), native=True, **settings)


# What a callback changes ---------------------------------------------------------------------------------------------


def clip_weights(model: Any, optimizer: Any, epoch: int, loss: float) -> None:
    for p in model.parameters():
        p.data = max(-0.3, min(0.3, p.data))


def go_back() -> Callable[..., None]:
    kept: list[Any] = []

    def hook(model: Any, optimizer: Any, epoch: int, loss: float) -> None:
        kept.append(model.state_dict())
        if epoch % 3 == 0:
            model.load_state_dict(kept[0])

    return hook


def reset_memory(model: Any, optimizer: Any, epoch: int, loss: float) -> None:
    optimizer.memory = [optimizer.start] * len(optimizer.parameters)
    optimizer.steps = 0


def halve(model: Any, optimizer: Any, epoch: int, loss: float) -> None:
    optimizer.lr /= 2


@pytest.mark.parametrize("batch_size", [None, 3])
@pytest.mark.parametrize(
    ("optimizer", "hook"),
    [(SGD, lambda: clip_weights), (SGD, go_back), (Adam, lambda: reset_memory), (Adam, lambda: halve)],
)
def test_what_a_callback_writes_is_read_back(optimizer, hook, batch_size):
    losses, *_ = run(False, optimizer=optimizer, hook=hook(), batch_size=batch_size)
    assert_same_with(hook, optimizer=optimizer, batch_size=batch_size)
    assert losses != run(False, optimizer=optimizer, batch_size=batch_size)[0]  # the callback did something


def assert_same_with(hook: Callable[[], Any], **settings: Any) -> None:
    """Compare runs that each have a fresh callback."""
    assert run(True, hook=hook(), **settings) == run(False, hook=hook(), **settings)


@pytest.mark.parametrize("kind", [float, Value])
def test_a_coefficient_that_a_callback_changes_is_followed(kind):
    def annealed(native: bool) -> tuple:
        beta = [kind(0.0)]

        def loss(o: Any, t: Any) -> Any:
            return half_squared_error(o, t) + beta[0] * (o * o)

        def anneal(model: Any, optimizer: Any, epoch: int, loss: float) -> None:
            if kind is Value:
                beta[0].data = 0.1 * epoch
            else:
                beta[0] = 0.1 * epoch

        return run(native, loss=loss, hook=anneal)

    eager = annealed(False)
    assert annealed(True) == eager
    assert eager != run(False)


def test_an_annealed_coefficient_is_compiled_twice_at_most():
    """Once as a constant, once as a column, for the loss and for the validation loss."""
    from autograd.compiler.runtime.strategy import cached_kernel

    beta = Value(0.017)

    def anneal(model: Any, optimizer: Any, epoch: int, loss: float) -> None:
        beta.data += 0.001

    settings = {"loss": lambda o, t: half_squared_error(o, t) + beta * o**4, "validation": (XOR, EXCLUSIVE)}
    before = cached_kernel.cache_info().misses
    run(True, hook=anneal, epochs=20, **settings)
    assert cached_kernel.cache_info().misses - before <= 4
    beta.data = 0.017
    native = run(True, hook=anneal, epochs=20, batch_size=3, **settings)
    beta.data = 0.017
    assert native == run(False, hook=anneal, epochs=20, batch_size=3, **settings)


def test_an_exponent_that_a_callback_changes_is_followed():
    def trained(native: bool) -> tuple:
        exponent = [2.0]

        def harden(model: Any, optimizer: Any, epoch: int, loss: float) -> None:
            exponent[0] += 1.0

        return run(native, loss=lambda o, t: (o - t) ** exponent[0], hook=harden)

    assert trained(True) == trained(False)


def test_a_model_whose_structure_a_callback_changes_is_followed():
    """Dropout that ends half-way: model.eval() in the callback."""

    def stop_dropping(model: Any, optimizer: Any, epoch: int, loss: float) -> None:
        if epoch == 4:
            model.eval()

    make = lambda: Sequential(Layer(2, 8, "tanh", seed=1), Dropout(0.5), Layer(8, 1, "identity", seed=2))  # noqa: E731
    assert_same(make=make, hook=stop_dropping)


# Random draws --------------------------------------------------------------------------------------------------------


class Scaled(Noise):
    """Noise of one's own, with a parameter that decides how much."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = parameter(0.1)

    def draw(self, random: random.Random) -> float:
        return random.uniform(-1.0, 1.0)

    def forward(self, xs: Any) -> Any:
        return [x + self.scale * self.sample() for x in xs] if self.training else xs


@pytest.mark.parametrize("batch_size", [None, 3, 1])
@pytest.mark.parametrize(
    "noise",
    [lambda: Dropout(0.5), lambda: Dropout(0.0), lambda: GaussianNoise(0.3), Scaled, lambda: MLP(8, [8], seed=0)],
)
def test_draws_are_the_same_eagerly_and_natively(noise, batch_size):
    make = lambda: Sequential(Layer(2, 8, "tanh", seed=1), noise(), Layer(8, 1, "identity", seed=2))  # noqa: E731
    settings = {"make": make, "batch_size": batch_size, "lr": 0.05, "validation": (XOR, EXCLUSIVE)}
    losses, *_ = assert_same(**settings, seed=1)
    if not isinstance(noise(), MLP) and getattr(noise(), "p", 1.0):
        assert losses != run(False, **settings, seed=2)[0]


def test_eleven_rows_and_two_sources_have_the_same_draws():
    """Training visits rows in eight running totals: draws are made in that order."""

    def trained(native: bool) -> tuple:
        model = Sequential(
            GaussianNoise(0.1), Layer(1, 4, "tanh", seed=1), Dropout(0.3), Layer(4, 1, "identity", seed=1)
        )
        history = fit(
            model, [[0.1 * k] for k in range(11)], [0.2 * k for k in range(11)], loss=half_squared_error, epochs=6,
            optimizer=Adam(model.parameters(), lr=0.05), progress=False, native=native, batch_size=9,
        )  # fmt: skip
        return list(history), model.state_dict()

    assert trained(True) == trained(False)


def test_dropout_drops_its_share_and_keeps_the_mean():
    drop = Dropout(0.25, seed=3)
    ys = drop([1.0] * 20_000)
    assert set(ys) == {0.0, 1.0 / 0.75}
    assert sum(y == 0.0 for y in ys) / 20_000 == pytest.approx(0.25, abs=0.01)  # three standard deviations
    assert drop.eval()([1.0, 2.0]) == [1.0, 2.0]
    for bad in (1.0, -0.1, True, float("nan")):
        with pytest.raises(ValueError, match="p must be a probability from 0 to below 1"):
            Dropout(bad)


# Clipping, weights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 3])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("optimizer", [SGD, Adam])
@pytest.mark.parametrize("limits", [{"clip_value": 0.01}, {"clip_norm": 0.02}, {"clip_value": 0.01, "clip_norm": 0.02}])
def test_clipping_has_the_same_bits(limits, optimizer, reduction, batch_size):
    settings = {"optimizer": optimizer, "reduction": reduction, "batch_size": batch_size}
    assert assert_same(**limits, **settings) != run(False, **settings)


@pytest.mark.parametrize("batch_size", [None, 3])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_sample_weights_have_the_same_bits(reduction, batch_size):
    settings = {"reduction": reduction, "batch_size": batch_size, "loss": binary_cross_entropy_with_logits}
    assert assert_same(sample_weight=[1.0, 3.0, 0.5, 0.0], **settings) != run(False, **settings)


class Shrinking(SGD):
    """Its rate follows the optimizer's own count of steps, without being a schedule."""

    @property
    def lr(self) -> float:
        return 0.5 / (1 + getattr(self, "steps", 0))

    @lr.setter
    def lr(self, rate: float) -> None:
        pass


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [
        (lambda parameters, lr: SGD(parameters, lambda steps, asked=[0]: asked.append(0) or lr / len(asked)), "SGD"),
        (lambda parameters, lr: SGD(parameters, lambda steps: random.uniform(0.1, 0.5)), "SGD"),
        (Shrinking, "Shrinking"),
    ],
)
def test_a_rate_that_is_no_function_of_the_steps_is_refused(optimizer, name: str):
    refused(
        rf"{name}\.lr is .* after \d steps, and asked again .*: make it a number, or a function", optimizer=optimizer
    )


def test_a_parameter_of_the_loss_that_is_not_trained_is_read_at_each_call():
    def trained(native: bool) -> tuple:
        weight = parameter(1.0)

        def anneal(model: Any, optimizer: Any, epoch: int, loss: float) -> None:
            weight.data *= 0.5

        return run(native, loss=lambda output, target: weight * (output - target) ** 2, hook=anneal)

    assert trained(True) == trained(False)
    assert trained(False)[0] != run(False, loss=lambda output, target: (output - target) ** 2)[0]


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("memory", [[(0.0,)], [(0.0, 0.0)] * 13, []])
def test_a_memory_that_does_not_fit_is_refused_where_a_callback_wrote_it(memory, native: bool):
    def forget(model: Any, optimizer: Any, epoch: int, loss: float) -> None:
        optimizer.memory = memory

    with pytest.raises(ValueError, match=r"^SGD\.memory must have 1 numbers for each of the 13 parameters"):
        run(native, hook=forget)
