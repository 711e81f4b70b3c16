"""Breakpoints and watches, and the places they are at."""

from __future__ import annotations

import pytest
from passes import order

from autograd import Value
from autograd.debugger import CommandError, Session


def test_breakpoints_name_labels_ops_modules_and_numbers() -> None:
    x = Value(0.5, "x")
    values = [x]
    for layer in range(2):
        net_input = values[-1] * 3.0
        net_input.label = f"layers.{layer}.neurons.0.net_input"
        output = net_input.tanh()
        output.label = f"layers.{layer}.neurons.0.output"
        values += [net_input, output]
    session = Session(values[-1])
    assert len(session.break_("layers.1").places) == 2
    assert len(session.break_("layers").places) == 4
    assert len(session.break_("tanh").places) == 2
    assert len(session.break_("multiply").places) == len(session.break_("*").places) == 2
    assert len(session.break_("1.neurons.0.output").places) == 1
    number = session.cursor.names.resolve("layers.0.neurons.0.output")
    assert session.break_(f"#{number}").places == session.break_("layers.0.neurons.0.output").places
    assert session.until().node == "layers.1.neurons.0.net_input"
    session.clear()
    assert session.until().node == "layers.0.neurons.0.output"


def test_conditions_ignore_counts_and_temporary_stops() -> None:
    session = Session(order())
    watch = session.watch("a", "grad > 5")
    assert session.continue_().reasons == ("watch 1: a.grad 0 -> 8 from b  (partial, 1 of 2)",)
    session.restart()
    session.ignore(watch.number, 1)
    assert session.continue_().reasons == ("watch 1: a.grad 8 -> 16 from b  (complete)",)
    session.restart()
    session.disable(1)
    assert session.continue_().position == "end"
    session.break_("b", temporary=True)
    assert session.reverse_continue().hits == (2,)
    assert list(session.stops.by_number) == [1]
    session.restart()
    session.enable()
    session.condition(1, "grad > 10")
    assert session.continue_().reasons == ("watch 1: a.grad 8 -> 16 from b  (complete)",)
    assert watch.hits == 4


def test_nan_and_inf_are_found_where_they_arise() -> None:
    x = Value(0.0, "x")
    root = (x**2).sqrt() + 1.0
    session = Session(root)
    session.break_("nan")
    assert session.continue_().formula == "#2 = x ** 2"
    session.clear()
    session.restart()
    session.break_("inf")
    assert session.continue_().formula == "#3 = sqrt(#2)"


@pytest.mark.parametrize(
    ("target", "said"), [('"nan"', "no node is called nan"), ("'no such'", "no node is called no such")]
)
def test_a_quoted_name_that_nothing_has_is_no_predicate(target: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        Session(Value(2.0, "x") * 3.0).break_(target)


@pytest.mark.parametrize("target", ["3.5", "-1", "1e3"])
def test_a_number_is_no_predicate(target: str) -> None:
    with pytest.raises(CommandError, match="does not depend on the node"):
        Session(Value(2.0, "x") * 3.0).break_(target)


@pytest.mark.parametrize("data", [-1.0, 3.0])  # with other steps, and with the same
def test_set_leaves_stops_of_another_pass_as_they_are(data: float) -> None:
    other = Session(Value(1.0, "u").tanh() * Value(1.0, "v"))
    carried = [
        other.break_("tanh", "u.grad > 0"),
        other.watch("u"),
        other.break_("abs(u.grad) > 0"),
    ]
    session = Session(Value(2.0, "x").relu() * Value(5.0, "y"), carried)
    session.assign("x", data)
    session.undo()
    assert [len(stop.places) for stop in session.stops.by_number.values()] == [0, 0, 0]
    assert session.continue_().position == "end"
