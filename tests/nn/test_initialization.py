"""Initialisations: their distributions, and that a seed decides them."""

from __future__ import annotations

import math
from random import Random
from statistics import fmean, pvariance

import pytest

from nn import MLP, Layer, Neuron, glorot, he, uniform

DRAWS = 20_000


def drawn(initialization, fan_in: int, fan_out: int) -> list[float]:
    random = Random(1)
    return [initialization(random, fan_in, fan_out) for _ in range(DRAWS)]


@pytest.mark.parametrize(
    ("initialization", "bound"), [(uniform(0.3), 0.3), (glorot, math.sqrt(6 / (10 + 25))), (uniform(0.0), 0.0)]
)
def test_even_distributions(initialization, bound: float):
    weights = drawn(initialization, 10, 25)
    assert max(map(abs, weights)) <= bound
    assert fmean(weights) == pytest.approx(0.0, abs=0.02 * bound)
    assert pvariance(weights) == pytest.approx(bound**2 / 3, rel=0.03)


def test_he_is_normal_with_variance_2_over_fan_in():
    weights = drawn(he, 10, 25)
    assert fmean(weights) == pytest.approx(0.0, abs=0.02)
    assert pvariance(weights) == pytest.approx(2 / 10, rel=0.03)
    within = sum(abs(w) < math.sqrt(2 / 10) for w in weights) / DRAWS
    assert within == pytest.approx(math.erf(math.sqrt(0.5)), abs=0.01)


def test_layers_tell_fan_in_and_fan_out():
    seen = []
    MLP(3, [5, 2], initialization=lambda random, fan_in, fan_out: seen.append((fan_in, fan_out)) or 0.5)
    assert seen == [(3, 5)] * 15 + [(5, 2)] * 10


def test_biases_start_from_0_and_weights_do_not():
    state = Layer(2, 3).state_dict()
    assert {x for name, x in state.items() if name.endswith("bias")} == {0.0}
    assert all(x != 0.0 for name, x in state.items() if "weights" in name)


def test_a_seed_decides_the_weights():
    one, same, other = (MLP(3, [4, 2], seed=seed).state_dict() for seed in (7, 7, 8))
    assert one == same
    assert one != other
    assert MLP(3, [4, 2]).state_dict() == MLP(3, [4, 2], seed=0).state_dict()


def test_a_generator_goes_on_from_model_to_model():
    random = Random(7)
    first, second = MLP(3, [4], seed=random), MLP(3, [4], seed=random)
    assert first.state_dict() == MLP(3, [4], seed=7).state_dict()
    assert first.state_dict() != second.state_dict()


@pytest.mark.parametrize("seed", ["0", 1.0, True])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(TypeError, match="seed must be an int"):
        MLP(2, [1], seed=seed)


@pytest.mark.parametrize("bound", [-1.0, math.inf, math.nan])
def test_a_wrong_bound_is_refused(bound: float):
    with pytest.raises(ValueError, match="bound must be a finite number >= 0"):
        uniform(bound)


@pytest.mark.parametrize("make", [lambda f: Neuron(2, initialization=f), lambda f: MLP(2, [2, 1], initialization=f)])
def test_an_initialization_that_takes_other_arguments_is_refused_by_name(make):
    for function in (lambda: 0.5, lambda random: 0.5, lambda random, fan_in, fan_out, gain: 0.5):
        with pytest.raises(
            TypeError, match=r"^initialization is called as initialization\(random, fan_in, fan_out\), and"
        ):
            make(function)
    assert [w.data for w in make(lambda random, *fans: 0.5).parameters()].count(0.5) >= 2
