"""A recording is the pass, to the last bit, and stays so."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, dot, maximum, record_steps, where
from autograd.steps import Backward, Forward, Recording, Update, evaluation_order
from autograd.value import parameter


def one(recording: Recording) -> list[Forward | Backward | Update]:
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
def test_recording_leaves_every_gradient_as_backward_does(numbers: list[float], choices: list[int]) -> None:
    plain, leaves = mixed(numbers, choices)
    plain.backward()
    root, twins = mixed(numbers, choices)
    record_steps(root)
    assert [repr(leaf.grad) for leaf in leaves] == [repr(twin.grad) for twin in twins]


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
        if isinstance(step, Backward):
            for c in step.contributions:
                owed[c.input] += 1
    for step in made.steps:
        if isinstance(step, Backward):
            assert owed[step.node] == 0  # complete before it is passed on
            assert repr(so_far[step.node]) == repr(step.gradient)
            for c in step.contributions:
                assert repr(so_far[c.input]) == repr(c.before)
                assert repr(c.before + c.amount) == repr(c.after)
                so_far[c.input] = c.after
                owed[c.input] -= 1
                assert c.complete == (owed[c.input] == 0)
    for node, gradient in zip(made.nodes, so_far, strict=True):
        for leaf in leaves:
            if node.label == leaf.label:
                assert repr(leaf.grad) == repr(gradient)


@given(*GRAPHS)
@settings(max_examples=30, deadline=None)
def test_each_node_is_computed_once_and_after_its_inputs(numbers: list[float], choices: list[int]) -> None:
    (made,) = record_steps(mixed(numbers, choices)[0]).passes
    order = [step.node for step in made.steps if isinstance(step, Forward)]
    assert sorted(order) == [node.number for node in made.nodes if node.inputs]
    place = {n: k for k, n in enumerate(order)}
    assert all(place[input] < place[n] for n in order for input in made.nodes[n].inputs if input in place)


def test_the_forward_steps_go_from_left_to_right_as_python_does() -> None:
    a, b = Value(1.0, "a"), Value(2.0, "b")
    left, right = a.exp(), b.tanh()
    left.label, right.label = "left", "right"
    (made,) = record_steps(left * right).passes
    names = [made.nodes[step.node].name for step in made.steps if isinstance(step, Forward)]
    assert names == ["left", "right", "#4"]
    assert evaluation_order([[]]) == []
    assert evaluation_order([[], [0, 0], [], [1, 2]]) == [1, 3]


def test_an_update_records_what_it_changed_and_nothing_else() -> None:
    w, v, x = parameter(1.0, "w"), parameter(0.5, "v"), Value(2.0, "x")

    def descend() -> None:
        w.data -= 0.25 * w.grad

    steps = one(record_steps((w * x) * v, descend))
    assert [step for step in steps if isinstance(step, Update)] == [Update(0, 1.0, 1.0, 0.75)]


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


def test_leaves_add_up_from_pass_to_pass() -> None:
    x = Value(3.0, "x")
    recording = record_steps(lambda: x * x, times=2)
    second = recording.passes[1].steps[-1]
    assert isinstance(second, Backward)
    assert [c.before for c in second.contributions] == [0.0, 3.0]
    assert recording.passes[1].gradients == (6.0, 0.0)
    assert x.grad == 12.0


def test_a_blocked_edge_contributes_nothing_and_its_node_has_no_step() -> None:
    x = Value(-1.0, "x")
    dead = x.exp()
    (made,) = record_steps(where(True, x * 2.0, dead)).passes
    passed = [made.nodes[step.node].op.name for step in made.steps if isinstance(step, Backward)]
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
    assert [step.node for step in one(recording) if isinstance(step, Update)] == [0]
