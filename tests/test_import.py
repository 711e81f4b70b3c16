"""`import autograd` is light: msgspec and the standard library, in less than 60 ms beyond the bare interpreter."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

import autograd

ROOT = str(Path(autograd.__file__).parent.parent)
LIMIT = 0.060
SLACK = 2.0  # a machine that is busy with other tests


def run(code: str) -> str:
    """Run code in a fresh interpreter that finds this checkout, wherever it is installed."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {ROOT!r}); {code}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_imports_only_msgspec_and_the_standard_library() -> None:
    code = "before = set(sys.modules); import autograd; print(*{m.split('.')[0] for m in set(sys.modules) - before})"
    allowed = {*sys.stdlib_module_names, "msgspec", "autograd"}
    found = {*run(code).split()}
    assert "msgspec" in found
    assert found - allowed == set()


def seconds(code: str) -> float:
    start = time.perf_counter()
    run(code)
    return time.perf_counter() - start


def test_it_imports_fast() -> None:
    run("import autograd")  # compiles to bytecode
    beyond = [seconds("import autograd") - seconds("pass") for _ in range(7)]
    assert statistics.median(beyond) < SLACK * LIMIT
