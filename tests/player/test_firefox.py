"""A page that computes, in the machine's own Firefox: it drags, steps, trains and keeps its place as in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from firefox import Firefox, firefox

from autograd import Value, record_steps
from autograd import sum as total
from nn import MLP, SGD, half_squared_error

WATCH = "window.wrong = []; addEventListener('error', (event) => wrong.push(event.message));"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with firefox(tmp_path_factory.mktemp("firefox") / "profile") as browser:
        yield browser


def test_a_page_computes_in_firefox_too(browser: Firefox, tmp_path: Path) -> None:
    x = Value(3.0, "x")
    y = x**2
    y.label = "y"
    record_steps(y).save_html(tmp_path / "page.html", explore=True)
    browser.tell("Navigate", url=(tmp_path / "page.html").as_uri() + "#step=1")
    browser.run(WATCH)
    assert browser.text("#where") == "step 1 of 2"
    browser.drag('[data-node="0"] .card', 40)
    assert browser.run("return Number(document.getElementById('exactly').value)") == pytest.approx(4.2)
    browser.run("document.querySelector('[data-node=\"0\"] .card').focus()")
    browser.press("ArrowUp")
    assert browser.run("return Number(document.getElementById('exactly').value)") == pytest.approx(4.21)
    assert browser.text("#computed").startswith("Computed in this browser")
    browser.click("#forth")
    assert browser.text("#where") == "step 2 of 2"
    assert browser.run("return location.hash") == "#step=2"
    assert "x gets 8.42" in browser.text("#told")
    assert browser.run("return document.querySelector('#told math mfrac') !== null")
    assert browser.run("return window.wrong") == []


def test_it_trains_in_firefox_as_the_engine_does(browser: Firefox, tmp_path: Path) -> None:
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=0)
    rows = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]
    optimizer = SGD(model.parameters(), lr=0.5)
    recording = record_steps(lambda: total([half_squared_error(model(row), t) for row, t in rows]), optimizer.step)
    recording.save_html(tmp_path / "page.html", explore=True)
    optimizer.zero_grad()
    loss = total([half_squared_error(model(row), t) for row, t in rows])  # after the recorded update
    browser.tell("Navigate", url=(tmp_path / "page.html").as_uri())
    browser.run(WATCH)
    browser.click("#once")
    assert browser.text("#count").startswith("Step 1: ")
    browser.run("document.getElementById('step').scrollIntoView()")
    shown = browser.run("return document.querySelector('#losses svg').getAttribute('aria-label')")
    assert shown.endswith(f"to {loss.data:.4g}")
    browser.click("#auto")
    browser.wait_until("return document.querySelector('#count').textContent.match(/\\d+/)[0] > 20")
    browser.click("#auto")
    assert browser.run("return document.querySelectorAll('#points > *').length") == 4
    browser.click("#reset")
    assert browser.text("#computed") == "These are the recorded numbers."
    assert browser.run("return window.wrong") == []
