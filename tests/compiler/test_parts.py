"""Large programs: long code is cut into parts and long sums into chains, and neither changes a bit."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import numpy as np
import pytest

import autograd
from autograd import Value, where
from autograd.compiler import CompiledFunction
from autograd.compiler.llvm.find_loops import loops
from autograd.compiler.llvm.fold import WIDE, fold_long
from autograd.compiler.llvm.parts import Parts, cut
from autograd.compiler.runtime.kernel import Kernel
from autograd.compiler.tape.kernel import TapeKernel
from autograd.lowering.programs import gradient_program
from tests.compiler.test_edges import bits

Function = Callable[..., Value]


def pendulum(steps: int) -> Function:
    """A damped pendulum, integrated by the classical method of Runge and Kutta."""

    def energy(angle: Value, speed: Value, gravity: Value) -> Value:
        for _ in range(steps):
            slopes = [(speed, -gravity * angle.sin() - 0.1 * speed)]
            for h in (0.005, 0.005, 0.01):
                a, s = angle + h * slopes[-1][0], speed + h * slopes[-1][1]
                slopes.append((s, -gravity * a.sin() - 0.1 * s))
            angle = angle + 0.01 / 6.0 * autograd.dot([1.0, 2.0, 2.0, 1.0], [s[0] for s in slopes])
            speed = speed + 0.01 / 6.0 * autograd.dot([1.0, 2.0, 2.0, 1.0], [s[1] for s in slopes])
        return where(speed > 0, angle * angle, speed * speed) + angle * speed

    return energy


def rosenbrock(*x: Value) -> Value:
    return autograd.sum([100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2 for a, b in itertools.pairwise(x)])


def engine_gradient(f: Function, point: list[float]) -> list[float]:
    xs = [Value(x) for x in point]
    y = f(*xs)
    y.backward()
    return [y.data, *[x.grad for x in xs]]


def assert_engine_bits(fast: CompiledFunction, f: Function, rows: np.ndarray) -> None:
    values, slopes = fast.value_and_grad(*rows)
    expected = np.array([engine_gradient(f, column.tolist()) for column in rows.T]).T
    assert bits(np.array([values, *slopes])) == bits(expected)


@pytest.mark.parametrize("rows", [1, 7, 8, 9])
def test_a_long_integration_is_cut_and_has_the_engines_bits(rows: int) -> None:
    f = pendulum(40)
    fast = autograd.compile(f)
    kernel = fast.kernel("value_and_grad")
    assert isinstance(kernel, Kernel)
    assert kernel.machine.spilled > 0
    points = np.random.default_rng(rows).normal(size=(3, rows))
    assert_engine_bits(fast, f, points)


@pytest.mark.parametrize("size", [1, 10, 100])
def test_wherever_a_program_is_cut_its_results_are_the_same(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    f = pendulum(3)
    program = autograd.compile(f).program
    monkeypatch.setattr("autograd.compiler.llvm.block.cut", lambda *program: cut(*program, size))
    kernel = Kernel(gradient_program(program), fast=False)
    points = np.random.default_rng(1).normal(size=(3, 11))
    results, _ = kernel.run(list(points), 11, np.empty(0))
    expected = np.array([engine_gradient(f, column.tolist()) for column in points.T]).T
    assert bits(results) == bits(expected)


def test_a_slot_is_used_again_when_its_result_is_needed_no_more() -> None:
    def chain(x: Value) -> Value:
        for _ in range(400):
            x = x * 0.9 + x.sin()
        return x

    program = fold_long(autograd.compile(chain).program)
    parts = cut(program, loops(program), [], [], 1, 50)
    assert isinstance(parts, Parts)
    assert len(parts.pieces) > 10
    assert parts.size < 5


def test_many_variables_are_no_work_for_a_tape() -> None:
    fast = autograd.compile(rosenbrock, example=[0.5] * 300)
    assert isinstance(fast.kernel("value_and_grad"), Kernel)
    assert_engine_bits(fast, rosenbrock, np.random.default_rng(2).normal(size=(300, 3)))


NARY = [
    lambda *x: autograd.sum(x) * x[0],
    lambda *x: autograd.dot(x[: len(x) // 2], x[-(len(x) // 2) :]),
    lambda *x: autograd.dot(x[: len(x) // 2], x[-(len(x) // 2) :], x[3]),
    lambda *x: autograd.logsumexp(x),
    lambda *x: autograd.log_softmax(x)[2],
    lambda *x: autograd.prod(x),
]


@pytest.mark.parametrize("count", [WIDE - 1, WIDE, WIDE + 1, 2 * WIDE, 2 * WIDE + 3])
@pytest.mark.parametrize("f", NARY, ids=range(len(NARY)))
def test_long_sums_are_chains_of_the_same_bits(f: Function, count: int) -> None:
    points = np.random.default_rng(count).normal(size=(count, 3))
    points[:, 1] = -0.0
    points[5, 2] = np.inf
    fast = autograd.compile(f, example=[0.5] * count)
    assert_engine_bits(fast, f, points)


def test_long_sums_take_the_tape_as_chains_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.compiler.runtime.strategy.LARGE", 1)
    f = NARY[0]
    fast = autograd.compile(f, example=[0.5] * 100)
    assert isinstance(fast.kernel("value_and_grad"), TapeKernel)
    assert_engine_bits(fast, f, np.random.default_rng(3).normal(size=(100, 2)))


def test_compiling_a_long_sum_takes_linear_time() -> None:
    def seconds(count: int) -> float:
        fast = autograd.compile(lambda *x: autograd.sum([a * a for a in x]), example=[0.5] * count)
        began = time.process_time()
        fast.kernel("value_and_grad")
        return time.process_time() - began

    seconds(10)
    assert seconds(8000) < 8.0 * max(seconds(2000), 0.2)  # a quarter of the numbers: 16 times as long if quadratic
