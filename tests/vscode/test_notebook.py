"""A recording in a notebook of the real VS Code: its frame fits the page and has the editor's theme."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from autograd import Value, record_steps
from tests.vscode.test_vscode import WAIT, picture, pytestmark, serve, workbench

__all__ = ["pytestmark"]


def notebook() -> str:
    """A notebook with one cell, as it is saved after it has run."""
    error = (Value(0.5, "w") * Value(2.0, "x") - 4.0) ** 2
    error.label = "E"
    data = {"text/html": record_steps(error)._repr_html_()}
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data}
    cell = {"cell_type": "code", "execution_count": 1, "id": "cell", "metadata": {}, "source": "record_steps(error)"}
    whole: dict[str, Any] = {
        "cells": [{**cell, "outputs": [output]}],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole)


def opened(page: Page) -> Frame:
    """Open the notebook and return the recording's frame; until VS Code has its extensions, it opens as text."""
    until = time.monotonic() + 3 * WAIT / 1000
    while time.monotonic() < until:
        page.get_by_role("treeitem", name="notes.ipynb").dblclick(timeout=WAIT)
        page.wait_for_timeout(3_000)
        frames = [frame for frame in page.frames if frame.url == "about:srcdoc"]
        if frames:
            return frames[0]
        if page.locator(".notebook-editor").count() == 0:
            page.keyboard.press("Control+F4")
    raise AssertionError("VS Code has not shown the recording")


def test_a_notebook_shows_the_page_in_the_editors_theme(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serve(tmp_path_factory, {"notes.ipynb": notebook()}) as address, workbench(address) as page:
        inside = opened(page)
        body = inside.locator("body")
        expect(body).to_have_class("runs framed heard", timeout=WAIT)  # VS Code has answered
        inside.locator("#forth").click()
        expect(inside.locator("#where")).to_have_text("step 1 of 6")
        height, seen = inside.evaluate("[document.body.offsetHeight, innerHeight]")
        assert height == seen
        dark = page.evaluate("document.querySelector('.monaco-workbench').classList.contains('vs-dark')")
        expect(body).to_have_css("background-color", "rgb(20, 23, 27)" if dark else "rgb(250, 249, 246)")
        picture(page, "notebook")
