"""Schedules: their formulas, and training with them, eager and native."""

from __future__ import annotations

import math

import pytest

from nn import MLP, SGD, Adam, fit, half_squared_error, parameter, piecewise_constant, warmup_cosine

XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
EXCLUSIVE = [0.0, 1.0, 1.0, 0.0]


def test_each_value_holds_from_its_step_on():
    schedule = piecewise_constant({20: 0.01, 0: 0.005, 1000: 0.001})
    assert [schedule(step) for step in (0, 1, 19, 20, 999, 1000, 10**9)] == [0.005] * 3 + [0.01] * 2 + [0.001] * 2


@pytest.mark.parametrize("values", [{}, {1: 0.1}, {-1: 0.1, 0: 0.1}, {0: 0.1, 2.5: 0.2}, {False: 0.1}])
def test_values_must_begin_with_the_first_step(values):
    with pytest.raises(ValueError, match="with one for step 0, got"):
        piecewise_constant(values)


def test_cosine_is_equation_5():
    schedule = warmup_cosine(0.3, steps=100, end=0.1)
    expected = [0.1 + 0.5 * (0.3 - 0.1) * (1 + math.cos(math.pi * t / 100)) for t in range(101)]
    assert [schedule(t) for t in range(101)] == pytest.approx(expected, rel=1e-15)
    assert schedule(100) == schedule(5000) == 0.1


def test_warm_up_rises_evenly_to_the_peak():
    schedule = warmup_cosine(1.0, steps=12, warmup=4)
    assert [schedule(t) for t in range(5)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert schedule(8) == pytest.approx(0.5)
    assert schedule(12) == 0.0


@pytest.mark.parametrize(("steps", "warmup"), [(0, 0), (5, 5), (5.0, 0), (True, 0), (5, -1), (5, 1.5)])
def test_lengths_must_be_counts(steps, warmup):
    with pytest.raises(ValueError, match=r"(steps|warmup) must be an int of at least"):
        warmup_cosine(0.1, steps, warmup)


def test_a_schedule_is_asked_for_the_number_of_steps_taken():
    asked, p = [], parameter(0.0)

    def lr(step: int) -> float:
        asked.append(step)
        return 10.0**step

    optimizer = SGD([p], lr=lr)
    asked.clear()  # what is given is checked at once
    for _ in range(3):
        p.grad = -1.0
        optimizer.step()
    assert (asked, p.data) == ([0, 1, 2], 111.0)


def test_momentum_may_change_as_in_the_paper():
    """Epsilon 0.005 and alpha 0.5, then 0.01 and 0.9: the last change is carried over as it was."""
    p = parameter(0.0)
    optimizer = SGD([p], piecewise_constant({0: 0.005, 2: 0.01}), piecewise_constant({0: 0.5, 2: 0.9}))
    changes = [0.0]
    for step in range(4):
        epsilon, alpha = (0.005, 0.5) if step < 2 else (0.01, 0.9)
        changes.append(-epsilon * 1.0 + alpha * changes[-1])
        p.grad = 1.0
        optimizer.step()
        assert p.data == pytest.approx(sum(changes), rel=1e-14)


SCHEDULED = {
    "lr": lambda ps: SGD(ps, lr=piecewise_constant({0: 0.1, 7: 0.5, 30: 0.2}), momentum=0.5),
    "momentum": lambda ps: SGD(ps, lr=0.3, momentum=piecewise_constant({0: 0.5, 20: 0.9})),
    "both, from step to step": lambda ps: SGD(ps, warmup_cosine(0.5, 40, 5), lambda step: 0.9 - 0.4 / (step + 1)),
    "decay": lambda ps: SGD(ps, 0.3, 0.9, decoupled_decay=piecewise_constant({0: 0.0, 10: 0.002})),
    "Adam": lambda ps: Adam(ps, lr=warmup_cosine(0.05, 40, 5)),
}


@pytest.mark.parametrize("batch_size", [None, 3])
@pytest.mark.parametrize("make", SCHEDULED.values(), ids=SCHEDULED)
def test_native_training_keeps_to_the_schedule(make, batch_size):
    def trained(native: bool, *epochs: int) -> tuple[list[float], list[float]]:
        model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=0)
        optimizer, losses = make(model.parameters()), []
        for count in epochs:
            losses += fit(
                model, XOR, EXCLUSIVE, loss=half_squared_error, optimizer=optimizer, epochs=count,
                batch_size=batch_size, reduction="sum", progress=False, native=native,
            )  # fmt: skip
        return losses, [p.data for p in model.parameters()]

    losses, data = trained(False, 50)
    native_losses, native_data = trained(True, 50)
    assert native_losses == pytest.approx(losses, rel=1e-11)
    assert native_data == pytest.approx(data, rel=1e-10)
    if batch_size is None:  # with batches, each fit draws its own
        assert trained(True, 15, 35) == (native_losses, native_data)


@pytest.mark.parametrize("native", [False, True])
def test_a_bad_number_stops_before_its_step(native: bool):
    model = MLP(2, [1])
    optimizer = SGD(model.parameters(), lr=piecewise_constant({0: 0.1, 3: math.nan}))
    with pytest.raises(
        ValueError, match="lr must be a number from 0 to below inf, got nan from its schedule after 3 st"
    ):
        fit(
            model, XOR, EXCLUSIVE, loss=half_squared_error, optimizer=optimizer, epochs=10, progress=False,
            native=native,
        )  # fmt: skip
    assert optimizer.steps <= 3
    assert all(math.isfinite(p.data) for p in model.parameters())


def test_a_bad_first_number_is_refused_at_once():
    with pytest.raises(ValueError, match=r"momentum must be .* got 1.0 from its schedule after 0 steps"):
        SGD([parameter(1.0)], lr=0.1, momentum=lambda step: 1.0)


def test_constants_need_no_constant_runs():
    optimizer = SGD([parameter(1.0)], lr=0.1)
    assert list(optimizer.constant_runs(7, 10**12)) == [((0.1, 0.0, 0.0, 0.0), 10**12)]


def test_steps_of_equal_settings_go_together():
    optimizer = SGD([parameter(1.0)], lr=piecewise_constant({0: 0.1, 10: 0.2, 12: 0.1}), decoupled_decay=0.002)
    found = [(settings[0], steps) for settings, steps in optimizer.constant_runs(5, 20)]
    assert found == [(0.1, 5), (0.2, 2), (0.1, 13)]
