"""A real browser for tests of pages: headless Chromium through Playwright, with all that a page must not do watched."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


PATIENCE = 120_000  # milliseconds: a busy machine may well be slow


def missing(what: str) -> None:
    """Skip a test that lacks a tool, but fail it on a machine whose purpose is to run them all."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI is set")
    pytest.skip(f"{what} is missing")


@contextmanager
def chromium() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        missing("Playwright (pip install playwright)")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        missing("chromium (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET, timeout=PATIENCE)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, path: Path, fragment: str = "", **context: Any) -> Iterator[Any]:
    """Open a page file, and hold it to this: no message, no error, nothing asked for but the file itself."""
    wrong: list[str] = []
    asked_for: list[str] = []

    def ask(route: Any) -> None:
        asked_for.append(route.request.url)
        if len(asked_for) == 1:
            route.continue_()
        else:
            route.abort()

    scene = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
    scene.set_default_timeout(PATIENCE)
    scene.route("**/*", ask)
    page = scene.new_page()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri() + fragment)
    yield page
    scene.close()
    assert wrong == []
    assert asked_for == [path.as_uri() + fragment] or asked_for == [path.as_uri()]


def wait_until(page: Any, expression: str, arg: object = None) -> None:
    """Wait until JavaScript gives something true; `wait_for_function` needs eval, which a page's policy forbids."""
    until = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(expression, arg):
        assert time.monotonic() < until, f"never true: {expression}"
        page.wait_for_timeout(20)
