"""The demo of vanishing gradients: what a layer leaves of the error signal, and who learns; on shallow networks."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from demos import vanishing_gradients as deep

KINDS = {kind.name: kind for kind in deep.KINDS}


@cache
def signals(name: str) -> list[float]:
    """The size of the error signal at each of 16 layers."""
    sizes: list[float] = deep.error_signals(KINDS[name], 16, seed=0, rows=4)
    return sizes


def test_there_is_a_size_for_every_layer():
    assert {len(signals(name)) for name in KINDS} == {16}


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("sigmoid", 0.15, 0.25),
        ("tanh", 0.8, 1.1),
        ("ReLU, He", 0.8, 1.2),
        ("ReLU, twice He", 1.7, 2.3),
        ("sigmoid, skip connections", 0.9, 1.1),
        ("sigmoid, layer normalisation", 0.8, 1.2),
        ("sigmoid, batch normalisation", 1.0, 1.4),
        ("tanh, skip and normalisation", 0.9, 1.25),
    ],
)
def test_what_a_layer_leaves_of_the_error_signal(name: str, low: float, high: float):
    assert low < deep.factor(signals(name)) < high


def test_the_size_is_that_of_the_gradients_at_the_net_inputs():
    """A single row and layers of known gradient: the last net input of a logit z has sigmoid(z) - target."""
    kind = KINDS["tanh"]
    (point,), (target,) = deep.centred_moons(1, 5)
    output = deep.network(kind, 4, deep.WIDTH, 5)(point)
    assert deep.error_signals(kind, 4, 5, rows=1)[-1] == pytest.approx(abs(output.sigmoid().data - target))


def test_skip_connections_learn_where_sigmoids_alone_do_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deep, "TRAINED_DEPTH", 16)
    alone, skipping = (deep.learn(KINDS[name], 0, 1, 200) for name in ("sigmoid", "tanh, skip and normalisation"))
    assert alone.xor[0] < 4
    assert alone.moons[0] < 0.6
    assert skipping.xor == skipping.alone == [4]
    assert skipping.moons[0] > 0.95


def test_batch_normalisation_learns_eagerly_what_it_answers_as_a_batch(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(deep, "TRAINED_DEPTH", 5)
    learned = deep.learn(KINDS["sigmoid, batch normalisation"], 0, runs=3, steps=320)
    assert learned.xor == [4]  # one run of a quarter of the steps
    assert learned.moons[0] > 0.8


def test_it_draws_and_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deep, "DEPTHS", (2, 6))
    monkeypatch.setattr(deep, "TRAINED_DEPTH", 4)
    monkeypatch.setattr(deep, "KINDS", [deep.KINDS[0], deep.KINDS[-1]])
    deep.main(["--steps", "2", "--runs", "1"])
    rows = json.loads((tmp_path / "out" / "vanishing_gradients.json").read_text("utf-8"))["rows"]
    assert rows[0]["source"] == "at most 0.25"
    assert ["depth 4: XOR " in row["note"] for row in rows] == [True, True]
    assert (tmp_path / "out" / "vanishing-gradients.svg").exists()
