"""Reading parameters by machine code."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compiler.runtime.parameters import Reader
from autograd.value import parameter
from nn import Neuron


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_numbers_are_read_as_they_are_now(count: int) -> None:
    values = [parameter(0.5 * k, str(k)) for k in range(count)]
    reader = Reader(values)
    assert reader.read().tolist() == [0.5 * k for k in range(count)]
    for k, value in enumerate(values):
        value.data = np.float64(-k)
    assert reader.read().tolist() == [-float(k) for k in range(count)]


def test_every_kind_of_number_is_read() -> None:
    numbers = [-0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308, 3, True]
    values = [Value(0.0) for _ in numbers]
    for value, number in zip(values, numbers, strict=True):
        value.data = number
    computed = values[5] * 0.5
    assert Reader([*values, computed]).read().tobytes() == np.array([*numbers, computed.data], dtype=float).tobytes()


def test_another_thread_may_assign_meanwhile() -> None:
    values = [parameter(1.0) for _ in range(2000)]
    reader, stop = Reader(values), threading.Event()

    def assign() -> None:
        k = 0.0
        while not stop.is_set():
            k = 1.0 if k == 2.0 else 2.0
            for value in values:
                value.data = k * 1.0

    thread = threading.Thread(target=assign)
    thread.start()
    try:
        for _ in range(200):
            assert set(reader.read().tolist()) <= {1.0, 2.0}
    finally:
        stop.set()
        thread.join()


def test_a_compiled_function_reads_at_every_call() -> None:
    w = parameter(2.0)
    fast = autograd.compile(lambda x: w * x, [w])
    assert fast(3.0) == 6.0
    w.data = 5
    assert fast(3.0) == 15.0


def test_numbers_from_a_state_dict_are_read_at_every_call() -> None:
    model = Neuron(1, "identity", seed=0)
    fast = autograd.compile(lambda x: x * sum(model.state_dict().values()), model.parameters())
    for bias in (0.5, -3.0):
        model.bias.data = bias
        assert fast([2.0])[0] == 2.0 * sum(model.state_dict().values())
