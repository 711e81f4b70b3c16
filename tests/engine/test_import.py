"""`import autograd` is light: msgspec and the standard library, and itself in less time than msgspec takes.

How many milliseconds that is, is for `prove/install.py` to see, with nothing beside it.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import autograd

ROOT = str(Path(autograd.__file__).parent.parent)


def run(code: str) -> str:
    """Run code in a fresh interpreter that finds this checkout, wherever it is installed."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {ROOT!r}); {code}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def modules_after(code: str) -> set[str]:
    return {*run(f"{code}; print(*{{name.split('.')[0] for name in sys.modules}})").split()}


def test_it_imports_only_msgspec_and_the_standard_library() -> None:
    found = modules_after("import autograd") - modules_after("import msgspec")
    assert "autograd" in found
    assert found - {*sys.stdlib_module_names, "autograd"} == set()


def seconds(code: str) -> float:
    """The processor time of a fresh interpreter that runs the code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(code)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def test_it_imports_in_little_more_time_than_msgspec() -> None:
    """Processor times, one beside the other, so that neither a slow nor a busy machine changes what comes out."""
    run("import autograd")  # compiles to bytecode
    times = [[seconds(f"import {name}") for name in ("sys", "msgspec", "autograd")] for _ in range(7)]
    bare, msgspec, whole = (min(column) for column in zip(*times, strict=True))
    assert whole - msgspec < msgspec - bare
