"""A small share of `graphs.py` holds; its error bounds see a wrong factor, and its comparisons a wrong bit."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import condition
import curvature
import graphs
import msgspec
import pytest
from strategies import MARGIN, Recipe, Step
from tallies import Report

from autograd import ops
from autograd.ops import OPS


def test_a_share_of_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert graphs.main(["--share", "0.0012"]) == 0


def test_graphs_have_every_size_and_no_idle_node() -> None:
    made = [graphs.graph_of(seed) for seed in range(300)]
    sizes = [len(recipe.steps) for recipe in made]
    assert min(sizes) >= 2
    assert 100 < max(sizes) <= 200
    assert sorted(sizes)[150] < 20
    for recipe in made:
        used = {i for step in recipe.steps for i in step.operands if isinstance(i, int)}
        assert used == {*range(len(recipe.leaves) + len(recipe.steps) - 1)}
    assert graphs.graph_of(7) == graphs.graph_of(7)


def judge(steps: list[Step], leaves: tuple[float, ...] = (0.7, -1.3)) -> Report:
    report = Report()
    recipe = Recipe(leaves, tuple(steps))
    graphs.try_eager(report, recipe, condition.truths(recipe), "here")
    return report


def analyse(recipe: Recipe, fast: bool = False) -> tuple[list[condition.Node], list[list[condition.Edge]]]:
    return condition.forward(recipe, condition.truths(recipe), fast)


CHAIN = [Step("multiply", (0, 1)), Step("tanh", (2,)), Step("exp", (3,)), Step("add", (4, 0))]


@pytest.mark.parametrize("factor", [1.0 + 1e-13, 1.001, -1.0])
def test_the_bound_sees_a_wrong_factor(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(tally.failed for tally in judge(CHAIN).tallies.values())
    right = OPS["tanh"].partials
    wrong = msgspec.structs.replace(OPS["tanh"], partials=lambda y, x: (factor * right(y, x)[0],))
    monkeypatch.setitem(OPS, "tanh", wrong)
    found = judge(CHAIN).tallies
    assert found["gradient"].failed == 1
    assert not found["forward"].failed


def test_the_bound_sees_a_wrong_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = msgspec.structs.replace(OPS["tanh"], forward=lambda x: math.tanh(x) * (1.0 + 2e-15))
    monkeypatch.setitem(OPS, "tanh", wrong)
    assert judge(CHAIN).tallies["forward"].failed == 1


def test_one_bit_is_seen() -> None:
    assert graphs.apart([0.0, 1.0], [-0.0, 1.0]) == 0.0
    assert graphs.apart([1.0], [math.nextafter(1.0, 2.0)]) == math.inf
    assert graphs.apart([math.nan], [math.nan]) == 0.0


def test_cancellation_widens_the_bound_and_nothing_else_does() -> None:
    steps = (Step("exp", (0,)), Step("subtract", (1, 2.0)))
    near, far = [analyse(Recipe((x,), steps))[0][-1] for x in (math.log(2.0), 3.0)]
    assert near.error > 1e-16 > abs(near.value)
    assert far.error < 3e-15 * far.value


@pytest.mark.parametrize("fast", [False, True])
def test_a_gradient_of_paths_that_cancel_has_the_bound_of_its_paths(fast: bool) -> None:
    steps = (Step("exp", (0,)), Step("sin", (0,)), Step("subtract", (1, 2)), Step("subtract", (3, 1)))
    recipe = Recipe((1.0,), steps)
    (gradient, error), *_ = condition.backward(recipe, analyse(recipe, fast)[1], fast)
    assert float(gradient) == pytest.approx(-math.cos(1.0))
    assert 2e-16 < error < (1e-13 if fast else 1e-14)


def test_a_branch_not_taken_bears_no_error() -> None:
    steps = (Step("maximum", (0, 1)),)
    recipe = Recipe((2.0, 1.0), steps)
    gradients: list[tuple[Any, float]] = condition.backward(recipe, analyse(recipe)[1])
    assert [(float(x), error) for x, error in gradients[:2]] == [(1.0, pytest.approx(0.0, abs=2e-16)), (0.0, 0.0)]


def test_second_derivatives_are_held_to_a_truth_that_differs_from_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    report, recipe = Report(), Recipe((0.7, -1.3), tuple(CHAIN))
    rows = condition.truths(recipe)
    graphs.try_second(report, recipe, rows, 0)
    assert report.tallies["second"].tried == 1
    assert not report.tallies["second"].failed
    # d2/dx2 of exp(tanh(x z)) + x, by hand: z^2 e^t (1 - t^2)(1 - 2 t - t^2)
    t = math.tanh(0.7 * -1.3)
    by_hand = 1.69 * math.exp(t) * (1.0 - t * t) * (1.0 - 2.0 * t - t * t)
    assert float(curvature.true_curvatures(recipe, rows, 0)[0]) == pytest.approx(by_hand)
    slope = msgspec.structs.replace(OPS["sigmoid_slope"], partials=lambda y, x: (-y * ops.tanh(0.499 * x),))
    monkeypatch.setitem(OPS, "sigmoid_slope", slope)
    monkeypatch.setattr(ops, "sigmoid_slope", slope)
    graphs.try_second(report, recipe, rows, 0)
    assert report.tallies["second"].failed == 1


def test_operands_stay_off_ties_with_a_constant_and_off_the_cut_of_arctan2() -> None:
    for recipe in map(graphs.graph_of, range(400)):
        numbers = recipe.numbers()
        for step in recipe.steps:
            xs = [numbers[i] if isinstance(i, int) else i for i in step.operands]
            if step.op == "maximum" and not all(isinstance(i, int) for i in step.operands):
                assert xs[0] != xs[1]
            if step.op == "arctan2":
                assert xs[1] >= 0.0 or abs(xs[0]) >= MARGIN
