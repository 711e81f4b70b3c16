"""XOR from 20 seeds: what the hidden units compute, how long it takes, and what momentum does.

A 2-2-1 network of sigmoid units, the gradient summed over the four rows, eta 0.5, weights and biases even from -1 to 1.
Beside it the network of Rumelhart, Hinton and Williams, Learning internal representations by error propagation (PDP,
volume 1, 1986): one hidden unit, and links from the inputs straight to the output. They report one run, of 558 sweeps
at eta 0.5; neither the range of their initial weights nor a momentum is given for it, so two settings stand here.
Solved means that all errors are below 0.5. Writes out/xor-study.svg.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from autograd import Value
from demos.common import style
from demos.common.command import parser
from demos.common.inside import look_inside
from demos.common.plane import draw_answers
from demos.common.solving import Run, draw_all, median_sweeps, over_seeds, train
from demos.common.style import Row
from nn import MLP, Module, Neuron, half_squared_error

INPUTS, TARGETS = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
LEARNING_RATE, REPORTED = 0.5, 558
NAMES = {
    (0, 0, 0, 1): "x1 and x2",
    (0, 1, 1, 1): "x1 or x2",
    (1, 1, 1, 0): "not both",
    (1, 0, 0, 0): "neither",
    (0, 1, 0, 0): "x2 but not x1",
    (0, 0, 1, 0): "x1 but not x2",
    (1, 0, 1, 1): "x1, or not x2",
    (1, 1, 0, 1): "x2, or not x1",
}


class DirectLinks(Module):
    """One hidden neuron, and an output neuron that sees the inputs as well."""

    def __init__(self) -> None:
        self.hidden = Neuron(2, "sigmoid")
        self.output = Neuron(3, "sigmoid")

    def forward(self, inputs: Sequence[float | Value]) -> Any:
        return self.output([*inputs, self.hidden(inputs)])


def two_two_one() -> MLP:
    return MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid")


class Setting(NamedTuple):
    """A network, its momentum, and the range of its initial weights."""

    name: str
    make: Callable[[], Module]
    momentum: float
    bound: float
    color: str


SETTINGS = [
    Setting("2-2-1, momentum 0.9", two_two_one, 0.9, 1.0, style.BLUE),
    Setting("2-2-1, no momentum", two_two_one, 0.0, 1.0, style.RED),
    Setting("direct links, ±0.3, momentum 0.9", DirectLinks, 0.9, 0.3, style.GREEN),
    Setting("direct links, ±1, no momentum", DirectLinks, 0.0, 1.0, style.PURPLE),
]


def main(argv: Sequence[str] | None = None) -> None:
    """Train from every seed in each setting, and publish how many sweeps it takes and what hidden units compute."""
    options = parser(
        __doc__,
        "the first seed of the initial weights",
        runs=(20, "how many seeds"),
        sweeps=(5000, "sweeps for each at most"),
    ).parse_args(argv)

    seeds = range(options.seed, options.seed + options.runs)
    by_setting = over_seeds(SETTINGS, seeds, lambda setting, seed: learn(setting, seed, options.sweeps), "xor")
    runs = [[run for _, run in row] for row in by_setting]
    shown = next((network for network, run in by_setting[0] if run.solved), by_setting[0][0][0])
    show_hidden_units(shown)
    style.publish(
        "xor_study",
        "XOR, from 20 seeds",
        "Two hidden units draw two lines; in the plane of their outputs one line is enough.",
        table(shown, runs, options.sweeps),
        {"xor-study": "The plane split by two lines, the hidden units' plane by one, loss curves, and sweeps to solve"},
        look_inside("xor_study", "direct links, on the row (1, 1)", half_squared_error(by_setting[2][0][0]([1, 1]), 0)),
    )
    style.save(picture(shown, runs), "xor-study")


def learn(setting: Setting, seed: int, sweeps: int) -> tuple[Module, Run]:
    """Train one network until all errors are below 0.1."""
    network = setting.make()
    draw_all(network, setting.bound, seed)
    return network, train(network, INPUTS, TARGETS, LEARNING_RATE, setting.momentum, sweeps, within=0.1)


def table(shown: Module, runs: Sequence[Sequence[Run]], sweeps: int) -> list[Row]:
    """Set the sweeps of each setting beside the reported ones, and name what two hidden units compute."""
    rows = [
        Row(
            f"sweeps, {setting.name}",
            str(REPORTED) if setting.make is DirectLinks else "",
            *describe_runs(some, sweeps),
        )
        for setting, some in zip(SETTINGS, runs, strict=True)
    ]
    return [*rows, Row("hidden units, first solved", "", " | ".join(unit_name(shown, k) for k in (0, 1)))]


def describe_runs(runs: Sequence[Run], sweeps: int) -> tuple[str, str]:
    """Return the median of the sweeps to solve, and how many runs did."""
    solved = [run.solved for run in runs if run.solved is not None]
    half = median_sweeps(runs)
    extent = f", in {min(solved)} to {max(solved)}" if solved else ""
    return (
        f"over {sweeps}" if half is None else f"{half:.0f}",
        f"the median; {len(solved)} of {len(runs)} solved{extent}",
    )


def hidden_outputs(network: Module, inputs: Sequence[float]) -> list[float]:
    assert isinstance(network, MLP)
    return [neuron(inputs).data for neuron in network.layers[0].neurons]


def unit_name(network: Module, unit: int) -> str:
    """Name what a hidden unit computes, rounded to 0 and 1."""
    answers = [round(hidden_outputs(network, row)[unit]) for row in INPUTS]
    return NAMES.get((answers[0], answers[1], answers[2], answers[3]), str(answers))


def show_hidden_units(network: Module) -> None:
    """Print what both hidden units and the output give for each row."""
    print("  x1 x2  hidden 1  hidden 2  output")
    for row in INPUTS:
        first, second = hidden_outputs(network, row)
        print(f"  {row[0]:2} {row[1]:2}  {first:8.3f}  {second:8.3f}  {network(row).data:6.3f}")


def picture(network: Module, runs: Sequence[Sequence[Run]]) -> Figure:
    """Draw the inputs' plane and the hidden units' plane with their lines, the losses, and the sweeps to solve."""
    figure = Figure(figsize=(9.0, 7.6))
    ((plane, hidden), (curves, sweeps)) = figure.subplots(2, 2)
    assert isinstance(network, MLP)
    units, (output,) = (layer.neurons for layer in network.layers)
    draw_answers(plane, network, INPUTS, TARGETS, units)
    plane.set(title="what the network answers, and its hidden units' lines", xlabel="x1", ylabel="x2")
    draw_answers(hidden, output, [hidden_outputs(network, row) for row in INPUTS], TARGETS, [output])
    hidden.set(title="the same rows, as the hidden units see them", xlabel="hidden 1", ylabel="hidden 2")
    draw_curves(curves, runs)
    draw_sweeps(sweeps, runs)
    return figure


def draw_curves(axes: Axes, runs: Sequence[Sequence[Run]]) -> None:
    """Draw every seed's loss, with momentum and without."""
    for setting, some in zip(SETTINGS[:2], runs[:2], strict=True):
        for k, run in enumerate(some):
            label = setting.name if k == 0 else None
            axes.plot(
                range(1, len(run.losses) + 1), run.losses, color=setting.color, linewidth=0.9, alpha=0.8, label=label
            )
    axes.set(xscale="log", xlabel="sweeps", ylabel="loss: ½ Σ (output − target)²", title="every seed's loss")
    axes.legend(loc="lower left")


def draw_sweeps(axes: Axes, runs: Sequence[Sequence[Run]]) -> None:
    """Draw a mark for each run at its number of sweeps, and the reported one."""
    for y, (setting, some) in enumerate(zip(SETTINGS, runs, strict=True)):
        solved = [run.solved for run in some if run.solved is not None]
        axes.plot(solved, [y] * len(solved), "|", markersize=20, markeredgewidth=1.8, color=setting.color)
        axes.text(5, y - 0.42, f"{setting.name}: {len(solved)} of {len(some)}", va="center", fontsize="small")
    axes.axvline(REPORTED, ymin=0.03, ymax=0.44, color=style.INK, linestyle=":")
    axes.text(REPORTED * 0.93, 3.42, f"{REPORTED} reported", va="center", ha="right", fontsize="small")
    axes.set(xscale="log", xlim=(4, 6000), ylim=(3.6, -0.7), yticks=(), xlabel="sweeps", title="sweeps to solve")
    axes.spines["left"].set_visible(False)


if __name__ == "__main__":
    main()
