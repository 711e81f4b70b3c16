"""What a program repeats becomes a loop, and no bit of any result changes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, where
from autograd.compiler.llvm.find_loops import loops
from autograd.compiler.llvm.fold import fold_long
from autograd.compiler.llvm.repeats import Carried, Fixed, Repeat, Same, Steps, Varying, repeats
from autograd.compiler.runtime.kernel import Kernel
from autograd.lowering.program import Program
from autograd.lowering.programs import PROGRAMS, with_one_guard
from autograd.value import parameter
from tests.compiler.test_edges import bits

Function = Callable[..., Value]


@pytest.fixture(autouse=True)
def _short_repeats_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.compiler.llvm.repeats.SAVED", 2)
    monkeypatch.setattr("autograd.compiler.llvm.repeats.TURNS", 3)


def derived(f: Function, kind: str = "value_and_grad", parameters: Sequence[Value] = (), count: int = 2) -> Program:
    program = autograd.compile(f, parameters, example=[0.5] * count).program
    return fold_long(with_one_guard(PROGRAMS[kind](program)))


def assert_rolled_bits(program: Program, rows: int = 11, theta: Sequence[float] = (), lanes: int | None = None) -> None:
    """Compare the code with loops, which there must be, with the same program written out."""
    found = loops(program)
    repeated = repeats(Steps(program, found))
    assert repeated
    columns = list(np.random.default_rng(rows).uniform(0.1, 1.5, size=(len(program.arguments), rows)))
    written_out = Kernel(program, False, lanes, found).run(columns, rows, np.array(theta))
    rolled = Kernel(program, False, lanes, found, repeated).run(columns, rows, np.array(theta))
    assert [bits(x) for x in rolled] == [bits(x) for x in written_out]


def spring(turns: int) -> Function:
    def energy(x: Value, v: Value) -> Value:
        for _ in range(turns):
            x, v = x + 0.1 * v, v - 0.1 * x.sin()
        return x * x + v * v

    return energy


@pytest.mark.parametrize("turns", [0, 1, 7, 8, 9, 1_000])
def test_a_loop_of_any_number_of_turns_has_the_engines_bits(turns: int) -> None:
    fast = autograd.compile(spring(turns))
    points = np.random.default_rng(turns).normal(size=(2, 5))
    values, slopes = fast.value_and_grad(*points)
    for k, point in enumerate(points.T.tolist()):
        xs = [Value(x) for x in point]
        y = spring(turns)(*xs)
        y.backward()
        assert bits([values[k], *[s[k] for s in slopes]]) == bits([y.data, *[x.grad for x in xs]])


@pytest.mark.parametrize("kind", ["values", "value_and_grad", "hessian", "jacobian", "vjp", "jvp", "hvp"])
@pytest.mark.parametrize("rows", [1, 7, 8, 9, 70])
def test_every_derivative_is_rolled(kind: str, rows: int) -> None:
    assert_rolled_bits(derived(spring(20), kind), rows)


@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
def test_any_number_of_lanes_is_rolled(lanes: int) -> None:
    assert_rolled_bits(derived(spring(20)), 17, lanes=lanes)


def test_the_code_hangs_on_the_body_and_not_on_the_turns() -> None:
    sizes = []
    for turns in (50, 500):
        program = derived(spring(turns))
        found = loops(program)
        sizes.append(len(Kernel(program, False, 1, found, repeats(Steps(program, found))).code.text))
    assert sizes[1] < 1.1 * sizes[0]


def nested(x: Value, v: Value) -> Value:
    for _ in range(12):
        for _ in range(5):
            x = x * 0.9 + v.tanh()
        v = v - 0.1 * x
    return x + v


def branching(x: Value, v: Value) -> Value:
    for _ in range(15):
        x = where(x > v, x * 0.9, x + 0.1 * v) + autograd.maximum(x, v).relu()
        v = v * 0.5 if v > -10.0 else v
    return x * v


def two_back(x: Value, v: Value) -> Value:
    """Each term is computed from the two before it."""
    series = [x, v]
    for _ in range(30):
        series.append(0.5 * series[-1] + 0.3 * series[-2].sin())
    return autograd.sum(series)


def odd_strides(x: Value, v: Value) -> Value:
    """One operand of a turn lies at places without a rule."""
    rng = random.Random(0)
    pool = [x * k + v for k in range(1, 40)]
    total = x
    for _ in range(40):
        total = (total * 0.9 + x).sin() * v + rng.choice(pool)
    return total


def scattered(x: Value, v: Value) -> Value:
    """Most operands of a turn do."""
    rng = random.Random(0)
    pool = [(x * k + v).sin() for k in range(1, 40)]
    return autograd.sum([rng.choice(pool) * rng.choice(pool) for _ in range(100)])


def alternating(x: Value, v: Value) -> Value:
    """Turns of equal ops, every other one on the other argument."""
    for k in range(20):
        x, v = (x + v * v, v) if k % 2 else (v, x * x + v)
    return x


def constants(x: Value, v: Value) -> Value:
    for k in range(20):
        x = x * (1.0 + 1.0 / (k + 1)) + v * float((-1) ** k)
    return x.tanh() + v


def results_inside(x: Value, v: Value) -> list[Value]:  # type: ignore[misc]
    kept = []
    for k in range(30):
        x = x * 0.9 + v.sin()
        if k % 3 == 0:
            kept.append(x)
    return [*kept, x * v]


FUNCTIONS = [nested, branching, two_back, odd_strides, alternating, constants]


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("rows", [1, 13])
def test_whatever_a_turn_reads_its_bits_are_those_of_written_out_code(f: Function, rows: int) -> None:
    for kind in ("values", "value_and_grad", "hessian"):
        assert_rolled_bits(derived(f, kind), rows)


@pytest.mark.parametrize("kind", ["values", "jacobian", "vjp"])
def test_results_within_a_loop_are_delivered(kind: str) -> None:
    assert_rolled_bits(derived(results_inside, kind), 13)  # type: ignore[arg-type]


def test_parameters_and_their_sums_are_rolled() -> None:
    weights = [parameter(0.1 * k - 0.7) for k in range(20)]

    def loss(x: Value, t: Value) -> Value:
        for w in weights:
            x = (w * x + t).tanh()
        return (x - t) ** 2

    program = derived(loss, parameters=weights)
    assert_rolled_bits(program, 70, theta=[w.data for w in weights])
    kinds = {x.kind for repeat in repeats(Steps(program, loops(program))) for each in repeat.operands for x in each
             if isinstance(x, Varying)}  # fmt: skip
    assert "parameter" in kinds


def test_many_arguments_are_read_and_their_gradients_written_by_loops() -> None:
    def rosenbrock(*x: Value) -> Value:
        return autograd.sum([100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])

    program = derived(rosenbrock, count=100)
    assert_rolled_bits(program, 9)
    found = loops(program)
    text = Kernel(program, False, 4, found, repeats(Steps(program, found))).code.text
    assert text.count("fmul") < 100


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_threads_run_loops_with_the_same_bits(threads: int) -> None:
    points = np.random.default_rng(0).normal(size=(2, 20_000))
    one = autograd.compile(spring(200), threads=1).value_and_grad(*points)
    many = autograd.compile(spring(200), threads=threads).value_and_grad(*points)
    assert bits(many[0]) == bits(one[0])
    assert bits(np.array(many[1])) == bits(np.array(one[1]))


def test_the_operands_of_a_body_are_read_off() -> None:
    program = derived(lambda x, v: spring(20)(x, v), "values")
    (repeat,) = repeats(Steps(program, loops(program)))
    assert isinstance(repeat, Repeat)
    kinds = {type(x) for each in repeat.operands for x in each}
    assert kinds == {Same, Carried, Fixed}


def test_operands_scattered_without_a_rule_make_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    program = derived(scattered, "values")
    looped = {int(n) for repeat in repeats(Steps(program, loops(program))) for n in repeat.looped.ravel()}
    sines = {n for n, instruction in enumerate(program.code) if instruction.op == "sin"}
    products = {n for n, x in enumerate(program.code) if x.op == "multiply" and sines.issuperset(x.inputs)}
    assert len(products) > 90
    assert not products & looped


def test_what_does_not_repeat_is_left_alone() -> None:
    program = derived(lambda x, v: (x * v).sin() + x.exp() * v.tanh() - x / v)
    assert repeats(Steps(program, loops(program))) == []


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_random_programs_with_a_repetition_keep_their_bits(seed: int) -> None:
    """A body of random ops on random operands: of its own, of earlier turns, of before the loop."""
    rng = random.Random(seed)
    ops = [
        (
            rng.choice(("add", "multiply", "subtract", "sin", "tanh", "maximum")),
            rng.randrange(1, 9),
            rng.randrange(1, 9),
        )
        for _ in range(rng.randrange(2, 7))
    ]

    def f(x: Value, v: Value) -> Value:
        known = [x, v, x * v, x + 1.0, v * 0.5, x - v, x.sin(), v.cos(), x * x]
        for _ in range(8):
            for name, a, b in ops:
                op = getattr(autograd, name, None) or {"add": Value.__add__, "multiply": Value.__mul__,
                                                       "subtract": Value.__sub__}[name]  # fmt: skip
                y = op(known[-a]) if name in ("sin", "tanh") else op(known[-a], known[-b])
                known.append(y * 0.5)
        return autograd.sum(known[-5:])

    for kind in ("values", "value_and_grad"):
        program = derived(f, kind)
        if repeats(Steps(program, loops(program))):
            assert_rolled_bits(program, 9)
