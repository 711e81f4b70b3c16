"""Run every demo, and put their pictures and figures on one page: out/index.html.

The page needs nothing but itself: the pictures are in it. `--page-only` builds it from what earlier runs left in out/.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from base64 import b64encode
from collections.abc import Sequence
from html import escape, unescape
from importlib import import_module
from pathlib import Path
from typing import Any

import style

from autograd.files import write_atomically

DEMOS = [  # in the order of the page
    "two_two_one",
    "perceptron",
    "xor_study",
    "symmetry",
    "family_trees",
    "landscape",
    "momentum",
    "not_differentiable",
    "vanishing_gradients",
    "moons",
    "spam",
    "digits",
]
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>scalar-autograd: the demos</title>
<style>
:root {{ color-scheme: light dark; --page: #faf9f6; --card: #fff; --ink: #1f2328; --faint: #5c6570; --line: #d9dbd8;
  --link: #0068a5; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif }}
@media (prefers-color-scheme: dark) {{ :root {{ --page: #0f1114; --card: #14171b; --ink: #eceff2; --faint: #a3acb6;
  --line: #343b43; --link: #56b4e9 }} }}
* {{ box-sizing: border-box }}
body {{ margin: 0 auto; max-width: 82rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--ink) }}
h1 {{ font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem }}
h2 {{ font-size: 1.25rem; margin: 0 }}
a {{ color: var(--link) }}
.faint, th {{ color: var(--faint); font-weight: 400 }}
.note {{ color: var(--faint); display: block; font-size: .8125rem }}
nav {{ display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1rem 0 2rem }}
article {{ background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.5rem }}
article + article {{ margin-top: 2rem }}
article p {{ margin: .25rem 0 1.25rem; max-width: 46rem }}
.sides {{ display: grid; grid-template-columns: minmax(0, 11fr) minmax(0, 10fr); gap: 2rem; align-items: start }}
figure {{ margin: 0 0 1rem }}
img {{ display: block; width: 100%; height: auto }}
.table {{ overflow-x: auto }}
table {{ border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums }}
th, td {{ text-align: right; vertical-align: top; padding: .3rem 0 .3rem 1rem; border-bottom: 1px solid var(--line) }}
th:first-child, td:first-child {{ text-align: left; padding-left: 0; min-width: 9rem }}
td {{ white-space: nowrap }}
td:first-child {{ white-space: normal }}
.sides > :first-child {{ position: sticky; top: 1rem }}
@media (max-width: 60rem) {{
  .sides {{ grid-template-columns: minmax(0, 1fr) }}
  .sides > :first-child {{ position: static }}
  article {{ padding: 1rem }}
  td {{ white-space: normal; overflow-wrap: break-word }}
}}
</style>
<h1>What back-propagation does, running</h1>
<p class="faint">Each figure of the source beside ours. All of it is computed by scalar-autograd; every picture follows
from its seed.</p>
<nav>{contents}</nav>
{cards}
</html>
"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-only", action="store_true", help="run no demo, and use what is in out/")
    if not parser.parse_args(argv).page_only:
        run_all()
    cards = {name: card for name in DEMOS if (card := read_card(name))}
    if not cards:
        print("There is no card in out/: run a demo, or this without --page-only.", file=sys.stderr)
        return 1
    write_atomically(style.OUT / "index.html", page(cards).encode())
    print(f"Wrote {style.OUT / 'index.html'}, with {len(cards)} demos.")
    return 0


def run_all() -> None:
    for k, name in enumerate(DEMOS, start=1):
        print(f"--- {name}, {k} of {len(DEMOS)} ---")
        began = time.perf_counter()
        import_module(name).main([])
        print(f"{time.perf_counter() - began:.1f} s\n")


def read_card(name: str) -> Any:
    path = style.OUT / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def page(cards: dict[str, dict[str, Any]]) -> str:
    contents = [f'<a href="#{name}">{escape(card["title"])}</a>' for name, card in cards.items()]
    contents += [f'<a href="{escape(path.name)}">{escape(title_of(path))} ↗</a>' for path in other_pages()]
    shown = [card_html(name, card) for name, card in cards.items()]
    return PAGE.format(contents="\n".join(contents), cards="\n".join(shown))


def other_pages() -> list[Path]:
    """List the pages that other demos wrote, such as a pass to play through."""
    return sorted(path for path in style.OUT.glob("*.html") if path.name != "index.html")


def title_of(path: Path) -> str:
    """Read a page's title, or take its name."""
    found = re.search(r"<title>(.*?)</title>", path.read_text("utf-8"), re.DOTALL)
    return unescape(found[1]).strip() if found else path.stem


def card_html(name: str, card: dict[str, Any]) -> str:
    pictures = "\n".join(picture_html(picture, told) for picture, told in card["pictures"].items())
    targets = {f"../demos/{name}.py": f"demos/{name}.py"} | card["links"]
    links = " ".join(f'<a class="faint" href="{escape(path)}">{escape(told)}</a>' for path, told in targets.items())
    rows = "\n".join(row_html(row) for row in card["rows"])
    return f"""<article id="{name}">
<h2>{escape(card["title"])}</h2>
<p>{escape(card["lesson"])} {links}</p>
<div class="sides"><div>{pictures}</div>
<div class="table"><table><tr><th></th><th>source</th><th>ours</th></tr>
{rows}</table></div></div>
</article>"""


def picture_html(picture: str, told: str) -> str:
    """Put a picture into the page; it follows the reader's theme there too."""
    content = b64encode((style.OUT / f"{picture}.svg").read_bytes()).decode()
    image = f'<img alt="{escape(told)}" src="data:image/svg+xml;base64,{content}">'
    return f'<figure><a href="{picture}.svg">{image}</a></figure>'


def row_html(row: dict[str, str]) -> str:
    note = f'<span class="note">{escape(row["note"])}</span>' if row["note"] else ""
    return (
        f"<tr><td>{escape(row['what'])}{note}</td><td>{escape(row['source'])}</td><td>{escape(row['ours'])}</td></tr>"
    )


if __name__ == "__main__":
    sys.exit(main())
