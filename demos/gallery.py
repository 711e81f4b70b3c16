"""Run every demo, two at a time, and put their pictures and figures on one page: out/index.html.

The page needs nothing but itself to be read: the pictures are in it. Its links lead to the other files in out/.
`--page-only` builds it from what earlier runs left there; names of demos run these alone.
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
from pathlib import Path
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped]

from autograd.files import write_atomically
from demos.common import style
from demos.common.pages import TEMPLATES, render

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
CODE = "../demos"  # where the links to the code lead, from out/
FIRST = "xor-steps.html"  # the page that a reader can play with at once


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demos and write a page of their cards; return 1 if one failed or there is no card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-only", action="store_true", help="run no demo, and use what is in out/")
    parser.add_argument("--no-code", action="store_true", help="leave out the links to the demos' code")
    parser.add_argument("--home", default="", metavar="URL", help="the address of a page to go back to")
    parser.add_argument("demos", nargs="*", metavar="demo", help=f"the demos to run: {', '.join(DEMOS)}; all if none")
    options = parser.parse_args(argv)
    if unknown := sorted({*options.demos} - {*DEMOS}):
        parser.error(f"there is no demo {', '.join(unknown)}: choose from {', '.join(DEMOS)}")
    chosen = [name for name in DEMOS if name in (options.demos or DEMOS)]
    failed = [] if options.page_only else run_all(chosen)
    cards = {name: card for name in chosen if name not in failed and (card := read_card(name))}
    if not cards:
        print("There is no card in out/: run a demo, or this without --page-only.", file=sys.stderr)
        return 1
    write_atomically(style.OUT / "index.html", page(cards, "" if options.no_code else CODE, options.home).encode())
    print(f"Wrote {style.OUT / 'index.html'}, with {len(cards)} demos.")
    if failed:
        print(f"Failed, and not on the page: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def run_all(names: Sequence[str]) -> list[str]:
    """Run each demo in a process of its own, behind one bar; print its output when it is done.

    Return the names of those that fail.

    The threads only wait.
    """
    failed = []
    with ThreadPoolExecutor(AT_ONCE) as pool, tqdm(total=len(names), unit="demo", desc="demos") as bar:
        running = {pool.submit(run, name): name for name in dict.fromkeys([*LONG, *names]) if name in names}
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


def page(cards: dict[str, dict[str, Any]], code: str, home: str = "") -> str:
    """Write the page: what it is about, a pass to play with, and the cards; `home` is where to go back to."""
    first = FIRST if (style.OUT / FIRST).exists() else ""
    shown = [
        {**card, "id": Path(name).name, "path": name, "pictures": pictures(card["pictures"])}
        for name, card in cards.items()
    ]
    return render(TEMPLATES / "gallery.html", cards=shown, first=first, code=code, home=home)


def pictures(described: dict[str, str]) -> list[dict[str, str]]:
    """Return each picture with its description and its content, which stands in the page itself."""
    return [
        {"name": name, "alt": alt, "content": b64encode((style.OUT / f"{name}.svg").read_bytes()).decode()}
        for name, alt in described.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
