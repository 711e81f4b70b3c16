"""The smallest network with a hidden layer, one step at a time: one input, two ReLU units, one output, seventeen steps.

    a₁ = v₁ x     h₁ = relu(a₁)
    a₂ = v₂ x     h₂ = relu(a₂)     ŷ = w₁ h₁ + w₂ h₂     E = ½ (ŷ − t)²

With v₁ = 1 and v₂ = −0.5, every x but 0 leaves one of the two units dead. With x = 2 it is h₂: its gradient is −3 all
the same, but its relu passes nothing on, so v₂ learns nothing; and w₂, with nothing to multiply, learns nothing either.
Two of four weights stand still. x = 2 and t = 4 make every gradient an integer or a half.

Eight steps forward, seven backward (none for a₂: nothing reaches it), two updates. Writes out/walkthrough.html.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from autograd import Value, dot, record_steps
from autograd.value import parameter

X, TARGET, LEARNING_RATE = 2.0, 4.0, 0.1


def network() -> dict[str, Value]:
    """Record the forward pass, and name everything as on paper."""
    x, t = Value(X), Value(TARGET)
    v1, v2, w1, w2 = parameter(1.0), parameter(-0.5), parameter(0.5), parameter(1.0)
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
    v1, v2, w1, w2 = 1.0, -0.5, 0.5, 1.0
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


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out"), help="where to write walkthrough.html (default: out)")
    out = parser.parse_args(argv).out
    values = network()

    def descend() -> None:
        for name in ("v₁", "v₂", "w₁", "w₂"):
            values[name].data -= LEARNING_RATE * values[name].grad

    recording = record_steps(values["E"], descend)
    print(f"{len(recording.passes[0].steps)} steps; ŷ = {values['ŷ'].data:g}, E = {values['E'].data:g}\n")
    print(f"{'gradient':<10}{'by hand':>10}{'engine':>10}")
    for name, expected in by_hand().items():
        print(f"{'∂E/∂' + name:<10}{expected + 0.0:>10g}{values[name].grad + 0.0:>10g}")
    out.mkdir(parents=True, exist_ok=True)
    recording.save_html(out / "walkthrough.html", title="Two hidden units, seventeen steps")
    print(f"\nwrote {out / 'walkthrough.html'}")


if __name__ == "__main__":
    main()
