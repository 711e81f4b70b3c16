"""The adapter under Microsoft's own test client, and its structs beside the official declaration of the protocol."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from autograd.debugger.adapter import protocol
from autograd.debugger.adapter.requests import REQUESTS

ROOT = Path(__file__).parents[2]
MODULES = ROOT / ".vscode-test" / "node_modules"
DECLARATION = MODULES / "@vscode" / "debugprotocol" / "lib" / "debugProtocol.d.ts"
OURS = {"launch", "attach", "autograd/page"}  # the protocol leaves their arguments to the adapter

pytestmark = pytest.mark.skipif(
    not DECLARATION.exists(), reason="Microsoft's client is not installed: make test-vscode installs it"
)


@pytest.mark.parametrize("console", ["internalConsole", "integratedTerminal"])
def test_microsofts_client_walks_a_pass_forwards_and_back(tmp_path: Path, console: str) -> None:
    weight = "2.0" if console == "internalConsole" else "float(input())"
    program = tmp_path / "walk.py"
    program.write_text(
        "from autograd import Value\n"
        f"w, x = Value({weight}, 'w'), Value(3.0, 'x')\n"
        "product = w * x\n"
        "product.tanh().backward()\n"
    )  # fmt: skip
    adapter = tmp_path / "adapter.py"  # the client takes a file, and no arguments
    adapter.write_text("from autograd.debugger.__main__ import main\nmain(['--dap'])\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NODE_PATH": str(MODULES)}
    command = ["node", str(Path(__file__).with_name("client.js")), sys.executable, str(adapter), str(program), console]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "walked #3 = tanh(#2)\n"), done.stderr


def declared() -> dict[str, dict[str, bool]]:
    """Each interface of the protocol: its properties, and whether they are required."""
    found = {}
    text = re.sub(r"/\*.*?\*/", "", DECLARATION.read_text("utf-8"), flags=re.DOTALL)
    for name, body in re.findall(r"interface (\w+)(?: extends \w+)? \{(.*?)\n\t\}", text, re.DOTALL):
        found[name] = {p: not optional for p, optional in re.findall(r"^\t\t(\w+)(\?)?:", body, re.MULTILINE)}
    return found


@pytest.mark.parametrize("command", sorted(set(REQUESTS) - OURS))
def test_the_arguments_of_a_request_are_the_protocols(command: str) -> None:
    struct = REQUESTS[command][0]
    interface = declared().get(f"{command[0].upper()}{command[1:]}Arguments", {})
    if struct is protocol.Nothing:
        return
    assert interface, f"the protocol has no {command}"
    for field in msgspec.structs.fields(struct):
        assert field.encode_name in interface, f"{command} has no argument {field.encode_name}"
        if field.required:
            assert interface[field.encode_name], f"{command} may come without {field.encode_name}"


def test_the_capabilities_are_the_protocols() -> None:
    assert set(protocol.CAPABILITIES) <= set(declared()["Capabilities"])
