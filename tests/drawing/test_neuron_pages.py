"""The pages of the single neuron and of the walk-through, read back in a browser and compared with the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "out"


def run(name: str, out: Path) -> list[dict[str, str]]:
    """Run a demo, and give the rows of its card."""
    import_module(f"demos.{name}").main([])
    rows: list[dict[str, str]] = json.loads((out / f"{name}.json").read_text("utf-8"))["rows"]
    return rows


def told(page: Any) -> str:
    words: str = page.locator("#told").text_content()
    return words.replace(" ", "")


def test_the_walk_through_has_seventeen_steps_and_the_same_again(browser: Any, out: Path) -> None:
    steps, *rows = run("walkthrough", out)
    assert steps["source"] == steps["ours"] == "17"
    assert len(rows) == 9
    for row in rows:
        assert row["source"] == row["ours"]
        assert (2.0 * float(row["ours"])).is_integer()
    names = ["a₁", "h₁", "a₂", "h₂", "ŷ", "ŷ−t", "(ŷ−t)²", "E", "E", "(ŷ−t)²", "ŷ−t", "ŷ", "h₂", "h₁", "a₁", "v₁", "w₁"]
    with opened(browser, out / "walkthrough-steps.html") as page:
        assert page.locator("#where").inner_text() == "step 0 of 34"
        for phase, name in zip(["forward"] * 8 + ["backward"] * 7 + ["update"] * 2, names, strict=True):
            page.keyboard.press("ArrowRight")
            assert page.locator("#phase").inner_text() == f"{phase} · pass 1 of 2"
            assert page.locator(".node.current .name").text_content() == name


def test_the_neuron_plays_the_worked_example(browser: Any, out: Path) -> None:
    rows = run("linear_neuron", out)
    assert len(rows) == 10
    assert [row["ours"] for row in rows] == [row["source"] for row in rows]
    with opened(browser, out / "linear-neuron-steps.html") as page:
        seen = []
        for _ in range(10):
            page.keyboard.press("ArrowRight")
            seen.append(told(page))
        assert "ŷ=w·x+b=2.1+0=2.1" in seen[1]
        assert seen[3].endswith("=3.61")
        assert "∂E∂(ŷ−y)×∂(ŷ−y)∂ŷ=−3.8×1=−3.8" in seen[5]
        assert "=−3.8×2.1=−7.98" in seen[7]
        assert "w←w−η∂E∂w=1−0.01×(−7.98)=1.0798" in seen[8]
        assert "=0−0.01×(−3.8)=0.038" in seen[9]
