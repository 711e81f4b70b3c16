"""The study of XOR: what counts as solved, what hidden units compute, and what momentum does, on a few seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demos.studies import xor_study as study


def test_direct_links_solve_it_with_one_hidden_unit():
    network, run = study.learn(study.SETTINGS[2], 1, 2000)
    assert run.solved is not None
    assert run.solved < len(run.losses) < 2000
    assert len(network.parameters()) == 7
    assert [round(network(row).data) for row in study.INPUTS] == study.TARGETS


def test_momentum_is_several_times_as_fast():
    with_momentum, without = (
        [study.learn(setting, seed, 2000)[1] for seed in range(4)] for setting in study.SETTINGS[:2]
    )
    assert 4 * study.median_sweeps(with_momentum) < study.median_sweeps(without)


def test_hidden_units_are_named_by_what_they_compute():
    network = study.two_two_one()
    state = dict.fromkeys(network.state_dict(), 0.0)
    state |= {f"layers.0.neurons.{k}.weights.{j}": 10.0 for k in (0, 1) for j in (0, 1)}
    state |= {"layers.0.neurons.0.bias": -15.0, "layers.0.neurons.1.bias": -5.0}
    network.load_state_dict(state)
    assert [study.unit_name(network, unit) for unit in (0, 1)] == ["x1 and x2", "x1 or x2"]


def test_it_draws_and_tells_even_where_nothing_is_solved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    study.main(["--runs", "2", "--sweeps", "3"])
    rows = json.loads((tmp_path / "out" / "xor_study.json").read_text("utf-8"))["rows"]
    assert [(row["source"], row["ours"]) for row in rows[:4]] == [("", "over 3")] * 2 + [("558", "over 3")] * 2
    assert (tmp_path / "out" / "xor-study.svg").exists()
