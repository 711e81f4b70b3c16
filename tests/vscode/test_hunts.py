"""The three hunts of docs/debugging.md in a real VS Code: a vanishing gradient, a dead ReLU, and a nan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.vscode.test_vscode import (
    WAIT,
    open_script,
    picture,
    press,
    pytestmark,
    serve,
    start,
    top_frame,
    workbench,
)

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "debugging.md").read_text("utf-8")
SCRIPTS = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", TUTORIAL, re.DOTALL))

__all__ = ["pytestmark"]


@pytest.fixture
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A workbench of its own, on a folder with the tutorial's scripts."""
    scripts = {name: f"# {name}\n{text}" for name, text in SCRIPTS.items()}
    with serve(tmp_path_factory, scripts) as address, workbench(address) as page:
        yield page
        picture(page, "hunt-last")


def command(page: Page, name: str) -> None:
    """Run a command of the palette."""
    page.keyboard.press("F1")
    page.keyboard.type(name)
    page.wait_for_timeout(700)
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)


def break_on_line(page: Page, text: str, condition: str) -> None:
    """Set a breakpoint with a condition on the line that has a text."""
    page.locator(".monaco-editor .view-line", has_text=text).first.click()
    command(page, "Debug: Add Conditional Breakpoint")
    page.locator(".breakpoint-widget .view-lines").click(timeout=WAIT)
    page.keyboard.type(condition)
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)


def say(page: Page, line: str) -> None:
    """Type a line into the Debug Console."""
    page.locator(".repl-input-wrapper .view-lines").click()
    page.keyboard.type(line)
    page.keyboard.press("Escape")  # the suggestions
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)


def test_a_vanishing_gradient(page: Page) -> None:
    open_script(page, "vanishing.py")
    break_on_line(page, "sigmoid", "op == 'sigmoid' and abs(grad) < 1e-3")
    start(page)
    top_frame(page, "loss = #26 ** 2")
    press(page, "^Continue")
    top_frame(page, "layers.3.output = sigmoid(#11)")
    say(page, "why")
    expect(page.locator(".repl")).to_contain_text("0.244976 * 0.5", timeout=WAIT)
    picture(page, "hunt-vanishing")


def test_a_dead_relu(page: Page) -> None:
    open_script(page, "dead.py")
    break_on_line(page, "relu", "op == 'relu' and data == 0")
    start(page)
    press(page, "^Continue")
    top_frame(page, "hidden = relu(net_input)")
    say(page, "why w1")
    expect(page.locator(".repl")).to_contain_text("passes nothing", timeout=WAIT)
    say(page, "set b1 = 0")
    say(page, "why w1")
    expect(page.locator(".repl")).to_contain_text("1.584", timeout=WAIT)
    picture(page, "hunt-dead")


def test_where_a_nan_comes_from(page: Page) -> None:
    open_script(page, "nan.py")
    start(page)
    top_frame(page, "loss = #9 ** 2")
    row = page.locator(".debug-breakpoints .breakpoint", has_text="infinity")
    row.locator("input[type=checkbox]").check()
    page.wait_for_timeout(1000)  # it is on its way to the adapter
    press(page, "^Continue")
    top_frame(page, "distance = sqrt(square)")
    expect(page.locator(".exception-widget")).to_contain_text("square = 0.0", timeout=WAIT)
    picture(page, "hunt-nan")
