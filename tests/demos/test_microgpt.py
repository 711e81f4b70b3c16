"""microgpt: what it computes is a transformer's loss, compiled code takes the steps of plain Values, and it learns."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from demos import microgpt
from demos.common.gpt import GPT, Shape, loss
from demos.common.names import END, Names, census, read_names
from nn import Adam

SMALL = Shape(width=4, heads=2, positions=6)
NAMES = Names(["anna", "bea", "abe", "ben", "nan"], [END, "a", "b", "e", "n"])


def test_the_model_has_the_source_s_size():
    assert len(GPT(27, Shape(), 0).parameters()) == 4192


def test_no_guess_depends_on_what_follows():
    model, tokens = GPT(5, SMALL, 0), np.eye(5)[[0, 1, 4, 4, 1]].tolist()
    whole = [[logit.data for logit in logits] for logits in model(tokens)]
    for count in range(1, 5):
        assert [[logit.data for logit in logits] for logits in model(tokens[:count])] == whole[:count]
    other = [[logit.data for logit in logits] for logits in model([tokens[1], *tokens[1:]])]
    assert all(a != b for a, b in zip(whole, other, strict=True))


def test_compiled_steps_on_padded_batches_are_those_of_plain_values():
    model = GPT(5, SMALL, 0)
    training = microgpt.Training(model, NAMES, steps=4)
    optimizer = Adam(model.parameters(), lr=0.0, beta1=microgpt.BETA1, beta2=microgpt.BETA2)
    for step, batch in enumerate([NAMES.documents[:1], NAMES.documents[:3], ["annabenna"]]):
        model.zero_grad()
        total = 0.0
        for name in batch:
            count = min(len(name) + 1, SMALL.positions)
            numbers, weights = (array[0].tolist() for array in NAMES.numbers([name], count, count))
            found = loss(model, numbers, weights) / len(batch)
            found.backward()
            total += found.data
        found, gradient = training.gradient(batch)
        assert found == pytest.approx(total, rel=1e-12)
        assert gradient == pytest.approx([p.grad for p in model.parameters()], rel=1e-9, abs=1e-14)
        optimizer.lr = microgpt.LEARNING_RATE * (1.0 - step / 4)
        optimizer.step()
        assert training.step(batch) == found
        assert training.theta == pytest.approx([p.data for p in model.parameters()], rel=1e-9)


def test_it_learns_names_and_repeats_itself_with_the_same_seed():
    runs = [microgpt.train(NAMES, SMALL, 0, 150, 2) for _ in range(2)]
    assert runs[0].losses == runs[1].losses
    assert np.mean(runs[0].losses[-20:]) < 0.6 * runs[0].losses[0]
    invented = microgpt.sample(runs[0].training, seed=1)
    assert invented == microgpt.sample(runs[1].training, seed=1)
    assert len(set(invented) & set(NAMES.documents)) >= 2
    after = dict(zip(NAMES.tokens, microgpt.expected_next(runs[0].training, "be"), strict=True))
    assert sum(after.values()) == pytest.approx(1.0)
    assert after["a"] + after["n"] > 0.6


def test_the_demo_writes_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    Path("some.txt").write_text("Ada\nbob\n\nbob\nalba\n", "utf-8")
    microgpt.main(["--file", "some.txt", "--steps", "6", "--batches", "3", "--width", "4", "--heads", "2", "--eager"])
    told = capsys.readouterr().out
    assert "through Values" in told
    assert "us a step of 64" in told
    card = json.loads(Path("out/microgpt.json").read_text("utf-8"))
    assert float({row["what"]: row["ours"] for row in card["rows"]}["loss, first step"]) == pytest.approx(
        np.log(6), abs=0.3
    )
    assert {path.name for path in Path("out").iterdir()} == {
        "microgpt.json",
        "microgpt.svg",
        "microgpt-graph.svg",
        "microgpt-steps.html",
    }
    assert set(card["links"]) == {"microgpt-graph.svg", "microgpt-steps.html"}


def test_names_come_from_the_census_or_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names = read_names(None, 0)
    assert len(names.documents) == 5163
    assert "".join(names.tokens) == "abcdefghijklmnopqrstuvwxyz"
    assert read_names(None, 1).documents != names.documents == read_names(None, 0).documents
    (tmp_path / "empty.txt").write_text("\n \n", "utf-8")
    with pytest.raises(SystemExit, match="has no names: write one a line"):
        read_names(tmp_path / "empty.txt", 0)
    monkeypatch.setitem(sys.modules, "names", None)
    with pytest.raises(SystemExit, match="pip install"):
        census()
