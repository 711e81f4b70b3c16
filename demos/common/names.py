"""Names as documents for a language model: where they come from, and as numbers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

END = ""  # the token before and after each name


class Names(NamedTuple):
    """Documents, and the tokens that they are made of."""

    documents: list[str]
    tokens: list[str]

    def numbers(self, names: Sequence[str], length: int, positions: int) -> tuple[Any, Any]:
        """Return for each name, a row each, 0s and a 1 for each token, and the weights of the positions."""
        identity, places = np.eye(len(self.tokens)), {token: k for k, token in enumerate(self.tokens)}
        numbers, weights = np.zeros((len(names), length + 1, len(self.tokens))), np.zeros((len(names), length))
        for row, name in enumerate(names):
            count = count_guesses(name, positions)
            numbers[row, : count + 1] = identity[[places[token] for token in [END, *name, END][: count + 1]]]
            weights[row, :count] = 1.0 / count
        return numbers.reshape(len(names), -1), weights


def count_guesses(name: str, positions: int) -> int:
    """Return how many tokens of a name are guessed: its letters and the end, up to so many."""
    return min(len(name) + 1, positions)


def read_names(path: Path | None, seed: int) -> Names:
    """Read the names of a file, or of the census, in an order drawn by the seed."""
    lines = path.read_text("utf-8").split("\n") if path else census()
    documents = sorted({line.strip().lower() for line in lines} - {""})
    if not documents:
        sys.exit(f"{path} has no names: write one a line")
    Random(seed).shuffle(documents)
    return Names(documents, [END, *sorted(set("".join(documents)))])


def census() -> list[str]:
    """Read the first names that the package `names` has; the name is the first word of a line."""
    try:
        folder = files("names")
    except ImportError:
        sys.exit("The names come with the package names: pip install 'scalar-autograd[demos]', or pass --file")
    texts = [(folder / f"dist.{kind}.first").read_text("ascii") for kind in ("female", "male")]
    return [line.split()[0] for text in texts for line in text.splitlines()]
