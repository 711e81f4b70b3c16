"""Spam or not: one logistic neuron weighs what a message looks like, and its weights can be read.

The features are those of the note: FREE (in the subject or the text, for not all mail has a subject), the number of
links, the share of capitals, the length; a row in the table of spam_features.py adds another. All are standardised, so
that the weights compare. What is reported comes from three tenths of the messages, held out. Training is native.
Without mail of your own the messages are made up. Writes out/spam.svg.

    python -m demos.spam SMSSpamCollection                     lines of label<TAB>text, or a .csv
    python -m demos.spam --spam spam.mbox --ham inbox.mbox     mbox files, Maildirs or folders of messages
    python -m demos.spam --download                            UCI Spambase, through scikit-learn
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from autograd import Value
from demos.common import style
from demos.common.command import parser
from demos.common.inside import look_inside
from demos.common.mail import Reading, read_mailboxes, read_table
from demos.common.spam_features import Data, make_up, measure, spambase, split
from demos.common.style import Row
from nn import SGD, Neuron, binary_cross_entropy_with_logits, fit

EPOCHS, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 500, 0.1, 0.9, 1e-3
MESSAGES = 1500  # made up
SUSPICIOUS = "one deviation shorter, and one more in links, than the mean; no FREE"
MADE_UP = "Made-up messages, drawn after the note's expectations: they show the training, not how well it does on mail."


class Classifier(NamedTuple):
    """A neuron that gives a logit, and the means and deviations that its inputs are standardised by."""

    neuron: Neuron
    means: list[float]
    deviations: list[float]

    def logit(self, row: Sequence[float]) -> float:
        return float(self.neuron(standardise(row, self.means, self.deviations)).data)


def main(argv: Sequence[str] | None = None) -> None:
    """Read, download or make up mail, train on most of it, and publish the weights and what they do on the rest."""
    options = arguments(argv)
    try:
        data = spambase() if options.download else measure(own_mail(options))
        learned, held_out = split(data, options.seed)
    except (OSError, ValueError) as error:
        sys.exit(f"spam.py: {error}")
    classifier = learn(learned)
    made_up = options.table is None and options.spam is None and not options.download
    style.publish(
        "spam",
        "Spam or not",
        "One logistic neuron learns what each sign of spam weighs." + (f" {MADE_UP}" if made_up else ""),
        table(classifier, data, held_out),
        {"spam": "The weight of each feature as a bar, and the ROC curve far above the diagonal"},
        look_inside("spam", "the neuron on a held-out message", one_pass(classifier, held_out)),
    )
    style.save(picture(classifier, data, held_out), "spam")


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read where the mail is, and refuse half a source or two."""
    made = parser(__doc__, "decides what is held out, and made up")
    made.add_argument("table", type=Path, nargs="?", help="lines of label<TAB>text, or a .csv with these columns")
    made.add_argument("--spam", type=Path, help="spam: an mbox file, a Maildir or a folder of messages")
    made.add_argument("--ham", type=Path, help="mail that is not spam, likewise")
    made.add_argument("--download", action="store_true", help="get UCI Spambase, which is 57 features of 4,601 mails")
    options = made.parse_args(argv)
    if (options.spam is None) != (options.ham is None):
        made.error("--spam and --ham go together")
    if sum(bool(source) for source in (options.table, options.spam, options.download)) > 1:
        made.error("give one source: a table, or --spam and --ham, or --download")
    return options


def own_mail(options: argparse.Namespace) -> Reading:
    """Read the mail that was named, and say what was skipped; make messages up if none was named."""
    if options.table is None and options.spam is None:
        print(MADE_UP, "Give your own: see --help.", sep="\n")
        return Reading(make_up(MESSAGES, options.seed), Counter())
    reading = read_table(options.table) if options.table else read_mailboxes(options.spam, options.ham)
    print(f"Read {len(reading.mails)} messages, {sum(mail.spam for mail in reading.mails)} of them spam.")
    for reason, count in reading.skipped.items():
        print(f"Skipped {count} {reason}.")
    return reading


def learn(data: Data, epochs: int = EPOCHS, native: bool = True) -> Classifier:
    """Train a neuron on standardised features; its weights start at 0, for the loss has one minimum."""
    columns = list(zip(*data.rows, strict=True))
    means = [fmean(column) for column in columns]
    deviations = [pstdev(column) or 1.0 for column in columns]  # exactly 0 where all numbers are equal
    neuron = Neuron(len(means), "identity")
    for parameter in neuron.parameters():
        parameter.data = 0.0
    rows = [standardise(row, means, deviations) for row in data.rows]
    optimizer = SGD(neuron.parameters(), LEARNING_RATE, MOMENTUM, WEIGHT_DECAY)
    loss = binary_cross_entropy_with_logits
    fit(neuron, rows, data.targets, loss=loss, optimizer=optimizer, epochs=epochs, native=native)
    return Classifier(neuron, means, deviations)


def one_pass(classifier: Classifier, held_out: Data) -> Value:
    """Return the loss of a spam among the messages held out."""
    row = held_out.rows[held_out.targets.index(1.0)]
    return binary_cross_entropy_with_logits(
        classifier.neuron(standardise(row, classifier.means, classifier.deviations)), 1.0
    )


def standardise(row: Sequence[float], means: Sequence[float], deviations: Sequence[float]) -> list[float]:
    return [(x - mean) / deviation for x, mean, deviation in zip(row, means, deviations, strict=True)]


def roc(logits: Sequence[float], targets: Sequence[float]) -> list[tuple[float, float]]:
    """Return the ROC's corners: for each threshold, the shares of other mail and of spam at or above it."""
    total = sum(targets)
    points, false, true = [(0.0, 0.0)], 0.0, 0.0
    ranked = sorted(zip(logits, targets, strict=True), reverse=True)
    for k, (logit, target) in enumerate(ranked):
        true, false = true + target, false + 1.0 - target
        if k + 1 == len(ranked) or ranked[k + 1][0] != logit:  # equal logits are one corner
            points.append((false / (len(ranked) - total), true / total))
    return points


def area(points: Sequence[tuple[float, float]]) -> float:
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(points))


class Scores(NamedTuple):
    """How well a classifier does at a logit of 0, which is a probability of one half."""

    accuracy: float
    precision: float
    recall: float


def scores(logits: Sequence[float], targets: Sequence[float]) -> Scores:
    """Return accuracy, precision and recall where a logit above 0 says spam; a share of nothing is 0."""
    pairs = [(logit > 0.0, target == 1.0) for logit, target in zip(logits, targets, strict=True)]
    flagged, spam = sum(said for said, _ in pairs), sum(is_spam for _, is_spam in pairs)
    hits = sum(said and is_spam for said, is_spam in pairs)
    right = sum(said == is_spam for said, is_spam in pairs)
    return Scores(right / len(pairs), hits / flagged if flagged else 0.0, hits / spam if spam else 0.0)


def table(classifier: Classifier, data: Data, held_out: Data) -> list[Row]:
    """Set each weight beside what the note expects of it, and say how well held-out messages are classified."""
    logits = [classifier.logit(row) for row in held_out.rows]
    found = scores(logits, held_out.targets)
    common = max(sum(held_out.targets), len(logits) - sum(held_out.targets)) / len(logits)
    shown = ranked_weights(classifier, data)
    rows = [Row(f"weight, {name}", expected, f"{weight:+.2f}") for name, expected, weight in shown]
    if "length, log" in data.names:
        rows.append(Row("short, and many links", "suspicious", f"{suspicion(classifier, data):.0%} spam", SUSPICIOUS))
    rows.append(Row("accuracy", "", f"{found.accuracy:.1%}", f"{common:.1%} by always saying the same"))
    rows.append(Row("precision", "", f"{found.precision:.1%}", "of what is called spam, is spam"))
    rows.append(Row("recall", "", f"{found.recall:.1%}", "of the spam, is called so"))
    rows.append(Row("area under the ROC", "", f"{area(roc(logits, held_out.targets)):.3f}"))
    rows.append(Row("messages", "", f"{len(data.rows):,}", f"{len(logits):,} of them held out"))
    return rows


def suspicion(classifier: Classifier, data: Data) -> float:
    """Return the probability of spam for a short message with many links, without FREE, and average in all else."""
    row = list(classifier.means)
    row[data.names.index("FREE")] = 0.0
    for name, deviations in (("length, log", -1.0), ("links, log", 1.0)):
        k = data.names.index(name)
        row[k] += deviations * classifier.deviations[k]
    return 1.0 / (1.0 + math.exp(-classifier.logit(row)))


def ranked_weights(classifier: Classifier, data: Data, most: int = 12) -> list[tuple[str, str, float]]:
    """Return the weights, the note's in its order and then the largest, with names and what the note expects."""
    weights = [weight.data for weight in classifier.neuron.weights]
    rows = list(zip(data.names, data.expected, weights, strict=True))
    if len(rows) > most:
        rows.sort(key=lambda row: (not row[1], -abs(row[2])))
    return rows[:most]


def picture(classifier: Classifier, data: Data, held_out: Data) -> Figure:
    """Draw the weights, and the ROC curve on the messages held out."""
    figure = Figure(figsize=(8.5, 3.6))
    bars, curve = figure.subplots(1, 2, width_ratios=[1.25, 1.0])
    draw_weights(bars, ranked_weights(classifier, data))
    points = roc([classifier.logit(row) for row in held_out.rows], held_out.targets)
    curve.plot(*zip(*points, strict=True), color=style.BLUE)
    curve.plot((0, 1), (0, 1), ":", color=style.FAINT)
    curve.text(0.55, 0.3, f"area {area(points):.3f}")
    curve.set(xlabel="other mail called spam", ylabel="spam called spam", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    curve.set(title="ROC, held-out messages", aspect="equal")
    return figure


def draw_weights(axes: Axes, rows: Sequence[tuple[str, str, float]]) -> None:
    """Draw a bar for each weight: orange speaks for spam, blue against it."""
    names, weights = [row[0] for row in rows], [row[2] for row in rows]
    axes.barh(names, weights, color=[style.ORANGE if weight > 0 else style.BLUE for weight in weights])
    axes.axvline(0.0, color=style.INK, linewidth=1)
    axes.invert_yaxis()
    axes.set(xlabel="weight of the standardised feature", title="against spam, and for it")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


if __name__ == "__main__":
    main()
