"""The session: exact in both directions, true to the pass, and an ordinary object with ordinary methods."""

from __future__ import annotations

import math
import random
import statistics
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograd import Value, backward_pass, debug, maximum, ops, topological_order, where
from autograd.debugger import CommandError, Session, noted_sources
from autograd.debugger.places import numbers_of
from autograd.debugger.timeline import Timeline
from autograd.ops import OPS
from autograd.recording.steps import BackwardStep

UNARY = ("tanh", "sigmoid", "relu", "sin", "exp", "negative", "absolute", "detach", "log", "sqrt")
KINKED = (*UNARY, "softplus")
SMOOTH = ("tanh", "sigmoid", "sin", "negative", "softplus")
COMMANDS = (
    "step",
    "stepi",
    "continue_",
    "reverse_step",
    "reverse_stepi",
    "reverse_continue",
    "restart",
    "goto",
    "until",
)


def random_graph(seed: int, size: int, unary: tuple[str, ...] = UNARY, x0: float | None = None) -> Value:
    """Record a graph with shared nodes, repeated inputs, branches not taken, nan and inf, and labels that repeat."""
    rng = random.Random(seed)
    values = [Value(rng.uniform(-2.0, 2.0), f"x{k}") for k in range(4)]
    values[0].grad = 0.0
    if x0 is not None:
        values[0].data = x0
    for k in range(size):
        x, y = rng.choice(values[-6:]), rng.choice(values)
        made: Callable[[], Value] = rng.choice(
            [
                lambda x=x, y=y: x + y,
                lambda x=x, y=y: x * y,
                lambda x=x, y=y: x - 0.5 * y,
                lambda x=x, y=y: maximum(x, y) if unary is UNARY else x * y,
                lambda x=x, y=y: where(x > 0.0, x * y, y) if unary is UNARY else x - y,
                lambda x=x: OPS[rng.choice(unary)](x),
            ]
        )
        values.append(made().tanh() if rng.random() < 0.2 else made())
        values[-1].label = rng.choice(["", f"layers.{k % 3}.neurons.{k}.output", "again"])
    return values[-1]


def bits(xs: Iterator[float] | list[float]) -> bytes:
    return b"".join(struct.pack("d", x) for x in xs)


def state(session: Session) -> bytes:
    """All gradients at the cursor, to the last bit."""
    return bits([session.gradient(n).value for n in range(len(session.timeline.nodes))])


def true_states(seed: int, size: int) -> list[bytes]:
    """What plain backward_pass leaves in every .grad before each of its steps, and at its end."""
    root = random_graph(seed, size)
    order = topological_order(root)
    states = [bits([value.grad for value in order]) for _ in backward_pass(root)]
    return [*states, bits([value.grad for value in order])]


@given(seed=st.integers(0, 2**32), size=st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_gradients_before_each_step_are_those_of_the_plain_loop(seed: int, size: int) -> None:
    session = Session(random_graph(seed, size))
    expected = true_states(seed, size)
    seen = [state(session)]
    while not session.cursor.at_end:
        session.step()
        seen.append(state(session))
    assert seen == expected
    while session.position:
        session.reverse_step()
        assert state(session) == expected[session.cursor.step_number - 1]


def walk(session: Session, rng: random.Random) -> None:
    """Run one random command; at either end some are refused."""
    name = rng.choice(COMMANDS)
    arguments: tuple[object, ...] = ()
    if name == "goto":
        arguments = (rng.randint(1, len(session.timeline.steps)),)
    elif name.endswith(("step", "stepi")):
        arguments = (rng.randint(1, 9),)
    with suppress(CommandError):
        getattr(session, name)(*arguments)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_random_walks_over_200_nodes_never_lose_a_bit(seed: int) -> None:
    rng = random.Random(seed)
    session = Session(random_graph(seed, 200))
    session.break_("abs(grad) < 0.1")
    session.watch(f"#{rng.choice(list(session.timeline.contributions_into))}")
    at: dict[int, bytes] = {0: state(session)}
    for _ in range(60):
        walk(session, rng)
        assert at.setdefault(session.position, state(session)) == state(session)
    if session.position:
        session.clear()
        session.reverse_continue()
    assert (session.position, state(session)) == (0, at[0])
    expected = true_states(seed, 200)
    for position, gradients in at.items():
        if position in session.timeline.starts:
            assert gradients == expected[session.timeline.starts.index(position)]


@pytest.mark.parametrize("seed", range(8))
def test_going_back_visits_the_places_of_going_forward_in_the_opposite_order(seed: int) -> None:
    session = Session(random_graph(seed, 60))
    session.break_("abs(grad) > 0.5")
    session.break_("op == '*'")
    nodes = [n for n in session.timeline.contributions_into if n]
    session.watch(f"#{nodes[seed % len(nodes)]}")
    forward = []
    while not session.continue_().step > len(session.timeline.steps):
        forward.append(session.position)
    backward = []
    while session.reverse_continue().reasons[-1:] != ("back at the start",):
        backward.append(session.position)
    assert forward
    assert [place for place in forward if place] == [place for place in reversed(backward) if place]


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


def tiny() -> Session:
    a = Value(2.0, "a")
    b = a + a
    b.label = "b"
    c = b * b
    c.label = "c"
    return Session(c)


def test_position_counts_steps_and_contributions() -> None:
    session = tiny()
    assert session.here().position == "step 1/2"
    assert session.stepi().position == "step 1/2, contribution 2/2"
    assert session.stepi().position == "step 2/2"
    assert session.step().position == "end"
    assert session.reverse_stepi().position == "step 2/2, contribution 2/2"
    assert session.reverse_step().position == "step 2/2"
    assert session.goto(1, 2).position == "step 1/2, contribution 2/2"
    assert session.goto("a").position == "end"
    assert session.goto("b").position == "step 2/2"
    assert session.goto("start").position == session.restart().position == "step 1/2"
    assert session.step(10**12).position == "end"


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
    session = tiny()
    with pytest.raises(CommandError) as error:
        act(session)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


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
    number = session.names.resolve("layers.0.neurons.0.output")
    assert session.break_(f"#{number}").places == session.break_("layers.0.neurons.0.output").places
    assert session.until().node == "layers.1.neurons.0.net_input"
    session.clear()
    assert session.until().node == "layers.0.neurons.0.output"


def test_names_that_repeat_are_told_apart_by_number() -> None:
    x, other = Value(1.0, "x"), Value(2.0, "x")
    session = Session(x * other)
    with pytest.raises(CommandError, match="2 nodes are called x: type one of x#0, x#1"):
        session.show("x")
    assert session.show("x#1").value.startswith("x#1.data = 2.0")
    assert session.watch("x").places == [1, 2]


def test_conditions_ignore_counts_and_temporary_stops() -> None:
    session = tiny()
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


def test_why_tells_all_contributions_and_the_paths_that_sum_to_the_gradient() -> None:
    session = tiny()
    why = session.why("a")
    assert [share.amount for share in why.shares] == [8.0, 8.0]
    assert why.total == 16.0 == math.fsum(path.product for path in why.paths)
    assert [path.nodes for path in why.paths] == [("c", "b", "a")] * 4
    x = Value(-1.0, "x")
    blocked = Session((2.0 * x).relu() + 1.0).why("x")
    assert blocked.blocker == "#3 = relu(#2)"
    assert not blocked.shares


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
    assume(session.names.matches("x0"))
    session.assign("x0", x0)
    fresh = Session(random_graph(seed, 25, KINKED, x0))
    assert repr([*session.timeline.nodes]) == repr([*fresh.timeline.nodes])
    assert columns(session.timeline) == columns(fresh.timeline)
    session.goto("start")
    while not fresh.cursor.at_end:
        assert repr(state(session)) == repr(state(fresh))
        assert session.step().lines() == fresh.step().lines()


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
    reached = [n for n in range(len(session.timeline.nodes)) if session.gradient(n).reached]
    for n in reached:
        assert session.check(f"#{n}").agrees
    assert len(reached) > 1


def test_check_finds_a_wrong_partial() -> None:
    x = Value(0.7, "x")
    y = x.tanh()
    y.partials = (0.9,)
    assert not Session(y * 2.0).check("x").agrees


def test_up_and_down_follow_users_and_inputs() -> None:
    session = tiny()
    assert session.down().formula == "b = a + a"
    assert session.show("data").value == "4.0"
    assert session.down(2).formula == "a = 2"
    assert [row.formula for row in session.where().rows] == ["c = b * b", "b = a + a", "a = 2"]
    assert session.up().formula == "b = a + a"


def test_partial_gradients_are_told_in_expressions_too() -> None:
    session = tiny()
    session.step()
    session.stepi()
    assert str(session.show("a.grad * 2 + b.grad")) == "24.0  (a.grad is partial, 1 of 2)"
    assert str(session.show("b.grad")) == "8.0"


def test_a_leaf_as_root_has_no_steps() -> None:
    session = Session(Value(2.0, "x"))
    assert session.cursor.at_end
    assert str(session.show("x")) == "x.data = 2.0, x.grad = 1.0  (complete)"
    with pytest.raises(CommandError, match="at its end"):
        session.continue_()


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


def lines_of_three() -> Session:
    """Return a session on three nodes that two lines of this file made."""
    with noted_sources():
        u = Value(3.0, "x").tanh() * 2.0
        root = u + 1.0
    return Session(root)


def test_next_runs_over_the_nodes_of_one_line_and_back() -> None:
    session = lines_of_three()
    assert session.next().formula == "#3 = #1 * 2"
    assert session.next().position == "end"
    assert session.reverse_next().formula == "#3 = #1 * 2"
    assert session.reverse_next().position == "step 1/3"
    with pytest.raises(CommandError, match="at its start"):
        session.reverse_next()


def test_until_and_goto_take_lines() -> None:
    session = lines_of_three()
    file, _, line = str(session.timeline.nodes[3].source).rpartition(":")
    assert session.until(f"{Path(file).name}:{line}").formula == "#3 = #1 * 2"
    assert session.goto("start").step == 1
    assert session.goto(f"{file}:{line}").formula == "#3 = #1 * 2"
    with pytest.raises(CommandError, match="no node was made on line 1 of "):
        session.goto(f"{file}:1")
    session.goto("end")
    with pytest.raises(CommandError, match=r"the pass is past .*: type goto"):
        session.until(f"{file}:{line}")


@pytest.mark.parametrize("seed", range(200))
def test_what_set_computes_anew_is_what_the_whole_pass_would_be_to_the_last_bit(seed: int) -> None:
    rng = random.Random(seed)
    session = Session(random_graph(seed, rng.randrange(1, 25)))
    session.break_("nan")
    leaves = [session.names.name(node.number) for node in session.timeline.nodes if not node.inputs]
    for _ in range(4):
        session.assign(rng.choice(leaves), rng.choice([-2.0, -0.0, 0.0, 0.5, 1e200, math.inf, math.nan]))
        ours, anew = session.timeline, session.loaded.recorded.with_nodes(tuple(session.timeline.nodes))
        whole = Timeline(anew)
        assert columns(ours) == columns(whole)
        assert backward_steps(ours) == repr([step for step in anew.steps if isinstance(step, BackwardStep)])
        finite = [all(map(math.isfinite, numbers_of(whole, index))) for index in range(len(whole.steps))]
        assert ours.not_finite == [index for index, every in enumerate(finite) if not every]
        nans = [place for index, place in enumerate(whole.starts[:-1]) if has_nan(whole, index)]
        assert [*session.stops.stop(1).places] == nans
        assert repr(session.loaded.record.nodes) == repr(tuple(ours.nodes))


def columns(timeline: Timeline) -> str:
    """Write down all that a timeline knows; as a text, for nan to equal itself."""
    names = "steps gradients starts owners operands inputs amounts sums contributions_into step_of data partials"
    return repr([getattr(timeline, name) for name in [*names.split(), "not_finite"]])


def backward_steps(timeline: Timeline) -> str:
    numbered = enumerate(zip(timeline.steps, timeline.gradients, strict=True))
    return repr([BackwardStep(node, gradient, tuple(timeline.contributions(k))) for k, (node, gradient) in numbered])


def has_nan(timeline: Timeline, index: int) -> bool:
    return any(math.isnan(number) for number in numbers_of(timeline, index))


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


def test_set_looks_only_at_what_depends_on_the_leaf() -> None:
    ws = [Value(0.5, f"w{k}") for k in range(100)]
    session = Session(sum((w.tanh() for w in ws[1:]), ws[0].tanh()))
    before = session.timeline
    session.assign("w0", 2.0)
    after = session.timeline
    changed = [k for k, (then, now) in enumerate(zip(before.amounts, after.amounts, strict=True)) if then is not now]
    assert [after.inputs[k] for k in changed] == [session.names.resolve("w0")]
    assert after.starts is before.starts


def test_a_bare_number_is_a_line_wherever_a_place_is_named() -> None:
    session = lines_of_three()
    file, _, line = str(session.timeline.nodes[3].source).rpartition(":")
    session.loaded.file = file
    assert session.goto(line).formula == "#3 = #1 * 2"
    session.restart()
    assert session.until(line).formula == "#3 = #1 * 2"
    session.restart()
    session.break_(line)
    assert session.continue_().formula == "#3 = #1 * 2"
    assert session.goto("step 1").step == 1
    assert session.until("step 3").step == 2  # the breakpoint is on the way
    assert session.until("step 3.1").step == 3
    with pytest.raises(CommandError, match="for the step of that number type goto step 2"):
        session.goto("2")
    with pytest.raises(CommandError, match="there is no step 4: type goto step 1 to goto step 3"):
        session.until("step 4")
    labelled = Session(Value(1.0, "12") * Value(2.0, "step 1"))  # labels come first
    assert labelled.goto("12").position == "step 1/1, contribution 2/2"
    assert labelled.goto("step 1").position == "end"


def test_until_without_a_module_runs_over_this_line_and_finish_to_the_end() -> None:
    session = lines_of_three()
    assert session.until().formula == "#3 = #1 * 2"
    assert session.finish().position == "end"


def test_up_follows_the_path_that_where_shows() -> None:
    x = Value(3.0, "x")
    late = x * 2.0
    session = Session(late + x.tanh())
    shown = [row.formula for row in session.where("x").rows]
    session.goto("x")
    session.cursor.selected = session.names.resolve("x")
    assert [session.up().formula, session.up().formula] == shown[-2::-1]


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


def test_a_step_back_gives_the_state_before_on_1000_random_walks() -> None:
    rng = random.Random(5)
    sessions = [Session(random_graph(seed, 6, SMOOTH)) for seed in range(20)]
    for walk in range(1000):
        session = sessions[walk % len(sessions)]
        session.goto("start")
        states = {0: state(session)}
        for _ in range(6):
            moves = [] if session.cursor.at_end else [session.step, session.stepi]
            moves += [session.reverse_step, session.reverse_stepi] if session.position else []
            rng.choice(moves)()
            assert states.setdefault(session.position, state(session)) == state(session)
