"""Vanishing and exploding gradients: how much of the error arrives at each layer of a deep network.

Going back through a layer multiplies the error signal by the layer's weights and by the slopes of its activation. A
sigmoid's slope is at most 1/4, so with weights that keep sizes alike, 50 layers leave less than 1/4 ** 49 of it. With
weights that are too large it grows as fast. What helps: an activation with slopes of 1 (tanh near 0, ReLU) and
weights drawn to match (Glorot, He), a way around each layer (skip connections), or numbers brought back to a mean of 0
and a variance of 1 before each (layer normalisation).

The size of an error signal is the root mean square of dE/du over a layer's net inputs u and a few rows. All layers
have 24 neurons. Then networks of 20 layers of 8 train on two moons, natively. Writes out/vanishing-gradients.svg.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from moons import moons
from style import Row
from tqdm import tqdm  # type: ignore[import-untyped]

from autograd import topological_order
from nn import (
    Adam,
    Layer,
    LayerNorm,
    Module,
    Residual,
    Sequential,
    binary_cross_entropy_with_logits,
    fit,
    glorot,
    he,
)

WIDTH, DEPTHS = 24, (2, 5, 10, 20, 50)
TRAINED_WIDTH, TRAINED_DEPTH = 8, 20
Block = Callable[[int, Random], Module]


def layer(activation: str, initialization: Callable[[Random, int, int], float]) -> Block:
    return lambda width, random: Layer(width, width, activation, initialization, random)


def skipped(block: Block) -> Block:
    return lambda width, random: Residual(block(width, random))


def normalised(block: Block) -> Block:
    return lambda width, random: Sequential(LayerNorm(width), block(width, random))


def doubled(random: Random, fan_in: int, fan_out: int) -> float:
    """Draw weights twice as large as He's."""
    return 2.0 * he(random, fan_in, fan_out)


class Kind(NamedTuple):
    """What a deep network is made of."""

    name: str
    block: Block
    color: str
    line: str = "-"


KINDS = [
    Kind("sigmoid", layer("sigmoid", glorot), style.RED),
    Kind("tanh", layer("tanh", glorot), style.ORANGE),
    Kind("ReLU, He", layer("relu", he), style.BLUE),
    Kind("ReLU, twice He", layer("relu", doubled), style.PURPLE),
    Kind("sigmoid, skip connections", skipped(layer("sigmoid", glorot)), style.RED, "--"),
    Kind("sigmoid, layer normalisation", normalised(layer("sigmoid", glorot)), style.RED, ":"),
    Kind("tanh, skip and normalisation", skipped(normalised(layer("tanh", glorot))), style.GREEN),
]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="where weights and moons come from (default: 0)")
    parser.add_argument("--epochs", type=int, default=600, help="epochs of training (default: 600)")
    options = parser.parse_args(argv)

    signals = {kind.name: error_signals(kind, DEPTHS[-1], options.seed) for kind in KINDS}
    show_depths(options.seed)
    trained = {
        kind.name: learn(kind, TRAINED_DEPTH, options.epochs, options.seed)
        for kind in tqdm(KINDS, unit="network", desc="depth 20")
    }
    style.publish(
        "vanishing_gradients",
        "Vanishing and exploding gradients",
        "A sigmoid passes back at most a quarter. After 50 layers nothing is left, unless something is done about it.",
        [*signal_rows(signals), *training_rows(trained)],
        {"vanishing-gradients": "The size of the error signal in each of 50 layers, logarithmic; and training"},
    )
    style.save(picture(signals, {name: losses for name, (losses, _) in trained.items()}), "vanishing-gradients")


def signal_rows(signals: dict[str, list[float]]) -> list[Row]:
    """Say what a layer leaves of the error signal, beside the bound for sigmoids."""
    bounds, notes = {"sigmoid": "at most 0.25"}, {"sigmoid": "the bound of its slope"}
    return [
        Row(f"{name}, left by a layer", bounds.get(name, ""), f"{factor(sizes):.3f}", notes.get(name, ""))
        for name, sizes in signals.items()
    ]


def training_rows(trained: dict[str, tuple[list[float], float]]) -> list[Row]:
    """Say how much of two moons was learned; a loss of log 2 = 0.693 is what 0.5 for every point costs."""
    return [
        Row(f"moons at depth {TRAINED_DEPTH}, {name}", "", f"{right:.0%} right", f"loss {losses[-1]:.3f}")
        for name, (losses, right) in trained.items()
    ]


def network(kind: Kind, depth: int, width: int, seed: int) -> Module:
    """Make a network of so many layers: one into the width, blocks of one kind, and one out."""
    random = Random(seed)
    blocks = [kind.block(width, random) for _ in range(depth - 2)]
    return Sequential(Layer(2, width, "tanh", glorot, random), *blocks, Layer(width, 1, "identity", glorot, random))


def error_signals(kind: Kind, depth: int, seed: int, rows: int = 4) -> list[float]:
    """Give the size of the error signal at the net inputs of each layer, the first layer first."""
    model = network(kind, depth, WIDTH, seed)
    squares: dict[str, list[float]] = {}
    for point, target in zip(*centred_moons(rows, seed), strict=True):
        loss = binary_cross_entropy_with_logits(model(point), target)
        loss.backward()
        for value in topological_order(loss):
            if value.label.endswith(".net_input"):
                squares.setdefault(value.label.partition(".neurons.")[0], []).append(value.grad**2)
    return [math.sqrt(sum(of_layer) / len(of_layer)) for of_layer in squares.values()]


def factor(sizes: Sequence[float]) -> float:
    """Give what a layer leaves of the error signal, as the geometric mean over the blocks."""
    first, last = sizes[1], sizes[-2]
    return math.exp(math.log(first / last) / (len(sizes) - 3)) if first > 0.0 else 0.0


def show_depths(seed: int) -> None:
    """Print how much of the last block's error signal arrives at the first, at each depth."""
    print(f"{'':30}" + "".join(f"{depth:>10}" for depth in DEPTHS) + "  layers")
    for kind in KINDS:
        sizes = [error_signals(kind, depth, seed) for depth in DEPTHS]
        print(f"{kind.name:30}" + "".join(f"{s[0] / s[-1]:10.1e}" for s in sizes))


def centred_moons(count: int, seed: int) -> tuple[list[list[float]], list[float]]:
    """Draw points along two half circles around 0, and 0 or 1 for each."""
    points, signs = moons(count, seed)
    return [[x - 0.5, y - 0.25] for x, y in points], [float(sign > 0.0) for sign in signs]


def learn(kind: Kind, depth: int, epochs: int, seed: int) -> tuple[list[float], float]:
    """Train on two moons; give the loss of each epoch, and the share of 200 new points that are then right."""
    model, (points, targets) = network(kind, depth, TRAINED_WIDTH, seed), centred_moons(100, seed)
    loss, optimizer = binary_cross_entropy_with_logits, Adam(model.parameters(), lr=0.003)
    losses = fit(model, points, targets, loss=loss, optimizer=optimizer, epochs=epochs, progress=False, native=True)
    right = [
        (model(point).data > 0.0) == (target == 1.0)
        for point, target in zip(*centred_moons(200, seed + 1), strict=True)
    ]
    return losses, sum(right) / len(right)


def picture(signals: dict[str, list[float]], losses: dict[str, list[float]]) -> Figure:
    """Draw the error signals by layer, and the losses by epoch."""
    figure = Figure(figsize=(9.5, 5.4))
    by_layer, by_epoch = figure.subplots(1, 2, width_ratios=[3, 2])
    draw(by_layer, signals)
    depth = len(signals["sigmoid"])
    bound = [signals["sigmoid"][-1] * 0.25 ** (depth - k) for k in range(1, depth + 1)]
    by_layer.plot(range(1, depth + 1), bound, color=style.INK, linewidth=1.0, linestyle="-.", label="1/4 a layer")
    by_layer.set(yscale="log", xlabel=f"layer, of {depth}", title="size of the error signal: back from right to left")
    draw(by_epoch, losses)
    by_epoch.set(xlabel="epoch", ylim=(0, 1), title=f"two moons, {TRAINED_DEPTH} layers: cross-entropy")
    figure.legend(*by_layer.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def draw(axes: Axes, curves: dict[str, list[float]]) -> None:
    for kind in KINDS:
        ys = curves[kind.name]
        axes.plot(range(1, len(ys) + 1), ys, color=kind.color, linestyle=kind.line, label=kind.name)


if __name__ == "__main__":
    main()
