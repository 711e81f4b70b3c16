"""Other numbers at leaves: what a fresh pass would give, to the last bit."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from passes import KINKED, bits, random_graph, state

from autograd import Value, maximum, topological_order
from autograd.debugger import Session
from autograd.debugger.places import numbers_of
from autograd.debugger.timeline.timeline import Timeline
from autograd.recording.steps import BackwardStep


def test_set_computes_anew_on_a_copy_and_undo_takes_it_back() -> None:
    def f(x: float) -> Value:
        u = Value(x, "u")
        v = (u * u).relu() * maximum(u, Value(1.0, "one")) + u.exp()
        v.label = "v"
        return v

    root = f(0.5)
    session = Session(root)
    session.step()
    node = session.here().node
    before = state(session), session.position
    session.assign("u", 2.0)
    assert session.here().node == node
    expected = f(2.0)
    expected.backward()
    session.goto("end")
    assert state(session) == bits([value.grad for value in topological_order(expected)])
    assert root.data == f(0.5).data
    session.goto(2)
    session.assign("u", 3.0)
    session.undo()
    assert session.show("u.data").value == "2.0"
    session.undo()
    assert (state(session), session.position) == before


@given(seed=st.integers(0, 2**32), x0=st.sampled_from((-1.5, 0.0, 0.75, math.inf, math.nan)))
@settings(max_examples=30, deadline=None)
def test_set_gives_what_a_fresh_recording_gives_to_the_last_bit(seed: int, x0: float) -> None:
    session = Session(random_graph(seed, 25, KINKED))
    assume(session.cursor.names.matches("x0"))
    session.assign("x0", x0)
    fresh = Session(random_graph(seed, 25, KINKED, x0))
    assert repr([*session.cursor.timeline.nodes]) == repr([*fresh.cursor.timeline.nodes])
    assert columns(session.cursor.timeline) == columns(fresh.cursor.timeline)
    session.goto("start")
    while not fresh.cursor.at_end:
        assert repr(state(session)) == repr(state(fresh))
        assert session.step().lines() == fresh.step().lines()


@pytest.mark.parametrize("seed", range(200))
def test_what_set_computes_anew_is_what_the_whole_pass_would_be_to_the_last_bit(seed: int) -> None:
    rng = random.Random(seed)
    session = Session(random_graph(seed, rng.randrange(1, 25)))
    session.break_("nan")
    leaves = [session.cursor.names.name(node.number) for node in session.cursor.timeline.nodes if not node.inputs]
    for _ in range(4):
        session.assign(rng.choice(leaves), rng.choice([-2.0, -0.0, 0.0, 0.5, 1e200, math.inf, math.nan]))
        ours, anew = (
            session.cursor.timeline,
            session.cursor.loaded.recorded.with_nodes(tuple(session.cursor.timeline.nodes)),
        )
        whole = Timeline(anew)
        assert columns(ours) == columns(whole)
        assert backward_steps(ours) == repr([step for step in anew.steps if isinstance(step, BackwardStep)])
        finite = [all(map(math.isfinite, numbers_of(whole, index))) for index in range(len(whole.steps))]
        assert ours.not_finite == [index for index, every in enumerate(finite) if not every]
        nans = [place for index, place in enumerate(whole.starts[:-1]) if has_nan(whole, index)]
        assert [*session.stops.stop(1).places] == nans
        assert repr(session.cursor.loaded.record.nodes) == repr(tuple(ours.nodes))


def columns(timeline: Timeline) -> str:
    """Write down all that a timeline knows; as a text, for nan to equal itself."""
    names = "steps gradients starts owners operands inputs amounts sums contributions_into step_of data partials"
    return repr([getattr(timeline, name) for name in [*names.split(), "not_finite"]])


def backward_steps(timeline: Timeline) -> str:
    numbered = enumerate(zip(timeline.steps, timeline.gradients, strict=True))
    return repr([BackwardStep(node, gradient, tuple(timeline.contributions(k))) for k, (node, gradient) in numbered])


def has_nan(timeline: Timeline, index: int) -> bool:
    return any(math.isnan(number) for number in numbers_of(timeline, index))


def test_set_looks_only_at_what_depends_on_the_leaf() -> None:
    ws = [Value(0.5, f"w{k}") for k in range(100)]
    session = Session(sum((w.tanh() for w in ws[1:]), ws[0].tanh()))
    before = session.cursor.timeline
    session.assign("w0", 2.0)
    after = session.cursor.timeline
    changed = [k for k, (then, now) in enumerate(zip(before.amounts, after.amounts, strict=True)) if then is not now]
    assert [after.inputs[k] for k in changed] == [session.cursor.names.resolve("w0")]
    assert after.starts is before.starts
