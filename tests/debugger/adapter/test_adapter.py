"""The debug adapter, spoken to over the Debug Adapter Protocol as an editor does."""

from __future__ import annotations

import io
import itertools
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from autograd import Value, dot
from autograd.debugger import Session
from autograd.debugger.adapter import variables
from autograd.debugger.adapter.debuggee import Debuggee
from autograd.debugger.adapter.editor import connect
from autograd.debugger.adapter.protocol import Variables
from autograd.debugger.adapter.wire import Wire

ROOT = Path(__file__).parents[3]

NETWORK = """
import sys
from autograd import Value
x, target = Value(2.0, "x"), Value(1.0, "target")
w, b = Value(-3.0, "w"), Value(1.0, "b")
for epoch in range(3):
    out = (w * x + b).tanh()
    loss = (out - target) ** 2
    loss.label = "loss"
    w.grad = 0.0
    loss.backward()
    print("epoch", epoch, w.grad)
print("problem", file=sys.stderr)
sys.exit(3)
"""
OUT, LOSS, BACKWARD = 7, 8, 11  # lines


class Editor:
    """What an editor does: it starts the adapter, sends requests, and waits for responses and events."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "autograd.debugger", "--dap"]
        self.adapter = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1
        )
        assert self.adapter.stdin
        assert self.adapter.stdout
        self.wire = Wire(self.adapter.stdout, self.adapter.stdin)
        self.watchdog = threading.Timer(60.0, self.adapter.kill)
        self.watchdog.start()
        self.numbers = itertools.count(1)
        self.seen: list[dict[str, Any]] = []

    def send(self, command: str, **arguments: Any) -> int:
        number = next(self.numbers)
        self.wire.send({"seq": number, "type": "request", "command": command, "arguments": arguments})
        return number

    def wait(self, found: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first message that fits, and take it out of those seen."""
        for k, message in enumerate(self.seen):
            if found(message):
                return self.seen.pop(k)
        while message := self.wire.read():
            if found(message):
                return message
            self.seen.append(message)
        raise AssertionError(f"the adapter has ended; unread: {self.seen}")

    def response(self, number: int) -> dict[str, Any]:
        return self.wait(lambda m: m["type"] == "response" and m["request_seq"] == number)

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        answer = self.response(self.send(command, **arguments))
        assert answer["success"], answer
        return answer["body"]

    def refused(self, command: str, **arguments: Any) -> str:
        answer = self.response(self.send(command, **arguments))
        assert not answer["success"], answer
        return answer["message"]

    def event(self, name: str) -> dict[str, Any]:
        return self.wait(lambda m: m.get("event") == name).get("body", {})

    def output(self, category: str) -> str:
        """Wait for output of a category; the program's own and the debugger's come by two ways, in either order."""
        said = self.wait(lambda m: m.get("event") == "output" and m["body"]["category"] == category)
        return str(said["body"]["output"])

    def begin(self, script: Path, set_up: Callable[[Editor], object] = lambda editor: None, **options: Any) -> Editor:
        self.ask("initialize", adapterID="autograd")
        launched = self.send("launch", program=str(script), cwd=str(script.parent), **options)
        self.event("initialized")
        set_up(self)
        self.ask("configurationDone")
        assert self.response(launched)["success"]
        return self

    def move(self, command: str, **arguments: Any) -> dict[str, Any]:
        self.ask(command, threadId=1, **arguments)
        return self.event("stopped")

    def here(self) -> str:
        return self.ask("stackTrace", threadId=1, startFrame=0, levels=1)["stackFrames"][0]["name"]

    def look(self, expression: str) -> str:
        return self.ask("evaluate", expression=expression)["result"]

    def children(self, reference: int, **page: int) -> dict[str, dict[str, Any]]:
        found = self.ask("variables", variablesReference=reference, **page)["variables"]
        return {variable["name"]: variable for variable in found}

    def scopes(self) -> dict[str, int]:
        top = self.ask("stackTrace", threadId=1)["stackFrames"][0]["id"]
        return {scope["name"]: scope["variablesReference"] for scope in self.ask("scopes", frameId=top)["scopes"]}

    def close(self) -> None:
        self.watchdog.cancel()
        self.adapter.kill()
        self.adapter.wait()
        for stream in (self.adapter.stdin, self.adapter.stdout):
            assert stream
            stream.close()


@pytest.fixture
def editor() -> Iterator[Editor]:
    made = Editor()
    yield made
    made.close()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "train.py"
    file.write_text(NETWORK)
    return file


def test_it_steps_through_a_pass_and_back_to_the_same_state(editor: Editor, script: Path) -> None:
    editor.begin(script)
    assert editor.event("stopped")["reason"] == "entry"
    assert editor.here() == "loss = #7 ** 2"
    before = editor.look("out.grad")
    editor.move("next")
    editor.move("stepIn")
    assert editor.here() == "#7 = #5 - target"
    assert editor.look("w.grad") == "0.0  (w.grad is partial, 0 of 1)"
    for _ in range(10):
        moved = editor.move("stepBack")
    assert moved["reason"] == "entry"
    assert editor.look("out.grad") == before


def test_the_yellow_line_stands_on_the_expression_that_made_the_node(editor: Editor, script: Path) -> None:
    editor.begin(script)
    editor.event("stopped")
    editor.move("next")
    editor.move("next")
    top, *path = editor.ask("stackTrace", threadId=1)["stackFrames"]
    text = NETWORK.splitlines()[top["line"] - 1]
    assert text[top["column"] - 1 : top["endColumn"] - 1] == "(w * x + b).tanh()"
    assert [frame["line"] for frame in path] == [LOSS, LOSS, BACKWARD]
    assert [frame["name"] for frame in path] == ["#7 = #5 - target", "loss = #7 ** 2", "<module>"]


def test_breakpoints_on_lines_stop_where_nodes_were_made_with_conditions_counts_and_messages(
    editor: Editor, script: Path
) -> None:
    def set_up(editor: Editor) -> None:
        lines = [{"line": OUT, "condition": "op == 'tanh'"}, {"line": 2}, {"line": LOSS, "hitCondition": "% 4"}]
        lines.append({"line": OUT, "logMessage": "at {op}: w.grad is {w.grad}, {1 +}", "condition": "op == '*'"})
        answer = editor.ask("setBreakpoints", source={"path": str(script)}, breakpoints=lines)
        assert not any(one["verified"] for one in answer["breakpoints"])

    editor.begin(script, set_up, stopOnEntry=False)
    changed = [editor.event("breakpoint")["breakpoint"] for _ in range(4)]
    assert [(one["line"], one["verified"]) for one in changed] == [(OUT, True), (2, False), (LOSS, True), (OUT, True)]
    assert changed[1]["message"] == "nothing is computed on line 2 of train.py: nodes are computed on 7, 8"
    stopped = editor.event("stopped")
    assert stopped["reason"] == "breakpoint"
    assert editor.here() == "#5 = tanh(#4)"
    assert editor.move("continue")["hitBreakpointIds"] == [changed[2]["id"]]  # in the next pass: that line's 4th step
    said = editor.output("console")
    assert said.startswith("at *: w.grad is 0.0, (cannot read 1 +")
    assert editor.move("continue")["hitBreakpointIds"] == [changed[0]["id"]]
    assert editor.move("reverseContinue")["reason"] == "step"  # back at the start
    bad = [{"line": OUT, "condition": "op =="}, {"line": OUT, "hitCondition": "often"}]
    answer = editor.ask("setBreakpoints", source={"path": str(script)}, breakpoints=bad)["breakpoints"]
    assert [one["verified"] for one in answer] == [False, False]
    assert "cannot read op ==" in answer[0]["message"]
    assert "expected a number of hits" in answer[1]["message"]


def test_breakpoints_by_name_on_gradients_at_addresses_and_at_nan(editor: Editor, tmp_path: Path) -> None:
    script = tmp_path / "nan.py"
    script.write_text(
        "from autograd import Value\n"
        "x = Value(0.0, 'x')\n"
        "y = (x * 2.0).sqrt() * x\n"
        "y.backward()\n"
    )  # fmt: skip
    editor.begin(script)
    editor.event("stopped")
    editor.ask("setFunctionBreakpoints", breakpoints=[{"name": "sqrt"}, {"name": "nowhere"}])
    assert editor.move("continue")["reason"] == "breakpoint"
    assert editor.here() == "#3 = sqrt(#2)"
    editor.ask("setFunctionBreakpoints", breakpoints=[])
    editor.move("goto", targetId=4)
    inputs = editor.scopes()["Inputs"]
    watched = editor.ask("dataBreakpointInfo", name="1: x", variablesReference=inputs)
    assert watched["description"] == "x.grad changes"
    editor.ask("setDataBreakpoints", breakpoints=[{"dataId": watched["dataId"]}])
    assert editor.move("continue")["reason"] == "data breakpoint"
    editor.ask("setDataBreakpoints", breakpoints=[])
    editor.ask("evaluate", expression="restart", context="repl")
    editor.event("stopped")
    editor.ask("setExceptionBreakpoints", filters=["nan", "infinity"])
    assert editor.move("continue")["reason"] == "exception"
    about = editor.ask("exceptionInfo", threadId=1)
    assert about["description"] == f"#3 = sqrt(#2), with #2 = 0.0, made at {script}:3"
    address = editor.ask("stackTrace", threadId=1)["stackFrames"][0]["instructionPointerReference"]
    tape = editor.ask("disassemble", memoryReference=address, instructionOffset=-3, instructionCount=5)["instructions"]
    assert [row.get("presentationHint") for row in tape] == ["invalid", None, None, None, None]
    assert tape[3]["instruction"] == "#2.grad  0 + 0 * inf = nan"
    editor.ask("setExceptionBreakpoints", filters=[])
    editor.ask("setInstructionBreakpoints", breakpoints=[{"instructionReference": tape[2]["address"]}])
    assert editor.move("reverseContinue")["reason"] == "instruction breakpoint"
    assert editor.look("grad") == "1.0"


def test_the_output_the_error_and_the_exit_code_of_the_program_are_reported(editor: Editor, script: Path) -> None:
    editor.begin(script, stopOnEntry=False)
    assert editor.event("exited") == {"exitCode": 3}
    editor.event("terminated")
    output = [m["body"] for m in editor.seen if m.get("event") == "output"]
    assert "".join(o["output"] for o in output if o["category"] == "stdout").count("epoch") == 3
    assert "".join(o["output"] for o in output if o["category"] == "stderr") == "problem\n"
    assert editor.refused("next", threadId=1) == "the program has ended: next comes too late"


def test_a_program_named_relative_to_its_folder_is_found_by_its_whole_path(editor: Editor, script: Path) -> None:
    editor.ask("initialize", adapterID="autograd")
    launched = editor.send("launch", program=script.name, cwd=str(script.parent))
    editor.event("initialized")
    editor.ask("configurationDone")
    assert editor.response(launched)["success"]
    editor.event("stopped")
    frames = editor.ask("stackTrace", threadId=1)["stackFrames"]
    assert {frame["source"]["path"] for frame in frames} == {str(script)}


def test_an_error_of_the_program_is_shown_without_the_adapters_frames(editor: Editor, tmp_path: Path) -> None:
    script = tmp_path / "wrong.py"
    script.write_text("raise ValueError(3)\n")
    editor.begin(script)
    assert editor.event("exited") == {"exitCode": 1}
    editor.event("terminated")
    said = "".join(
        m["body"]["output"] for m in editor.seen if m.get("event") == "output" and m["body"]["category"] == "stderr"
    )
    assert said.splitlines() == [
        "Traceback (most recent call last):",
        f'  File "{script}", line 1, in <module>',
        "    raise ValueError(3)",
        "ValueError: 3",
    ]


def test_a_launch_that_cannot_work_says_why(script: Path) -> None:
    bad: list[tuple[dict[str, Any], str]] = [
        ({}, 'set either "program"'),
        ({"program": "nowhere.py"}, "there is no file nowhere.py"),
        ({"program": str(script), "console": "somewhere"}, "\"console\" is 'somewhere'"),
        ({"program": str(script), "cwd": "/nowhere"}, '"cwd" is no folder: /nowhere'),
        ({"program": str(script), "python": "/nowhere/python"}, "No such file"),
        ({"program": str(script), "args": 3}, "Expected `array`, got `int`"),
    ]
    for options, message in bad:
        editor = Editor()
        editor.ask("initialize", adapterID="autograd")
        assert message in editor.refused("launch", **options)
        editor.event("terminated")
        editor.close()


def test_variables_show_this_step_inputs_parameters_and_all_nodes_and_set_asks_what_if(
    editor: Editor, script: Path
) -> None:
    editor.begin(script)
    editor.event("stopped")
    editor.move("next")
    scopes = editor.scopes()
    assert list(scopes) == ["This step", "Inputs", "Parameters", "All nodes"]
    assert editor.children(scopes["This step"])["#5.grad (next, 1)"]["value"].startswith("0 + (-3.99")
    assert list(editor.children(scopes["Inputs"])) == ["0: #5", "1: target"]
    parameters = editor.children(scopes["Parameters"])
    assert list(parameters) == ["w", "x", "b", "target"]
    page = editor.children(scopes["All nodes"], start=1, count=2)
    assert list(page) == ["x", "#2"]
    w = parameters["w"]["variablesReference"]
    assert editor.children(w)["data"]["value"] == "-3.0"
    why = editor.children(editor.children(w)["grad"]["variablesReference"])
    assert "sum" in why
    loss = editor.look("loss.data")
    assert editor.ask("setVariable", variablesReference=w, name="data", value="1/2")["value"] == "0.5"
    editor.event("invalidated")
    assert editor.look("loss.data") != loss
    assert editor.ask("evaluate", expression="undo", context="repl")["result"].startswith("w.data 0.5 -> -3")
    assert editor.look("loss.data") == loss
    assert "gradients follow" in editor.refused("setVariable", variablesReference=w, name="grad", value="1")


def test_the_leaves_of_a_large_module_are_shown_in_groups() -> None:
    weights = [Value(0.1 * k, f"layer.w{k}") for k in range(250)]
    debuggee = Debuggee(Wire(io.BytesIO(), io.BytesIO()))
    debuggee.session = Session(dot(weights, weights))
    (layer,) = variables.module_children(debuggee, 0)
    groups = variables.variables(debuggee, Variables(layer["variablesReference"]))["variables"]
    assert [group["name"] for group in groups] == ["w0 to w99", "w100 to w199", "w200 to w249"]
    last = variables.variables(debuggee, Variables(groups[2]["variablesReference"]))["variables"]
    assert [variable["name"] for variable in last] == [f"w{k}" for k in range(200, 250)]


def test_python_variables_resolve_and_the_console_takes_commands(editor: Editor, script: Path) -> None:
    editor.begin(script)
    editor.event("stopped")
    assert editor.look("out").startswith("-0.9999")
    assert editor.look("epoch") == "0"
    assert editor.look("[p.data for p in (w, b)]") == "[-3.0, 1.0]"
    assert "1 contribution in all" in editor.ask("evaluate", expression="why w", context="repl")["result"]
    editor.ask("evaluate", expression="step", context="repl")
    editor.event("stopped")
    found = editor.ask("completions", text="why lo", column=7)["targets"]
    assert found[0]["label"] == "loss"
    assert "NameError" in editor.refused("evaluate", expression="nobody")


def test_the_passes_of_a_program_follow_each_other_and_may_be_chosen(editor: Editor, script: Path) -> None:
    editor.begin(script, **{"pass": 2})
    assert "pass 2 at train.py:11" in editor.event("stopped")["description"]
    assert editor.look("epoch") == "1"
    editor.ask("evaluate", expression="goto end", context="repl")
    editor.event("stopped")
    editor.move("next")
    assert editor.look("epoch") == "2"


def test_pieces_of_messages_and_several_at_once_are_read(editor: Editor) -> None:
    def frame(**message: Any) -> bytes:
        body = json.dumps({"type": "request", **message}).encode()
        return b"Content-Length: %d\r\n\r\n" % len(body) + body

    assert editor.adapter.stdin
    whole = (
        frame(seq=1, command="initialize", arguments={})
        + b"Content-Length: 4\r\n\r\n{no}"
        + frame(seq=2, command="threads")
    )
    for byte in whole:
        editor.adapter.stdin.write(bytes([byte]))
        editor.adapter.stdin.flush()
    editor.adapter.stdin.write(frame(seq=3, command="next") * 2)
    editor.adapter.stdin.flush()
    assert editor.response(1)["success"]
    assert editor.response(2)["message"] == "threads: first send launch"
    assert editor.response(3)["message"] == editor.response(3)["message"] == "next: first send launch"


def test_a_message_that_is_too_long_is_skipped_and_the_next_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.debugger.adapter.wire.LONGEST", 64)
    for length in (65, 127, 128, 129, 1000):
        after = b'Content-Length: 13\r\n\r\n{"seq":    7}'
        stream = io.BytesIO(b"Content-Length: %d\r\n\r\n%s%s" % (length, b" " * length, after))
        wire = Wire(stream, io.BytesIO())
        assert (wire.read(), wire.read()) == ({"seq": 7}, None)
    for cut in (10, 70, 100):  # the stream ends in it
        assert Wire(io.BytesIO(b"Content-Length: 200\r\n\r\n" + b" " * cut), io.BytesIO()).read() is None


def test_requests_out_of_order_are_refused_in_words_and_change_nothing(editor: Editor, tmp_path: Path) -> None:
    script = tmp_path / "waits.py"
    script.write_text(
        "import time\n"
        "from autograd import Value\n"
        "Value(1.0, 'w').exp().backward()\n"
        "time.sleep(60)\n"
    )  # fmt: skip
    assert editor.refused("configurationDone") == "configurationDone: first send launch"
    assert editor.refused("stackTrace", threadId=1) == "stackTrace: first send launch"
    editor.begin(script)
    editor.event("stopped")
    assert editor.refused("launch", program=str(script)) == "launch: the program has been started already"
    assert editor.refused("attach", port=1) == "attach: the program has been started already"
    editor.ask("configurationDone")
    editor.ask("initialize", adapterID="autograd")
    editor.wire.send({"type": "response", "request_seq": 99, "command": "runInTerminal", "success": False})
    editor.wire.send({"type": "event", "event": "stopped"})
    editor.wire.send({"type": "nothing"})
    assert editor.here() == "#1 = exp(w)"
    editor.ask("continue", threadId=1)
    for command in ("next", "stepBack", "stackTrace"):
        assert editor.refused(command, threadId=1).startswith("the program is running: press Pause")
    for command, arguments in (("scopes", {"frameId": 1}), ("variables", {"variablesReference": 1})):
        assert editor.refused(command, **arguments).startswith("the program is running: press Pause")
    editor.ask("terminate")
    editor.event("terminated")
    assert editor.refused("next", threadId=1) == "the program has ended: next comes too late"
    assert editor.refused("launch", program=str(script)) == "the program has ended: launch comes too late"
    editor.ask("disconnect")
    assert editor.adapter.wait(20) == 0


READS = """\
import os, sys
from autograd import Value
w = Value(float(input("weight? ")), "w")
(w * w).backward()
print("slope", w.grad, "pid", os.getpid())
sys.exit(5)
"""


@pytest.mark.parametrize("end", ["", "terminate", "disconnect", "dies"])
def test_in_the_editors_terminal_a_script_reads_what_is_typed_and_ends_with_the_editor(
    editor: Editor, tmp_path: Path, end: str
) -> None:
    script = tmp_path / "reads.py"
    script.write_text(READS)
    editor.ask("initialize", adapterID="autograd", supportsRunInTerminalRequest=True)
    launched = editor.send("launch", program=str(script), console="integratedTerminal", env={"NOTE": "1"})
    asked = editor.wait(lambda message: message["type"] == "request")
    about = asked["arguments"]
    assert (asked["command"], about["kind"], about["env"]) == ("runInTerminal", "integrated", {"NOTE": "1"})
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **about["env"]}
    terminal = pexpect.spawn(about["args"][0], about["args"][1:], cwd=about["cwd"], env=environment, encoding="utf-8")
    response = {"type": "response", "request_seq": asked["seq"], "command": "runInTerminal", "success": True}
    editor.wire.send({**response, "body": {"processId": terminal.pid}})
    editor.event("initialized")
    editor.ask("configurationDone")
    assert editor.response(launched)["success"]
    terminal.expect_exact("weight? ")
    terminal.sendline("3")
    assert editor.event("stopped")["reason"] == "entry"
    assert editor.look("w.data") == "3.0"
    if end == "dies":
        assert editor.adapter.stdin
        editor.adapter.stdin.close()
    elif end:
        editor.ask(end)
    else:
        editor.ask("continue", threadId=1)
        assert editor.event("exited") == {"exitCode": 5}
        editor.event("terminated")
        terminal.expect_exact(f"slope 6.0 pid {terminal.pid}")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert "slope" not in (terminal.before or "")


def test_an_editor_without_a_terminal_is_told_so(editor: Editor, script: Path) -> None:
    editor.ask("initialize", adapterID="autograd")
    launched = editor.send("launch", program=str(script), console="externalTerminal")
    asked = editor.wait(lambda message: message["type"] == "request")
    refusal = {"type": "response", "request_seq": asked["seq"], "command": "runInTerminal", "success": False}
    editor.wire.send({**refusal, "message": "not here"})
    assert editor.response(launched)["message"] == "launch: the editor opened no terminal: not here"
    editor.event("terminated")


BAD: list[Any] = [None, -1, 10**30, 1.5, "", "x", [], {}, True, "#999999", "\x00"]


def test_every_request_answers_bad_arguments_in_a_sentence(editor: Editor, script: Path) -> None:
    from autograd.debugger.adapter.requests import REQUESTS

    editor.begin(script)
    editor.event("stopped")
    rng = random.Random(3)
    ends = {"disconnect", "terminate", "launch", "attach", "initialize", "configurationDone"}
    before = editor.here()
    for command, (arguments, _) in sorted(REQUESTS.items()):
        if command in ends or command in {"continue", "pause"}:
            continue
        fields = [field.replace("pass_", "pass") for field in arguments.__struct_encode_fields__]
        for _ in range(12):
            given = {field: rng.choice(BAD) for field in fields}
            answer = editor.response(editor.send(command, **given))
            assert answer["success"] or answer["message"], answer
            assert "Traceback" not in str(answer)
            assert "Error:" not in answer.get("message", "") or command == "evaluate", answer
    assert not [m for m in editor.seen if m.get("event") == "output" and "Traceback" in m["body"]["output"]]
    editor.ask("evaluate", expression="restart", context="repl")
    assert editor.here() == before
    assert "no request" in editor.refused("makeCoffee")


@pytest.mark.parametrize("how", ["closes", "dies"])
def test_an_editor_that_goes_leaves_no_process(editor: Editor, tmp_path: Path, how: str) -> None:
    script = tmp_path / "slow.py"
    script.write_text(
        "import os, subprocess, time\n"
        "print(os.getpid(), subprocess.Popen(['sleep', '600']).pid, flush=True)\n"
        "while True:\n    time.sleep(1)\n"
    )  # fmt: skip
    editor.begin(script)
    numbers = [int(word) for word in editor.event("output")["output"].split()]
    if how == "closes":
        assert editor.adapter.stdin
        editor.adapter.stdin.close()
    else:
        editor.adapter.send_signal(signal.SIGKILL)
    for _ in range(100):
        if not any(alive(number) for number in numbers):
            return
        time.sleep(0.1)
    raise AssertionError("a process is left")


def alive(number: int) -> bool:
    status = Path(f"/proc/{number}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_it_attaches_to_a_program_that_listens_and_lets_it_go_on(editor: Editor, tmp_path: Path) -> None:
    script = tmp_path / "listening.py"
    script.write_text(
        "import autograd\n"
        "x = autograd.Value(3.0, 'x')\n"
        "autograd.debug(x * x, listen=0)\n"
        "print('gradient', x.grad)\n"
    )  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = subprocess.Popen(
        [sys.executable, str(script)], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert program.stderr
    waiting = re.fullmatch(r"waiting for an editor to attach at port (\d+): .*\n", program.stderr.readline())
    assert waiting
    editor.ask("initialize", adapterID="autograd")
    attached = editor.send("attach", port=int(waiting[1]))
    editor.event("initialized")
    editor.ask("configurationDone")
    assert editor.response(attached)["success"]
    assert editor.event("stopped")["reason"] == "entry"
    editor.move("stepIn")
    assert editor.look("x.grad") == "3.0  (x.grad is partial, 1 of 2)"
    editor.ask("disconnect")
    assert program.communicate(timeout=20)[0] == "gradient 6.0\n"


def test_it_stays_attached_however_long_a_program_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, connect("127.0.0.1", server.getsockname()[1]) as connection:
        assert connection.gettimeout() is None


def test_it_serves_one_editor_after_another_at_a_port(tmp_path: Path) -> None:
    script = tmp_path / "one.py"
    script.write_text("from autograd import Value\nValue(1.0, 'w').exp().backward()\n")
    command = [sys.executable, "-u", "-m", "autograd.debugger", "--dap", "--listen", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            port = int(server.stdout.readline().split()[5])
            for _ in range(2):
                with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rwb") as stream:
                    wire = Wire(stream, stream)  # type: ignore[arg-type]
                    wire.send({"type": "request", "command": "initialize", "arguments": {}})
                    wire.send({"type": "request", "command": "launch", "arguments": {"program": str(script)}})
                    seen = []
                    while message := wire.read():
                        seen.append(message.get("event"))
                        if seen[-1] == "initialized":
                            wire.send({"type": "request", "command": "configurationDone"})
                        if seen[-1] == "stopped":
                            wire.send({"type": "request", "command": "continue", "arguments": {"threadId": 1}})
                        if seen[-1] == "terminated":
                            break
                    assert [name for name in seen if name in ("stopped", "exited", "terminated")] == [
                        "stopped", "exited", "terminated",
                    ]  # fmt: skip
        finally:
            server.kill()
