"""The smallest network with a hidden layer, one step at a time: one input, two ReLU units, one output, seventeen steps.

    a₁ = v₁ x     h₁ = relu(a₁)
    a₂ = v₂ x     h₂ = relu(a₂)     ŷ = w₁ h₁ + w₂ h₂     E = ½ (ŷ − t)²

With v₁ = 1 and v₂ = −0.5, every x but 0 leaves one of the two units dead. With x = 2 it is h₂: its gradient is −3 all
the same, but its relu passes nothing on, so v₂ learns nothing; and w₂, with nothing to multiply, learns nothing either.
Two of four weights stand still. x = 2 and t = 4 make every gradient an integer or a half.

Eight steps forward, seven backward (none for a₂: nothing reaches it), two updates. Writes out/walkthrough.svg.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from autograd import Value, dot, record_steps
from autograd.recording import Recording
from autograd.value import parameter
from demos.common import style
from demos.common.command import NOTHING_DRAWN, parser
from demos.common.diagram import beside, draw_edge, draw_neuron
from demos.common.inside import look_inside
from demos.common.style import Row

X, TARGET, LEARNING_RATE = 2.0, 4.0, 0.1
WEIGHTS = {"v₁": 1.0, "v₂": -0.5, "w₁": 0.5, "w₂": 1.0}
STEPS = 17  # as the note's slider counts them


def main(argv: Sequence[str] | None = None) -> None:
    """Record two passes and their updates, and publish the gradients beside those worked out by hand."""
    parser(__doc__, NOTHING_DRAWN).parse_args(argv)
    drawn = network()
    drawn["E"].backward()
    recording = two_passes()
    links = look_inside("walkthrough", "the pass", drawn["E"], recording, "two passes, and an update after each")
    count = "8 forward, 7 backward, 2 updates; both products and their sum are one step"
    rows = [Row("steps", str(STEPS), str(len(recording.passes[0].steps)), count)]
    rows += [
        Row(f"∂E/∂{name}", f"{expected + 0.0:g}", f"{drawn[name].grad + 0.0:g}") for name, expected in by_hand().items()
    ]
    style.publish(
        "walkthrough",
        "Two hidden units, step by step",
        "One of two ReLU units is dead: half of the weights get a gradient of 0, and stand still.",
        rows,
        {"walkthrough": "The network: activations and weights in blue, gradients in red; nothing passes the dead unit"},
        links,
    )
    style.save(picture(drawn), "walkthrough")


def two_passes() -> Recording:
    """Record the pass and the update, and once more: the error falls."""
    values = network()

    def error() -> Value:
        nonlocal values
        values = network(*[values[name].data for name in WEIGHTS])
        return values["E"]

    def descend() -> None:
        for name in WEIGHTS:
            values[name].data -= LEARNING_RATE * values[name].grad

    return record_steps(error, descend, times=2)


def network(*weights: float) -> dict[str, Value]:
    """Record the forward pass, with v₁, v₂, w₁ and w₂ as given or as at first, and name everything as on paper."""
    x, t = Value(X), Value(TARGET)
    v1, v2, w1, w2 = map(parameter, weights or WEIGHTS.values())
    a1 = v1 * x
    a2 = v2 * x
    h1 = a1.relu()
    h2 = a2.relu()
    y_hat = dot([w1, w2], [h1, h2])
    error = y_hat - t
    square = error**2
    loss = 0.5 * square
    named = {"x": x, "t": t, "v₁": v1, "v₂": v2, "w₁": w1, "w₂": w2, "a₁": a1, "a₂": a2, "h₁": h1, "h₂": h2}
    named |= {"ŷ": y_hat, "ŷ−t": error, "(ŷ−t)²": square, "E": loss}
    for name, value in named.items():
        value.label = name
    return named


def by_hand() -> dict[str, float]:
    """Work the gradients out by the textbook's formulas, with the slope of relu in place of the sigmoid's."""
    v1, v2, w1, w2 = WEIGHTS.values()
    h1, h2 = max(v1 * X, 0.0), max(v2 * X, 0.0)
    slope1, slope2 = float(v1 * X > 0.0), float(v2 * X > 0.0)
    output = w1 * h1 + w2 * h2
    delta = -(TARGET - output)
    return {
        "ŷ": delta,
        "w₁": delta * h1,
        "w₂": delta * h2,
        "h₁": delta * w1,
        "h₂": delta * w2,
        "a₁": delta * w1 * slope1,
        "a₂": delta * w2 * slope2,
        "v₁": delta * w1 * slope1 * X,
        "v₂": delta * w2 * slope2 * X,
    }


def picture(values: dict[str, Value]) -> Figure:
    """Draw the network, with what flows forward in blue and what flows back in red."""
    figure = Figure(figsize=(7.5, 4.2))
    axes = figure.subplots()
    axes.set(xlim=(-0.35, 2.9), ylim=(-0.35, 1.45))
    axes.axis("off")
    places = {"x": (0.0, 0.5), "h₁": (1.2, 1.0), "h₂": (1.2, 0.0), "ŷ": (2.4, 0.5)}
    for name, ends in {"v₁": "x h₁", "v₂": "x h₂", "w₁": "h₁ ŷ", "w₂": "h₂ ŷ"}.items():
        weight, (start, end) = values[name], ends.split()
        texts = f"{name} = {weight.data:g}", f"{weight.grad + 0.0:g}"
        draw_edge(axes, texts, places[start], places[end], 0.8 + 1.2 * abs(weight.grad))
    for name, place in places.items():
        draw_neuron(axes, name, place)
    beside(axes, places["x"], f"{X:g}", "", False)
    for name, at in (("h₁", "a₁"), ("h₂", "a₂"), ("ŷ", "ŷ")):
        beside(axes, places[name], f"{values[name].data + 0.0:g}", f"δ = {values[at].grad + 0.0:g}", name == "h₂")
    return figure


if __name__ == "__main__":
    main()
