"""Draw the pictures that the README shows: one expression, a network, and a training step folded to its neurons.

Run it with `python -m demos.pictures`. It writes graph.svg, network.svg and batch.svg to demos/pictures/.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from random import Random

from autograd import Value, draw
from nn import MLP, half_squared_error, hinge_loss

PICTURES = Path(__file__).parent / "pictures"


def main(argv: Sequence[str] | None = None) -> None:
    """Draw three graphs with their gradients as SVG, into the folder that the command line names."""
    parser = argparse.ArgumentParser(description="Draw the README's pictures.")
    parser.add_argument("--folder", type=Path, default=PICTURES, help="where to write them (default: demos/pictures)")
    folder = parser.parse_args(argv).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, root in [("graph", expression()), ("network", network()), ("batch", batch())]:
        root.backward()
        draw(root).save(folder / f"{name}.svg")
        print(f"Wrote {folder / name}.svg")


def expression() -> Value:
    """Record a neuron with one input, and its squared error."""
    x, w, b = Value(2.0, "x"), Value(-3.0, "w"), Value(7.0, "b")
    y = (w * x + b).tanh()
    y.label = "y"
    error = (y - 1.0) ** 2
    error.label = "error"
    return error


def network() -> Value:
    """Record one row of XOR through a 2-2-1 network, and its error."""
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=1)
    return half_squared_error([model([0.0, 1.0])], [1.0])


def batch() -> Value:
    """Record micrograd's demo: 100 points through a 2-16-16-1 network, and the hinge loss."""
    model, random = MLP(2, [16, 16, 1], seed=1), Random(1)
    points = [[random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0)] for _ in range(100)]
    return hinge_loss([model(point) for point in points], [1.0 if x * y > 0.0 else -1.0 for x, y in points])


if __name__ == "__main__":
    main()
