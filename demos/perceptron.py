"""One sigmoid neuron on AND, OR and XOR: it draws one straight line, and for XOR there is none.

A neuron's output is above 0.5 where its net input u = w1 x1 + w2 x2 + b is above 0: on one side of a line. For any
line, u(0,0) + u(1,1) = u(0,1) + u(1,0), since both sides are w1 + w2 + 2 b. XOR asks for a left side below 0 and a
right side above it. So no weights will do, and the least squared error is that of 0.5 in every row.

A perceptron (1958) is such a neuron with a step for its sigmoid, and draws the same lines. Writes out/perceptron.svg.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from matplotlib.figure import Figure

from demos.common import style
from demos.common.command import parser
from demos.common.inside import look_inside
from demos.common.plane import draw_answers
from demos.common.style import Row
from nn import SGD, Neuron, fit, half_squared_error, uniform

POINTS = [[0, 0], [0, 1], [1, 0], [1, 1]]
TABLES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}
LEARNING_RATE, MOMENTUM, SWEEPS = 0.5, 0.9, 400


def main(argv: Sequence[str] | None = None) -> None:
    """Train a neuron on AND, OR and XOR, count the truth tables that a line splits, and publish both."""
    seed = parser(__doc__).parse_args(argv).seed

    neurons = {name: learn(POINTS, targets, seed) for name, targets in TABLES.items()}
    rows = []
    for name, neuron in neurons.items():
        print(f"{name}: u = {line(neuron)}")
        outputs = "  ".join(f"{neuron(point).data:.3f}" for point in POINTS)
        rows.append(Row(name, "cannot" if name == "XOR" else "learnt", describe_neuron(neuron, TABLES[name]), outputs))
    lines = best_lines(seed)
    right = max(count_right(neuron, TABLES["XOR"]) for neuron in lines)
    rows.append(Row("XOR, the best line", "", f"{right} of 4", "found by leaving out a row: there are four such lines"))
    rows.append(Row("of all 16 tables", "14", str(separable(seed)), "learnt; the others are XOR and its opposite"))
    style.publish(
        "perceptron",
        "One neuron, one line",
        "A neuron splits the plane of its inputs along a straight line. AND and OR have one; XOR does not.",
        rows,
        {"perceptron": "AND and OR, each split by a line, and XOR, where each of four lines leaves one point wrong"},
        look_inside(
            "perceptron", "the neuron for AND, on the row (1, 1)", half_squared_error(neurons["AND"]([1, 1]), 1)
        ),
    )
    style.save(picture(neurons, lines), "perceptron")


def learn(points: Sequence[Sequence[float]], targets: Sequence[float], seed: int) -> Neuron:
    """Train a neuron on these rows."""
    neuron = Neuron(2, "sigmoid", uniform(1.0), seed)
    optimizer = SGD(neuron.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    loss = half_squared_error
    fit(neuron, points, targets, loss=loss, optimizer=optimizer, epochs=SWEEPS, reduction="sum", progress=False)
    return neuron


def best_lines(seed: int) -> list[Neuron]:
    """Train four neurons on XOR, each without one row: what three rows ask for, a line can do."""
    left_out = range(len(POINTS))
    return [
        learn([POINTS[j] for j in left_out if j != k], [TABLES["XOR"][j] for j in left_out if j != k], seed)
        for k in left_out
    ]


def separable(seed: int) -> int:
    """Count the truth tables of two inputs that a neuron learns."""
    tables = [list(targets) for targets in product((0, 1), repeat=4)]
    return sum(count_right(learn(POINTS, targets, seed), targets) == 4 for targets in tables)


def count_right(neuron: Neuron, targets: Sequence[float]) -> int:
    """Count the rows whose output is on the target's side of 0.5, by more than a hundredth."""
    outputs = [neuron(point).data for point in POINTS]
    return sum(abs(output - target) < 0.49 for output, target in zip(outputs, targets, strict=True))


def describe_neuron(neuron: Neuron, targets: Sequence[float]) -> str:
    right = count_right(neuron, targets)
    return "learnt" if right == len(targets) else f"not: {right} of 4"


def line(neuron: Neuron) -> str:
    w1, w2 = (weight.data for weight in neuron.weights)
    return f"{w1:+.3f} x1 {w2:+.3f} x2 {neuron.bias.data:+.3f}"


def picture(neurons: dict[str, Neuron], lines: Sequence[Neuron]) -> Figure:
    """Draw what each neuron answers over the plane, and the line where its net input is 0."""
    figure = Figure(figsize=(9.0, 3.4))
    for axes, (name, neuron) in zip(figure.subplots(1, 3, sharey=True), neurons.items(), strict=True):
        draw_answers(axes, neuron, POINTS, TABLES[name], lines if name == "XOR" else [neuron])
        axes.set(title=name, xlabel="x1")
    figure.axes[0].set_ylabel("x2")
    return figure


if __name__ == "__main__":
    main()
