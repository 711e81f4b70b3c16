"""Mirror symmetry: a 6-2-1 network learns whether six bits read the same from both ends.

The setting is that of Rumelhart, Hinton and Williams, Learning representations by back-propagating errors (Nature 323,
1986), figure 1: all 64 inputs, epsilon 0.1, alpha 0.9, weights and biases even from -0.3 to 0.3, the gradient summed
over a sweep. They report one run, of 1,425 sweeps. What it learned can be read: weights that mirror each other are
equal and opposite, so that a symmetric input cancels, and those on one side stand as 1 : 2 : 4, so that no other input
does. With 2 : 3 : 4 no other cancels either; that is learned as well. Writes out/symmetry.svg.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from tqdm import tqdm  # type: ignore[import-untyped]

from demos.common import style
from demos.common.command import parser
from demos.common.inside import look_inside
from demos.common.solving import Run, draw_all, median_sweeps, train
from demos.common.style import Row
from nn import MLP, Neuron, half_squared_error

INPUTS = [list(bits) for bits in product((0, 1), repeat=6)]
TARGETS = [int(bits == bits[::-1]) for bits in INPUTS]
LEARNING_RATE, MOMENTUM, BOUND = 0.1, 0.9, 0.3  # epsilon and alpha in the paper
REPORTED = 1425
SHOWN = [1, 0, 1, 1, 0, 1]  # a symmetric input
WITHIN = 0.1  # train on from solved to here, so that the pattern is worked out


def main(argv: Sequence[str] | None = None) -> None:
    """Train from every seed, print how each run ended, and publish the weights of those that solved it."""
    options = parser(
        __doc__,
        "the first seed of the initial weights",
        runs=(20, "how many seeds"),
        sweeps=(10_000, "sweeps for each at most"),
    ).parse_args(argv)

    seeds = range(options.seed, options.seed + options.runs)
    results = [learn(seed, options.sweeps) for seed in tqdm(seeds, unit="run", desc="symmetry")]
    runs = [run for _, run in results]
    networks = [network for network, run in results if run.solved is not None]
    shown = (networks or [results[0][0]])[0]
    for seed, (network, run) in zip(seeds, results, strict=True):
        print(f"seed {seed}: {describe_run(network, run)}")
    style.publish(
        "symmetry",
        "Mirror symmetry",
        "Two hidden units learn to cancel what is symmetric: mirrored weights are equal and opposite.",
        table(runs, networks, options.sweeps),
        {"symmetry": "Hinton diagrams of two networks, mirrored weights equal and opposite; below, sweeps to solve"},
        look_inside("symmetry", "the first network that solved it, on 101101", half_squared_error(shown(SHOWN), 1)),
    )
    if networks:
        style.save(picture(networks, runs), "symmetry")


def learn(seed: int, sweeps: int) -> tuple[MLP, Run]:
    """Train a network from the weights that the seed draws."""
    network = MLP(6, [2, 1], activation="sigmoid", output_activation="sigmoid")
    draw_all(network, BOUND, seed)
    return network, train(network, INPUTS, TARGETS, LEARNING_RATE, MOMENTUM, sweeps, WITHIN)


def hidden(network: MLP) -> list[Neuron]:
    return network.layers[0].neurons


def mirror_error(network: MLP) -> float:
    """Return the largest sum of a weight and its mirror image, which would cancel, against the largest weight."""
    weights = [[weight.data for weight in neuron.weights] for neuron in hidden(network)]
    largest = max(abs(w) for row in weights for w in row)
    return max(abs(a + b) for row in weights for a, b in zip(row, row[::-1], strict=True)) / largest


def ratios(network: MLP) -> tuple[float, float, float]:
    """Return the sizes of one side's weights, ascending, and 1 for the smallest: the mean over both units and sides."""
    sides = [w for neuron in hidden(network) for w in (neuron.weights[:3], neuron.weights[3:])]
    sizes = [sorted(abs(weight.data) for weight in side) for side in sides]
    low, mid, high = (sum(column) / len(column) for column in zip(*sizes, strict=True))
    return 1.0, mid / low, high / low


def doubles(network: MLP) -> bool:
    """Say 1 : 2 : 4 from 2 : 3 : 4."""
    return ratios(network)[2] > 3.0


def describe_run(network: MLP, run: Run) -> str:
    """Say in how many sweeps a run solved it and with what ratio of weights, or that it did not."""
    if run.solved is None:
        return f"not solved in {len(run.losses)} sweeps, loss {run.losses[-1]:.3f}"
    return f"solved after {run.solved} sweeps, weights as {ratio(network)}"


def ratio(network: MLP) -> str:
    return " : ".join(f"{x:.2f}" for x in ratios(network))


def table(runs: Sequence[Run], networks: Sequence[MLP], sweeps: int) -> list[Row]:
    """Compare what was learned with the paper's one run."""
    solved = [run.solved for run in runs if run.solved is not None]
    stuck = [run.losses[-1] for run in runs if run.solved is None]
    half = median_sweeps(runs)
    note = f"the others answer 0 to everything, at a loss of {min(stuck):.2f} to {max(stuck):.2f}" if stuck else ""
    rows = [Row(f"solved in {sweeps:,} sweeps", "1 of 1", f"{len(solved)} of {len(runs)}", note)]
    rows.append(
        Row("sweeps, the median of all", f"{REPORTED:,}", "none" if half is None else f"{half:,.0f}", "one run there")
    )
    if not networks:
        return rows
    doubling, others = (sorted(filter(kind, networks), key=ratios) for kind in (doubles, lambda n: not doubles(n)))
    share = f"in {len(doubling)} of {len(networks)}"
    rows.append(Row("sweeps, least and most", "", f"{min(solved):,} to {max(solved):,}", "of those that solved"))
    rows.append(Row("mirrored weights, sum", "0", f"{max(map(mirror_error, networks)):.1%}", "of the largest, at most"))
    if doubling:
        rows.append(Row("weights of a side", "1 : 2 : 4", ratio(doubling[len(doubling) // 2]), share))
    if others:
        rows.append(
            Row("the others'", "", ratio(others[len(others) // 2]), "about 2 : 3 : 4, which tells apart as well")
        )
    return rows


def picture(networks: Sequence[MLP], runs: Sequence[Run]) -> Figure:
    """Draw one network of each kind, and how many sweeps the runs took."""
    kinds = [next(filter(kind, networks), None) for kind in (doubles, lambda n: not doubles(n))]
    shown = [network for network in kinds if network is not None]
    figure = Figure(figsize=(7.5, 1.4 + 2.5 * len(shown)))
    *panels, strip = figure.subplots(len(shown) + 1, height_ratios=[2.5] * len(shown) + [1.0])
    for axes, network in zip(panels, shown, strict=True):
        hinton(axes, network)
    draw_sweeps(strip, runs)
    return figure


def hinton(axes: Axes, network: MLP) -> None:
    """Draw the weights as squares whose areas are their sizes, orange above 0 and blue below: a row for each unit."""
    (output,) = network.layers[1].neurons
    rows = [[*(w.data for w in unit.weights), unit.bias.data] for unit in hidden(network)]
    largest = max(abs(x) for row in rows for x in row)
    places = [0.0, 1.0, 2.0, 3.4, 4.4, 5.4, 7.2]
    for y, row, weight in zip((0.0, 1.35), rows, [weight.data for weight in output.weights], strict=True):
        for x, w in zip([*places, 8.6], [*row, weight], strict=True):
            side = 0.92 * (abs(w) / max(largest, abs(weight))) ** 0.5
            axes.add_patch(
                Rectangle((x - side / 2, y - side / 2), side, side, color=style.ORANGE if w > 0 else style.BLUE)
            )
            axes.text(x, y + 0.62, f"{w:.1f}", ha="center", va="center", fontsize="x-small")
    names = ["x1", "x2", "x3", "x4", "x5", "x6", "bias", "to output"]
    axes.set(xlim=(-0.7, 9.3), ylim=(2.1, -0.6), aspect="equal", xticks=[*places, 8.6], xticklabels=names)
    axes.set(yticks=(0.0, 1.35), yticklabels=("hidden 1", "hidden 2"))
    axes.set_title(f"weights of a side as {ratio(network)}", loc="left")
    axes.axvline(2.7, color=style.FAINT, linestyle=":")
    plain(axes)


def draw_sweeps(axes: Axes, runs: Sequence[Run]) -> None:
    """Draw a dot for each run that solved, at its number of sweeps."""
    solved = [run.solved for run in runs if run.solved is not None]
    axes.plot(solved, [0.0] * len(solved), "|", markersize=22, markeredgewidth=2, color=style.BLUE)
    axes.axvline(REPORTED, color=style.RED)
    axes.text(REPORTED * 1.03, 0.6, f"{REPORTED:,} in the paper", color=style.RED, va="center")
    axes.set(xscale="log", yticks=(), ylim=(-1, 1), xlabel=f"sweeps to solve: {len(solved)} of {len(runs)} runs")
    ticks = [250, 500, 1000, 2000, 4000, 8000]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.spines["left"].set_visible(False)


def plain(axes: Axes) -> None:
    """Take grid, ticks and frame away."""
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


if __name__ == "__main__":
    main()
