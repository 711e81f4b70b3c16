"""One linear neuron, worked through: ŷ = w x + b and E = (ŷ − y)², with x = 2.1, y = 4, w = 1, b = 0.

Forward 2.1 and 3.61; backward −3.8, which times x is −7.98; one update, and the loss has fallen to 2.87.
It follows the Backprop Explainer (Bertucci & Kahng, 2021).

Writes out/linear-neuron.html, which plays two passes, and out/descent.html, where gradient descent rolls down E(w).
Every number on either page was computed by the engine.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from autograd import Value, record_steps
from autograd.files import write_atomically
from autograd.player.page import part, self_contained
from autograd.value import parameter

X, TARGET, LEARNING_RATE = 2.1, 4.0, 0.01
NOTE = {  # the worked example's figures, as it prints them
    "ŷ": 2.1,
    "E": 3.61,
    "∂E/∂ŷ": -3.8,
    "∂E/∂w": -7.98,
    "∂E/∂b": -3.8,
    "new w": 1.0798,
    "new b": 0.038,
    "new ŷ": 2.3056,
    "new E": 2.87,
    "w*": 1.905,
}


def neuron(w: Value, b: Value) -> tuple[Value, Value]:
    """Record the forward pass; give ŷ and E."""
    x, y = Value(X, "x"), Value(TARGET, "y")
    product = w * x
    y_hat = product + b
    error = y_hat - y
    loss = error**2
    product.label, y_hat.label, error.label, loss.label = "w·x", "ŷ", "ŷ−y", "E"
    return y_hat, loss


def two_passes(path: Path) -> dict[str, float]:
    """Record two passes with an update after each, save their page, and give the figures of the worked example."""
    w, b = parameter(1.0, "w"), parameter(0.0, "b")
    figures: list[float] = []

    def forward() -> Value:
        w.grad = b.grad = 0.0
        y_hat, loss = neuron(w, b)
        figures.extend((y_hat.data, loss.data))
        seen.append(y_hat)
        return loss

    def descend() -> None:
        figures.extend((seen[-1].grad, w.grad, b.grad))
        for value in (w, b):
            value.data -= LEARNING_RATE * value.grad
        figures.extend((w.data, b.data))

    seen: list[Value] = []
    record_steps(forward, descend, times=2).save_html(path, title="One linear neuron")
    return dict(zip(NOTE, figures, strict=False))


def measured(w0: float) -> tuple[float, float, float, float]:
    """Ask the engine for w, ŷ, E and ∂E/∂w, with b = 0."""
    w = parameter(w0)
    y_hat, loss = neuron(w, parameter(0.0))
    loss.backward()
    return w.data, y_hat.data, loss.data, w.grad


def descent(w: float, small: float = 0.002) -> list[tuple[float, float, float, float]]:
    """Walk down from w by gradient descent until the slope is small."""
    path = [measured(w)]
    while abs(path[-1][3]) > small:
        w = path[-1][0] - LEARNING_RATE * path[-1][3]
        path.append(measured(w))
    return path


def descent_page() -> str:
    """Give the page that plots E(w) and rolls a ball down it, from any of 121 places."""
    paths = [descent(k / 40) for k in range(121)]
    lowest = descent(1.0, small=1e-9)[-1]
    data = json.dumps({"paths": paths, "lowest": lowest, "first": 40}, separators=(",", ":"))
    here = Path(__file__).parent / "descent"
    template, style, script = ((here / f"descent.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    scripts = "\n".join([part("notation.js"), part("elements.js"), script])
    return self_contained(template, "Gradient descent on E(w)", style, scripts, data)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out"), help="where to write the two pages (default: out)")
    out = parser.parse_args(argv).out
    out.mkdir(parents=True, exist_ok=True)
    ours = two_passes(out / "linear-neuron.html") | {"w*": descent(1.0, small=1e-9)[-1][0]}
    print(f"{'':<8}{'worked':>10}{'engine':>24}")
    for name, figure in NOTE.items():
        print(f"{name:<8}{figure:>10}{ours[name]!r:>24}")
    write_atomically(out / "descent.html", descent_page().encode())
    print(f"\nwrote {out / 'linear-neuron.html'} and {out / 'descent.html'}")


if __name__ == "__main__":
    main()
