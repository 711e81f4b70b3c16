"""axe-core finds nothing on the pages: the player's of three kinds, the gallery and the trust page, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import claims
import page as trust
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium
from matplotlib.figure import Figure

from autograd import Value, record_steps
from demos import gallery
from demos.common import style
from nn import MLP, SGD, half_squared_error


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def neuron() -> Value:
    w, x = Value(0.5, "w"), Value(2.0, "x")
    error = (w * x - 4.0) ** 2
    error.label = "error"
    return error


def training() -> Any:
    model = MLP(2, [2, 1], activation="tanh", seed=1)
    optimizer = SGD(model.parameters(), lr=0.5)
    return record_steps(lambda: half_squared_error(model([0.0, 1.0]), 1.0), update=optimizer.step, times=2)


def shown_gallery(folder: Path) -> Path:
    style.save(Figure(), "momentum")
    style.publish("momentum", "Momentum", "It goes on.", [style.Row("a", "1", "2", "note")], {"momentum": "a curve"})
    assert gallery.main(["--page-only"]) == 0
    return folder / "out" / "index.html"


def shown_trust(folder: Path) -> Path:
    claims.tell("graphs", [claims.Claim("pigs fly", "looked up", 3, "a pig", False)])
    return trust.main()


PAGES: dict[str, Callable[[Path], Path | None]] = {
    "one pass": lambda folder: record_steps(neuron()).save_html(folder / "page.html", title="A neuron"),
    "to explore": lambda folder: record_steps(neuron).save_html(folder / "page.html", title="A neuron", explore=True),
    "training": lambda folder: training().save_html(folder / "page.html", title="XOR", explore=True),
    "gallery": shown_gallery,
    "trust": shown_trust,
}


@pytest.mark.parametrize("make", PAGES.values(), ids=PAGES)
def test_axe_finds_nothing(
    browser: Any, make: Callable[[Path], Path | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = (make(tmp_path) or tmp_path / "page.html").resolve()
    for width, height, scheme in ((1440, 900, "light"), (390, 844, "dark")):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
        )
        tab = context.new_page()
        tab.goto(path.as_uri())
        for _ in range(5):  # into the passes, where there are steps
            tab.keyboard.press("ArrowRight")
        found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
        context.close()
