"""A small share of `prove/training.py` holds, and it sees what it looks for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import training
from calls import DEMOS, caught

import nn.eager_training
import nn.training
from nn.anomalies import TrainingState

FEW = ("xor", "landscape")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "DEMOS", {name: DEMOS[name] for name in FEW})


def test_a_share_of_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "same_process", lambda calls, seen: training.Claim("", "", 0, "", True))  # seconds
    monkeypatch.chdir(tmp_path)
    assert training.main(["--share", "0.05"]) == 0
    rows = json.loads((tmp_path / "out/trust/training.json").read_text())
    assert [row["tried"] for row in rows] == [16, 0, 4, 4, 18, 4]


def test_another_order_of_summing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nn.eager_training, "TOTALS", 1)
    claim = training.same_bits({"moons": caught("moons")}, 200)
    assert not claim.holds
    assert "moons, batches of None" in claim.worst


def test_weights_that_are_not_kept_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = {"xor": caught("xor")}
    assert training.keeps_the_weights(calls).holds
    monkeypatch.setattr(TrainingState, "restore", lambda self, *places: None)
    assert not training.keeps_the_weights(calls).holds
    assert not training.names_the_row(calls, 200).holds


def test_a_wrong_row_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = nn.training.training_rows
    monkeypatch.setattr(
        nn.training, "training_rows", lambda *data: [row._replace(number=3 - row.number) for row in rows(*data)]
    )
    assert "is not to blame" in training.names_the_row({"xor": caught("xor")}, 200).worst
