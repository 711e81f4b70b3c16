"""Losses: their formulas, their derivatives, their targets."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, check_grads, grad, topological_order
from nn import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge_loss,
    mean_squared_error,
)


def sigma(z: float) -> float:
    return 1.0 / (1.0 + math.exp(-z))


def softmax(zs: list[float]) -> list[float]:
    whole = math.fsum(map(math.exp, zs))
    return [math.exp(z) / whole for z in zs]


OUTPUT = [0.3, -1.7, 2.2]
P, Q = [sigma(z) for z in OUTPUT], softmax(OUTPUT)
SHARES = [0.2, 0.5, 0.3]
SIGNS = [1.0, -1.0, -1.0]
# loss, target, the loss and its derivatives by the textbook
CASES = [
    (half_squared_error, SHARES, sum((o - t) ** 2 for o, t in zip(OUTPUT, SHARES, strict=True)) / 2,
     [o - t for o, t in zip(OUTPUT, SHARES, strict=True)]),
    (mean_squared_error, SHARES, sum((o - t) ** 2 for o, t in zip(OUTPUT, SHARES, strict=True)) / 3,
     [2 * (o - t) / 3 for o, t in zip(OUTPUT, SHARES, strict=True)]),
    (binary_cross_entropy_with_logits, SHARES,
     -sum(t * math.log(p) + (1 - t) * math.log(1 - p) for p, t in zip(P, SHARES, strict=True)) / 3,
     [(p - t) / 3 for p, t in zip(P, SHARES, strict=True)]),
    (cross_entropy, 1, -math.log(Q[1]), [Q[0], Q[1] - 1, Q[2]]),
    (cross_entropy, SHARES, -sum(t * math.log(q) for q, t in zip(Q, SHARES, strict=True)),
     [q - t for q, t in zip(Q, SHARES, strict=True)]),
    (hinge_loss, SIGNS, sum(max(0.0, 1 - t * o) for o, t in zip(OUTPUT, SIGNS, strict=True)) / 3,
     [-1 / 3, 0.0, 1 / 3]),
]  # fmt: skip
LOSSES = [half_squared_error, mean_squared_error, binary_cross_entropy_with_logits, cross_entropy, hinge_loss]
IDS = [f"{loss.__name__}-{target}" for loss, target, *_ in CASES]


def test_every_loss_has_a_case():
    assert {loss for loss, *_ in CASES} == set(LOSSES)
    assert all(loss.__name__ in nn.__all__ for loss in LOSSES)


@pytest.mark.parametrize(("loss", "target", "expected", "derivatives"), CASES, ids=IDS)
def test_formula_and_derivatives(loss, target, expected: float, derivatives: list[float]):
    outputs = [Value(o) for o in OUTPUT]
    result = loss(outputs, target)
    assert result.data == pytest.approx(expected, rel=1e-14)
    assert grad(result, outputs) == pytest.approx(derivatives, rel=1e-13)
    check_grads(lambda *zs: loss(list(zs), target), OUTPUT, order=2)


@pytest.mark.parametrize(("loss", "target", "expected", "derivatives"), CASES, ids=IDS)
def test_numbers_give_a_number(loss, target, expected: float, derivatives: list[float]):
    result = loss(OUTPUT, target)
    assert isinstance(result, float)
    assert result == loss([Value(o) for o in OUTPUT], target).data


@pytest.mark.parametrize(("loss", "target", "expected", "derivatives"), CASES, ids=IDS)
def test_targets_may_be_values(loss, target, expected: float, derivatives: list[float]):
    outputs = [Value(o) for o in OUTPUT]
    targets = [Value(t) for t in target] if isinstance(target, list) else Value(target)
    result = loss(outputs, targets)
    assert result.data == loss(outputs, target).data
    assert grad(result, outputs) == pytest.approx(derivatives, rel=1e-13)


@pytest.mark.parametrize(("loss", "target", "expected", "derivatives"), CASES, ids=IDS)
def test_the_graph_does_not_depend_on_the_numbers(loss, target, expected, derivatives):
    """What was traced at one point must hold at every other."""
    flipped = [1.0 - t for t in target] if isinstance(target, list) else 2
    if loss is hinge_loss:
        flipped = [-t for t in target]

    def shape(numbers, goal):
        goals = [Value(t) for t in goal] if isinstance(goal, list) else Value(goal)
        return [node.op and node.op.name for node in topological_order(loss([Value(x) for x in numbers], goals))]

    assert shape(OUTPUT, target) == shape([-5.0, 9.0, 0.0], flipped)


@pytest.mark.parametrize("loss", [half_squared_error, mean_squared_error, binary_cross_entropy_with_logits, hinge_loss])
def test_one_output_needs_no_list(loss):
    z = Value(0.4)
    assert loss(z, 1.0).data == loss([z], [1.0]).data == loss([z], 1.0).data
    assert len([node for node in topological_order(loss(z, 1)) if node.inputs]) <= 3


def test_one_output_by_hand():
    assert half_squared_error(0.5369, 1.0) == pytest.approx(0.1072, abs=5e-5)
    assert mean_squared_error(2.1, 4.0) == pytest.approx(3.61)
    assert binary_cross_entropy_with_logits(0.0, 0.3) == pytest.approx(math.log(2))
    assert [hinge_loss(o, t) for o, t in ((0.25, 1), (0.25, -1), (-2.0, -1), (-2.0, 1))] == [0.75, 1.25, 0.0, 3.0]


@pytest.mark.parametrize("class_index", [0, 1, 2])
def test_a_class_selects_its_logit(class_index: int):
    expected = -math.log(Q[class_index])
    assert cross_entropy(OUTPUT, class_index) == pytest.approx(expected)
    assert cross_entropy(OUTPUT, float(class_index)) == pytest.approx(expected)
    assert cross_entropy(OUTPUT, Value(class_index)).data == cross_entropy(OUTPUT, class_index)
    one_hot = [float(k == class_index) for k in range(3)]
    assert cross_entropy(OUTPUT, one_hot) == pytest.approx(expected)


@pytest.mark.parametrize("z", [1e3, -1e3, 1e308, -1e308])
def test_logits_do_not_overflow(z: float):
    right, wrong = (1.0, 0.0) if z > 0 else (0.0, 1.0)
    logit = Value(z)
    assert binary_cross_entropy_with_logits(logit, right).data == 0.0
    assert binary_cross_entropy_with_logits(logit, wrong).data == abs(z)
    assert grad(binary_cross_entropy_with_logits(logit, wrong), [logit]) == [math.copysign(1.0, z)]
    logits = [Value(z), Value(0.0)]
    assert cross_entropy(logits, 0 if z > 0 else 1).data == 0.0
    assert cross_entropy(logits, 1 if z > 0 else 0).data == abs(z)
    assert [abs(g) for g in grad(cross_entropy(logits, 1 if z > 0 else 0), logits)] == [1.0, 1.0]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("targets", [[1.0], [1.0, 1.0, 1.0, 1.0], []])
def test_a_wrong_number_of_targets_is_refused(loss, targets):
    with pytest.raises(ValueError, match=f"got {len(targets)} targets for 3 outputs"):
        loss(OUTPUT, targets)


@pytest.mark.parametrize("target", [-1, 3, 1.5, math.nan])
def test_what_is_no_class_is_refused(target):
    with pytest.raises(ValueError, match="expected the number of a class, 0 to 2, as target"):
        cross_entropy(OUTPUT, target)


def test_cross_entropy_wants_several_logits():
    with pytest.raises(ValueError, match="binary_cross_entropy_with_logits"):
        cross_entropy(Value(0.3), 1)


@pytest.mark.parametrize(
    ("loss", "target"), [(binary_cross_entropy_with_logits, -1.0), (binary_cross_entropy_with_logits, 1.5)]
)
def test_a_probability_outside_0_to_1_is_refused(loss, target):
    with pytest.raises(ValueError, match=f"expected a target from 0 to 1, got {target}"):
        loss(0.3, target)


@pytest.mark.parametrize("target", [0, 2.0, -1.5, math.nan])
def test_hinge_targets_are_signs(target):
    with pytest.raises(ValueError, match="expected -1 or 1 as target"):
        hinge_loss(0.3, target)


OUTER = [0.1, 0.25, 0.85, 0.7]  # for targets 0, 0, 1, 1: the first and the third are within 0.2
GOALS = [0.0, 0.0, 1.0, 1.0]
TOLERANT = partial(half_squared_error, tolerance=0.2)


def test_what_is_within_the_tolerance_counts_as_no_error():
    """Figure 4 of the 1986 paper: no error below 0.2 for target 0, and above 0.8 for target 1."""
    outputs = [Value(o) for o in OUTER]
    result = TOLERANT(outputs, GOALS)
    assert result.data == TOLERANT(OUTER, GOALS) == pytest.approx((0.25**2 + 0.3**2) / 2, rel=1e-15)
    assert grad(result, outputs) == pytest.approx([0.0, 0.25, 0.0, -0.3], rel=1e-15)
    check_grads(lambda *zs: TOLERANT(list(zs), GOALS), OUTER, order=2)


def test_the_edge_of_the_tolerance_is_within():
    assert half_squared_error([0.25, 0.75], [0.0, 1.0], tolerance=0.25) == 0.0
    assert half_squared_error([math.nextafter(0.25, 1.0)], [0.0], tolerance=0.25) > 0.03
    assert half_squared_error(0.9, 1.0, tolerance=0.2) == 0.0


def test_a_nan_is_not_tolerated():
    assert math.isnan(TOLERANT([math.nan, 0.0], [0.0, 0.0]))
    assert math.isnan(TOLERANT(Value(math.nan), 1.0).data)


def test_no_tolerance_leaves_the_graph_as_it_was():
    def ops_of(loss):
        return [node.op and node.op.name for node in topological_order(loss([Value(0.3), Value(2.0)], [0.0, 1.0]))]

    assert "where" not in ops_of(half_squared_error)
    assert ops_of(partial(half_squared_error, tolerance=0.0)) == ops_of(half_squared_error)


@pytest.mark.parametrize("tolerance", [-0.1, math.nan, math.inf])
def test_a_tolerance_has_a_size(tolerance: float):
    with pytest.raises(ValueError, match="tolerance must be a finite number >= 0, got"):
        half_squared_error([0.3], [1.0], tolerance=tolerance)


@pytest.mark.parametrize("target", [[-1.0, 1.0], [1.0, 1.0], [0.5, 0.4], [2.0, -1.0], [math.nan, 1.0], [0.0, 0.0]])
def test_targets_of_cross_entropy_are_probabilities(target):
    with pytest.raises(ValueError, match=r"from 0 to 1|add up to 1"):
        cross_entropy([0.5, -0.5], target)


def test_probabilities_in_single_precision_are_taken():
    share = float(np.float32(1 / 1000))
    assert cross_entropy([0.0] * 1000, [share] * 1000) == pytest.approx(math.log(1000), rel=1e-4)
    assert cross_entropy([0.0, 0.0], [Value(0.2), Value(0.7)]).data == pytest.approx(0.9 * math.log(2))


@pytest.mark.parametrize("loss", [half_squared_error, mean_squared_error, hinge_loss])
@pytest.mark.parametrize(
    ("output", "target", "said"),
    [
        (None, 1.0, "^output: expected a number, a Value or a list of them, got None"),
        (1.0, "1", "^target: expected a number, a Value or a list of them, got '1'"),
        ([1.0, "2"], [1.0, 1.0], "^output: expected one real number, got str '2'"),
        ([1.0], [None], "^target: expected one real number, got NoneType"),
        ([[1.0]], [1.0], "^output: expected one real number, got list"),
    ],
)
def test_a_loss_names_what_is_no_number(loss: Any, output: Any, target: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        loss(output, target)


def test_cross_entropy_of_no_logits_is_refused():
    with pytest.raises(
        ValueError, match=r"^cross_entropy: expected a list of logits, one for each class, got an empty one"
    ):
        cross_entropy([], [])
