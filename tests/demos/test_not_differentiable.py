"""The step demo: no gradient, no movement, and what `fit` says; and the perceptron's rule behind a pretended slope."""

from __future__ import annotations

from pathlib import Path

import pytest

from demos import not_differentiable as flat
from nn import half_squared_error


@pytest.mark.parametrize("seed", range(5))
def test_a_step_stands_still_and_fit_says_so(seed: int):
    unit = flat.Unit(flat.step, seed)
    start = unit.state_dict()
    losses, warned = flat.train(unit, 1.0)
    assert unit.state_dict() == start
    assert len(set(losses)) == 1
    assert "training will stand still" in warned
    assert flat.largest_gradient(flat.step, seed) == 0.0 < flat.largest_gradient(flat.Value.sigmoid, seed)


@pytest.mark.parametrize("name", ["straight-through step", "sigmoid"])
@pytest.mark.parametrize("seed", range(5))
def test_the_ways_out_learn(name: str, seed: int):
    activation, lr = flat.ACTIVATIONS[name]
    unit = flat.Unit(activation, seed)
    assert flat.train(unit, lr)[1] == ""
    assert [unit(row).data > 0.5 for row in flat.INPUTS] == [False, False, False, True]


def test_straight_through_is_the_perceptrons_rule():
    unit = flat.Unit(flat.straight_through, 1)
    for row, target in zip(flat.INPUTS, flat.TARGETS, strict=True):
        unit.zero_grad()
        output = unit(row)
        half_squared_error(output, target).backward()
        assert output.data in (0.0, 0.5, 1.0)
        error = target - output.data
        assert [-parameter.grad for parameter in unit.parameters()] == [error * row[0], error * row[1], error]


def test_it_draws_and_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    flat.main([])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "not-differentiable.svg",
        "not_differentiable.json",
        "not-differentiable-graph.svg",
        "not-differentiable-steps.html",
    }
    assert "fit warns that every gradient is exactly 0" in capsys.readouterr().out
