"""Many rows: the same bits on any number of threads, in exact mode and in fastmath."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, compile
from autograd.compiler import GuardError
from autograd.compiler.runtime import blocks
from autograd.compiler.tape.kernel import TapeKernel
from autograd.lowering.program import BLOCK
from autograd.value import parameter
from tests.compiler.test_edges import bits

w, b = parameter(0.3, "w"), parameter(-0.2, "b")


def loss(x: Value, t: Value) -> Value:
    return ((w * x + b).tanh() - t) ** 2


@pytest.fixture
def eager_threads(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Start threads for any work, and note which ones work."""
    used: set[str] = set()
    run = blocks.run_blocks

    def noting(kernel: Any, *operands: Any) -> Any:
        run_at = kernel.run_at
        monkeypatch.setattr(kernel, "run_at", lambda *xs: (used.add(threading.current_thread().name), run_at(*xs)))
        return run(kernel, *operands)

    monkeypatch.setattr("autograd.compiler.runtime.kernel.run_blocks", noting)
    monkeypatch.setattr(blocks, "WORTHWHILE", 0)
    return used


def data(rows: int) -> np.ndarray:
    return np.random.default_rng(rows).normal(size=(2, rows))


@pytest.mark.parametrize("fastmath", [False, True])
@pytest.mark.parametrize("rows", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 5 * BLOCK + 3])
def test_sums_have_the_same_bits_on_any_number_of_threads(rows: int, fastmath: bool, eager_threads: set[str]) -> None:
    columns = data(rows)
    found = []
    for threads in (1, 2, 3, 16):
        fast = compile(loss, [w, b], fastmath=fastmath, threads=threads)
        total, slopes = fast.value_and_grad(*columns)
        found.append(bits(np.array([total, *slopes])))
    assert all(other == found[0] for other in found)
    assert (len(eager_threads) > 1) == (rows > BLOCK)


@pytest.mark.parametrize("fastmath", [False, True])
@pytest.mark.parametrize("rows", [2, 9, 1000, BLOCK + 1])
def test_what_is_not_added_up_has_the_same_bits_on_any_number_of_threads(
    rows: int, fastmath: bool, eager_threads: set[str]
) -> None:
    columns = data(rows)
    found = [bits(compile(loss, [w, b], fastmath=fastmath, threads=threads)(*columns)) for threads in (1, 2, 3, 16)]
    assert all(other == found[0] for other in found)
    assert (len(eager_threads) > 1) == (rows > 8)


def test_little_work_is_left_to_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = compile(lambda x, y: x * y, threads=3)
    kernel = fast.kernel("values")
    used: list[int] = []
    run_at = kernel.run_at
    monkeypatch.setattr(kernel, "run_at", lambda *xs: (used.append(xs[3]), run_at(*xs)))
    for rows in (kernel.rows_alone, kernel.rows_alone + 2):
        columns = data(rows)
        np.testing.assert_array_equal(fast(*columns), columns[0] * columns[1])
    assert len(used) == 3
    assert sum(used) == kernel.rows_alone + 2


def test_blocks_are_added_in_their_order() -> None:
    columns = data(3 * BLOCK + 5)
    fast = compile(loss, [w, b])
    total = 0.0
    for first in range(0, columns.shape[1], BLOCK):
        total += fast.value_and_grad(*columns[:, first : first + BLOCK])[0]
    assert fast.value_and_grad(*columns)[0] == total


def test_the_tape_adds_as_machine_code_does() -> None:
    columns = data(BLOCK + 9)
    fast = compile(loss, [w, b])
    total, slopes = fast.value_and_grad(*columns)
    fast.kernels["value_and_grad"] = TapeKernel(fast.program, False, differentiate=True)
    expected, expected_slopes = fast.value_and_grad(*columns)
    assert (bits(total), bits(slopes)) == (bits(expected), bits(expected_slopes))


CALLS: list[Callable[[np.ndarray], Any]] = [
    lambda columns: compile(lambda x, y: x * y.exp(), threads=4)(*columns),
    lambda columns: compile(lambda x, y: x * y.exp(), threads=4)(columns[0], 2.0),
    lambda columns: compile(lambda x, y: x * y.exp(), threads=4).value_and_grad(*columns)[1],
    lambda columns: compile(lambda xs: xs[0] * xs[1].exp(), example=[[0.5, 0.5]], threads=4)(columns.T),
    lambda columns: compile(lambda x, y: x * y.exp(), threads=4).hvp(*columns, vector=[1.0, 2.0]),
]


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_every_kind_of_call_takes_many_rows(call: Callable[[np.ndarray], Any], eager_threads: set[str]) -> None:
    columns = data(3 * BLOCK + 1)
    whole = np.asarray(call(columns))
    parts = [np.asarray(call(columns[:, first : first + 1000])) for first in range(0, columns.shape[1], 1000)]
    np.testing.assert_array_equal(whole, np.concatenate(parts, axis=-1))
    assert len(eager_threads) > 1


def test_guards_name_rows_of_any_block() -> None:
    columns = np.ones((2, 2 * BLOCK))
    columns[0, BLOCK + 7] = -1.0
    with pytest.raises(GuardError) as caught:
        compile(lambda x, y: x if x > 0 else y)(*columns)
    assert caught.value.rows == (BLOCK + 7,)


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
def test_a_number_of_threads_is_a_positive_int(threads: Any) -> None:
    with pytest.raises(ValueError, match="threads= as a positive int, or None for all cores"):
        compile(loss, [w, b], threads=threads)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_starts_threads_of_its_own(eager_threads: set[str]) -> None:
    columns = data(3 * BLOCK)
    fast = compile(lambda x, y: autograd.hypot(x, y), threads=2)
    expected = fast(*columns)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(fast(*columns), expected) else 1)
    assert os.waitpid(child, 0)[1] == 0
