"""Handwritten digits: a 64-32-10 network reads scikit-learn's 8 x 8 images, and its hidden units can be looked at.

The images are the test set of UCI's Optical Recognition of Handwritten Digits, 1,797 of them, and come with
scikit-learn. A fifth is held out, drawn by the seed. The loss is cross-entropy; weights decay a little, so that those
of pixels which say nothing fade. Training is native: 2,410 scalar parameters, 40 epochs. Writes out/digits.svg.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure

from autograd import Value
from autograd.compiler import compile
from demos.common import style
from demos.common.command import parser
from demos.common.inside import look_inside
from demos.common.style import Row
from nn import MLP, SGD, cross_entropy, fit, he

try:
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]
    from sklearn.model_selection import train_test_split  # type: ignore[import-untyped]
except ImportError:
    sys.exit("The digits come with scikit-learn: pip install 'scalar-autograd[demos]'")

SIDE, HIDDEN, CLASSES = 8, 32, 10
EPOCHS, BATCH = 40, 32
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.05, 0.9, 1e-3
SHOWN = 12  # digits in the picture
STROKE = LinearSegmentedColormap.from_list("stroke", [f"{style.BLUE}00", style.BLUE])


class Digits(NamedTuple):
    """Images as rows of 64 numbers, 0 (paper) to 1 (ink), and which digit each is."""

    images: list[list[float]]
    targets: list[int]


def main(argv: Sequence[str] | None = None) -> None:
    """Train on part of the digits, look at the others from several seeds, and publish what was learned."""
    runs = (5, "how many seeds to average over")
    options = parser(__doc__, "decides the weights and what is held out", runs=runs).parse_args(argv)

    learned, held_out = split(options.seed)
    model, losses = learn(learned, options.seed)
    answers = predict(model, held_out)
    others = [held_out_accuracy(seed) for seed in range(options.seed + 1, options.seed + options.runs)]
    style.publish(
        "digits",
        "Handwritten digits",
        "Thirty-two hidden units each look for strokes of their own; ten outputs weigh what they find.",
        table(model, learned, held_out, losses, [accuracy(answers, held_out), *others]),
        {"digits": "Weights of the 32 hidden units as images, the confusion matrix, and digits with answers to them"},
        look_inside("digits", "a 4-3-2 network on a 0 in 2 x 2 pixels", one_pass(learned, options.seed)),
    )
    style.save(picture(model, held_out, answers), "digits")


def split(seed: int) -> tuple[Digits, Digits]:
    """Hold a fifth of the images out, drawn by the seed."""
    found = load_digits()
    parts = train_test_split((found.data / 16).tolist(), found.target.tolist(), test_size=0.2, random_state=seed)
    learned_images, held_out_images, learned_targets, held_out_targets = parts
    return Digits(learned_images, learned_targets), Digits(held_out_images, held_out_targets)


def learn(digits: Digits, seed: int, epochs: int = EPOCHS, progress: bool = True) -> tuple[MLP, list[float]]:
    """Train a network; return it and the loss of each epoch."""
    model = MLP(SIDE * SIDE, [HIDDEN, CLASSES], initialization=he, seed=seed)
    losses = fit(
        model,
        digits.images,
        digits.targets,
        loss=cross_entropy,
        optimizer=SGD(model.parameters(), LEARNING_RATE, MOMENTUM, WEIGHT_DECAY),
        epochs=epochs,
        batch_size=BATCH,
        seed=seed,
        progress=progress,
        native=True,
    )
    return model, losses


def one_pass(digits: Digits, seed: int) -> Value:
    """Return the loss of a network small enough to look inside: is this 0, in the ink of its quarters, a 0 or a 1?

    Its weights come from the seed, or from the next one that leaves at least two of the three hidden units alive: a
    dead one passes nothing back.
    """
    zero = np.reshape(digits.images[digits.targets.index(0)], (2, SIDE // 2, 2, SIDE // 2))
    quarters = zero.mean(axis=(1, 3)).ravel().tolist()
    models = (MLP(4, [3, 2], initialization=he, seed=each) for each in count(seed))
    model = next(model for model in models if sum(unit.data > 0.0 for unit in model.layers[0](quarters)) >= 2)
    return cross_entropy(model(quarters), 0)


def predict(model: MLP, digits: Digits) -> list[int]:
    """Return the class with the largest output for each image, from compiled code over all images at once."""
    outputs = compile(lambda *pixels: model(list(pixels)), model.parameters(), example=digits.images[0])
    return [int(k) for k in np.argmax(outputs(*np.array(digits.images).T), axis=0)]


def accuracy(answers: Sequence[int], digits: Digits) -> float:
    right = [answer == target for answer, target in zip(answers, digits.targets, strict=True)]
    return sum(right) / len(right)


def held_out_accuracy(seed: int) -> float:
    """Train anew on another split."""
    learned, held_out = split(seed)
    model, _ = learn(learned, seed, progress=False)
    return accuracy(predict(model, held_out), held_out)


def confusion(answers: Sequence[int], digits: Digits) -> list[list[int]]:
    """Count the answers, a column for each, to the images of each digit, a row for each."""
    counts = [[0] * CLASSES for _ in range(CLASSES)]
    for answer, target in zip(answers, digits.targets, strict=True):
        counts[target][answer] += 1
    return counts


def table(model: MLP, learned: Digits, held_out: Digits, losses: Sequence[float], found: Sequence[float]) -> list[Row]:
    """Say how many images are right, with the mean over all runs, and how far the loss fell."""
    own = accuracy(predict(model, learned), learned)
    mean = sum(found) / len(found)
    return [
        Row("right, held out", "", f"{found[0]:.1%}", f"of {len(held_out.targets)} images"),
        Row(
            "right, held out, the mean", "", f"{mean:.1%}", f"{min(found):.1%} to {max(found):.1%} in {len(found)} runs"
        ),
        Row("right, learned from", "", f"{own:.1%}", f"of {len(learned.targets):,} images"),
        Row("loss, first and last epoch", "", f"{losses[0]:.3f} to {losses[-1]:.3f}"),
        Row("parameters", "", f"{len(model.parameters()):,}"),
    ]


def picture(model: MLP, held_out: Digits, answers: Sequence[int]) -> Figure:
    """Draw what the hidden units look for, the confusion matrix, and some held-out digits."""
    figure = Figure(figsize=(8.4, 6.8))
    above, below = figure.subfigures(2, 1, height_ratios=[5.2, 1.0])  # type: ignore[misc]
    left, right = above.subfigures(1, 2, width_ratios=[1.0, 1.75])
    draw_hidden(left, model)
    draw_confusion(right.subplots(), confusion(answers, held_out))
    draw_digits(below, held_out, answers)
    return figure


def draw_hidden(figure: SubFigure, model: MLP) -> None:
    """Draw each hidden unit's weights as an image: orange where ink excites it, blue where it inhibits."""
    figure.suptitle("what the hidden units look for", fontsize="medium")
    for axes, unit in zip(figure.subplots(8, HIDDEN // 8).flat, model.layers[0].neurons, strict=True):
        weights = [weight.data for weight in unit.weights]
        largest = max(map(abs, weights))
        draw_image(axes, weights, style.SURFACE, -largest, largest)


def draw_image(
    axes: Axes, pixels: Sequence[float], colors: LinearSegmentedColormap, lowest: float, largest: float
) -> None:
    """Draw 64 pixels as an image, with `lowest` and `largest` at the ends of the colours."""
    axes.imshow(np.reshape(pixels, (SIDE, SIDE)), cmap=colors, vmin=lowest, vmax=largest)
    axes.set(xticks=(), yticks=())
    axes.grid(visible=False)
    axes.spines[:].set_visible(True)


def draw_confusion(axes: Axes, counts: Sequence[Sequence[int]]) -> None:
    """Draw the counts; what is off the diagonal is wrong."""
    for target, row in enumerate(counts):
        for answer, times in enumerate(row):
            color = style.INK if answer == target else style.RED
            axes.text(answer, target, str(times or ""), ha="center", va="center", color=color)
    axes.imshow(np.eye(CLASSES), cmap=STROKE, alpha=0.25)
    axes.set(xticks=range(CLASSES), yticks=range(CLASSES), xlabel="answered", ylabel="is")
    axes.set_title("held-out images")
    axes.grid(visible=False)
    axes.tick_params(length=0)


def draw_digits(figure: SubFigure, held_out: Digits, answers: Sequence[int]) -> None:
    """Draw some held-out digits, half of them mistakes if there are so many."""
    wrong = [k for k, answer in enumerate(answers) if answer != held_out.targets[k]][: SHOWN // 2]
    right = [k for k, answer in enumerate(answers) if answer == held_out.targets[k]][: SHOWN - len(wrong)]
    for axes, k in zip(figure.subplots(1, SHOWN, squeeze=False).flat, right + wrong, strict=False):
        draw_image(axes, held_out.images[k], STROKE, 0.0, 1.0)
        if k in wrong:
            axes.set_title(f"{answers[k]}, is {held_out.targets[k]}", color=style.RED, fontsize="small")
            axes.spines[:].set_color(style.RED)
        else:
            axes.set_title(str(answers[k]), fontsize="small")


if __name__ == "__main__":
    main()
