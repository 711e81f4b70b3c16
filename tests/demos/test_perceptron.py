"""The perceptron demo: which tables one neuron learns, and what it settles for on XOR."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demos import perceptron


@pytest.mark.parametrize("seed", [0, 1])
def test_and_and_or_are_learned_and_xor_is_not(seed: int):
    neurons = {name: perceptron.learn(perceptron.POINTS, t, seed) for name, t in perceptron.TABLES.items()}
    assert [perceptron.describe_neuron(neurons[name], perceptron.TABLES[name]) for name in ("AND", "OR")] == [
        "learnt",
        "learnt",
    ]
    assert all(abs(neurons["XOR"](point).data - 0.5) < 0.001 for point in perceptron.POINTS)


def test_the_best_lines_leave_each_its_own_row_wrong():
    for k, neuron in enumerate(perceptron.best_lines(0)):
        right = [abs(neuron(p).data - t) < 0.49 for p, t in zip(perceptron.POINTS, [0, 1, 1, 0], strict=True)]
        assert right == [j != k for j in range(4)]


def test_the_card_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    perceptron.main(["--seed", "3"])
    rows = json.loads((tmp_path / "out" / "perceptron.json").read_text("utf-8"))["rows"]
    assert [row["ours"] for row in rows] == ["learnt", "learnt", "not: 0 of 4", "3 of 4", "14"]
    assert (tmp_path / "out" / "perceptron.svg").exists()
