"""XOR: the problem that one neuron cannot solve, and a hidden layer of two can.

Run it with `python -m demos.xor --seed 0`. It trains a single neuron and then a 2-2-1 network on the four rows, as in
Rumelhart, Hinton and Williams (1986): sigmoid neurons, the error 1/2 sum of (output - target)**2 over all rows, and
gradient descent with momentum. It writes the loss curves, the trained network's graph and a page that plays one
training step to out/.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from random import Random

from matplotlib.figure import Figure

import autograd
from autograd import Value, record_steps
from autograd.recording import Recording
from demos.common import style
from demos.common.command import parser
from demos.common.inside import look_inside
from demos.common.style import Row
from nn import MLP, SGD, Module, Neuron, fit, half_squared_error, uniform

INPUTS = [[0, 0], [0, 1], [1, 0], [1, 1]]
TARGETS = [0, 1, 1, 0]

LEARNING_RATE, MOMENTUM = 0.5, 0.9  # eta and alpha in the paper
SWEEPS = 1500  # through all four rows, before an attempt counts as stuck
SOLVED = 0.002  # the loss at which training stops: every output is then within 0.07 of its target
ATTEMPTS = 20


def main(argv: Sequence[str] | None = None) -> int:
    """Train a neuron and a 2-2-1 network on XOR, and publish both; return 1 if the network did not learn it."""
    seed = parser(__doc__).parse_args(argv).seed

    print("One neuron draws one straight line through the plane of its inputs. Can it learn XOR?")
    neuron = Neuron(2, "sigmoid", uniform(1.0), seed)
    neuron_losses = train(neuron)
    show_losses(neuron_losses)
    show_truth_table(neuron)
    print(
        "No: no straight line has (0,1) and (1,0) on one side, and (0,0) and (1,1) on the other. So the neuron settles"
    )
    print("for 0.5 in every row, a loss of 4 * 1/2 * 0.5**2 = 0.5.\n")

    print("A hidden layer of two neurons draws two lines, and the output neuron combines them: a 2-2-1 network.")
    network, attempts = solve(seed)
    show_losses(attempts[-1])
    show_truth_table(network)
    right = all(answer(network, row) == target for row, target in zip(INPUTS, TARGETS, strict=True))
    print("All four rows are right.\n" if right else f"Not learned after {ATTEMPTS} attempts: try another --seed.\n")

    style.publish(
        "xor",
        "XOR",
        "What one neuron cannot learn, a hidden layer of two can: it draws two lines, and the output combines them.",
        table(neuron, network, attempts),
        {"xor": "The loss of one neuron, which stays at a half, and that of the network, which falls to nothing"},
        look_inside(
            "xor",
            "the trained network on (1, 0)",
            differentiate(network),
            one_training_step(seed),
            "a first training step",
        ),
    )
    style.save(loss_curves(neuron_losses, attempts), "xor")
    return 0 if right else 1


def table(neuron: Neuron, network: MLP, attempts: Sequence[Sequence[float]]) -> list[Row]:
    """Say the largest error of the neuron and of the network, and what the network took to learn."""
    outputs = ", ".join(f"{neuron(row).data:.2f}" for row in INPUTS)
    stuck = f"after {len(attempts) - 1} starts that got stuck" if len(attempts) > 1 else "from the first start"
    return [
        Row("largest error of one neuron", "cannot", f"{largest_error(neuron):.3f}", f"its outputs: {outputs}"),
        Row("largest error of the 2-2-1 network", "learns it", f"{largest_error(network):.3f}", stuck),
        Row("sweeps that it took", "", str(len(attempts[-1])), f"to a loss of {SOLVED}"),
    ]


def largest_error(model: Module) -> float:
    return max(abs(model(row).data - target) for row, target in zip(INPUTS, TARGETS, strict=True))


def train(model: Module) -> list[float]:
    """Sweep through the four rows until they are learned, or the sweeps are used up; return the loss of each sweep."""
    optimizer = SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    return fit(
        model,
        INPUTS,
        TARGETS,
        loss=half_squared_error,
        optimizer=optimizer,
        epochs=SWEEPS,
        reduction="sum",
        callback=lambda sweep, loss: loss < SOLVED,
    )


def solve(seed: int) -> tuple[MLP, list[list[float]]]:
    """Train a 2-2-1 network, and start again with other weights as long as it gets stuck.

    Some initial weights lead into a flat region, where the gradient all but vanishes while rows are still wrong. Every
    attempt takes the next weights from one generator, so the seed still decides everything.
    """
    random, attempts = Random(seed), []
    for attempt in range(1, ATTEMPTS + 1):
        network = new_network(random)
        attempts.append(train(network))
        if attempts[-1][-1] < SOLVED:
            break
        print(f"Seed {seed}, attempt {attempt}: stuck at loss {attempts[-1][-1]:.4f} after {SWEEPS} sweeps.", end=" ")
        print("Starting again with the next weights from the same seed." if attempt < ATTEMPTS else "Giving up.")
    return network, attempts


def differentiate(network: MLP) -> Value:
    """Return the loss of the row (1, 0), after its backward pass."""
    loss = half_squared_error(network([1, 0]), 1)
    loss.label = "E"
    network.zero_grad()
    loss.backward()
    return loss


def one_training_step(seed: int) -> Recording:
    """Record the first step of a new network's training: all rows forward and backward, and the weights changed."""
    network = new_network(Random(seed))
    optimizer = SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)

    def loss() -> Value:
        """Record the loss of all four rows, from gradients of 0."""
        network.zero_grad()
        errors = [half_squared_error(network(row), target) for row, target in zip(INPUTS, TARGETS, strict=True)]
        total = autograd.sum(errors)
        total.label = "E"
        return total

    return record_steps(loss, update=optimizer.step)


def new_network(random: Random) -> MLP:
    return MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", initialization=uniform(1.0), seed=random)


def answer(model: Module, row: Sequence[float]) -> int:
    return int(model(row).data > 0.5)


def show_losses(losses: Sequence[float]) -> None:
    """Print the loss at the first sweep, at round numbers, and at the last."""
    print("  sweep     loss")
    shown = [sweep for sweep in (1, 10, 50, 100, 200, 300, 500, 1000) if sweep < len(losses)]
    for sweep in [*shown, len(losses)]:
        loss = losses[sweep - 1]
        print(f"  {sweep:5}  {loss:7.4f}  {'#' * round(80 * loss)}".rstrip())


def show_truth_table(model: Module) -> None:
    """Print each row with its target, the model's output, its answer, and whether that is right."""
    print("  x1 x2  target  output  answer")
    for row, target in zip(INPUTS, TARGETS, strict=True):
        verdict = "right" if answer(model, row) == target else "wrong"
        print(f"  {row[0]:2} {row[1]:2}  {target:6}  {model(row).data:6.3f}  {answer(model, row):6}  {verdict}")


def loss_curves(neuron: Sequence[float], attempts: Sequence[Sequence[float]]) -> Figure:
    """Draw the loss of each sweep: of the neuron, of attempts that got stuck, and of the one that did not."""
    figure = Figure(figsize=(7.0, 4.0))
    axes = figure.subplots()
    axes.plot(range(1, len(neuron) + 1), neuron, color=style.RED, label="one neuron")
    for k, losses in enumerate(attempts, start=1):
        solved = k == len(attempts)
        label = "2-2-1 network" if solved else "2-2-1 network, stuck" if k == 1 else None
        axes.plot(range(1, len(losses) + 1), losses, color=style.BLUE if solved else style.FAINT, label=label)
    axes.set(yscale="log", xlabel="sweeps through the four rows", ylabel="loss: ½ Σ (output − target)²")
    axes.legend()
    return figure


if __name__ == "__main__":
    sys.exit(main())
