"""Plain pdb, as it is: a breakpoint in the loop stops once per node, and the locals explain themselves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BACKWARD = ROOT / "autograd" / "backward.py"
LINES = [line.strip() for line in BACKWARD.read_text("utf-8").splitlines()]
STOP = LINES.index("yield node") + 2  # the line after it
CONTRIBUTION = LINES.index("input._grad += gradient * partial") + 1

SCRIPT = """
from autograd import Value
w, x = Value(1.0, "w"), Value(2.1, "x")
product = w * x
product.label = "product"
d = product - 4.0
d.label = "d"
error = d ** 2
error.label = "error"
error.backward()
print("gradient", w.grad)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def pdb(script: Path, *typed: str) -> list[str]:
    """Give pdb's answer to each command."""
    command = [sys.executable, "-m", "pdb", str(script)]
    lines = "".join(f"{line}\n" for line in (*typed, "q"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(command, env=environment, input=lines, capture_output=True, text=True, timeout=300)
    return [answer.strip() for answer in done.stdout.split("(Pdb) ")[1:]]


def line_of(answer: str) -> str:
    """Give the line of source that an answer stops at."""
    at = re.search(r"backward\.py\((\d+)\)", answer)
    assert at, answer
    return LINES[int(at[1]) - 1]


def test_a_breakpoint_in_the_loop_stops_once_per_node(script: Path) -> None:
    answers = pdb(script, f"b {BACKWARD}:{STOP}", "c", "p node", "c", "p node", "c", "p node", "c")
    assert [line_of(answer) for answer in answers[1::2][:3]] == [LINES[STOP - 1]] * 3
    assert answers[2::2][:3] == [
        "Value(data=3.61, grad=1.0, op='**', label='error')",
        "Value(data=-1.9, grad=-3.8, op='-', label='d')",
        "Value(data=2.1, grad=-3.8, op='*', label='product')",
    ]
    assert "gradient -7.9799999999999995" in answers[7]


def test_locals_are_the_node_its_gradient_each_input_and_partial(script: Path) -> None:
    to_contribution = f"until {CONTRIBUTION}"
    typed = [f"b {BACKWARD}:{STOP}", "c", "c", "c", to_contribution, "p node.op, gradient, input, partial"]
    answers = pdb(script, *typed, "n", to_contribution, "p input, partial", "n", "p input")
    assert answers[5] == "(<op multiply>, -3.8, Value(data=1.0, grad=0.0, label='w'), 2.1)"
    assert answers[8] == "(Value(data=2.1, grad=0.0, label='x'), 1.0)"
    assert answers[10] == "Value(data=2.1, grad=-3.8, label='x')"


@pytest.mark.parametrize("move", ["next", "step", "until"])
def test_each_move_goes_line_by_line_to_the_contribution(script: Path, move: str) -> None:
    answers = pdb(script, f"b {BACKWARD}:{STOP}", "c", *[move] * (CONTRIBUTION - STOP))
    assert [line_of(answer) for answer in answers[1:-1]] == LINES[STOP - 1 : CONTRIBUTION]


def test_until_goes_to_the_contribution_and_on_to_the_next_node(script: Path) -> None:
    shown = "p node.label, input.label, gradient * partial"
    answers = pdb(script, f"b {BACKWARD}:{STOP}", "c", f"until {CONTRIBUTION}", shown, "until", "p node.label")
    assert line_of(answers[2]) == "input._grad += gradient * partial"
    assert answers[3] == "('error', 'd', -3.8)"
    assert answers[5] == "'d'"


def test_w_shows_the_users_line_and_the_pass(script: Path) -> None:
    answers = pdb(script, f"b {BACKWARD}:{STOP}", "c", "w")
    assert "-> error.backward()" in answers[2]
    assert answers[2].endswith(f"-> {LINES[STOP - 1]}")
