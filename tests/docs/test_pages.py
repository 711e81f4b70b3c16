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
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium

import autograd
import nn
from autograd.ops import OPS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^(?P<indent> *)```python\n(?P<code>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
LINK = re.compile(r"""(?:src|href)=["']?((?!https?:|mailto:|data:|javascript:)[^"'> ]+)""")
SHOWN = (
    *("index.html", "tutorial/8-xor.html", "how-to/draw.html", "explanation/comparison.html"),
    *("reference/index.html", "reference/looking.html", "reference/compiler.html", "reference/where.html"),
)
# What readers look for, and the page that is to be among the first three found.
SOUGHT = {
    "tanh": "reference/tanh.html",
    "vanishing": "how-to/find-a-fault.html",
    "first layer does not learn": "how-to/find-a-fault.html",
    "not learning": "how-to/find-a-fault.html",
    "resume": "how-to/save-and-load.html",
    "custom activation function": "how-to/module.html",
    "C code": "how-to/take-along.html",
    "export to C": "how-to/take-along.html",
    "BFGS": "how-to/scipy.html",
    "grid search": "how-to/scikit-learn.html",
}
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
    with patch.dict(nn.ACTIVATIONS):
        for line, code in blocks(page):
            if ">>>" in code:
                test = doctest.DocTestParser().get_doctest(code, names, page.name, str(page), line)
                runner.run(test, clear_globs=False)
                names = test.globs
    assert runner.failures == 0, capsys.readouterr().out


@pytest.fixture(scope="module")
def site() -> Path:
    """Build the site, and return its folder."""
    done = subprocess.run([sys.executable, "docs/build.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "out" / "docs"


def test_the_site_builds_without_a_warning(site: Path) -> None:
    assert sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) < LIMIT
    pages = {page: page.read_text("utf-8") for page in site.rglob("*.html") if page.name != "404.html"}
    assert not [f"{page}: {link}" for page, text in pages.items() for link in LINK.findall(text) if missing(page, link)]
    assert "explanation/accuracy.html" in LINK.findall(pages[site / "assets" / "trust.html"])[0]
    fetched = re.compile(r"""src=["']?(?:https?:)?//|href=["']?(?:https?:)?//[^"'> ]+\.(?:js|css|woff2?)""")
    assert not [page for page, text in pages.items() if fetched.search(text)]
    known = set(re.findall(r' id="?([\w.]+)', "".join(pages.values())))
    assert not [name for name in public_names() if name not in known and not (site / f"reference/{name}.html").exists()]


def test_axe_finds_nothing_on_the_site(site: Path) -> None:
    with chromium() as browser:
        for width, height, scheme in ((1440, 900, "light"), (390, 844, "dark")):
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
            )
            tab = context.new_page()
            for name in SHOWN:
                tab.goto((site / name).as_uri())
                tab.evaluate("new Promise(done => setTimeout(done))")  # the site's own script mends the theme on load
                found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
                assert [(name, each["id"], each["nodes"][0]["html"][:200]) for each in found] == []
            context.close()


def test_the_search_finds_pages_by_their_readers_words(site: Path) -> None:
    with chromium() as browser:
        tab = browser.new_page()
        tab.goto((site / "index.html").as_uri(), wait_until="networkidle")
        tab.keyboard.press("Control+k")
        for words, page in SOUGHT.items():
            tab.get_by_role("combobox").last.fill(words)
            results = tab.locator(f"a[href*='?h={words.replace(' ', '+')}']")
            results.first.wait_for()
            assert page in " ".join(results.evaluate_all("links => links.slice(0, 3).map(link => link.href)")), words


def test_neither_formulas_nor_code_are_cut_off_on_a_phone(site: Path) -> None:
    """Formulas are set in the site's own font, and the button that copies covers no code."""
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 390, "height": 844})
        cut: list[str] = []
        for page in (*site.glob("tutorial/*.html"), *site.glob("how-to/*.html")):
            tab.goto(page.as_uri())
            tab.evaluate("document.fonts.ready")
            cut += [f"{page.name}: {text}" for text in tab.evaluate(CUT_OFF)]
        assert cut == []
        tab.goto((site / "tutorial" / "6-recursion.html").as_uri())
        assert tab.evaluate("document.fonts.ready.then(fonts => [...fonts].map(font => font.status))") == ["loaded"]


CUT_OFF = """() => {
  const wide = [...document.querySelectorAll("math[display=block], pre > code")].filter(
    part => part.clientWidth && part.scrollWidth > part.clientWidth);
  const covered = [...document.querySelectorAll(".md-code__nav")].filter(button => {
    const {left, bottom, width} = button.getBoundingClientRect();
    const line = document.createRange();
    line.selectNodeContents(button.closest("pre").querySelector("code > span[id]"));
    return width && [...line.getClientRects()].some(box => box.top < bottom && box.right > left);
  });
  return [...wide, ...covered].map(part => part.closest("pre, math").textContent);
}"""


def missing(page: Path, link: str) -> bool:
    """Whether a link of a page leads to a file that the site does not have."""
    path = unquote(urlsplit(link).path)
    return not (page.parent / path).exists() if path else False


def public_names() -> list[str]:
    """Return every public name: those of ops as their pages are called, the others dotted."""
    public = [f"{module.__name__}.{name}" for module in (autograd, nn) for name in dir(module) if name[0] != "_"]
    return [name.removeprefix("autograd.") if name.removeprefix("autograd.") in OPS else name for name in public]
