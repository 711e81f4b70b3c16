"""The suite says at its end which tests it did not try, and what brings the tool that they need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

TESTS = """
import pytest
from browser import missing

@pytest.mark.parametrize("number", range(3))
def test_page(number):
    missing("gizmo (apt install gizmo)")

def test_other():
    pytest.skip("for another reason")

def test_all_is_well():
    pass
"""


def run_suite(folder: Path, tests: str, **variables: str) -> list[str]:
    here = Path(__file__).parent
    shutil.copy(here / "conftest.py", folder)
    (folder / "test_some.py").write_text(tests)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(folder)],
        env={**os.environ, "CI": "", "PYTHONPATH": str(here / "helpers"), **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()


def test_the_last_line_says_what_was_not_tried(tmp_path: Path) -> None:
    *_, counts, last = run_suite(tmp_path, TESTS)
    assert counts.startswith("1 passed, 4 skipped")
    assert last == "Not tried, because gizmo is missing: 3 tests. To bring it: apt install gizmo"


def test_a_machine_that_tries_everything_fails_instead(tmp_path: Path) -> None:
    lines = run_suite(tmp_path, TESTS, CI="true")
    assert any(line.startswith("3 failed, 1 passed, 1 skipped") for line in lines)


def test_nothing_is_said_where_all_was_tried(tmp_path: Path) -> None:
    *_, last = run_suite(tmp_path, "def test_all_is_well(): pass")
    assert last.startswith("1 passed")
