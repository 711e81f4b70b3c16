"""The digits demo: it reads images that it did not learn from, and its picture counts what it gets wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demos import digits


def test_it_reads_held_out_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    digits.main(["--runs", "1"])
    card = json.loads((tmp_path / "out" / "digits.json").read_text("utf-8"))
    ours = {row["what"]: row["ours"] for row in card["rows"]}
    assert float(ours["right, held out"].rstrip("%")) >= 96.0
    assert ours["parameters"] == "2,410"
    assert (tmp_path / "out" / "digits.svg").exists()


def test_what_is_held_out_is_not_learned_from():
    learned, held_out = digits.split(0)
    assert (len(learned.targets), len(held_out.targets)) == (1437, 360)
    assert not set(map(tuple, learned.images)) & set(map(tuple, held_out.images))
    assert digits.split(1)[1] != held_out == digits.split(0)[1]
    assert {pixel for image in held_out.images for pixel in image} == {k / 16 for k in range(17)}


def test_compiled_answers_are_the_model_s():
    _, held_out = digits.split(0)
    few = digits.Digits(held_out.images[:5], held_out.targets[:5])
    model, losses = digits.learn(few, seed=0, epochs=3, progress=False)
    assert len(losses) == 3
    eager = [[output.data for output in model(image)] for image in few.images]
    assert digits.predict(model, few) == [outputs.index(max(outputs)) for outputs in eager]


def test_mistakes_are_counted_off_the_diagonal():
    shown = digits.Digits([[0.0] * 64] * 3, [1, 1, 7])
    counts = digits.confusion([1, 7, 7], shown)
    assert (counts[1][1], counts[1][7], counts[7][7], sum(map(sum, counts))) == (1, 1, 1, 3)
    assert digits.accuracy([1, 7, 7], shown) == 2 / 3
