"""VS Code, as it is: its debug adapter, spoken to over the Debug Adapter Protocol as VS Code does."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("debugpy", reason="debugpy is VS Code's debugger for Python: pip install debugpy")

ROOT = Path(__file__).parents[3]
BACKWARD = ROOT / "autograd" / "backward.py"
LINES = [line.strip() for line in BACKWARD.read_text("utf-8").splitlines()]
STOP = LINES.index("yield node") + 2  # the line after it
CONTRIBUTION = LINES.index("input._grad += gradient * partial") + 1

SCRIPT = """
from autograd import Value
w, x = Value(1.0, "w"), Value(2.1, "x")
error = (w * x - 4.0) ** 2
error.label = "error"
error.backward()
"""
DEEP = """
from autograd import Value
y = Value(1.0, "x")
for _ in range(100_000):
    y = y + 0.0
y.label = "y"
y.backward()
"""


class Editor:
    """What an editor does: it starts the adapter, sends requests, and waits for responses and events."""

    def __init__(self, script: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.adapter = subprocess.Popen([sys.executable, "-m", "debugpy.adapter"], env=environment, **pipes)  # type: ignore[call-overload]
        self.watchdog = threading.Timer(60.0, self.adapter.kill)
        self.watchdog.start()
        self.numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        self.request("initialize", adapterID="debugpy", linesStartAt1=True, columnsStartAt1=True)
        launch = {"program": str(script), "console": "internalConsole", "justMyCode": False, "python": [sys.executable]}
        launched = self.send("launch", **launch, env={"PYTHONPATH": str(ROOT)})
        self.event("initialized")
        self.request("setBreakpoints", source={"path": str(BACKWARD)}, breakpoints=[{"line": STOP}])
        self.request("configurationDone")
        self.response(launched)

    def send(self, command: str, **arguments: Any) -> int:
        number = next(self.numbers)
        body = json.dumps({"seq": number, "type": "request", "command": command, "arguments": arguments}).encode()
        self.adapter.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.adapter.stdin.flush()
        return number

    def receive(self) -> dict[str, Any]:
        length = 0
        while line := self.adapter.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        assert length, "the adapter ended, or took more than a minute"
        message: dict[str, Any] = json.loads(self.adapter.stdout.read(length))
        return message

    def response(self, number: int) -> Any:
        while True:
            message = self.receive()
            if message["type"] == "event":
                self.events.append(message)
            elif message["type"] == "response" and message["request_seq"] == number:
                assert message["success"], message
                return message.get("body")

    def request(self, command: str, **arguments: Any) -> Any:
        return self.response(self.send(command, **arguments))

    def event(self, name: str) -> Any:
        while True:
            for message in self.events:
                if message["event"] == name:
                    self.events.remove(message)
                    return message.get("body")
            message = self.receive()
            if message["type"] == "event":
                self.events.append(message)

    def stopped(self) -> dict[str, Any]:
        """Wait until the program stops, and give the top frame."""
        self.thread = self.event("stopped")["threadId"]
        frame: dict[str, Any] = self.request("stackTrace", threadId=self.thread)["stackFrames"][0]
        return frame

    def go(self, command: str) -> dict[str, Any]:
        self.request(command, threadId=self.thread)
        return self.stopped()

    def locals(self, frame: dict[str, Any]) -> dict[str, dict[str, Any]]:
        scopes = self.request("scopes", frameId=frame["id"])["scopes"]
        return self.expand(next(scope for scope in scopes if scope["name"] == "Locals"))

    def expand(self, variable: dict[str, Any]) -> dict[str, dict[str, Any]]:
        rows = self.request("variables", variablesReference=variable["variablesReference"])["variables"]
        return {row["name"]: row for row in rows}

    def close(self) -> None:
        self.request("disconnect", terminateDebuggee=True)
        self.adapter.stdin.close()
        self.adapter.stdout.close()
        self.adapter.wait(20)
        self.watchdog.cancel()


@pytest.fixture
def editor(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Editor]:
    script = tmp_path / "script.py"
    script.write_text(request.param)
    opened = Editor(script)
    yield opened
    opened.close()


@pytest.mark.parametrize("editor", [SCRIPT], indirect=True, ids=["small"])
def test_the_loop_stops_once_per_node_with_locals_that_explain_themselves(editor: Editor) -> None:
    frame = editor.stopped()
    assert (frame["name"], frame["line"], Path(frame["source"]["path"])) == ("backward_pass", STOP, BACKWARD)
    assert editor.locals(frame)["node"]["value"] == "Value(data=3.61, grad=1.0, op='**', label='error')"
    lines = [editor.go("next")["line"] for _ in range(STOP, CONTRIBUTION)]
    assert lines == list(range(STOP + 1, CONTRIBUTION + 1))
    frame = editor.go("continue")
    assert frame["line"] == STOP
    for _ in range(STOP, CONTRIBUTION):
        frame = editor.go("next")
    shown = editor.locals(frame)
    assert [shown[name]["value"] for name in ("gradient", "input", "partial")] == [
        "-3.8",
        "Value(data=2.1, grad=0.0, op='*')",
        "1.0",
    ]
    evaluated = editor.request("evaluate", expression="gradient * partial", frameId=frame["id"], context="watch")
    assert evaluated["result"] == "-3.8"
    assert LINES[editor.go("stepIn")["line"] - 1].startswith("for input")


@pytest.mark.parametrize("editor", [SCRIPT], indirect=True, ids=["small"])
def test_a_value_expands_into_its_fields(editor: Editor) -> None:
    fields = editor.expand(editor.locals(editor.stopped())["node"])
    assert fields["data"]["value"] == "3.61"
    assert fields["grad"]["value"] == "1.0"
    assert fields["op"]["value"] == "<op constant_power>"
    assert fields["label"]["value"] == "'error'"
    partials = editor.expand(fields["partials"])
    assert partials["0"]["value"] == "-3.8"
    inputs = editor.expand(fields["inputs"])
    assert inputs["0"]["value"] == "Value(data=-1.9, grad=0.0, op='-')"
    assert editor.expand(inputs["0"])["op"]["value"] == "<op subtract>"


@pytest.mark.parametrize("editor", [DEEP], indirect=True, ids=["100,000 nodes"])
def test_a_graph_of_100_000_nodes_expands_one_level_at_a_time(editor: Editor) -> None:
    variable = editor.locals(editor.stopped())["node"]
    for _ in range(10):
        assert variable["value"].startswith("Value(data=1.0")
        assert len(variable["value"]) < 100
        fields = editor.expand(variable)
        assert {"data", "grad", "op", "inputs", "partials"} <= fields.keys()
        assert len(fields["inputs"]["value"]) < 200
        variable = editor.expand(fields["inputs"])["0"]
