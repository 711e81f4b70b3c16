"""The network of the family trees, and how it is trained: by the paper's recipe, or by another.

Layers 24 + 12 -> 6 + 6 -> 12 -> 6 -> 24, all of sigmoid units: six units see only the person, six only the relation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, NamedTuple

import numpy as np

from autograd import Value
from autograd.compiler import compile
from demos.studies.family.people import PEOPLE, RELATIONS, Case, cases
from nn import SGD, Layer, Module, fit, half_squared_error, piecewise_constant

HELD_OUT = 4
ENOUGH = 99  # cases of 100: a network that gets so many right has learned them
STRIDE = 100_000  # from a seed to that of the next start's weights


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
    starts: int = 1  # how often to start anew, from other weights, where a network has not learned its cases


PAPER = Recipe(0.3, None, {0: 0.005, 20: 0.01}, {0: 0.5, 20: 0.9}, {0: 0.002}, 0.2, None, 1500)


def waves(high: float, low: float, length: int, sweeps: int, tail: int = 300) -> dict[int, float]:
    """Let the decay be small for 1,600 sweeps, then high and low by turns, and low in the last sweeps.

    What is high prunes the weights until some cases are lost; what is low lets these be learned again, from what is
    left, which is simpler.
    """
    turns = range(1600, sweeps - tail - length + 1, length)
    return (
        {0: 3e-4} | dict.fromkeys(turns, high) | {start + length // 2: low for start in turns} | {sweeps - tail: 3e-4}
    )


FIT = PAPER._replace(bound=1.4, output_bias=-2.0, epsilon={0: 0.05, 20: 0.1}, decay={0: 3e-4}, sweeps=4600)
WAVES = FIT._replace(decay=waves(0.016, 5e-4, 800, 6400, 900), sweeps=6400)
ADAPTED = WAVES._replace(starts=3)
SEARCH = {
    "the paper's, ±0.3": PAPER,
    "the paper's, ±1.4": PAPER._replace(bound=1.4),
    "epsilon times 10": PAPER._replace(epsilon={0: 0.05, 20: 0.1}),
    "and decay 0.0003": PAPER._replace(epsilon={0: 0.05, 20: 0.1}, decay={0: 3e-4}),
    "and 4,600 sweeps, ±1.4": FIT._replace(output_bias=None),
    "and output units start off": FIT,
    "weights ±1": FIT._replace(bound=1.0),
    "weights ±0.5": FIT._replace(bound=0.5),
    "tolerance 0.3": FIT._replace(tolerance=0.3),
    "alpha 0.95": FIT._replace(alpha={0: 0.5, 20: 0.95}),
    "batches of 20, 920 sweeps": FIT._replace(batch=20, sweeps=920),
    "decay 0.001": FIT._replace(decay={0: 1e-3}),
    "decay 0.002": FIT._replace(decay={0: 2e-3}),
    "decay 0.005 for a while": FIT._replace(decay={0: 3e-4, 2000: 5e-3, 4000: 1e-3}),
    "decay 0.008 for a while": FIT._replace(decay={0: 3e-4, 2000: 8e-3, 4000: 1e-3}),
    "decay 0.012 for a while": FIT._replace(decay={0: 3e-4, 2000: 1.2e-2, 4000: 1e-3}),
    "decay 0.012 in waves of 600": FIT._replace(decay=waves(0.012, 5e-4, 600, 4600)),
    "decay 0.012 in waves of 400": FIT._replace(decay=waves(0.012, 5e-4, 400, 4600)),
    "decay 0.016 in waves of 300": FIT._replace(decay=waves(0.016, 5e-4, 300, 4600)),
    "decay 0.016 in waves of 800, 6,400 sweeps": WAVES,
    "and up to three starts": ADAPTED,
}


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
    starts: int = 1  # how many sets of weights it took


def split(seed: int) -> tuple[list[Case], list[Case]]:
    """Hold four cases out, drawn by the seed; give the 100 others, and these."""
    drawn = cases()
    Random(seed).shuffle(drawn)
    return drawn[HELD_OUT:], drawn[:HELD_OUT]


def learn(recipe: Recipe, seed: int, known: FamilyNet | None = None) -> Outcome:
    """Train a network on 100 cases; the seed decides which, and the weights, if they are not those of a `known` one.

    One that does not get 99 of its cases right is given up, and another started, as often as the recipe allows: what is
    held out has no say in it.
    """
    for attempt in range(recipe.starts):
        outcome = train(recipe, seed, Random(seed + STRIDE * attempt), known)._replace(starts=attempt + 1)
        if sum(outcome.learned) >= ENOUGH:
            break
    return outcome


def train(recipe: Recipe, seed: int, weights: Random, known: FamilyNet | None) -> Outcome:
    """Train one network on the cases of this seed."""
    learned, held_out = split(seed)
    network = start(recipe, weights)
    if known is not None:
        network.load_state_dict(known.state_dict())
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


def start(recipe: Recipe, random: Random) -> FamilyNet:
    """Make a network with weights drawn at random."""
    network = FamilyNet()
    for parameter in network.parameters():
        parameter.data = random.uniform(-recipe.bound, recipe.bound)
    if recipe.output_bias is not None:
        for unit in network.outputs.neurons:
            unit.bias.data = recipe.output_bias
    return network


def right(network: FamilyNet, some: Sequence[Case]) -> list[bool]:
    """Say for each case whether the units of all who answer are above 0.5, and all others below."""
    answer = compile(lambda *xs: network(list(xs)), network.parameters(), example=some[0].inputs)
    outputs = np.array(answer(*np.array([case.inputs for case in some]).T)).T
    on = np.array([case.targets for case in some]) > 0.5
    return [bool(x) for x in ((outputs > 0.5) == on).all(axis=1)]
