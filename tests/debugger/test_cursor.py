"""The cursor: exact in both directions, and true to the pass."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passes import COMMANDS, SMOOTH, lines_of_three, order, random_graph, state, true_states

from autograd import Value
from autograd.debugger import CommandError, Session


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
        arguments = (rng.randint(1, len(session.cursor.timeline.steps)),)
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
    session.watch(f"#{rng.choice(list(session.cursor.timeline.contributions_into))}")
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
        if position in session.cursor.timeline.starts:
            assert gradients == expected[session.cursor.timeline.starts.index(position)]


@pytest.mark.parametrize("seed", range(8))
def test_going_back_visits_the_places_of_going_forward_in_the_opposite_order(seed: int) -> None:
    session = Session(random_graph(seed, 60))
    session.break_("abs(grad) > 0.5")
    session.break_("op == '*'")
    nodes = [n for n in session.cursor.timeline.contributions_into if n]
    session.watch(f"#{nodes[seed % len(nodes)]}")
    forward = []
    while not session.continue_().step > len(session.cursor.timeline.steps):
        forward.append(session.position)
    backward = []
    while session.reverse_continue().reasons[-1:] != ("back at the start",):
        backward.append(session.position)
    assert forward
    assert [place for place in forward if place] == [place for place in reversed(backward) if place]


def test_position_counts_steps_and_contributions() -> None:
    session = Session(order())
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


def test_a_leaf_as_root_has_no_steps() -> None:
    session = Session(Value(2.0, "x"))
    assert session.cursor.at_end
    assert str(session.show("x")) == "x.data = 2.0, x.grad = 1.0  (complete)"
    with pytest.raises(CommandError, match="at its end"):
        session.continue_()


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
    file, _, line = str(session.cursor.timeline.nodes[3].source).rpartition(":")
    assert session.until(f"{Path(file).name}:{line}").formula == "#3 = #1 * 2"
    assert session.goto("start").step == 1
    assert session.goto(f"{file}:{line}").formula == "#3 = #1 * 2"
    with pytest.raises(CommandError, match="nothing is computed on line 1 of "):
        session.goto(f"{file}:1")
    session.goto("end")
    with pytest.raises(CommandError, match=r"the pass is past .*: type goto"):
        session.until(f"{file}:{line}")


def test_a_bare_number_is_a_line_wherever_a_place_is_named() -> None:
    session = lines_of_three()
    file, _, line = str(session.cursor.timeline.nodes[3].source).rpartition(":")
    session.cursor.loaded.file = file
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
