"""Build the documentation: `python docs/build.py` writes the site to out/docs.

The pages are Markdown files beside this one. Before Zensical renders them, three things happen: formulas between dollar
signs become MathML, so that reading needs no script and no network; the live pages and pictures that the texts show are
written by the engine (`live.py`); and the reference of the ops is written from the rule table (`reference.py`).
Few machines have a font for formulas, so the site brings one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Final

from fontTools import subset
from latex2mathml.converter import convert

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent
OUT: Final = ROOT / "out"
SITE: Final = OUT / "docs"
STAGE: Final = OUT / "docs-source"
CODE: Final = re.compile(r"(^ *```.*?^ *```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
SESSION: Final = re.compile(r"```python(?=\n *>>>)")  # pycon tells what is typed from what is printed
INVISIBLE: Final = "&#8288;"  # a character without width
# ASCII and Greek, upright and italic; signs, arrows and operators; braces that stretch, and the italic h
IN_FORMULAS: Final = (
    range(0x20, 0x7F),
    range(0xA0, 0xD8),
    range(0x391, 0x3CA),
    range(0x2010, 0x2040),
    range(0x2190, 0x2194),
    range(0x2200, 0x22C6),
    range(0x23DC, 0x23E0),
    range(0x210E, 0x210F),
    range(0x1D434, 0x1D468),
    range(0x1D6E2, 0x1D71C),
)
FORMULA: Final = re.compile(r"\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+?)\$", re.DOTALL)


def main() -> int:
    """Stage the pages, write what is generated, and build the site; return Zensical's exit status."""
    sys.path[:0] = [str(ROOT), str(HERE)]
    import live
    import reference

    shutil.rmtree(STAGE, ignore_errors=True)
    pages = STAGE / "pages"
    for source in sorted(HERE.rglob("*.md")):
        text = SESSION.sub("```pycon", source.read_text("utf-8"))
        write(pages / source.relative_to(HERE), with_mathml(text))
    shutil.copytree(HERE / "assets", pages / "assets")
    write_math_font(pages / "assets" / "math.woff")
    write_trust_page(pages / "assets" / "trust.html")
    live.write_all(pages / "live")
    live.write_gallery(pages / "gallery")
    reference.write_all(pages / "reference")
    settings = (HERE / "zensical.toml").read_text("utf-8")
    write(STAGE / "zensical.toml", settings.replace("@REFERENCE@", reference.navigation()))
    built = subprocess.run([sys.executable, "-m", "zensical", "build", "--clean", "--strict"], cwd=STAGE, check=False)
    if built.returncode == 0:
        shutil.rmtree(SITE, ignore_errors=True)
        (STAGE / "site").rename(SITE)
    return built.returncode


def with_mathml(text: str) -> str:
    r"""Replace `$...$` and `$$...$$` by MathML, outside of code.

    >>> with_mathml("cost `$5`")
    'cost `$5`'
    >>> with_mathml("the slope $2x$").startswith('the slope &#8288;<math xmlns')
    True
    """

    def mathml(formula: re.Match[str]) -> str:
        if formula["block"] is not None:
            return convert(formula["block"], display="block")
        # Markdown takes a line that begins with <math for a block of its own, and tears its paragraph apart.
        return INVISIBLE + convert(formula["inline"], display="inline")

    parts = CODE.split(text)
    parts[::2] = [FORMULA.sub(mathml, part) for part in parts[::2]]
    return "".join(parts)


def write_math_font(path: Path) -> None:
    """Write what formulas need of STIX Two Math, which may be passed on under the SIL Open Font License."""
    options = subset.Options(flavor="woff", layout_features=["ssty"])  # ssty: primes and small letters
    font = subset.load_font(str(files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf"), options)
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=chain(*IN_FORMULAS))
    chosen.subset(font)
    subset.save_font(font, str(path), options)


def write_trust_page(path: Path) -> None:
    """Write what `make prove` found, with a way back: the page it left in out/, or else the one in assets/."""
    found = OUT / "trust.html"
    text = (found if found.exists() else HERE / "assets" / "trust.html").read_text("utf-8")
    back = '<p><a href="../explanation/accuracy.html">← Documentation</a></p>'
    write(path, text.replace("<main>", f"<main>\n{back}", 1))


def write(path: Path, text: str) -> None:
    """Write a staged page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
