"""What recurs in a program, wherever it stands, becomes a function, and no bit of any result changes."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, dot, softmax
from autograd.compiler.llvm import bodies
from autograd.compiler.llvm.bodies import Run, in_order, runs
from autograd.compiler.llvm.find_loops import loops
from autograd.compiler.llvm.fold import fold_long
from autograd.compiler.llvm.repeats import Steps, repeats
from autograd.compiler.runtime import strategy
from autograd.compiler.runtime.kernel import Kernel
from autograd.lowering.program import Program
from autograd.lowering.programs import PROGRAMS, with_one_guard
from demos.common.gpt import GPT, Shape, loss
from tests.compiler.test_edges import bits


@pytest.fixture(autouse=True)
def _short_bodies_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "OCCURRENCES", 3)
    monkeypatch.setattr(bodies, "SHORT", 2)
    monkeypatch.setattr(bodies, "LENGTHS", (12, 5, 2))


def derived(f: object, kind: str, count: int, parameters: Sequence[Value] = ()) -> Program:
    program = autograd.compile(f, parameters, example=[[0.1 * k + 0.2 for k in range(count)]]).program  # type: ignore[arg-type]
    return with_one_guard(PROGRAMS[kind](program))


def assert_called_bits(program: Program, rows: int = 11, lanes: int | None = None, looping: bool = False) -> list[Run]:
    """Compare the code that calls bodies, which there must be, with the same program written out."""
    found = loops(program)
    program = fold_long(program, kept=found.elsewhere)
    found = loops(program)
    steps = Steps(program, found)
    looped = repeats(steps) if looping else []
    called = runs(steps, looped)
    assert called
    random = np.random.default_rng(rows)
    columns = list(random.uniform(0.1, 1.5, size=(len(program.arguments), rows)))
    theta = random.normal(size=program.parameters)
    written_out = Kernel(program, False, lanes, found).run(columns, rows, theta)
    calling = Kernel(program, False, lanes, found, in_order([*looped, *called])).run(columns, rows, theta)
    assert [bits(x) for x in calling] == [bits(x) for x in written_out]
    return called


def attention(xs: Sequence[Value]) -> Value:
    """Each number looks back at all before it: the turns grow from place to place."""
    total = xs[0] * 0.5
    for k in range(1, len(xs)):
        shares = softmax([xs[k] * x for x in xs[:k]])
        total = (total + dot(shares, [x.relu() for x in xs[:k]])).tanh()
    return total


@pytest.mark.parametrize("kind", ["values", "value_and_grad", "hessian", "jacobian", "vjp", "jvp", "hvp"])
@pytest.mark.parametrize("rows", [1, 8, 11])
def test_every_derivative_calls_bodies(kind: str, rows: int) -> None:
    assert_called_bits(derived(attention, kind, 5), rows)


@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
def test_any_number_of_lanes_calls_bodies(lanes: int) -> None:
    called = assert_called_bits(derived(attention, "value_and_grad", 9), 17, lanes)
    assert len({run.last - run.first for run in called}) > 3  # runs of different lengths
    assert any(run.first > 0 for run in called)  # of one body


def test_bodies_stand_beside_repeats_and_products_of_layers() -> None:
    model = GPT(17, Shape(width=16, heads=2, positions=4), seed=1)
    numbers, weights = [0.1] * 17 * 5, [1.0] * 4
    fast = autograd.compile(lambda xs: loss(model, xs, weights), model.parameters(), example=[numbers])
    program = PROGRAMS["value_and_grad"](fast.program)
    assert len(loops(program).layers) > 20
    for lanes in (1, 8):
        assert_called_bits(program, 9, lanes, looping=True)


def test_results_of_bodies_are_rows() -> None:
    def several(xs: Sequence[Value]) -> list[Value]:
        return [(x * 1.5).sin() + k for k, x in enumerate(xs)]

    for kind in ("values", "jacobian"):
        assert_called_bits(derived(several, kind, 6))


def test_nothing_is_called_where_nothing_recurs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "OCCURRENCES", 4)

    def f(xs: Sequence[Value]) -> Value:
        return ((xs[0].sin() * xs[1]).exp() + xs[2]).tanh() / xs[1].cosh()

    program = derived(f, "value_and_grad", 3)
    assert runs(Steps(program, loops(program)), []) == []


def test_large_programs_call_bodies_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy, "RECURRING", 300)
    monkeypatch.setattr(strategy, "ROLLED", 300)
    fast = autograd.compile(attention, example=[[0.1 * k for k in range(12)]])
    xs = np.random.default_rng(3).normal(size=12)
    leaves = [Value(x) for x in xs.tolist()]
    y = attention(leaves)
    y.backward()
    value, slopes = fast.value_and_grad(xs)
    assert bits([value, *slopes[0]]) == bits([y.data, *[x.grad for x in leaves]])
    assert "@body0(" in fast.inspect_llvm("value_and_grad")


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_random_programs_keep_their_bits(seed: int) -> None:
    """Phrases of random ops, at random places on random operands, between other ops."""
    rng = random.Random(seed)
    phrases = [
        [(rng.choice(("add", "multiply", "sin", "maximum", "relu")), rng.randrange(1, 9), rng.randrange(1, 9))
         for _ in range(rng.randrange(2, 7))] for _ in range(3)
    ]  # fmt: skip

    def f(xs: Sequence[Value]) -> Value:
        known = [*xs, *[x * 0.5 for x in xs]]
        for _ in range(20):
            for name, a, b in rng.choice(phrases):
                x, z = known[-a], known[-rng.choice((a, b))]
                known.append({"add": x + z, "multiply": 0.5 * x * z, "sin": x.sin(), "relu": x.relu()}.get(name)
                             or autograd.maximum(x, z))  # fmt: skip
        return autograd.sum(known[-5:])

    state = rng.getstate()

    def same(xs: Sequence[Value]) -> Value:
        rng.setstate(state)
        return f(xs)

    for kind in ("values", "value_and_grad"):
        program = derived(same, kind, 5)
        if runs(Steps(program, loops(program)), []):
            assert_called_bits(program, 9)
