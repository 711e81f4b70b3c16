"""The pages of the single neuron and of the walk-through, read back in a browser and compared with the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, opened

from autograd import Value


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


def test_the_walk_through_has_seventeen_steps(browser: Any, out: Path) -> None:
    steps, *rows = run("walkthrough", out)
    assert steps["source"] == steps["ours"] == "17"
    assert len(rows) == 9
    for row in rows:
        assert row["source"] == row["ours"]
        assert (2.0 * float(row["ours"])).is_integer()
    names = ["a₁", "h₁", "a₂", "h₂", "ŷ", "ŷ−t", "(ŷ−t)²", "E", "E", "(ŷ−t)²", "ŷ−t", "ŷ", "h₂", "h₁", "a₁", "v₁", "w₁"]
    with opened(browser, out / "walkthrough-steps.html") as page:
        assert page.locator("#where").inner_text() == "step 0 of 17"
        for phase, name in zip(["forward"] * 8 + ["backward"] * 7 + ["update"] * 2, names, strict=True):
            page.keyboard.press("ArrowRight")
            assert page.locator("#phase").inner_text() == phase
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
        assert "w:1→1.0798" in seen[8]
        assert "b:0→0.038" in seen[9]


def shown(page: Any) -> tuple[float, float, float, float, int]:
    texts = [page.locator(f"#{name}").inner_text() for name in ("w", "output", "loss", "slope", "count")]
    w, output, loss, slope, count = (float(text.replace("−", "-")) for text in texts)
    return w, output, loss, slope, int(count)


def engine(w0: float) -> tuple[float, float, float]:
    w = Value(w0)
    y_hat = 2.1 * w
    loss = (y_hat - 4.0) ** 2
    loss.backward()
    return y_hat.data, loss.data, w.grad


def test_the_ball_rolls_down(browser: Any, out: Path) -> None:
    run("linear_neuron", out)
    with opened(browser, out / "descent.html") as page:
        assert shown(page) == (1.0, 2.1, 3.61, -7.98, 0)
        page.get_by_role("button", name="Step").click()
        assert shown(page)[0] == 1.0798
        assert shown(page)[4] == 1
        page.locator("#slider").fill("100")
        assert shown(page) == (2.5, *(pytest.approx(x, abs=5e-5) for x in engine(2.5)), 0)
        page.get_by_role("button", name="Reset").click()
        assert shown(page)[0] == 1.0
        page.clock.install()
        page.get_by_role("button", name="Auto-play").click()
        page.clock.run_for(60_000)
        w, _, loss, slope, count = shown(page)
        assert abs(w - 1.905) < 5e-4
        assert abs(slope) < 0.005
        assert loss == 0.0
        assert 60 < count < 120
        assert page.locator("#auto").inner_text() == "Auto-play"
        exact = float(page.locator("#w").get_attribute("title"))
        assert [float(page.locator(f"#{name}").get_attribute("title")) for name in ("output", "loss", "slope")] == [
            pytest.approx(x, rel=1e-12) for x in engine(exact)
        ]


def test_the_descent_fits_a_phone(browser: Any, out: Path) -> None:
    run("linear_neuron", out)
    with opened(browser, out / "descent.html", viewport={"width": 390, "height": 844}, has_touch=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Step").tap()
        assert shown(page)[4] == 1
