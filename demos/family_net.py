"""The network of the family trees, and how it is trained: by the paper's recipe, or by another.

Layers 24 + 12 -> 6 + 6 -> 12 -> 6 -> 24, all of sigmoid units: six units see only the person, six only the relation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, NamedTuple

import numpy as np
from family import PEOPLE, RELATIONS, Case, cases

from autograd import Value
from autograd.compiler import compile
from nn import SGD, Layer, Module, fit, half_squared_error, piecewise_constant

HELD_OUT = 4


class Recipe(NamedTuple):
    """How a network is trained. What changes on the way is given by the step from which it holds."""

    bound: float  # weights and biases are drawn evenly from -bound to bound
    output_bias: float | None  # where the output units' biases start instead, if anywhere
    epsilon: Mapping[int, float]
    alpha: Mapping[int, float]
    decay: Mapping[int, float]
    tolerance: float
    batch: int | None  # cases for each step; None takes all
    sweeps: int


PAPER = Recipe(0.3, None, {0: 0.005, 20: 0.01}, {0: 0.5, 20: 0.9}, {0: 0.002}, 0.2, None, 1500)
LOUDER = PAPER._replace(bound=1.4, epsilon={0: 0.05, 20: 0.1})
PHASES = LOUDER._replace(output_bias=-2.0, decay={0: 3e-4, 2000: 8e-3, 4000: 1e-3}, sweeps=4500)
SEARCH = {  # each from where the one before left off, so that it shows what a change does
    "the paper's, ±0.3": PAPER,
    "epsilon times 10": PAPER._replace(epsilon={0: 0.05, 20: 0.1}),
    "and ±1.4": LOUDER,
    "and 4,500 sweeps": LOUDER._replace(sweeps=4500),
    "and decay 0.0003": LOUDER._replace(sweeps=4500, decay={0: 3e-4}),
    "and output units start off": PHASES._replace(decay={0: 3e-4}),
    "tolerance 0.3": PHASES._replace(decay={0: 3e-4}, tolerance=0.3),
    "weights ±1": PHASES._replace(decay={0: 3e-4}, bound=1.0),
    "weights ±0.5": PHASES._replace(decay={0: 3e-4}, bound=0.5),
    "alpha 0.95": PHASES._replace(decay={0: 3e-4}, alpha={0: 0.5, 20: 0.95}),
    "batches of 20, 900 sweeps": PHASES._replace(decay={0: 3e-4}, batch=20, sweeps=900),
    "decay 0.001 from the start": PHASES._replace(decay={0: 1e-3}),
    "decay 0.005 from 2,000 to 4,000": PHASES._replace(decay={0: 3e-4, 2000: 5e-3, 4000: 1e-3}),
    "decay 0.008 from 2,000 to 4,000": PHASES,
    "decay 0.012 from 2,000 to 4,000": PHASES._replace(decay={0: 3e-4, 2000: 1.2e-2, 4000: 1e-3}),
}
ADAPTED = PHASES


class FamilyNet(Module):
    """Tells who stands in a relation to a person: a number from 0 to 1 for each of the 24 people."""

    def __init__(self) -> None:
        self.people = Layer(len(PEOPLE), 6, "sigmoid")
        self.relations = Layer(len(RELATIONS), 6, "sigmoid")
        self.central = Layer(12, 12, "sigmoid")
        self.penultimate = Layer(12, 6, "sigmoid")
        self.outputs = Layer(6, len(PEOPLE), "sigmoid")

    def forward(self, inputs: Sequence[float | Value]) -> Any:
        person, relation = self.people(inputs[: len(PEOPLE)]), self.relations(inputs[len(PEOPLE) :])
        return self.outputs(self.penultimate(self.central([*person, *relation])))


class Outcome(NamedTuple):
    """A trained network, which of the cases it learned from it gets right, and which of those held out."""

    network: FamilyNet
    learned: list[bool]
    held_out: list[bool]


def split(seed: int) -> tuple[list[Case], list[Case]]:
    """Hold four cases out, drawn by the seed; give the 100 others, and these."""
    drawn = cases()
    Random(seed).shuffle(drawn)
    return drawn[HELD_OUT:], drawn[:HELD_OUT]


def learn(recipe: Recipe, seed: int) -> Outcome:
    """Train a network on 100 cases; the seed decides which, and the weights."""
    learned, held_out = split(seed)
    network = start(recipe, seed)
    fit(
        network,
        [case.inputs for case in learned],
        [case.targets for case in learned],
        loss=partial(half_squared_error, tolerance=recipe.tolerance),
        optimizer=SGD(
            network.parameters(),
            lr=piecewise_constant(recipe.epsilon),
            momentum=piecewise_constant(recipe.alpha),
            decoupled_decay=piecewise_constant(recipe.decay),
        ),
        epochs=recipe.sweeps,
        batch_size=recipe.batch,
        reduction="sum",
        seed=seed,
        progress=False,
        native=True,
    )
    return Outcome(network, right(network, learned), right(network, held_out))


def start(recipe: Recipe, seed: int) -> FamilyNet:
    """Make a network with the weights that the seed draws."""
    network, random = FamilyNet(), Random(seed)
    for parameter in network.parameters():
        parameter.data = random.uniform(-recipe.bound, recipe.bound)
    if recipe.output_bias is not None:
        for unit in network.outputs.neurons:
            unit.bias.data = recipe.output_bias
    return network


def right(network: FamilyNet, some: Sequence[Case]) -> list[bool]:
    """Tell for each case whether the units of all who answer are above 0.5, and all others below."""
    answer = compile(lambda *xs: network(list(xs)), network.parameters(), example=some[0].inputs)
    outputs = np.array(answer(*np.array([case.inputs for case in some]).T)).T
    on = np.array([case.targets for case in some]) > 0.5
    return [bool(x) for x in ((outputs > 0.5) == on).all(axis=1)]
