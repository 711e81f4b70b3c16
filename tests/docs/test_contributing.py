"""CONTRIBUTING.md: the op that it adds as an example works, in a copy of the package, by the edits it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIFF = re.compile(r"```diff\n # (?P<path>\S+)\n(?P<lines>.*?)```", re.DOTALL)
WALKING = ("engine/test_ops.py", "engine/test_limits.py", "engine/test_edges.py", "compiler/test_edges.py", "lowering")


def apply(text: str, lines: str) -> str:
    """Put the lines that a diff adds after those that it shows."""
    before = "".join(line[1:] for line in lines.splitlines(keepends=True) if line.startswith(" "))
    after = "".join(line[1:] for line in lines.splitlines(keepends=True) if line[0] in " +")
    assert text.count(before) == 1, before
    return text.replace(before, after)


def test_the_op_of_the_example_passes_the_tests_that_walk_the_tables(tmp_path: Path) -> None:
    for name in ("autograd", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "nn", "demos", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    changed = list(DIFF.finditer((ROOT / "CONTRIBUTING.md").read_text("utf-8")))
    assert [found["path"] for found in changed] == [
        "autograd/ops.py", "autograd/lowering/table.py", "tests/helpers/oracle.py"
    ]  # fmt: skip
    for found in changed:
        path = tmp_path / found["path"]
        path.write_text(apply(path.read_text("utf-8"), found["lines"]), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", "cbrt"]
    done = subprocess.run(
        [*command, *[f"tests/{name}" for name in WALKING]],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b(1\d|[2-9]\d) passed", done.stdout), done.stdout
