"""A typed user's code checks under `mypy --strict` and under pyright: numbers give floats, Values give Values."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from browser import missing

import autograd

ROOT = Path(autograd.__file__).parent.parent
RIGHT = """
from typing import assert_type

import autograd
from autograd import Value, check_grads, dot, grad, hessian, jacobian, maximum, softmax, topological_order, where

x = Value(2.0)
y: Value = (x * 2 + x.exp()).tanh()
f: float = autograd.sin(0.5)
assert_type(autograd.exp(x), Value)
assert_type(autograd.exp(1), float)
assert_type(autograd.hypot(x, 1.0), Value)
assert_type(autograd.hypot(3, 4), float)
assert_type(2 * x - 1, Value)
assert_type(1 - x / 2, Value)
assert_type(2**x + x**2 + x**x, Value)
assert_type(-abs(+x), Value)
assert_type(x < 1, bool)
assert_type(1.0 >= x, bool)
assert_type(x.log().sqrt().sigmoid(), Value)
assert_type(maximum(x, 0.0), Value)
assert_type(maximum(1.0, 0.0), float)
assert_type(where(x > 0, x, 0.0), Value)
assert_type(dot([x, x], [1.0, 2.0], x), Value)
assert_type(dot([1.0], [2.0]), float)
assert_type(autograd.sum([x, x]), Value)
assert_type(autograd.logsumexp([x, 1.0]), Value)
assert_type(softmax([x, y]), list[Value])
assert_type(softmax([1.0, 2.0]), list[float])
assert_type(grad(y, [x]), list[float])
assert_type(grad(y, [x], create_graph=True), list[Value])
assert_type(topological_order(y), list[Value])
assert_type(x.data + x.grad, float)
y.backward()
x.data, x.grad = 3, 0
check_grads(lambda x, y: x * y, [1.0, 2.0])
hessian(lambda x: x * x, [1.0])
jacobian(lambda x: [x, x * x], [1.0])
loss = sum((w * w for w in [x, y]), Value(0.0))
assert_type(loss, Value)
"""
WRONG = [
    "Value('2.0')",
    "autograd.exp('2.0')",
    "x.exp(1.0)",
    "y: float = autograd.exp(x)",
    "y: float = x * 2",
    "grad(x, 3.0)",
    "maximum(x, None)",
]


def check(command: list[str], code: str, folder: Path) -> str:
    file = folder / "consumer.py"
    file.write_text(code)
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, cwd=ROOT)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def mypy(tmp_path: Path) -> list[str]:
    cache = ROOT / ".mypy_cache"
    return [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), "--config-file", ""]


def test_right_code_passes_mypy_strict(tmp_path: Path) -> None:
    assert check(mypy(tmp_path), RIGHT, tmp_path) == ""


def test_wrong_code_does_not(tmp_path: Path) -> None:
    head = "import autograd\nfrom autograd import Value, grad, maximum\nx = Value(1.0)\n"
    lines = "".join(f"def f{k}() -> None:\n    {line}\n" for k, line in enumerate(WRONG))
    said = check(mypy(tmp_path), head + lines, tmp_path)
    for k in range(len(WRONG)):
        assert f"consumer.py:{5 + 2 * k}: error" in said, WRONG[k]


def test_right_code_passes_pyright(tmp_path: Path) -> None:
    if shutil.which("node") is None:  # without one, pyright would fetch its own
        missing("node (apt install nodejs)")
    (tmp_path / "autograd").symlink_to(ROOT / "autograd")
    command = [str(Path(sys.executable).parent / "pyright"), "--pythonpath", sys.executable, "--project", str(tmp_path)]
    assert check(command, RIGHT, tmp_path) == ""
