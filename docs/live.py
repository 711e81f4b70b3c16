"""The pages and pictures that the documentation shows, written by the engine itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from autograd import Value, draw, record_steps
from autograd import sum as total
from nn import MLP, SGD, fit, half_squared_error, parameter, uniform

QUICK = ("linear_neuron", "walkthrough", "two_two_one", "perceptron", "xor", "momentum", "not_differentiable")
XOR = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]


def write_all(folder: Path) -> None:
    """Write every live page and picture to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (title, make, update) in PAGES.items():
        record_steps(make, update).save_html(folder / f"{name}.html", title=title, explore=name not in PLAYED)
    draw(trained_xor_loss()).save(folder / "xor.svg")
    y = named((Value(-3.0, "w") * Value(2.0, "x") + Value(7.0, "b")).tanh(), "y")
    y.backward()
    draw(y).save(folder / "draw.svg")


def write_gallery(folder: Path) -> None:
    """Run the demos that take seconds, and put their gallery into a folder."""
    command = [sys.executable, "-m", "demos.gallery", "--no-code", "--home", "../index.html", *QUICK]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with TemporaryDirectory() as work:
        subprocess.run(command, cwd=work, env=environment, check=True, capture_output=True)
        shutil.copytree(Path(work) / "out", folder)


def named(value: Value, label: str) -> Value:
    value.label = label
    return value


def first() -> Value:
    x, w, b = Value(2.0, "x"), Value(-3.0, "w"), Value(7.0, "b")
    return named((named((w * x + b).tanh(), "y") - 1.0) ** 2, "error")


def square() -> Value:
    return named(Value(3.0, "x") ** 2, "y")


def two_weights() -> Value:
    w1, w2 = Value(2.0, "w₁"), Value(5.0, "w₂")
    return named(w1**2 + 3 * w1 * w2, "E")


def branches() -> Value:
    x, y = Value(2.0, "x"), Value(-3.0, "y")
    return named(named(x * y, "x y") + x, "z")


def neuron(w: Value, b: Value) -> Value:
    prediction = named(w * Value(2.1, "x") + b, "ŷ")
    return named((prediction - Value(4.0, "t")) ** 2, "E")


def walkthrough(v1: Value, v2: Value, w1: Value, w2: Value) -> Value:
    x, t = Value(2.0, "x"), Value(4.0, "t")
    h1, h2 = named(named(v1 * x, "a₁").relu(), "h₁"), named(named(v2 * x, "a₂").relu(), "h₂")
    prediction = named(named(w1 * h1, "w₁ h₁") + named(w2 * h2, "w₂ h₂"), "ŷ")
    return named(0.5 * (prediction - t) ** 2, "E")


def descent(w: Value) -> Value:
    return named((2.1 * w - 4.0) ** 2, "E")


def vanishing(*weights: Value) -> Value:
    h = Value(1.0, "x")
    for layer, weight in enumerate(weights):
        h = named((weight * h).sigmoid(), f"layers.{layer}.output")
    return named((h - 1.0) ** 2, "E")


def xor_network() -> MLP:
    return MLP(
        2, [2, 1], activation="sigmoid", output_activation="sigmoid", initialization=uniform(1.0), seed=Random(0)
    )


def trained_xor_loss() -> Value:
    """Train as page 8 of the tutorial does, and return the loss of one row after its backward pass."""
    model, (rows, targets) = xor_network(), zip(*XOR, strict=True)
    optimizer = SGD(model.parameters(), lr=0.5, momentum=0.9)
    options: Any = {"epochs": 500, "reduction": "sum", "progress": False}
    fit(model, rows, targets, loss=half_squared_error, optimizer=optimizer, **options)
    loss = half_squared_error(model([1, 0]), 1)
    loss.backward()
    return loss


def xor_loss(model: MLP) -> Value:
    return named(total([half_squared_error(model(row), target) for row, target in XOR]), "E")


PLAYED = ("first", "vanishing")  # pages that only play
Page = tuple[str, Callable[[], Value], Callable[[], object] | None]


def trained(
    title: str, function: Callable[..., Value], weights: Iterable[tuple[str, float]], lr: float, momentum: float = 0.0
) -> Page:
    """Return a page of one training step of some weights, from their names and starts."""
    parameters = [parameter(data, label) for label, data in weights]
    return title, lambda: function(*parameters), SGD(parameters, lr=lr, momentum=momentum).step


def xor() -> Page:
    model = xor_network()
    return "A 2-2-1 network learns XOR", lambda: xor_loss(model), SGD(model.parameters(), lr=0.5, momentum=0.9).step


PAGES: dict[str, Page] = {
    "first": ("(tanh(w x + b) − 1)²", first, None),
    "square": ("The slope of x²", square, None),
    "two-weights": ("E = w₁² + 3 w₁ w₂", two_weights, None),
    "branches": ("z = x y + x: two paths from x", branches, None),
    "neuron": trained("One linear neuron", neuron, [("w", 1.0), ("b", 0.0)], 0.01),
    "walkthrough": trained(
        "Two hidden units, one of them dead",
        walkthrough,
        [("v₁", 1.0), ("v₂", -0.5), ("w₁", 0.5), ("w₂", 1.0)],
        0.1,
    ),
    "descent": trained("Gradient descent on E(w) = (2.1 w − 4)²", descent, [("w", 1.0)], 0.01),
    "vanishing": trained("Eight sigmoid layers", vanishing, [(f"layers.{k}.weight", 0.5) for k in range(8)], 0.5),
    "xor": xor(),
}
