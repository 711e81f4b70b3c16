"""Optimizers: the published rules step by step, and what they refuse."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest

from autograd import Value, check_grads
from nn import (
    MLP,
    SGD,
    Adam,
    AdamW,
    fit,
    half_squared_error,
    parameter,
    piecewise_constant,
    uniform,
    warmup_cosine,
)

GRADIENTS = [0.5, -1.25, 3.0, 0.0, -0.125]


def path(optimizer_of, gradients: list[float], start: float = 1.0) -> list[float]:
    """Where a parameter goes under a run of gradients."""
    p = parameter(start)
    optimizer, visited = optimizer_of([p]), []
    for gradient in gradients:
        p.grad = gradient
        optimizer.step()
        visited.append(p.data)
    return visited


def test_gradient_descent_steps_down_the_slope():
    assert path(lambda ps: SGD(ps, lr=0.5), GRADIENTS) == [0.75, 1.375, -0.125, -0.125, -0.0625]


def test_momentum_is_the_rule_of_1986():
    """change(t) = -eta * gradient + alpha * change(t - 1), written out by hand for eta 1/2 and alpha 1/4."""
    changes = [
        -0.25,
        0.625 - 0.0625,
        -1.5 + 0.25 * 0.5625,
        0.25 * (-1.5 + 0.140625),
        0.0625 + 0.25 * 0.25 * (-1.5 + 0.140625),
    ]
    expected = [1.0 + sum(changes[: k + 1]) for k in range(5)]
    assert path(lambda ps: SGD(ps, lr=0.5, momentum=0.25), GRADIENTS) == pytest.approx(expected, rel=1e-15)


def test_the_memory_is_the_last_change_even_when_lr_changes():
    """PyTorch's rule would multiply what momentum carries by the new lr; the paper's does not."""
    p = parameter(0.0)
    optimizer = SGD([p], lr=1.0, momentum=0.5)
    p.grad = 1.0
    optimizer.step()
    optimizer.lr, p.grad = 0.0, 1.0
    optimizer.step()
    assert (p.data, optimizer.memory) == (-1.5, [(-0.5,)])


def test_weight_decay_adds_to_the_gradient():
    assert path(lambda ps: SGD(ps, lr=0.5, weight_decay=0.1), [0.0, 1.0], start=2.0) == pytest.approx([1.9, 1.305])
    with_momentum = path(lambda ps: SGD(ps, lr=0.5, momentum=0.5, weight_decay=0.1), [0.0, 0.0], start=2.0)
    assert with_momentum == pytest.approx([1.9, 1.9 - 0.5 * 0.19 - 0.05])


def test_decoupled_decay_is_that_of_figure_4():
    """Each weight is decremented by 0.2 % after each change; what momentum carries on is the change without it."""
    w, change, expected = 2.0, 0.0, []
    for gradient in GRADIENTS:
        change = -0.01 * gradient + 0.9 * change
        w = (w + change) * 0.998
        expected.append(w)
    assert path(lambda ps: SGD(ps, 0.01, 0.9, decoupled_decay=0.002), GRADIENTS, 2.0) == pytest.approx(
        expected, rel=1e-15
    )
    without_gradient = path(lambda ps: SGD(ps, 0.01, 0.9, decoupled_decay=0.002), [0.0] * 3, 2.0)
    assert without_gradient == pytest.approx([2.0 * 0.998, 2.0 * 0.998**2, 2.0 * 0.998**3], rel=1e-15)


def test_decoupled_decay_is_not_scaled_by_lr():
    for lr in (0.01, 10.0):
        assert path(lambda ps, lr=lr: SGD(ps, lr, decoupled_decay=0.5), [0.0]) == [0.5]
        assert path(lambda ps, lr=lr: SGD(ps, lr, weight_decay=0.5), [0.0]) == [1.0 - lr * 0.5]


def test_no_decay_changes_no_bit():
    for start in (0.1, -3.7e-300, 1e308, -0.0):
        assert path(lambda ps: SGD(ps, 0.0), [0.0], start) == [start]


@pytest.mark.parametrize("settings", [{}, {"lr": 0.3, "beta1": 0.5, "beta2": 0.75, "epsilon": 0.1}])
def test_adam_is_algorithm_1(settings: dict):
    """Written out in the paper's terms: running means as weighted sums of all the gradients so far."""
    alpha, beta1, beta2, epsilon = ({"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8} | settings).values()
    theta, expected = 1.0, []
    for t in range(1, len(GRADIENTS) + 1):
        m = (1 - beta1) * sum(beta1 ** (t - i) * g for i, g in enumerate(GRADIENTS[:t], start=1))
        v = (1 - beta2) * sum(beta2 ** (t - i) * g**2 for i, g in enumerate(GRADIENTS[:t], start=1))
        theta -= alpha * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + epsilon)
        expected.append(theta)
    assert path(lambda ps: Adam(ps, **settings), GRADIENTS) == pytest.approx(expected, rel=1e-13)


def test_adams_defaults_are_the_papers():
    """Section 2: good default settings are 0.001, 0.9, 0.999 and 1e-8."""
    assert Adam([parameter(1.0)]).hyperparameters() == (0.001, 0.9, 0.999, 1e-8)


def test_adams_first_step_has_size_lr():
    for gradient in (1e-3, -5.0, 1e3):
        assert path(lambda ps: Adam(ps, lr=0.01), [gradient])[0] == pytest.approx(1 - math.copysign(0.01, gradient))


def test_a_parameter_without_gradient_stays():
    assert path(Adam, [0.0, 0.0]) == [1.0, 1.0]
    assert path(lambda ps: SGD(ps, 0.1, 0.9), [0.0, 0.0]) == [1.0, 1.0]


@pytest.mark.parametrize("optimizer_of", [lambda ps: SGD(ps, 0.1, 0.9, 0.01), Adam])
def test_parameters_do_not_mix(optimizer_of):
    """Two parameters trained together go where each goes alone."""
    together = [parameter(1.0), parameter(1.0)]
    optimizer, visited = optimizer_of(together), []
    for gradient in GRADIENTS:
        together[0].grad, together[1].grad = gradient, -2.0 * gradient
        optimizer.step()
        visited.append([p.data for p in together])
    alone = zip(path(optimizer_of, GRADIENTS), path(optimizer_of, [-2.0 * g for g in GRADIENTS]), strict=True)
    assert visited == [list(pair) for pair in alone]


@pytest.mark.parametrize(
    ("optimizer", "memory", "hyperparameters"),
    [(SGD, (0.3,), (0.1, 0.9, 0.01, 0.002)), (Adam, (0.3, 0.2), (0.01, 0.9, 0.999, 1e-8))],
)
def test_a_rule_can_be_recorded(optimizer, memory, hyperparameters):
    """The rule on Values gives the very numbers, and derivatives of the update on top."""
    size = len(memory)

    def rule(data, grad, step, *rest):
        new, kept = optimizer.rule(data, grad, rest[:size], step, *rest[size:])
        return [new, *kept]

    numbers = [0.7, -0.4, 3.0, *memory, *hyperparameters]
    assert [value.data for value in rule(*map(Value, numbers))] == rule(*numbers)
    check_grads(rule, numbers, order=1)


def test_zero_grad():
    ps = [parameter(1.0), parameter(2.0)]
    for p in ps:
        p.grad = 5.0
    SGD(ps, lr=0.1).zero_grad()
    assert [p.grad for p in ps] == [0.0, 0.0]


def test_a_step_lowers_the_loss():
    for optimizer_of in (lambda ps: SGD(ps, lr=0.05), Adam):
        model = MLP(2, [3, 1], activation="tanh")
        optimizer, losses = optimizer_of(model.parameters()), []
        for _ in range(5):
            loss = half_squared_error(model([0.5, -1.0]), 2.0)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.data)
        assert losses == sorted(losses, reverse=True)
        assert len(set(losses)) == 5


RANGES = [(cls, name, low, high) for cls in (SGD, Adam) for name, low, high in cls.ranges]


@pytest.mark.parametrize(("cls", "name", "low", "high"), RANGES)
@pytest.mark.parametrize(
    "bad", [-0.1, math.nan, math.inf, pytest.param(10**309, id="10**309"), "0.1", None, True, 1j, Value(0.1)]
)
def test_bad_hyperparameters_are_refused_by_name_and_value(cls, name, low, high, bad):
    settings = {"lr": 0.1} | {name: bad}
    with pytest.raises(ValueError, match=rf"^{name} must be a number from {low:g} to below {high:g}, got ") as caught:
        cls([parameter(1.0)], **settings)
    assert str(caught.value).endswith(repr(bad))


def test_the_ends_of_the_ranges():
    ps = [parameter(1.0)]
    SGD(ps, lr=0, momentum=0, weight_decay=0)
    Adam(ps, lr=0, beta1=0, beta2=0, epsilon=1e-30)
    for name in ("beta1", "beta2"):
        with pytest.raises(ValueError, match=f"{name} must be"):
            Adam(ps, **{name: 1.0})
    for name in ("momentum", "decoupled_decay"):
        with pytest.raises(ValueError, match=f"{name} must be"):
            SGD(ps, 0.1, **{name: 1.0})
    for epsilon in (0.0, math.nextafter(1e-30, 0.0)):
        with pytest.raises(ValueError, match="epsilon must be"):
            Adam(ps, epsilon=epsilon)


def test_a_bad_hyperparameter_is_refused_before_anything_moves():
    p = parameter(1.0)
    optimizer = SGD([p], lr=0.1)
    p.grad, optimizer.lr = 1.0, math.nan
    with pytest.raises(ValueError, match=r"lr must be .* got nan"):
        optimizer.step()
    assert (p.data, optimizer.steps, optimizer.memory) == (1.0, 0, [(0.0,)])


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ([], ValueError, "at least one parameter"),
        (MLP(1, [1]), TypeError, r"pass model.parameters\(\)"),
        ([1.0], TypeError, "got float 1.0 at position 0"),
        ([parameter(1.0), Value(1.0) * 2.0], ValueError, "a computed node at position 1"),
        ([parameter(1.0)] * 2, ValueError, "each parameter once"),
    ],
)
def test_what_cannot_be_trained_is_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        SGD(parameters, lr=0.1)


def test_parameters_may_come_from_an_iterator():
    model = MLP(1, [1])
    assert SGD(iter(model.parameters()), lr=0.1).parameters == model.parameters()


@pytest.mark.parametrize("lr", [np.float32(0.5), np.float64(0.5), np.int64(1), 1])
def test_numpy_numbers_are_hyperparameters(lr):
    p = parameter(1.0)
    optimizer = SGD([p], lr=lr)
    p.grad = 1.0
    optimizer.step()
    assert p.data == 1.0 - float(lr)
    assert type(p.data) is float


def adamw_by_hand(lr, beta1, beta2, epsilon, weight_decay, eta) -> list[float]:
    """Algorithm 2, line by line, with the decay where the paper has it."""
    theta, m, v, visited = 1.0, 0.0, 0.0, []
    for t, g in enumerate(GRADIENTS, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta -= eta * (lr * m_hat / (math.sqrt(v_hat) + epsilon) + weight_decay * theta)
        visited.append(theta)
    return visited


@pytest.mark.parametrize("settings", [(0.01, 0.9, 0.999, 1e-8, 0.02, 1.0), (0.3, 0.5, 0.75, 0.1, 0.1, 0.25)])
def test_adamw_is_algorithm_2(settings):
    assert path(lambda ps: AdamW(ps, *settings), GRADIENTS) == pytest.approx(adamw_by_hand(*settings), rel=1e-13)


def test_the_decay_of_adamw_is_decoupled():
    """Neither lr nor the gradient's running means touch it; without it, AdamW is Adam."""
    assert path(lambda ps: AdamW(ps, lr=0.0, weight_decay=0.25), [3.0, -5.0]) == [0.75, 0.5625]
    assert path(lambda ps: AdamW(ps, lr=0.1, weight_decay=0.0), GRADIENTS) == path(
        lambda ps: Adam(ps, lr=0.1), GRADIENTS
    )


@pytest.mark.parametrize("make", [lambda ps: SGD(ps, 0.1, 0.9, 1e-3, 1e-3), Adam, AdamW])
def test_the_state_takes_training_on(make):
    """Three steps, the state into another optimizer, two more steps: where five steps lead."""
    p = parameter(1.0)
    optimizer = make([p])
    for gradient in GRADIENTS[:3]:
        p.grad = gradient
        optimizer.step()
    twin = parameter(p.data)
    other = make([twin])
    other.load_state_dict(json.loads(json.dumps(optimizer.state_dict())))
    for gradient in GRADIENTS[3:]:
        twin.grad = gradient
        other.step()
    assert twin.data == path(make, GRADIENTS)[-1]
    assert other.steps == 5


def test_the_state_has_hyperparameters_that_were_assigned():
    optimizer = SGD([parameter(1.0)], lr=0.1)
    optimizer.lr = 0.025
    other = SGD([parameter(1.0)], lr=0.5)
    other.load_state_dict(optimizer.state_dict())
    assert other.lr == 0.025


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (None, "expected the state of an optimizer"),
        ({}, "expected the state of an optimizer"),
        (
            SGD([parameter(1.0), parameter(2.0)], 0.1).state_dict(),
            "of 2 parameters, and this SGD has 1",
        ),
        (Adam([parameter(1.0)]).state_dict(), "SGD remembers 1 numbers of each parameter"),
        (SGD([parameter(1.0)], 0.1).state_dict() | {"steps": -1}, "steps must be an int of at least 0, got -1"),
        (SGD([parameter(1.0)], 0.1).state_dict() | {"memory": [["x"]]}, "expected one real number, got str 'x'"),
        (
            SGD([parameter(1.0)], 0.1).state_dict() | {"hyperparameters": {"lr": 1.0}},
            "SGD has the hyperparameters",
        ),
        (SGD([parameter(1.0)], lambda step: 0.1).state_dict(), "lr is a schedule in the state and a number here"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(state, message):
    optimizer = SGD([parameter(1.0)], lr=0.1)
    before = optimizer.state_dict()
    with pytest.raises((TypeError, ValueError), match=message):
        optimizer.load_state_dict(state)
    assert optimizer.state_dict() == before


def test_a_number_in_the_state_of_a_schedule_is_refused_in_that_order():
    scheduled = SGD([parameter(1.0)], lr=lambda step: 0.1)
    with pytest.raises(ValueError, match="lr is a number in the state and a schedule here"):
        scheduled.load_state_dict(SGD([parameter(1.0)], lr=0.1).state_dict())


def test_an_array_without_dimensions_is_no_list_of_parameters():
    with pytest.raises(TypeError, match=r"expected a list of parameters.*pass model\.parameters\(\)"):
        SGD(np.array(parameter(1.0), dtype=object), lr=0.1)


def test_adamw_begins_at_torchs_rate():
    assert AdamW([parameter(1.0)]).lr == 1e-3


def test_optimizers_show_their_settings():
    model = MLP(2, [3, 1])
    assert repr(SGD(model.parameters(), lr=0.1, momentum=0.9)) == (
        "SGD(13 parameters, lr=0.1, momentum=0.9, weight_decay=0.0, decoupled_decay=0.0)"
    )
    assert "lr=WarmupCosine(peak=0.1, steps=10, warmup=2, end=0.0)" in repr(
        Adam(model.parameters(), lr=warmup_cosine(0.1, 10, 2))
    )


@pytest.mark.parametrize("lr", [0.1, warmup_cosine(0.1, 10, 2), piecewise_constant({0: 0.1, 2: 0.05})])
def test_optimizers_are_pickled_with_their_model(lr):
    model = MLP(1, [1], seed=1)
    optimizer = SGD(model.parameters(), lr=lr, momentum=0.9)
    settings = {"loss": half_squared_error, "progress": False, "epochs": 3}
    fit(model, [1.0, 2.0], [2.0, 4.0], optimizer=optimizer, **settings)
    copy, its_optimizer = pickle.loads(pickle.dumps((model, optimizer)))
    first = fit(model, [1.0, 2.0], [2.0, 4.0], optimizer=optimizer, **settings)
    assert fit(copy, [1.0, 2.0], [2.0, 4.0], optimizer=its_optimizer, **settings) == first
    assert copy.state_dict() == model.state_dict()


def test_initializations_are_pickled():
    initialization = pickle.loads(pickle.dumps(uniform(0.5)))
    assert MLP(2, [2], initialization=initialization, seed=1).state_dict() == (
        MLP(2, [2], initialization=uniform(0.5), seed=1).state_dict()
    )


@pytest.mark.parametrize("schedule", [lambda: 0.1, lambda steps, loss: 0.1])
def test_a_schedule_that_does_not_take_the_steps_is_refused_by_name(schedule):
    with pytest.raises(TypeError, match=r"^lr is called as a schedule, lr\(steps\), and .* does not fit: "):
        SGD([parameter(1.0)], lr=schedule)
