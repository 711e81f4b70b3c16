"""Every demo's command line: `--help`, `--seed`, and how much to do."""

from __future__ import annotations

import argparse

NOTHING_DRAWN = "changes nothing: no number here is drawn by chance"


def parser(
    doc: str | None, seed: str = "where the initial weights come from", first: int = 0, **counts: tuple[int, str]
) -> argparse.ArgumentParser:
    """Make a demo's parser: its lesson as help, `--seed`, and an option for each count, with its default and help."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--seed", type=int, default=first, help=f"{seed} (default: {first})")
    for name, (default, told) in counts.items():
        made.add_argument(f"--{name}", type=at_least_one, default=default, help=f"{told} (default: {default})")
    return made


def at_least_one(text: str) -> int:
    """Read an option's count, or refuse it in the way that argparse reports."""
    count = int(text) if text.isdecimal() else 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"expected an int of at least 1, got {text!r}")
    return count
