"""The session: an ordinary object with ordinary methods, true to the pass."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable

import pytest
from passes import bits, order, random_graph

from autograd import Value, debug, ops, topological_order
from autograd.debugger import CommandError, Session


def test_closing_half_way_leaves_complete_gradients_and_abandoning_leaves_none() -> None:
    session = Session(random_graph(3, 40))
    session.step(2)
    root = random_graph(3, 40)
    root.backward()
    assert bits([v.grad for v in session.values]) == bits([v.grad for v in topological_order(root)])
    w = Value(3.0, "w")
    w.grad = 0.25
    y = w * w
    y.grad = 7.0
    session = Session(y)
    assert w.grad == 6.25
    session.abandon()
    assert (w.grad, y.grad) == (0.25, 7.0)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda s: s.reverse_step(), "type s or c"),
        (lambda s: (s.goto("end"), s.step()), "type rs or rc"),
        (lambda s: s.goto(3), "type goto step 1 to goto step 2"),
        (lambda s: s.goto(1, 3), "type goto step 1 to goto step 1.2"),
        (lambda s: s.goto("z"), "no node is called z"),
        (lambda s: s.until("c"), "type goto c"),
        (lambda s: s.break_("a"), "type watch a"),
        (lambda s: s.break_("nowhere"), "no node is called nowhere"),
        (lambda s: s.watch("c"), "type why c"),
        (lambda s: s.stop(4), "set one with break or watch"),
        (lambda s: s.assign("b", 1.0), "for example set a = 2"),
        (lambda s: s.undo(), "set changes a leaf"),
        (lambda s: s.listing(7), "type list 1 to list 2"),
        (lambda s: s.up(), "type down"),
        (lambda s: s.down(5), "type a number from 1 to 2"),
        (lambda s: s.undisplay(1), "type display"),
        (lambda s: (s.assign("a", 0.0), s.check("nowhere")), "no node is called nowhere"),
    ],
)
def test_errors_say_in_one_line_what_to_type(act: Callable[[Session], object], says: str) -> None:
    session = Session(order())
    with pytest.raises(CommandError) as error:
        act(session)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def chain(size: int) -> Value:
    rng = random.Random(0)
    values = [Value(rng.random(), f"x{k}") for k in range(1000)]
    half = Value(0.5, "half")
    for k in range(size):
        values.append(values[-1] + rng.choice(values) if k % 2 else Value.record(ops.multiply, values[-1], half))
    return values[-1]


def seconds(act: Callable[[], object]) -> float:
    """Processor time, which other work on the machine does not change much."""
    start = time.process_time()
    act()
    return time.process_time() - start


def test_a_graph_of_100_000_nodes_opens_steps_and_runs_in_time() -> None:
    """Times are beside the one that building the graph takes, so that neither a slow nor a busy machine matters."""
    built: list[Value] = []
    made: list[Session] = []
    unit = seconds(
        lambda: built.append(chain(99_000))
    )  # a third of a second where the others take as their comments say
    assert seconds(lambda: made.append(Session(built[0]))) < 15 * unit  # 2 s
    session = made[0]
    for deed in (session.step, session.reverse_stepi, lambda: [session.goto(60_000), session.goto(20)]):
        assert statistics.median(seconds(deed) for _ in range(20)) < 0.01 * unit  # 30 microseconds
    session.restart()
    session.break_("abs(grad) > 1e30")
    session.break_("nan")
    session.watch("x3", "grad < 0")
    assert seconds(session.continue_) < 5 * unit  # 0.4 s
    assert session.cursor.at_end


def test_a_name_between_quotes_is_a_node_in_every_command() -> None:
    x, w = Value(2.0, "x1"), Value(-3.0, "w1")
    product = x * w
    product.label = "x1*w1"
    session = Session(product + 1.0)
    assert str(session.show('"x1*w1"')).startswith("x1*w1.data = -6.0")
    assert session.why("'x1*w1'").gradient.node == "x1*w1"
    assert str(session.assign('"x1"', 5.0)).startswith("x1.data 2 -> 5")
    assert session.break_('"x1*w1"').places
    assert session.watch('"w1"').places


def test_its_repr_says_where_it_stands() -> None:
    y = Value(2.0, "x").tanh().exp()
    y.label = "y"
    session = Session(y)
    assert repr(session) == "<Session of y: step 1 of 2>"


def test_debug_without_a_terminal_says_so_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A notebook's kernel raises NotImplementedError where its front end cannot ask."""

    def refuse(*_: object) -> str:
        raise NotImplementedError("raw_input was called, but this frontend does not support input requests.")

    monkeypatch.setattr("builtins.input", refuse)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    x = Value(3.0, "x")
    debug(x * x)
    assert x.grad == 6.0
    assert capsys.readouterr().err.startswith("debug() found no terminal to type commands in")


def test_variables_of_the_line_print_and_python_sees_the_gradients_of_here() -> None:
    epoch, w = 7, Value(2.0, "w")
    session = Session(w * w, frame=sys._getframe())
    assert str(session.show("epoch")) == "7" == str(epoch)
    with session.gradients_of_here():
        assert session.namespace["w"].grad == 0.0
    session.stepi()
    with session.gradients_of_here():
        assert session.namespace["w"].grad == 2.0
    assert w.grad == 4.0
    session.assign("w", 5.0)
    with session.gradients_of_here():
        assert (session.namespace["w"].data, session.namespace["w"].grad) == (5.0, 5.0)
    assert w.data == 2.0
