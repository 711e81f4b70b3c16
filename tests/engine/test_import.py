"""`import autograd` is light: msgspec and little of the standard library.

How many milliseconds that is, is for `prove/install.py` to see, with nothing beside it.
"""

from __future__ import annotations

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


HEAVY = {"asyncio", "concurrent", "ctypes", "email", "html", "http", "json", "logging", "multiprocessing", "xml"}


def test_it_imports_nothing_heavy_of_the_standard_library() -> None:
    """How long the import takes depends on the machine; what takes long does not."""
    assert (modules_after("import autograd") - modules_after("import msgspec")) & HEAVY == set()
