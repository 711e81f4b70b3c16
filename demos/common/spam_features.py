"""What a message looks like in numbers: the features of the spam demo, and messages to measure.

A row in FEATURES adds a feature. Numbers and lengths enter as log(1 + n), so that one huge message does not outweigh
the rest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from sklearn.model_selection import train_test_split

from demos.common.mail import Mail, Reading

LEAST = 10  # messages of each kind


class Feature(NamedTuple):
    """What is measured in a message, and what the note says of its weight."""

    name: str
    expected: str
    measure: Callable[[str], float]


FEATURES = [
    Feature("FREE", "very strong", lambda text: float(re.search(r"\bFREE\b", text) is not None)),
    Feature("links, log", "moderately strong", lambda text: math.log1p(len(re.findall(r"https?://|\bwww\.", text)))),
    Feature("share of capitals", "weak", lambda text: share(text, str.isupper, str.isalpha)),
    Feature("length, log", "", lambda text: math.log1p(len(text))),
    Feature("exclamation marks, log", "", lambda text: math.log1p(text.count("!"))),
    Feature("share of digits", "", lambda text: share(text, str.isdigit, str.isprintable)),
]


class Data(NamedTuple):
    """Rows of features, a target for each (1 is spam), the features' names, and what the note expects of them."""

    rows: list[list[float]]
    targets: list[float]
    names: list[str]
    expected: list[str]


def make_up(count: int, seed: int) -> list[Mail]:
    """Draw messages of plainly made-up words, half of them spam; none of the features tells all of them apart."""
    random = Random(seed)
    return [Mail(make_up_text(random, k % 2 == 1), k % 2 == 1) for k in range(count)]


def make_up_text(random: Random, spam: bool) -> str:
    """Draw words, some in capitals, some of them FREE or a link."""
    words = ["".join(random.choices("aeioulmnrst", k=random.randint(2, 8))) for _ in range(random.randint(5, 60))]
    if spam:
        words = words[: random.randint(4, 40)]
    loud = random.betavariate(1.5, 12) if spam else random.betavariate(1.0, 12)
    words = [word.upper() if random.random() < loud else word for word in words]
    words += ["FREE"] * (random.random() < (0.6 if spam else 0.03))
    words += ["!"] * random.randint(0, 4 if spam else 3)
    chance = 0.35 if spam else 0.15
    words += [f"http://example.invalid/{random.randint(0, 99)}" for _ in range(4) if random.random() < chance]
    random.shuffle(words)
    return " ".join(words)


def share(text: str, counted: Callable[[str], bool], of: Callable[[str], bool]) -> float:
    """Return the share of counted characters among those of a kind, or 0 if there are none."""
    among = [character for character in text if of(character)]
    return sum(map(counted, among)) / len(among) if among else 0.0


def measure(reading: Reading) -> Data:
    """Turn messages into numbers."""
    rows = [[feature.measure(mail.text) for feature in FEATURES] for mail in reading.mails]
    targets = [float(mail.spam) for mail in reading.mails]
    return Data(rows, targets, [feature.name for feature in FEATURES], [feature.expected for feature in FEATURES])


def spambase() -> Data:
    """Download UCI Spambase from OpenML, or take it from where scikit-learn put it before."""
    try:
        from sklearn.datasets import fetch_openml  # type: ignore[import-untyped]
    except ImportError:
        raise ValueError("--download needs scikit-learn: pip install 'scalar-autograd[demos]'") from None
    try:
        found = fetch_openml("spambase", version=1, as_frame=False, parser="liac-arff", n_retries=0)
    except (OSError, ValueError) as error:
        raise ValueError(f"UCI Spambase could not be downloaded from openml.org: {error}") from error
    names = [str(name) for name in found.feature_names]
    rows = [[float(x) for x in row] for row in found.data]
    expected = ["very strong" if name == "word_freq_free" else "" for name in names]
    return Data(rows, [float(target) for target in found.target], names, expected)


def split(data: Data, seed: int) -> tuple[Data, Data]:
    """Hold three tenths of each kind out, drawn by the seed."""
    for kind, name in ((0.0, "other mail"), (1.0, "spam")):
        if (count := data.targets.count(kind)) < LEAST:
            raise ValueError(f"expected at least {LEAST} messages of {name}, got {count}")
    chosen = train_test_split(range(len(data.targets)), test_size=0.3, random_state=seed, stratify=data.targets)
    return part(data, chosen[0]), part(data, chosen[1])


def part(data: Data, chosen: Sequence[int]) -> Data:
    return data._replace(rows=[data.rows[k] for k in chosen], targets=[data.targets[k] for k in chosen])
