"""The momentum demo: what a step leaves of the distance is what theory says, and the wobble is less."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from demos import momentum

paths = {name: momentum.descend(make) for name, make in momentum.OPTIMIZERS.items()}


def test_a_step_leaves_what_theory_says():
    assert momentum.rate(paths["gradient descent"], 40, 100) == pytest.approx(momentum.PLAIN_RATE, abs=1e-9)
    early, late = (momentum.rate(paths["with momentum"], first, first + 50) for first in (50, 240))
    assert momentum.MOMENTUM_RATE < late < early < 1.02 * momentum.MOMENTUM_RATE


def test_momentum_arrives_first_and_wobbles_least():
    def way_across(path: list[tuple[float, float]]) -> float:
        return sum(abs(b[1] - a[1]) for a, b in pairwise(path))

    plain, with_momentum, _ = paths.values()
    assert 3 * momentum.arrival(with_momentum) < momentum.arrival(plain)
    assert 3 * way_across(with_momentum) < way_across(plain)
    assert all(momentum.distances(path)[-1] < momentum.ARRIVED for path in paths.values())


def test_it_draws_and_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    momentum.main([])
    names = {"momentum.svg", "momentum.json", "momentum-graph.svg", "momentum-steps.html"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert "0.951" in capsys.readouterr().out
