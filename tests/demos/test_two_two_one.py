"""The 2-2-1 example: our figures are the printed ones, but for those whose reason is given."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from demos import two_two_one


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    monkeypatch.chdir(tmp_path)
    two_two_one.main([])
    assert (tmp_path / "out" / "two-two-one.svg").exists()
    written = json.loads((tmp_path / "out" / "two_two_one.json").read_text("utf-8"))
    return {row["what"]: row for row in written["rows"]}


def test_a_printed_number_is_ours_or_has_its_reason(card: dict[str, dict[str, str]]):
    compared = [row for row in card.values() if row["what"] != "new J"]
    assert [bool(row["note"]) for row in compared] == [float(row["ours"]) != float(row["source"]) for row in compared]
    assert sum(1 for row in compared if not row["note"]) == 14
    assert "slip" in card["δ3, boxed"]["note"]
    assert "slip" in card["ŷ(1 − ŷ)"]["note"]


def test_ours_are_the_numbers_of_the_formulas(card: dict[str, dict[str, str]]):
    """Worked without the engine, and without rounding."""
    h1, h2 = 1.0 / (1.0 + math.exp(-0.2)), 1.0 / (1.0 + math.exp(-1.0))
    y = 1.0 / (1.0 + math.exp(-(1.2 * h1 - 0.7 * h2)))
    delta3 = (y - 1.0) * y * (1.0 - y)
    delta1, delta2 = delta3 * 1.2 * h1 * (1.0 - h1), delta3 * -0.7 * h2 * (1.0 - h2)
    expected = {"ŷ(1 − ŷ)": y * (1.0 - y), "δ3": delta3, "δ1": delta1, "δ2": delta2, "new w1": 0.3 - 0.1 * delta1}
    expected |= {"∂J/∂w5": delta3 * h1, "∂J/∂w3": 0.5 * delta1, "∂J/∂w4": 0.5 * delta2, "J": 0.5 * (y - 1.0) ** 2}
    for what, x in expected.items():
        assert card[what]["ours"] == f"{x:.4f}"
    assert float(card["new J"]["ours"]) < float(card["J"]["ours"])
