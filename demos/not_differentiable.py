"""A step for an activation: its slope is 0 everywhere, so gradient descent has nothing to go by.

Back-propagation needs activations with a slope. A neuron that answers 0 or 1 has an error like a flight of stairs: flat
wherever one stands. Its gradient is exactly 0, which is right, and of no use; `fit` says so before it starts. Two ways
out: a smooth step, the sigmoid; or to keep the step, and pretend on the way back that its slope is 1. The second is
known as the straight-through estimator. For one neuron it is the rule by which the perceptron of 1958 learned: add
lr * (target - output) * input to the weights. Writes out/not-differentiable.svg.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TypeAlias

from matplotlib.figure import Figure

from autograd import Value
from demos.common import style
from demos.common.command import parser
from demos.common.inside import look_inside
from demos.common.style import Row
from nn import SGD, Module, Neuron, fit, half_squared_error, uniform

Activation: TypeAlias = Callable[[Value], Value]

INPUTS, TARGETS = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]  # AND, which one neuron can learn
SWEEPS = 60


def step(u: Value) -> Value:
    """Return 0 below 0 and 1 above."""
    return 0.5 * u.sign() + 0.5


def straight_through(u: Value) -> Value:
    """Return the step's value, and the gradient of u: what is detached has a value, but passes no gradient on."""
    return u + (step(u) - u).detach()


ACTIVATIONS: dict[str, tuple[Activation, float]] = {  # and the learning rate
    "step": (step, 1.0),
    "straight-through step": (straight_through, 0.1),
    "sigmoid": (Value.sigmoid, 2.0),
}


class Unit(Module):
    """A neuron with any activation."""

    def __init__(self, activation: Activation, seed: int) -> None:
        self.neuron = Neuron(2, "identity", uniform(1.0), seed)
        self.activation = activation

    def forward(self, inputs: Sequence[float]) -> Value:
        return self.activation(self.neuron(inputs))


def main(argv: Sequence[str] | None = None) -> None:
    """Train a neuron on AND with each activation, and publish who learns, and the gradients of a step."""
    seed = parser(__doc__).parse_args(argv).seed

    curves, rows = {}, []
    for name, (activation, lr) in ACTIVATIONS.items():
        unit = Unit(activation, seed)
        before = unit.state_dict()
        curves[name], warned = train(unit, lr)
        moved = "moved" if unit.state_dict() != before else "did not move"
        right = sum((unit(row).data > 0.5) == (target == 1) for row, target in zip(INPUTS, TARGETS, strict=True))
        rows.append(Row(f"AND, {name}", "cannot" if name == "step" else "learnt", f"{right} of 4", f"weights {moved}"))
        if warned:
            print(f"{name}: fit warns that {warned}.\n")
    rows.append(Row("gradients of a step neuron", "none", f"{largest_gradient(step, seed)}", "the largest of all rows"))
    rows.append(Row("of a sigmoid neuron", "", f"{largest_gradient(Value.sigmoid, seed):.4f}", "the same weights"))
    style.publish(
        "not_differentiable",
        "A step has no slope",
        "The error of a neuron with a step is a flight of stairs: flat wherever one stands. A smooth step has a slope.",
        rows,
        {"not-differentiable": "The error over the bias, stairs for a step, a slope for a sigmoid; and training"},
        look_inside("not_differentiable", "a neuron with a step, on a row it gets wrong", one_pass(seed)),
    )
    style.save(picture(curves), "not-differentiable")


def one_pass(seed: int) -> Value:
    """Return the error of the row that a neuron with a step, before any training, does worst on."""
    unit = Unit(step, seed)
    errors = [half_squared_error(unit(row), target) for row, target in zip(INPUTS, TARGETS, strict=True)]
    return max(errors, key=lambda error: error.data)


def train(unit: Unit, lr: float) -> tuple[list[float], str]:
    """Train on AND; return the loss of each sweep and the warnings of `fit`."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        optimizer, loss = SGD(unit.parameters(), lr), half_squared_error
        losses = fit(
            unit, INPUTS, TARGETS, loss=loss, optimizer=optimizer, epochs=SWEEPS, reduction="sum", progress=False
        )
    return losses, "".join(str(warning.message) for warning in caught)


def largest_gradient(activation: Activation, seed: int) -> float:
    """Return the size of the largest gradient that any row has for any weight."""
    unit, gradients = Unit(activation, seed), []
    for row, target in zip(INPUTS, TARGETS, strict=True):
        unit.zero_grad()
        half_squared_error(unit(row), target).backward()
        gradients += [abs(parameter.grad) for parameter in unit.parameters()]
    return max(gradients)


def error(activation: Activation, bias: float) -> float:
    """Return the error on AND of a neuron with this bias and both weights 4."""
    outputs = [activation(Value(4.0 * x1 + 4.0 * x2 + bias)) for x1, x2 in INPUTS]
    return sum(float(half_squared_error(output, target).data) for output, target in zip(outputs, TARGETS, strict=True))


def picture(curves: dict[str, list[float]]) -> Figure:
    """Draw the error over one weight, and the loss of each sweep."""
    figure = Figure(figsize=(9.0, 3.6))
    stairs, training = figure.subplots(1, 2, sharey=True)
    biases = [-11.0 + 0.02 * k for k in range(751)]
    for activation, color in ((step, style.RED), (Value.sigmoid, style.BLUE)):
        stairs.plot(biases, [error(activation, bias) for bias in biases], color=color)
    stairs.set(xlabel="bias of a neuron with both weights 4", ylabel="error on AND: ½ Σ (output − target)²")
    for (name, losses), color in zip(curves.items(), (style.RED, style.GREEN, style.BLUE), strict=True):
        training.plot(range(1, len(losses) + 1), losses, color=color, label=name)
    training.set(xlabel="sweeps through the four rows")
    training.legend()
    return figure


if __name__ == "__main__":
    main()
