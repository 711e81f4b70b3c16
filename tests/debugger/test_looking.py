"""What looking finds: names, reasons, paths, differences."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passes import SMOOTH, order, random_graph

from autograd import Value
from autograd.debugger import CommandError, Session, noted_sources


def test_names_that_repeat_are_told_apart_by_number() -> None:
    x, other = Value(1.0, "x"), Value(2.0, "x")
    session = Session(x * other)
    with pytest.raises(CommandError, match="2 nodes are called x: type one of x#0, x#1"):
        session.show("x")
    assert session.show("x#1").value.startswith("x#1.data = 2.0")
    assert session.watch("x").places == [1, 2]


def test_why_tells_all_contributions_and_the_paths_that_sum_to_the_gradient() -> None:
    session = Session(order())
    why = session.why("a")
    assert [share.amount for share in why.shares] == [8.0, 8.0]
    assert why.total == 16.0 == math.fsum(path.product for path in why.paths)
    assert [path.nodes for path in why.paths] == [("c", "b", "a")] * 4
    x = Value(-1.0, "x")
    blocked = Session((2.0 * x).relu() + 1.0).why("x")
    assert blocked.blocker == "#3 = relu(#2)"
    assert not blocked.shares


def test_why_of_thousands_of_contributions_reports_the_first_and_last_and_searches_no_paths() -> None:
    w = Value(0.5, "w")
    root = Value(0.0, "start")
    for k in range(3000):
        root = root + w * float(k)
    why = Session(root).why("w")
    assert (len(why.shares), why.left) == (1000, 2000)
    assert [why.shares[0].amount, why.shares[-1].amount, why.total] == [2999.0, 0.0, 3000 * 2999 / 2]
    assert "  ... 2,980 more" in why.lines()
    assert not why.paths


@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_check_agrees_at_every_node_of_a_smooth_graph(seed: int) -> None:
    session = Session(random_graph(seed, 12, SMOOTH))
    reached = [n for n in range(len(session.cursor.timeline.nodes)) if session.gradient(n).reached]
    for n in reached:
        assert session.check(f"#{n}").agrees
    assert len(reached) > 1


def test_layers_report_the_largest_gradient_of_each() -> None:
    x = Value(2.0, "x")
    first = Value(3.0, "net.layers.0.weight") * x + Value(-5.0, "net.layers.0.bias")
    session = Session(first * Value(0.25, "net.layers.1.neurons.0.weight") + Value(0.5, "net.layers.1.bias").log())
    assert [(row.name, row.largest.value, row.complete, row.leaves) for row in session.layers().rows] == [
        ("net.layers.0", 0.0, 0, 2),
        ("net.layers.1", 0.0, 0, 2),
    ]
    session.goto("end")
    assert [(row.largest.node, row.largest.value, row.complete) for row in session.layers().rows] == [
        ("net.layers.0.weight", 0.5, 2),
        ("net.layers.1.bias", 2.0, 2),
    ]
    session.assign("net.layers.1.neurons.0.weight", math.nan)
    assert math.isnan(session.layers().rows[0].largest.value)
    with pytest.raises(CommandError, match="no leaf's label names a layer"):
        Session(x * x).layers()


def test_where_shows_the_line_of_a_leaf_too() -> None:
    with noted_sources():
        x = Value(3.0, "x")
        y = x.tanh()
    rows = Session(y).where("x").rows
    assert [row.source.rpartition("/")[2].partition(":")[0] for row in rows if row.source] == ["test_looking.py"] * 2
    assert "x = Value(3.0" in str(Session(y).where("x"))
    assert Value(1.0).source is None


def test_check_finds_a_wrong_partial() -> None:
    x = Value(0.7, "x")
    y = x.tanh()
    y.partials = (0.9,)
    assert not Session(y * 2.0).check("x").agrees


def test_up_and_down_follow_users_and_inputs() -> None:
    session = Session(order())
    assert session.down().formula == "b = a + a"
    assert session.show("data").value == "4.0"
    assert session.down(2).formula == "a = 2"
    assert [row.formula for row in session.where().rows] == ["c = b * b", "b = a + a", "a = 2"]
    assert session.up().formula == "b = a + a"


def test_partial_gradients_are_told_in_expressions_too() -> None:
    session = Session(order())
    session.step()
    session.stepi()
    assert str(session.show("a.grad * 2 + b.grad")) == "24.0  (a.grad is partial, 1 of 2)"
    assert str(session.show("b.grad")) == "8.0"


def test_up_follows_the_path_that_where_shows() -> None:
    x = Value(3.0, "x")
    late = x * 2.0
    session = Session(late + x.tanh())
    shown = [row.formula for row in session.where("x").rows]
    session.goto("x")
    session.cursor.selected = session.cursor.names.resolve("x")
    assert [session.up().formula, session.up().formula] == shown[-2::-1]
