"""The extension in a real VS Code: its workbench in Chromium, driven by mouse and keys. Pictures go to out/vscode/."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, TimeoutError, expect, sync_playwright

ROOT = Path(__file__).parents[2]
SERVER = ROOT / ".vscode-test" / "node_modules" / "code-server" / "lib" / "vscode"
VSIX = ROOT / "out" / "scalar-autograd.vsix"
PICTURES = ROOT / "out" / "vscode"
CHROMIUM = shutil.which("chromium")
WAIT = 30_000  # milliseconds
SCRIPT = """\
from autograd import Value

w, x, b = Value(-0.5, "w"), Value(2.0, "x"), Value(0.25, "b")
out = (w * x + b).tanh()
loss = (out - 1.0) ** 2
loss.label = "loss"
loss.backward()
print("slope", w.grad)
"""

pytestmark = pytest.mark.skipif(
    not (SERVER.exists() and VSIX.exists() and CHROMIUM),
    reason="there is no VS Code here: make test-vscode installs it (it needs node 20 and Chromium)",
)


@contextmanager
def serve(folders: pytest.TempPathFactory, scripts: Mapping[str, str]) -> Iterator[str]:
    """Run VS Code's server with the extension on a folder with scripts; yield its address."""
    data, project = folders.mktemp("data"), folders.mktemp("project")
    install_extension(data)
    for name, text in scripts.items():
        (project / name).write_text(text)
    settings = {"type": "autograd", "request": "launch", "name": "Backward pass", "program": "${file}"}
    (project / ".vscode").mkdir()
    launch = {"version": "0.2.0", "configurations": [{**settings, "python": sys.executable}]}
    (project / ".vscode" / "launch.json").write_text(json.dumps(launch))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = ["node", "out/server-main.js", "--host", "127.0.0.1", "--port", str(port), "--without-connection-token"]
    command += ["--accept-server-license-terms", "--telemetry-level", "off", "--server-data-dir", str(data)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    log = (data / "server.log").open("wb")
    process = subprocess.Popen(command, cwd=SERVER, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}/?folder={project}"
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def install_extension(data: Path) -> None:
    """Unpack the vsix where the server looks, and list it there."""
    name = "scalar-autograd.scalar-autograd-0.2.0"
    with zipfile.ZipFile(VSIX) as archive:
        archive.extractall(data / "unpacked")
    folder = data / "extensions" / name
    shutil.copytree(data / "unpacked" / "extension", folder)
    entry = {
        "identifier": {"id": "scalar-autograd.scalar-autograd"},
        "version": "0.2.0",
        "location": {"$mid": 1, "path": str(folder), "scheme": "file"},
        "relativeLocation": name,
        "metadata": {"source": "vsix"},
    }
    (data / "extensions" / "extensions.json").write_text(json.dumps([entry]))
    user = data / "data" / "Machine"
    user.mkdir(parents=True)
    quiet = {"workbench.startupEditor": "none", "window.commandCenter": False}
    (user / "settings.json").write_text(json.dumps(quiet))


def wait_for(address: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("VS Code's server did not answer")


@contextmanager
def workbench(address: str) -> Iterator[Page]:
    """Open the workbench in a browser."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 950})
        page.goto(address)
        page.locator(".explorer-folders-view").wait_for(timeout=2 * WAIT)
        page.get_by_role("button", name="Yes, I trust").click(timeout=WAIT)
        yield page
        browser.close()


def open_script(page: Page, name: str) -> None:
    """Open a script of the folder."""
    if not page.locator(".explorer-folders-view").is_visible():
        page.keyboard.press("Control+Shift+e")
    page.get_by_role("treeitem", name=name).dblclick(timeout=WAIT)
    page.get_by_role("tab", name=name).wait_for(timeout=WAIT)
    page.locator(".view-lines").first.wait_for(timeout=WAIT)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The workbench, with the script open."""
    with serve(tmp_path_factory, {"train.py": SCRIPT}) as address, workbench(address) as page:
        open_script(page, "train.py")
        yield page


@pytest.fixture(autouse=True)
def last_picture(page: Page) -> Iterator[None]:
    yield
    picture(page, "last")


def picture(page: Page, name: str) -> None:
    page.wait_for_timeout(300)
    page.screenshot(path=PICTURES / f"{name}.png")


def top_frame(page: Page, text: str) -> None:
    """Wait until the top of the call stack is a node's formula."""
    frames = page.locator(".debug-call-stack .stack-frame")
    expect(frames.first).to_contain_text(text, timeout=WAIT)


def start(page: Page) -> None:
    """Press F5 until the session begins: at first the extensions are not ready yet.

    The wait is long, because F5 means "continue" once a session is there.
    """
    page.wait_for_timeout(4000)
    for _ in range(4):
        page.locator(".view-lines").first.click()
        page.keyboard.press("F5")
        try:
            page.locator(".debug-toolbar").wait_for(timeout=15_000)
            return
        except TimeoutError:
            continue
    raise AssertionError("F5 starts nothing")


def break_on_change(page: Page, variable: str) -> None:
    """Set a data breakpoint from the menu of a variable.

    While its adapter answers, VS Code may draw the tree anew, which closes the menu: then it is opened again.
    """
    row = page.locator(".debug-variables").get_by_role("treeitem", name=re.compile(f"^{variable}"))
    listed = page.locator(".debug-breakpoints").get_by_text("#4.grad changes")
    for _ in range(8):
        row.click()
        page.wait_for_timeout(500)
        row.click(button="right")
        page.wait_for_timeout(500)
        try:
            page.get_by_role("menuitem", name="Break on Value Change").click(timeout=2000)
            listed.wait_for(timeout=2000)
            page.wait_for_timeout(500)  # it is on its way to the adapter
            return
        except TimeoutError:
            page.keyboard.press("Escape")
    raise AssertionError("no data breakpoint was set")


def press(page: Page, button: str) -> None:
    page.locator(".debug-toolbar").get_by_role("button", name=re.compile(button)).click()


def test_f5_steps_and_goes_back_with_breakpoints_hover_and_view(page: Page) -> None:
    start(page)
    top_frame(page, "loss = #7 ** 2")
    picture(page, "1-entry")

    page.keyboard.press("F10")
    top_frame(page, "#7 = #5 - 1")
    page.keyboard.press("F10")
    top_frame(page, "#5 = tanh(#4)")
    expect(page.locator(".debug-top-stack-frame-line").first).to_be_visible()
    picture(page, "2-stepped")

    press(page, "^Step Back")
    top_frame(page, "#7 = #5 - 1")
    press(page, "^Reverse")
    top_frame(page, "loss = #7 ** 2")
    picture(page, "3-reversed")

    page.locator(".monaco-editor .view-line", has_text="tanh").first.click()
    page.keyboard.press("F9")
    page.keyboard.press("F5")
    top_frame(page, "#5 = tanh(#4)")

    page.locator(".view-line", has_text="loss.backward").hover(position={"x": 10, "y": 8})
    expect(page.locator(".debug-hover-widget")).to_contain_text("grad 1 (complete)", timeout=WAIT)
    picture(page, "4-hover")
    page.keyboard.press("Escape")

    variables = page.locator(".debug-variables")
    variables.get_by_role("treeitem", name=re.compile("^Scope Inputs|^Inputs")).first.click()
    picture(page, "5-inputs")
    break_on_change(page, "0: #4")
    page.keyboard.press("F5")
    top_frame(page, "#4 = #2 + b")
    expect(page.locator(".pane-header", has_text="Call Stack")).to_contain_text("#4.grad 0 ->", timeout=WAIT)
    picture(page, "6-data-breakpoint")


def test_the_view_follows_the_debugger_and_moves_it(page: Page) -> None:
    page.keyboard.press("F1")
    page.keyboard.type("Show the backward pass")
    page.keyboard.press("Enter")
    view = page.frame_locator("iframe.webview").frame_locator("iframe")
    where = view.locator("#where")
    expect(where).to_have_text("step 9 of 10", timeout=WAIT)
    press(page, "^Step Back")
    expect(where).to_have_text("step 8 of 10", timeout=WAIT)
    picture(page, "7-view")
    view.locator("#back").click()
    top_frame(page, "#7 = #5 - 1")
    expect(where).to_have_text("step 7 of 10", timeout=WAIT)
    picture(page, "8-moved-by-the-view")


def test_the_program_ends_and_its_output_is_in_the_console(page: Page) -> None:
    toolbar = page.locator(".debug-toolbar")
    while toolbar.is_visible():  # the breakpoints on the way
        try:
            toolbar.get_by_role("button", name=re.compile("^Continue")).click(timeout=2000)
        except TimeoutError:  # the program has ended meanwhile
            break
    expect(page.locator(".repl")).to_contain_text("slope", timeout=WAIT)
    expect(page.locator(".debug-toolbar")).to_be_hidden(timeout=WAIT)
    picture(page, "9-ended")
