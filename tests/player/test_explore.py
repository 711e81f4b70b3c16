"""A page that computes: what it shows after a change is what the engine gives for the same leaves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium, opened
from playwright.sync_api import expect

from autograd import Value, record_steps
from autograd import sum as total
from autograd.ops import Op
from demos import linear_neuron
from nn import MLP, SGD, half_squared_error, parameter, uniform

COMPUTED = "Computed in this browser, each Python if as it was recorded."
ROWS, TARGETS = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


def number(text: str) -> float:
    for code, digit in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True):
        text = text.replace(code, digit)
    return float(text.replace("−", "-").replace("×10", "e").replace("∞", "inf"))


def xor(seed: int = 0) -> tuple[MLP, Any]:
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", initialization=uniform(1.0), seed=seed)
    return model, lambda: total([half_squared_error(model(row), t) for row, t in zip(ROWS, TARGETS, strict=True)])


def test_at_rest_it_shows_the_recorded_numbers_and_after_a_change_its_own(browser: Any, tmp_path: Path) -> None:
    w, x = parameter(1.0, "w"), Value(2.1, "x")
    error = (w * x - 4.0).tanh() ** 2
    error.label = "E"
    record_steps(error).save_html(tmp_path / "page.html", explore=True)
    with opened(browser, tmp_path / "page.html") as page:
        assert page.locator("#computed").inner_text() == "These are the recorded numbers."
        page.locator("#exactly").fill("1.7")
        page.locator("#exactly").dispatch_event("change")
        assert page.locator("#computed").inner_text() == COMPUTED
        w.data = 1.7
        again = (w * x - 4.0).tanh() ** 2
        again.backward()
        page.locator("#inspected").select_option("0")
        shown = page.locator("#contributions tr.sum td").inner_text()
        assert number(shown) == pytest.approx(w.grad, rel=1e-3)
        value = page.locator("#contributions tr.sum data").get_attribute("value")
        assert float(value) == pytest.approx(w.grad, rel=1e-14)
        assert "foretells" in page.locator("#nudge").inner_text()
        page.get_by_role("button", name="Reset").click()
        assert page.locator("#computed").inner_text() == "These are the recorded numbers."
        assert page.locator("#exactly").input_value() == "1"


def test_an_exponent_is_found_however_it_is_written(browser: Any, tmp_path: Path) -> None:
    """Python writes 1e-07 and 1e+16 where JavaScript writes 1e-7 and 10000000000000000."""
    x = Value(3.0, "x")
    root = x**1e-7 + (x * 0.0) ** 1e16 + x**-0.5
    record_steps(root).save_html(tmp_path / "page.html", explore=True)
    with opened(browser, tmp_path / "page.html") as page:
        page.locator("#exactly").fill("2")
        page.locator("#exactly").dispatch_event("change")
        assert page.locator("#computed").inner_text() == COMPUTED


def test_a_card_can_be_dragged_and_moved_by_keys(browser: Any, tmp_path: Path) -> None:
    x = Value(3.0, "x")
    record_steps(x**2).save_html(tmp_path / "page.html", explore=True)
    with opened(browser, tmp_path / "page.html") as page:
        box = page.locator('[data-node="0"]').bounding_box()
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 60, box["y"] + 20, steps=4)
        page.mouse.up()
        assert float(page.locator("#exactly").input_value()) == pytest.approx(3.0 + 40 * 0.03, abs=1e-9)
        page.locator('[data-node="0"] .card').focus()
        page.keyboard.press("ArrowUp")
        assert float(page.locator("#exactly").input_value()) == pytest.approx(4.21, abs=1e-9)


def test_it_trains_as_the_engine_does(browser: Any, tmp_path: Path) -> None:
    model, loss = xor()
    recording = record_steps(loss)
    recording.save_html(tmp_path / "page.html", explore=True)
    optimizer = SGD(model.parameters(), lr=0.5, momentum=0.9)
    for _ in range(30):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    numbers = {parameter.label: parameter.data for parameter in model.parameters()}
    with opened(browser, tmp_path / "page.html") as page:
        for name, setting in (("rate", "0.5"), ("momentum", "0.9")):
            page.locator(f"#{name}").fill(setting)
            page.locator(f"#{name}").dispatch_event("change")
        for _ in range(30):
            page.get_by_role("button", name="Step", exact=True).click()
        trained = {node.number: numbers[node.label] for node in recording.passes[0].nodes if node.label in numbers}
        assert len(trained) == 9
        for n, number in trained.items():
            page.locator("#leaf").select_option(str(n))
            assert float(page.locator("#exactly").input_value()) == pytest.approx(number, rel=1e-10)
        assert page.locator("#count").inner_text().startswith("Step 30: ")
        assert page.locator("#points > *").count() == 4  # the rows, on the map of what the model answers


def test_a_page_that_computes_is_at_most_12_kilobytes_larger(tmp_path: Path) -> None:
    """Rows of the rule table, scripts and controls together; XOR's page has all of them, the map of its output too."""
    recording = record_steps(xor()[1])
    for explore in (False, True):
        recording.save_html(tmp_path / f"{explore}.html", explore=explore)
    assert (tmp_path / "True.html").stat().st_size - (tmp_path / "False.html").stat().st_size <= 12 * 1024


def test_a_change_shows_the_pass_before_its_update(browser: Any, tmp_path: Path) -> None:
    """Data, gradients and loss then belong together; at an earlier step the reader stays there."""
    w = parameter(1.0, "w")
    loss = lambda: (w * 2.0 - 4.0) ** 2  # noqa: E731
    record_steps(loss, SGD([w], lr=0.1).step).save_html(tmp_path / "page.html", explore=True)
    with opened(browser, tmp_path / "page.html") as page:
        for start, end in ((0, 6), (2, 2), (6, 6), (7, 6)):  # of 3 steps forward, 3 backward, 1 update
            page.locator("#step").fill(str(start))
            page.locator("#exactly").fill("1.5")
            page.locator("#exactly").dispatch_event("change")
            assert page.locator("#where").inner_text() == f"step {end} of 7"


def test_a_loss_that_becomes_infinite_stops_with_a_sentence(browser: Any, tmp_path: Path) -> None:
    linear_neuron.descent_recording().save_html(tmp_path / "page.html", explore=True)
    assert (tmp_path / "page.html").stat().st_size < 80_000
    with opened(browser, tmp_path / "page.html") as page:
        assert page.locator("#rate").input_value() == "0.01"  # read off the recorded update
        page.locator("#rate").fill("0.5")
        page.locator("#rate").dispatch_event("change")
        page.locator("#pace").select_option("50")
        page.get_by_role("button", name="▶ Train").click()
        expect(page.locator("#trouble")).to_contain_text("Press Reset, and try a smaller rate", timeout=60_000)
        texts = page.locator("#graph").inner_text() + page.locator("#told").inner_text()
        assert "NaN" not in texts
        assert "∞" not in texts
        page.get_by_role("button", name="Reset").click()
        assert page.locator("#count").inner_text() == "Step 0: E = 3.61"


def test_an_op_outside_the_rule_table_is_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    mine = Op("mine", "mine", lambda x: x, lambda y, x: (1.0,))
    with pytest.raises(ValueError, match=r"explore=True.*<op mine> is not in the rule table"):
        record_steps(mine(Value(1.0, "x"))).save_html(path, explore=True)
    assert path.read_text() == "old"
