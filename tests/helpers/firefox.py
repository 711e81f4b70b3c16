"""The machine's own Firefox, headless, through Marionette: Playwright drives only builds of its own.

Marionette is WebDriver over a socket: each message is the length of its JSON, a colon and the JSON.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

from browser import PATIENCE, missing

ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element's name, by the WebDriver standard
KEYS: Final = {"ArrowUp": "\ue013", "ArrowRight": "\ue014", "Tab": "\ue004"}
SETTINGS: Final = {"marionette.port": 0, "datareporting.policy.dataSubmissionEnabled": False, "network.proxy.type": 0}


class Firefox:
    """One tab: `tell` is any command of WebDriver, the other methods are those that tests need."""

    def __init__(self, wire: socket.socket, reader: BinaryIO) -> None:
        self.wire, self.reader = wire, reader
        self.read()  # who answers
        self.count = 0
        self.tell("NewSession", strictFileInteractability=True)

    def read(self) -> Any:
        size = b""
        while (character := self.reader.read(1)) != b":":
            assert character, "Firefox has ended"
            size += character
        return json.loads(self.reader.read(int(size)))

    def tell(self, command: str, **parameters: Any) -> Any:
        self.count += 1
        text = json.dumps([0, self.count, f"WebDriver:{command}", parameters]).encode()
        self.wire.sendall(b"%d:%s" % (len(text), text))
        _, number, error, answer = self.read()
        assert number == self.count
        assert error is None, error
        return answer.get("value") if isinstance(answer, dict) and answer.keys() == {"value"} else answer

    def run(self, script: str, *args: Any) -> Any:
        """Run the body of a function in the page, and return what it returns."""
        return self.tell("ExecuteScript", script=script, args=list(args))

    def find(self, selector: str) -> str:
        return str(self.tell("FindElement", using="css selector", value=selector)[ELEMENT])

    def click(self, selector: str) -> None:
        self.tell("ElementClick", id=self.find(selector))

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0]).textContent", selector))

    def press(self, key: str) -> None:
        actions = [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
        self.tell("PerformActions", actions=[{"type": "key", "id": "keys", "actions": actions}])

    def drag(self, selector: str, right: int) -> None:
        """Press the mouse on the middle of an element, and move it so many pixels to the right."""
        origin = {ELEMENT: self.find(selector)}
        moves = [{"type": "pointerMove", "x": x, "y": 0, "origin": origin} for x in (0, right // 2, right)]
        actions = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}]
        self.tell("PerformActions", actions=[{"type": "pointer", "id": "mouse", "actions": actions}])

    def wait_until(self, script: str) -> None:
        until = time.monotonic() + PATIENCE / 1000
        while not self.run(script):
            assert time.monotonic() < until, f"never true: {script}"
            time.sleep(0.05)


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """Start Firefox with an empty profile."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        missing("Firefox (apt install firefox-esr)")
    profile.mkdir()
    settings = [f"user_pref({json.dumps(name)}, {json.dumps(setting)});\n" for name, setting in SETTINGS.items()]
    (profile / "user.js").write_text("".join(settings))
    command = [str(program), "--headless", "--marionette", "--no-remote", "--profile", str(profile), "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = ("127.0.0.1", port_of(profile, process))
        with socket.create_connection(address, timeout=PATIENCE / 1000) as wire, wire.makefile("rb") as reader:
            yield Firefox(wire, reader)
    finally:
        process.terminate()
        process.wait(30)


def port_of(profile: Path, process: subprocess.Popen[bytes]) -> int:
    """Return the port that Firefox listens on, once it does."""
    until = time.monotonic() + PATIENCE / 1000
    written = profile / "MarionetteActivePort"
    while not (written.exists() and written.read_text()):
        assert process.poll() is None, "Firefox did not start"
        assert time.monotonic() < until, "Firefox opened no port"
        time.sleep(0.1)
    return int(written.read_text())
