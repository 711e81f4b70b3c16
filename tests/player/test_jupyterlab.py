"""What a recording, a `Value` and a `Module` show in a real JupyterLab, and in the HTML that nbconvert makes of it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from browser import PATIENCE, chromium, missing
from playwright.sync_api import expect

CELLS = [
    """from autograd import Value, record_steps
from nn import MLP
w, x = Value(0.5, "w"), Value(2.0, "x")
E = (w * x - 4.0) ** 2
E.label = "E"
record_steps(E)""",
    "w * x",
    "MLP(2, [2, 1], seed=0)",
]
INSIDE = "[document.body.offsetHeight, innerHeight, document.documentElement.scrollWidth, innerWidth]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if find_spec("jupyterlab") is None or find_spec("ipykernel") is None:
        missing("JupyterLab (pip install jupyterlab ipykernel)")
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [{**cell, "id": f"cell-{k}", "source": text} for k, text in enumerate(CELLS)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    (tmp_path / "notes.ipynb").write_text(
        json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})
    )
    return tmp_path


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Serve a folder, and give the address of its notebook."""
    options = ["no_browser=True", "allow_root=True", "port=0", f"root_dir={folder}", "port_retries=0"]
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.expose_app_in_browser=True"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, *[f"--ServerApp.{option}" for option in options]],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    try:
        until = time.monotonic() + PATIENCE / 1000
        while not (served := [*folder.glob("JUPYTER_RUNTIME_DIR/jpserver-*.json")]):
            running = server.poll() is None and time.monotonic() < until
            assert running, (folder / "log").read_text()
            time.sleep(0.1)
        about = json.loads(served[0].read_text())
        wait_for_port(int(about["port"]))  # which it opens only then
        yield f"{about['url']}lab/tree/notes.ipynb?token={about['token']}"
    finally:
        server.terminate()
        server.wait(30)


def wait_for_port(port: int) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            socket.create_connection(("localhost", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < until, f"nothing listens on port {port}"
            time.sleep(0.1)


def frame_of(page: Any) -> Any:
    """Return the recording's frame, once it is as high as what is in it."""
    found = page.locator("iframe.autograd-player")
    found.scroll_into_view_if_needed()
    inside = found.element_handle().content_frame()
    expect(inside.locator("body")).to_have_class(re.compile("heard"), timeout=PATIENCE)  # the notebook has answered
    for _ in range(1_000):  # a frame is asked rather than the page around it
        if inside.evaluate("document.body.offsetHeight === innerHeight"):
            return inside
        page.wait_for_timeout(50)
    raise AssertionError(inside.evaluate(INSIDE))


def holds(inside: Any) -> None:
    height, seen, wide, width = inside.evaluate(INSIDE)
    assert height == seen
    assert wide <= width
    assert 300 < height < 720
    panel = inside.locator("aside").bounding_box()
    assert panel["height"] > 300


def test_jupyterlab_shows_recordings_values_and_models(browser: Any, folder: Path) -> None:
    scene = browser.new_context(viewport={"width": 1440, "height": 900})
    scene.set_default_timeout(PATIENCE)
    page = scene.new_page()
    with jupyterlab(folder) as address:
        page.goto(address)
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status")
        page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        inside = frame_of(page)
        holds(inside)
        expect(inside.locator("body")).to_have_css("background-color", "rgb(250, 249, 246)", timeout=PATIENCE)
        inside.locator("#forth").click()
        expect(inside.locator("#where")).to_have_text("step 1 of 6", timeout=PATIENCE)
        outputs = page.locator(".jp-OutputArea-output")
        expect(outputs.locator("img[src^='data:image/svg+xml']")).to_have_js_property(
            "complete", True, timeout=PATIENCE
        )
        assert outputs.locator("img").evaluate("(image) => image.naturalWidth") > 100
        expect(outputs.locator("table")).to_contain_text("in all", timeout=PATIENCE)
        page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
        expect(inside.locator("body")).to_have_css("background-color", "rgb(20, 23, 27)", timeout=PATIENCE)
        page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    scene.close()
    static_html(browser, folder)


def static_html(browser: Any, folder: Path) -> None:
    """The saved notebook as nbviewer shows it: nbconvert's HTML, on a phone as well."""
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", "notes.ipynb"], cwd=folder, check=True)
    for width in (1440, 390):
        scene = browser.new_context(viewport={"width": width, "height": 844})
        scene.route("https://**", lambda route: route.abort())
        page = scene.new_page()
        page.goto((folder / "notes.html").as_uri())
        inside = frame_of(page)
        if width > 1000:
            holds(inside)
        inside.locator("#forth").click()
        assert inside.locator("#where").inner_text() == "step 1 of 6"
        scene.close()
