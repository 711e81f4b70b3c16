"""What the demos let one look inside of: the pass of a small network, as it is after training, drawn and played."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from autograd import record_steps
from demos.common import inside
from nn import Neuron, half_squared_error


def test_a_pass_is_drawn_and_played_without_what_training_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    neuron = Neuron(2, "tanh", seed=1)
    neuron.bias.grad = 1000.0
    loss = half_squared_error(neuron([0.5, -1.0]), 0.25)
    links = inside.look_inside("a_neuron", "a neuron", loss)
    assert links == {"a-neuron-graph.svg": "graph: a neuron", "a-neuron-steps.html": "play it step by step"}
    output = neuron([0.5, -1.0]).data
    assert neuron.bias.grad == pytest.approx((output - 0.25) * (1.0 - output**2))
    graph = ET.parse(tmp_path / "out" / "a-neuron-graph.svg").getroot()
    assert "bias" in "".join(graph.itertext())
    assert "<title>A neuron</title>" in (tmp_path / "out" / "a-neuron-steps.html").read_text("utf-8")


def test_a_recording_of_more_is_played_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    neuron = Neuron(1, "identity", seed=1)
    recording = record_steps(lambda: neuron([2.0]) ** 2, neuron.zero_grad, times=2)
    drawn = neuron([1.0]) ** 2
    drawn.backward()
    before = neuron.bias.grad
    links = inside.look_inside("two", "a pass", drawn, recording, "two passes")
    assert links["two-steps.html"] == "play: two passes"
    assert neuron.bias.grad == before
