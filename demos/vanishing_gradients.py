"""Vanishing and exploding gradients: how much of the error arrives at each layer of a deep network.

Going back through a layer multiplies the error signal by the layer's weights and by the slopes of its activation. A
sigmoid's slope is at most 1/4, so with weights that keep sizes alike, 50 layers leave less than 1/4 ** 49 of it. With
weights that are too large it grows as fast. What helps: an activation with slopes of 1 (tanh near 0, ReLU) and
weights drawn to match (Glorot, He), a way around each layer (skip connections), or numbers brought back to a mean of 0
and a variance of 1 before each, over a layer's numbers (layer normalisation) or over a batch (batch normalisation).
The last makes gradients grow with depth (Yang et al., A mean field theory of batch normalization, 2019).

The size of an error signal is the root mean square of dE/du over a layer's net inputs u and 8 rows. All layers have
24 neurons. Then networks of 20 layers of 8 train on XOR and on two moons, with Adam: natively, but for batch
normalisation, which couples rows, trains eagerly, and so gets one run of a quarter of the steps. Writes
out/vanishing-gradients.svg.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm  # type: ignore[import-untyped]

from autograd import Value, sum, topological_order
from demos.common import style
from demos.common.command import parser
from demos.common.deep_networks import KINDS, Kind, network
from demos.common.inside import look_inside
from demos.common.style import Row
from demos.moons import moons
from nn import Adam, Module, binary_cross_entropy_with_logits, fit, half_squared_error

WIDTH, DEPTHS = 24, (2, 5, 10, 20, 50)
TRAINED_WIDTH, TRAINED_DEPTH = 8, 20
LEARNING_RATE, POINTS, BATCH = 0.003, 100, 25
SURE = 0.04  # a row of XOR is right if its log-odds are: some 51 %, so that an answer of one half is none
XOR, XOR_TARGETS = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]


class Learned(NamedTuple):
    """What networks of one kind learned, from each seed."""

    xor: list[int]  # rows right, of 4, answered as one batch
    alone: list[int]  # the same, each row by itself
    moons: list[float]  # the share of new points that are right


def main(argv: Sequence[str] | None = None) -> None:
    """Follow the error signal through deep networks of each kind, train them, and publish both."""
    options = parser(
        __doc__,
        "where weights and moons come from",
        runs=(3, "how many seeds to train from"),
        steps=(600, "steps of training"),
    ).parse_args(argv)

    by_depth = {kind.name: [error_signals(kind, depth, options.seed) for depth in DEPTHS] for kind in KINDS}
    show_depths(by_depth)
    signals = {name: sizes[-1] for name, sizes in by_depth.items()}
    learned = {
        kind.name: learn(kind, options.seed, options.runs, options.steps)
        for kind in tqdm(KINDS, unit="kind", desc=f"depth {TRAINED_DEPTH}")
    }
    style.publish(
        "vanishing_gradients",
        "Vanishing and exploding gradients",
        "A sigmoid passes back at most a quarter. After 50 layers nothing is left, unless something is done about it.",
        table(signals, learned),
        {"vanishing-gradients": "The size of the error signal in each of 50 layers, logarithmic; and what was learned"},
        look_inside("vanishing_gradients", "a chain of five neurons, three of them sigmoids", chain(options.seed)),
    )
    style.save(picture(signals, learned), "vanishing-gradients")


def table(signals: dict[str, list[float]], learned: dict[str, Learned]) -> list[Row]:
    """Say what a layer leaves of the error signal, and how much of XOR and two moons is learned at depth."""
    sources = {"sigmoid": "at most 0.25", "sigmoid, batch normalisation": "above 1"}
    return [
        Row(f"a layer leaves, {name}", sources.get(name, ""), f"{factor(sizes):.3f}", describe_learned(learned[name]))
        for name, sizes in signals.items()
    ]


def describe_learned(learned: Learned) -> str:
    """Say how often all of XOR was learned, and how many of the new points are right."""
    xor, alone, moons = learned
    low, high = f"{min(moons):.0%}", f"{max(moons):.0%}"
    text = (
        f"depth {TRAINED_DEPTH}: XOR {xor.count(4)} of {len(xor)}, moons {low if low == high else f'{low} to {high}'}"
    )
    if alone != xor:
        text += f"; by running means, {min(alone)} of 4 rows"
    return text


def chain(seed: int) -> Value:
    """Return the loss of a point through a network of one neuron a layer."""
    (point, *_), (target, *_) = centred_moons(1, seed)
    output: Value = network(KINDS[0], 5, 1, seed)(point)
    return half_squared_error(output.sigmoid(), target)


def error_signals(kind: Kind, depth: int, seed: int, rows: int = 8) -> list[float]:
    """Return the size of the error signal at the net inputs of each layer, the first layer first."""
    points, targets = centred_moons(rows, seed)
    outputs = network(kind, depth, WIDTH, seed).batch(points)
    loss = sum([binary_cross_entropy_with_logits(y, target) for y, target in zip(outputs, targets, strict=True)])
    loss.backward()
    squares: dict[str, list[float]] = {}
    for value in topological_order(loss):
        if value.label.endswith(".net_input"):
            squares.setdefault(value.label.partition(".neurons.")[0], []).append(value.grad**2)
    return [math.sqrt(fmean(of_layer)) for of_layer in squares.values()]


def factor(sizes: Sequence[float]) -> float:
    """Return what a layer leaves of the error signal, as the geometric mean over the blocks."""
    first, last = sizes[1], sizes[-2]
    return math.exp(math.log(first / last) / (len(sizes) - 3)) if first > 0.0 else 0.0


def show_depths(by_depth: dict[str, list[list[float]]]) -> None:
    """Print how much of the last layer's error signal arrives at the first, at each depth."""
    print(f"{'':30}" + "".join(f"{depth:>10}" for depth in DEPTHS) + "  layers")
    for name, found in by_depth.items():
        print(f"{name:30}" + "".join(f"{sizes[0] / sizes[-1]:10.1e}" for sizes in found))


def centred_moons(count: int, seed: int) -> tuple[list[list[float]], list[float]]:
    """Draw points along two half circles around 0, and 0 or 1 for each."""
    points, signs = moons(count, seed)
    return [[x - 0.5, y - 0.25] for x, y in points], [float(sign > 0.0) for sign in signs]


def learn(kind: Kind, seed: int, runs: int, steps: int) -> Learned:
    """Train on XOR and on two moons from so many seeds; eagerly from one, for a quarter of the steps."""
    if not kind.native:
        runs, steps = 1, max(1, steps // 4)
    learned = Learned([], [], [])
    for k in range(seed, seed + runs):
        model = train(kind, XOR, XOR_TARGETS, steps, k)
        learned.xor.append(round(4 * share_right(model, XOR, XOR_TARGETS, SURE)))
        learned.alone.append(round(4 * share_right(model.eval(), XOR, XOR_TARGETS, SURE)))
        model = train(kind, *centred_moons(POINTS, k), max(1, steps * BATCH // POINTS), k)
        learned.moons.append(share_right(model.eval(), *centred_moons(200, k + 1)))
    return learned


def train(kind: Kind, points: list[list[float]], targets: list[float], epochs: int, seed: int) -> Module:
    """Train a deep network of one kind by Adam, and return it."""
    model, loss = network(kind, TRAINED_DEPTH, TRAINED_WIDTH, seed), binary_cross_entropy_with_logits
    optimizer = Adam(model.parameters(), lr=LEARNING_RATE)
    fit(
        model,
        points,
        targets,
        loss=loss,
        optimizer=optimizer,
        epochs=epochs,
        batch_size=BATCH,
        progress=False,
        native=kind.native,
    )
    return model


def share_right(model: Module, points: list[list[float]], targets: list[float], margin: float = 0.0) -> float:
    outputs = model.batch(points)
    return fmean([(2.0 * target - 1.0) * y.data > margin for y, target in zip(outputs, targets, strict=True)])


def picture(signals: dict[str, list[float]], learned: dict[str, Learned]) -> Figure:
    """Draw the error signals by layer, and what was learned."""
    figure = Figure(figsize=(8.4, 6.8))
    above, below = figure.subfigures(2, 1, height_ratios=[5.0, 3.2])  # type: ignore[misc]
    draw_signals(above.subplots(), signals)
    xor, two_moons = below.subplots(1, 2)
    draw_learned(xor, [learned[kind.name].xor for kind in KINDS])
    draw_learned(two_moons, [[100 * share for share in learned[kind.name].moons] for kind in KINDS])
    xor.set(xlim=(-0.2, 4.2), xticks=range(5), title=f"XOR through {TRAINED_DEPTH} layers", xlabel="rows right")
    two_moons.set(xlim=(45, 102), yticklabels=(), title="two moons, likewise", xlabel="% of new points right")
    return figure


def draw_signals(axes: Axes, signals: dict[str, list[float]]) -> None:
    """Draw the size of the error signal by layer, and the bound for sigmoids."""
    for kind in KINDS:
        sizes = signals[kind.name]
        axes.plot(range(1, len(sizes) + 1), sizes, color=kind.color, linestyle=kind.line, label=kind.name)
    sizes = signals[KINDS[0].name]
    depth = len(sizes)
    bound = [sizes[-1] * 0.25 ** (depth - k) for k in range(1, depth + 1)]
    axes.plot(range(1, depth + 1), bound, color=style.INK, linewidth=1.0, linestyle=(0, (1, 3)), label="1/4 a layer")
    axes.set(yscale="log", xlabel=f"layer, of {depth}", title="size of the error signal, from right to left")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def draw_learned(axes: Axes, found: Sequence[Sequence[float]]) -> None:
    """Draw a dot for each run of each kind."""
    for y, (kind, runs) in enumerate(zip(KINDS, found, strict=True)):
        axes.plot(runs, [y] * len(runs), "o", color=kind.color, alpha=0.7, markersize=8, markeredgewidth=0)
    axes.set_yticks(range(len(KINDS)), [kind.name for kind in KINDS])
    axes.set_ylim(len(KINDS) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


if __name__ == "__main__":
    main()
