"""One linear neuron, worked through: ŷ = w x + b and E = (ŷ − y)², with x = 2.1, y = 4, w = 1, b = 0.

Forward 2.1 and 3.61; backward −3.8, which times x is −7.98; one update, and the loss has fallen to 2.87.
It follows the Backprop Explainer (Bertucci & Kahng, 2021).

Writes out/linear-neuron.svg; out/linear-neuron-steps.html, which plays two passes; and out/descent.html, where one
drags w along E(w), changes the rate until it overshoots, and lets gradient descent roll down.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from autograd import Value, record_steps
from autograd.recording import Recording
from autograd.value import parameter
from demos.common import style
from demos.common.command import NOTHING_DRAWN, parser
from demos.common.inside import look_inside
from demos.common.style import comparison_row
from nn import SGD

X, TARGET, LEARNING_RATE = 2.1, 4.0, 0.01
NOTE = {  # the worked example's figures, as it prints them
    "ŷ": "2.1",
    "E": "3.61",
    "∂E/∂ŷ": "-3.8",
    "∂E/∂w": "-7.98",
    "∂E/∂b": "-3.8",
    "new w": "1.0798",
    "new b": "0.038",
    "new ŷ": "2.3056",
    "new E": "2.87",
    "w*": "1.905",
}


def main(argv: Sequence[str] | None = None) -> None:
    """Work the example through, publish it beside the printed figures, and write the page to play with."""
    parser(__doc__, NOTHING_DRAWN).parse_args(argv)
    recording, ours = two_passes()
    path = descent(1.0)
    ours["w*"] = descent(1.0, small=1e-9)[-1][0]
    _, loss = neuron(parameter(1.0, "w"), parameter(0.0, "b"))
    loss.backward()
    links = look_inside("linear_neuron", "the first pass", loss, recording, "two passes, with an update after each")
    descent_recording().save_html(style.OUT / "descent.html", title="Gradient descent on E(w)", explore=True)
    style.publish(
        "linear_neuron",
        "One linear neuron",
        "Forward, backward, one step: the gradient says which way the loss falls, and the step follows it.",
        [comparison_row(what, printed, ours[what]) for what, printed in NOTE.items()],
        {"linear-neuron": "The loss over w, a parabola, and the steps of gradient descent down it"},
        {**links, "descent.html": "gradient descent to play with"},
    )
    style.save(picture(path), "linear-neuron")


def neuron(w: Value, b: Value) -> tuple[Value, Value]:
    """Record the forward pass; return ŷ and E."""
    x, y = Value(X, "x"), Value(TARGET, "y")
    product = w * x
    y_hat = product + b
    error = y_hat - y
    loss = error**2
    product.label, y_hat.label, error.label, loss.label = "w·x", "ŷ", "ŷ−y", "E"
    return y_hat, loss


def two_passes() -> tuple[Recording, dict[str, float]]:
    """Record two passes with an update after each, and return the figures of the worked example too."""
    w, b = parameter(1.0, "w"), parameter(0.0, "b")
    figures: list[float] = []

    def forward() -> Value:
        """Record a pass from gradients of 0, and note ŷ and E."""
        w.grad = b.grad = 0.0
        y_hat, loss = neuron(w, b)
        figures.extend((y_hat.data, loss.data))
        seen.append(y_hat)
        return loss

    def descend() -> None:
        """Take one step of gradient descent, and note the gradients before it and w and b after it."""
        figures.extend((seen[-1].grad, w.grad, b.grad))
        for value in (w, b):
            value.data -= LEARNING_RATE * value.grad
        figures.extend((w.data, b.data))

    seen: list[Value] = []
    recording = record_steps(forward, descend, times=2)
    return recording, dict(zip(NOTE, figures, strict=False))


def measure(w0: float) -> tuple[float, float, float, float]:
    """Ask the engine for w, ŷ, E and ∂E/∂w, with b = 0."""
    w = parameter(w0)
    y_hat, loss = neuron(w, parameter(0.0))
    loss.backward()
    return w.data, y_hat.data, loss.data, w.grad


def descent(w: float, small: float = 0.002) -> list[tuple[float, float, float, float]]:
    """Walk down from w by gradient descent until the slope is small."""
    path = [measure(w)]
    while abs(path[-1][3]) > small:
        w = path[-1][0] - LEARNING_RATE * path[-1][3]
        path.append(measure(w))
    return path


def descent_recording() -> Recording:
    """Record a pass over E(w) with b = 0, and one step down: the start of a page on which the reader rolls further."""
    w = parameter(1.0, "w")
    return record_steps(lambda: neuron(w, Value(0.0, "b"))[1], SGD([w], lr=LEARNING_RATE).step)


def picture(path: Sequence[tuple[float, float, float, float]]) -> Figure:
    """Draw E over w with b = 0, the slope where the example starts, and the steps down from there."""
    figure = Figure(figsize=(7.0, 4.2))
    axes = figure.subplots()
    ws = [3.0 * k / 120 for k in range(121)]
    axes.plot(ws, [measure(w)[2] for w in ws], color=style.INK, linewidth=1.2)
    w, _, loss, slope = path[0]
    axes.plot([w - 0.45, w + 0.45], [loss - 0.45 * slope, loss + 0.45 * slope], color=style.RED)
    axes.text(w + 0.08, loss + 0.25, f"slope {slope:.2f}".replace("-", "−"), color=style.RED)
    axes.plot([step[0] for step in path], [step[2] for step in path], "o-", color=style.BLUE, markersize=5)
    axes.text(path[-1][0], 0.7, f"w* = {path[-1][0]:.3f}", color=style.BLUE, ha="center")
    axes.set(xlabel="w", ylabel="E = (2.1 w − 4)²", xlim=(0.0, 3.0), ylim=(-0.4, 8.0))
    return figure


if __name__ == "__main__":
    main()
