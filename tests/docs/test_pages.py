"""The documentation: every code block runs and prints what it says, and the site builds without a warning."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^(?P<indent> *)```python\n(?P<code>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
LIMIT = 15 * 2**20  # bytes of the whole site


def blocks(page: Path) -> Iterator[tuple[int, str]]:
    """Yield each Python block of a page with the number of its first line."""
    text = page.read_text("utf-8")
    for found in BLOCK.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, textwrap.dedent(found["code"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_runs_and_prints_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks of one page share their names, as for a reader who types them one after the other."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    for line, code in blocks(page):
        if ">>>" in code:
            test = doctest.DocTestParser().get_doctest(code, names, page.name, str(page), line)
            runner.run(test, clear_globs=False)
            names = test.globs
    assert runner.failures == 0, capsys.readouterr().out


def test_the_site_builds_without_a_warning() -> None:
    done = subprocess.run([sys.executable, "docs/build.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    site = ROOT / "out" / "docs"
    assert sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) < LIMIT
    fetched = re.compile(r"""(?:src|href)=["']?(?:https?:)?//(?!www\.w3\.org)[^"'> ]+\.(?:js|css|woff2?)""")
    assert not [page for page in site.rglob("*.html") if fetched.search(page.read_text("utf-8"))]
