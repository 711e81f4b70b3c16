"""Run every demo, two at a time, and put their pictures and figures on one page: out/index.html.

The page needs nothing but itself to be read: the pictures are in it. Its links lead to the other files in out/.
`--page-only` builds it from what earlier runs left there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from html import escape
from pathlib import Path
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped]

from autograd.files import write_atomically
from demos.common import style

ROOT = Path(__file__).parents[1]
DEMOS = [  # in the order of the page
    "linear_neuron",
    "walkthrough",
    "two_two_one",
    "perceptron",
    "xor",
    "studies/xor_study",
    "studies/symmetry",
    "studies/family_trees",
    "landscape",
    "momentum",
    "not_differentiable",
    "vanishing_gradients",
    "moons",
    "spam",
    "digits",
    "microgpt",
]
# These start first, so that none of them is left running alone at the end.
LONG = ("studies/family_trees", "vanishing_gradients", "studies/xor_study", "studies/symmetry", "digits")
AT_ONCE = 2
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
nav, .links {{ display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1rem 0 2rem }}
.links {{ font-size: .875rem; margin: 0 0 1.25rem }}
article {{ background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.5rem }}
article + article {{ margin-top: 2rem }}
article p {{ margin: .25rem 0 .5rem; max-width: 46rem }}
.sides {{ display: grid; grid-template-columns: minmax(0, 11fr) minmax(0, 10fr); gap: 2rem; align-items: start }}
figure {{ margin: 0 0 1rem }}
img {{ display: block; width: 100%; height: auto }}
.table {{ overflow-x: auto }}
table {{ border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums }}
th, td {{ text-align: right; vertical-align: top; padding: .3rem 0 .3rem 1rem; border-bottom: 1px solid var(--line) }}
th:first-child, td:first-child {{ text-align: left; padding-left: 0; min-width: 9rem }}
td {{ white-space: nowrap; min-width: 4.5rem }}
td:first-child {{ white-space: normal }}
.sides > :first-child {{ position: sticky; top: 1rem }}
@media (max-width: 60rem) {{
  .sides {{ grid-template-columns: minmax(0, 1fr); gap: .5rem }}
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
    """Run the demos, unless told not to, and write a page of their cards; give 1 if one failed or there is no card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-only", action="store_true", help="run no demo, and use what is in out/")
    failed = [] if parser.parse_args(argv).page_only else run_all()
    cards = {name: card for name in DEMOS if name not in failed and (card := read_card(name))}
    if not cards:
        print("There is no card in out/: run a demo, or this without --page-only.", file=sys.stderr)
        return 1
    write_atomically(style.OUT / "index.html", page(cards).encode())
    print(f"Wrote {style.OUT / 'index.html'}, with {len(cards)} demos.")
    if failed:
        print(f"Failed, and not on the page: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def run_all() -> list[str]:
    """Run each demo in a process of its own, behind one bar; print what it says when it is done; name those that fail.

    The threads only wait.
    """
    failed = []
    with ThreadPoolExecutor(AT_ONCE) as pool, tqdm(total=len(DEMOS), unit="demo", desc="demos") as bar:
        running = {pool.submit(run, name): name for name in dict.fromkeys([*LONG, *DEMOS]) if name in DEMOS}
        for done in as_completed(running):
            ended, name = done.result(), running[done]
            bar.write(f"--- {name} ---\n{ended.stdout}")
            if ended.returncode:
                failed.append(name)
                bar.write(f"{name} failed:\n{ended.stderr}")
            bar.update()
    return failed


def run(name: str) -> subprocess.CompletedProcess[str]:
    """Run a demo in a process of its own, and keep what it prints."""
    command = [sys.executable, "-m", f"demos.{name.replace('/', '.')}"]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


def read_card(name: str) -> Any:
    path = style.OUT / f"{Path(name).name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def page(cards: dict[str, dict[str, Any]]) -> str:
    """Write the page: a link to each card, and the cards."""
    contents = [f'<a href="#{Path(name).name}">{escape(card["title"])}</a>' for name, card in cards.items()]
    shown = [card_html(name, card) for name, card in cards.items()]
    return PAGE.format(contents="\n".join(contents), cards="\n".join(shown))


def card_html(name: str, card: dict[str, Any]) -> str:
    """Write a card: its lesson, its links, its pictures, and each figure of the source beside ours."""
    pictures = "\n".join(picture_html(picture, told) for picture, told in card["pictures"].items())
    targets = {f"../demos/{name}.py": f"code: {Path(name).name}.py"} | card["links"]
    links = "\n".join(f'<a href="{escape(path)}">{escape(told)}</a>' for path, told in targets.items())
    rows = "\n".join(row_html(row) for row in card["rows"])
    return f"""<article id="{Path(name).name}">
<h2>{escape(card["title"])}</h2>
<p>{escape(card["lesson"])}</p>
<div class="links">{links}</div>
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
    """Write a row of a card's table, with its note if it has one."""
    note = f'<span class="note">{escape(row["note"])}</span>' if row["note"] else ""
    return (
        f"<tr><td>{escape(row['what'])}{note}</td><td>{escape(row['source'])}</td><td>{escape(row['ours'])}</td></tr>"
    )


if __name__ == "__main__":
    sys.exit(main())
