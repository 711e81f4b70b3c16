"""The landscape demo: a saddle and a plateau that are what it says, and runs that get stuck."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from demos import landscape
from nn import half_squared_error


def test_the_loss_is_the_model_s():
    model = landscape.start(3)
    point = np.array([parameter.data for parameter in model.parameters()])
    rows = zip(landscape.INPUTS, landscape.TARGETS, strict=True)
    eager = sum(half_squared_error(model(row), target).data for row, target in rows)
    assert landscape.losses_at(point[None, :]) == pytest.approx(eager, rel=1e-14)
    assert landscape.losses_at(np.zeros((2, 3, 9))).tolist() == [[0.5] * 3] * 2


def test_one_start_leads_to_the_plateau_and_to_a_solution():
    sgd, momentum = (landscape.trace(setting, 17, 5000) for setting in landscape.SETTINGS[:2])
    assert sgd.points[0].tolist() == momentum.points[0].tolist()
    assert sgd.losses[-1] == pytest.approx(0.25, abs=0.01)
    assert momentum.losses[-1] < 0.01
    assert [landscape.run(setting, 17, 5000).stuck for setting in landscape.SETTINGS[:2]] == [True, False]

    at = landscape.saddle(sgd)
    assert sgd.losses[at] == pytest.approx(0.5, abs=0.01)
    assert (landscape.curvatures(sgd.points[at]) < -1e-3).sum() == 2  # down along two directions
    assert landscape.curvatures(sgd.points[-1]).min() > 0.0  # up along all on the plateau
    assert landscape.slope(sgd.points[-1]) < landscape.slope(sgd.points[1000]) < landscape.slope(sgd.points[500])
    assert np.linalg.norm(sgd.points[-1]) > np.linalg.norm(sgd.points[1000])  # the weights still grow


def test_plateaus_are_named_by_the_nearest_loss():
    assert [landscape.plateau(loss)[:3] for loss in (0.2501, 0.334, 0.499)] == ["two", "thr", "all"]


@pytest.mark.parametrize(("seed", "parted"), [("17", True), ("0", False)])
def test_it_draws_and_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: str, parted: bool):
    monkeypatch.chdir(tmp_path)
    landscape.main(["--seed", seed, "--runs", "1", "--sweeps", "2000"])
    rows = json.loads((tmp_path / "out" / "landscape.json").read_text("utf-8"))["rows"]
    assert [row["what"] for row in rows[:3]] == [f"stuck, {setting.name}" for setting in landscape.SETTINGS]
    assert [row["ours"] for row in rows[:2]] == ["1 of 1" if parted else "0 of 1", "0 of 1"]
    assert len(rows) == (5 if parted else 3)
    assert (tmp_path / "out" / "landscape.svg").exists()
