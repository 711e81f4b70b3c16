"""The moons demo: it learns its points and new ones, with the steps that eager training would take."""

from __future__ import annotations

from pathlib import Path

import pytest

from demos import moons


@pytest.mark.parametrize("seed", [1, 2])
def test_it_learns_its_points_and_new_ones(seed: int):
    model, losses = moons.learn(seed)
    assert len(losses) == moons.STEPS
    assert moons.accuracy(model, moons.moons(moons.POINTS, seed)) == 1.0
    assert moons.accuracy(model, moons.moons(500, seed + 1000)) > 0.95


def test_native_steps_are_eager_steps():
    """They are, with a learning rate that falls from step to step."""
    assert moons.learn(1, 5)[1] == pytest.approx(moons.learn(1, 5, native=False)[1], rel=1e-9)


def test_half_the_points_lie_on_each_moon():
    points, targets = moons.moons(1000, 0)
    assert sum(targets) == 0.0
    upper, lower = ([p for p, t in zip(points, targets, strict=True) if t == sign] for sign in (-1.0, 1.0))
    for moon, (x, y) in ((upper, (0.0, 0.0)), (lower, (1.0, 0.5))):  # noisy circles of radius 1
        radii = [((a - x) ** 2 + (b - y) ** 2) ** 0.5 for a, b in moon]
        assert sum(radii) / len(radii) == pytest.approx(1.0, abs=0.02)


def test_it_draws_and_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    moons.main(["--runs", "1"])
    names = {"moons.svg", "moons.json", "moons-graph.svg", "moons-steps.html"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert "337" in capsys.readouterr().out
