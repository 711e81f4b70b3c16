"""A recording is the pass, to the last bit, and stays so."""

from __future__ import annotations

import copy
import math
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, dot, maximum, record_steps, topological_order, where
from autograd.recording import Recording
from autograd.recording.steps import BackwardStep, ForwardStep, UpdateStep, evaluation_order
from autograd.value import parameter
from nn import SGD, Neuron


def one(recording: Recording) -> list[ForwardStep | BackwardStep | UpdateStep]:
    (made,) = recording.passes
    return list(made.steps)


MADE: list[Callable[[Value, Value], Value]] = [
    lambda a, b: a * b,
    lambda a, b: a + b,
    lambda a, b: a.tanh(),
    lambda a, b: maximum(a, b),
    lambda a, b: a.relu(),
    lambda a, b: dot([a, b], [b, a]),
]


def mixed(numbers: list[float], choices: list[int]) -> tuple[Value, list[Value]]:
    """Make a graph in which values are used again and again, some behind branches that are not taken."""
    values = [Value(x, f"x{k}") for k, x in enumerate(numbers)]
    leaves = list(values)
    for choice in choices:
        a, b = values[choice % len(values)], values[choice // 7 % len(values)]
        values.append(MADE[choice % len(MADE)](a, b))
    return values[-1], leaves


GRAPHS = (
    st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=4),
    st.lists(st.integers(0, 10_000), min_size=1, max_size=30),
)


@given(*GRAPHS)
@settings(max_examples=60, deadline=None)
def test_recording_leaves_every_gradient_as_it_was(numbers: list[float], choices: list[int]) -> None:
    root, _ = mixed(numbers, choices)
    root.backward()
    before = [(value, value.grad) for value in topological_order(root)]
    record_steps(root)
    record_steps(lambda: root, times=3)
    assert [(value, repr(value.grad)) for value, _ in before] == [(value, repr(grad)) for value, grad in before]


@given(*GRAPHS)
@settings(max_examples=60, deadline=None)
def test_contributions_add_up_to_each_gradient_bit_for_bit(numbers: list[float], choices: list[int]) -> None:
    root, leaves = mixed(numbers, choices)
    recording = record_steps(root)
    (made,) = recording.passes
    so_far = [0.0] * len(made.nodes)
    so_far[-1] += 1.0
    owed = [0] * len(made.nodes)
    for step in made.steps:
        if isinstance(step, BackwardStep):
            for c in step.contributions:
                owed[c.input] += 1
    for step in made.steps:
        if isinstance(step, BackwardStep):
            assert owed[step.node] == 0  # complete before it is passed on
            assert repr(so_far[step.node]) == repr(step.gradient)
            for c in step.contributions:
                assert repr(so_far[c.input]) == repr(c.before)
                assert repr(c.before + c.amount) == repr(c.after)
                so_far[c.input] = c.after
                owed[c.input] -= 1
                assert c.complete == (owed[c.input] == 0)
    root.backward()
    for node, gradient in zip(made.nodes, so_far, strict=True):
        for leaf in leaves:
            if node.label == leaf.label:
                assert repr(leaf.grad) == repr(gradient)


@given(*GRAPHS)
@settings(max_examples=30, deadline=None)
def test_each_node_is_computed_once_and_after_its_inputs(numbers: list[float], choices: list[int]) -> None:
    (made,) = record_steps(mixed(numbers, choices)[0]).passes
    order = [step.node for step in made.steps if isinstance(step, ForwardStep)]
    assert sorted(order) == [node.number for node in made.nodes if node.inputs]
    place = {n: k for k, n in enumerate(order)}
    assert all(place[input] < place[n] for n in order for input in made.nodes[n].inputs if input in place)


def test_the_forward_steps_go_from_left_to_right_as_python_does() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    left, right = a.exp(), b.tanh()
    left.label, right.label = "left", "right"
    (made,) = record_steps(left * right).passes
    names = [made.nodes[step.node].name for step in made.steps if isinstance(step, ForwardStep)]
    assert names == ["left", "right", "#4"]
    assert evaluation_order([[]]) == []
    assert evaluation_order([[], [0, 0], [], [1, 2]]) == [1, 3]


def test_an_update_records_what_it_changed_and_nothing_else() -> None:
    w, v, x = parameter(1.0, "w"), parameter(0.5, "v"), Value(2.0, "x")

    def descend() -> None:
        w.data -= 0.25 * w.grad

    steps = one(record_steps((w * x) * v, descend))
    assert [step for step in steps if isinstance(step, UpdateStep)] == [UpdateStep(0, 1.0, 1.0, 0.75)]


def test_what_was_recorded_never_changes() -> None:
    x = Value(3.0, "x")
    y = x * x
    recording = record_steps(y)
    x.data, x.label, x.grad = -1.0, "renamed", 99.0
    y.data = 0.0
    (made,) = recording.passes
    assert [(node.name, node.data) for node in made.nodes] == [("x", 3.0), ("#1", 9.0)]
    assert made.steps[-1] == one(recording)[-1]
    assert made.steps[-1].contributions[-1].after == 6.0


def test_several_passes_need_a_function() -> None:
    with pytest.raises(ValueError, match=re.escape("anew for each of 2 passes, got a Value")):
        record_steps(Value(1.0) + 1.0, times=2)


def test_what_leaves_held_before_is_noted_and_stays() -> None:
    x = Value(3.0, "x")
    x.grad = 6.0
    (recorded,) = record_steps(x * x).passes
    (step,) = [step for step in recorded.steps if isinstance(step, BackwardStep)]
    assert [c.before for c in step.contributions] == [0.0, 3.0]
    assert recorded.earlier_gradients == (6.0, 0.0)
    assert x.grad == 6.0


def test_each_pass_of_a_training_starts_from_gradients_of_zero() -> None:
    """An optimizer's step alone is a right update, though nobody calls zero_grad."""
    w, twin = parameter(1.0, "w"), parameter(1.0, "w")
    w.grad = 99.0
    optimizer, other = SGD([w], lr=0.1), SGD([twin], lr=0.1)
    recording = record_steps(lambda: (2.1 * w - 4.0) ** 2, update=optimizer.step, times=3)
    for _ in range(3):
        other.zero_grad()
        ((2.1 * twin - 4.0) ** 2).backward()
        other.step()
    assert w.data == twin.data
    assert w.grad == twin.grad
    for recorded in recording.passes:
        assert set(recorded.earlier_gradients) == {0.0}
        update = recorded.steps[-1]
        shares = [c for step in recorded.steps if isinstance(step, BackwardStep) for c in step.contributions]
        assert isinstance(update, UpdateStep)
        assert update.gradient == [c.after for c in shares if c.input == update.node][-1]


def test_a_recording_pickles_before_and_after_it_was_looked_at() -> None:
    x = Value(0.0, "x")
    recording = record_steps(where(x > 0, x.log(), 5.0 * x))
    early = pickle.loads(pickle.dumps(recording))
    late = pickle.loads(pickle.dumps(recording))
    for other in (early, late, copy.deepcopy(recording)):
        (mine,), (theirs,) = recording.passes, other.passes
        assert mine.nodes == theirs.nodes
        assert mine.steps == theirs.steps
        assert next(step.gradient for step in theirs.steps if isinstance(step, BackwardStep)) == 1.0
    slope = [c.after for step in late.passes[0].steps if isinstance(step, BackwardStep) for c in step.contributions][-1]
    assert slope == 5.0


def test_the_repr_says_how_many_passes_and_nodes() -> None:
    w = parameter(1.0, "w")
    loss = (2.0 * w) ** 2
    loss.label = "loss"
    assert repr(record_steps(loss)) == "Recording(1 pass of 5 nodes, loss = 4)"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((3,), r"record_steps\(root\) takes a Value, or a function that computes one, got int 3"),
        ((lambda: 3,), r"the function must return a Value, got int 3"),
        ((lambda x: x,), r"^record_steps\(root\) calls a function without arguments: .*missing 1 required"),
        ((Neuron(1),), r"got the Neuron itself: record what it computes, as in record_steps\(model\(row\)\)"),
        ((lambda: None,), r"the function must return a Value, got NoneType"),
        ((Value(1.0), 5), r"record_steps\(update=...\) takes a function"),
        ((lambda: Value(1.0), None, 0), r"record_steps\(times=...\) takes an int of at least 1, got 0"),
        ((lambda: Value(1.0), None, 1.5), r"record_steps\(times=...\) takes an int of at least 1, got 1.5"),
    ],
)
def test_what_cannot_be_recorded_is_refused_by_name(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        record_steps(*arguments)


def test_a_blocked_edge_contributes_nothing_and_its_node_has_no_step() -> None:
    x = Value(-1.0, "x")
    dead = x.exp()
    (made,) = record_steps(where(True, x * 2.0, dead)).passes
    passed = [made.nodes[step.node].op.name for step in made.steps if isinstance(step, BackwardStep)]
    assert passed == ["where", "multiply"]
    assert dead.grad == 0.0


def test_kinds_names_and_the_root() -> None:
    w, x = parameter(1.0, "w"), Value(2.0)
    (made,) = record_steps(w * x + 3.0).passes
    assert [(node.name, node.kind) for node in made.nodes] == [
        ("w", "parameter"),
        ("#1", "leaf"),
        ("#2", "computed"),
        ("#3", "constant"),
        ("#4", "computed"),
    ]
    assert made.root.data == 5.0


def test_a_deep_graph_is_recorded_without_recursion() -> None:
    y = Value(1.0)
    for _ in range(100_000):
        y = -y
    (made,) = record_steps(y).passes
    assert len(made.steps) == 200_000
    assert made.steps[-1].contributions[0].after == math.copysign(1.0, y.data)


def test_a_nan_that_stays_is_no_update() -> None:
    w = Value(2.0, "w")
    recording = record_steps(w * math.nan, lambda: setattr(w, "data", 3.0))
    assert [step.node for step in one(recording) if isinstance(step, UpdateStep)] == [0]
