"""`fit(native=True)` gives what `fit` gives, to the last bit."""

from __future__ import annotations

import gc
import math
import weakref
from functools import partial

import pytest

import nn
from autograd import where
from autograd.compiler import GuardError, compile
from autograd.compiler.runtime.training_loop import gradient_kernel
from nn import MLP, SGD, Adam, fit

XOR = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
EXCLUSIVE = [0.0, 1.0, 1.0, 0.0]


def both_ways(make, inputs, targets, **settings):
    """Train twice, from the same start, and give each run's losses and parameters."""
    for native in (False, True):
        model, optimizer = make()
        losses = fit(model, inputs, targets, optimizer=optimizer, progress=False, native=native, **settings)
        yield losses, [p.data for p in model.parameters()], optimizer.memory, optimizer.steps


def assert_same(make, inputs, targets, **settings):
    eager, native = both_ways(make, inputs, targets, **settings)
    assert native == eager  # losses, parameters and what the optimizer remembers: every bit


@pytest.mark.parametrize("batch_size", [None, 3, 1])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("optimizer", [lambda p: SGD(p, 0.3, 0.9, 1e-3, 2e-3), lambda p: Adam(p, 0.02)])
def test_losses_are_the_same(optimizer, reduction, batch_size):
    def make():
        model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=0)
        return model, optimizer(model.parameters())

    settings = {"loss": nn.half_squared_error, "epochs": 50, "batch_size": batch_size, "reduction": reduction}
    assert_same(make, XOR, EXCLUSIVE, **settings)


LOSSES = [
    (partial(nn.half_squared_error, tolerance=0.4), [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.5]], 2),
    (nn.hinge_loss, [1.0, -1.0, 1.0, -1.0], 1),
    (nn.binary_cross_entropy_with_logits, EXCLUSIVE, 1),
    (nn.mean_squared_error, [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.5]], 2),
    (nn.cross_entropy, [0, 2, 1, 2], 3),
    (nn.cross_entropy, [[0.2, 0.8], [1.0, 0.0], [0.5, 0.5], [0.0, 1.0]], 2),
]


@pytest.mark.parametrize(("loss", "targets", "outputs"), LOSSES)
def test_every_loss_trains_natively(loss, targets, outputs):
    def make():
        model = MLP(2, [4, outputs], activation="tanh", seed=0)
        return model, SGD(model.parameters(), lr=0.1)

    assert_same(make, XOR, targets, loss=loss, epochs=30)


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 8, 9, 16, 37])
def test_sums_over_any_number_of_rows_are_the_same(rows):
    """Both add in eight running totals; a class's number, or its column, must not change the order within a row."""
    inputs = [[math.sin(3.0 * k), math.cos(7.0 * k)] for k in range(rows)]

    def make():
        model = MLP(2, [5, 3], activation="gelu", seed=0)
        return model, Adam(model.parameters(), lr=0.1)

    for batch_size in (None, 5):
        settings = {"loss": nn.cross_entropy, "epochs": 5, "batch_size": batch_size}
        assert_same(make, inputs, [k % 3 for k in range(rows)], **settings)


def test_parameters_that_are_not_trained_stay():
    def make():
        model = MLP(2, [3, 1], activation="tanh", seed=0)
        return model, SGD(model.layers[1].parameters(), lr=0.1)

    assert_same(make, XOR, EXCLUSIVE, loss=nn.mean_squared_error, epochs=10)


def test_a_callback_sees_the_parameters_and_may_stop():
    model = MLP(2, [2, 1], activation="tanh", seed=0)
    optimizer = SGD(model.parameters(), lr=0.1)
    seen = []

    def callback(epoch, loss):
        seen.append((epoch, loss, model.parameters()[0].data))
        return epoch == 3

    losses = fit(
        model, XOR, EXCLUSIVE, loss=nn.mean_squared_error, optimizer=optimizer, epochs=10, callback=callback,
        progress=False, native=True,
    )  # fmt: skip
    assert [epoch for epoch, _, _ in seen] == [1, 2, 3]
    assert [loss for _, loss, _ in seen] == losses
    assert len({data for _, _, data in seen}) == 3
    assert seen[-1][2] == model.parameters()[0].data
    assert optimizer.steps == 3


def test_training_goes_on_where_it_stopped():
    model, twin = (MLP(2, [2, 1], activation="tanh", seed=0) for _ in range(2))
    optimizer, other = Adam(model.parameters(), lr=0.05), Adam(twin.parameters(), lr=0.05)
    settings = {"loss": nn.mean_squared_error, "progress": False, "native": True}
    halves = [fit(model, XOR, EXCLUSIVE, optimizer=optimizer, epochs=20, **settings) for _ in range(2)]
    assert halves[0] + halves[1] == fit(twin, XOR, EXCLUSIVE, optimizer=other, epochs=40, **settings)


def test_rows_that_leave_the_traced_path_stop_the_run_before_their_step():
    model = MLP(1, [1], activation="identity")
    data = [p.data for p in model.parameters()]

    def branching(output, target):
        return (output - target) ** 2 if target > 0.5 else where(target > 0, output, -output)

    with pytest.raises(GuardError, match="2 of 3 rows: 1, 2"):
        fit(
            model, [[1.0], [2.0], [3.0]], [1.0, 0.0, 0.0], loss=branching, epochs=5,
            optimizer=SGD(model.parameters(), lr=0.1), progress=False, native=True,
        )  # fmt: skip
    assert [p.data for p in model.parameters()] == data


def test_a_function_dies_with_the_kernels_of_its_training():
    function = compile(lambda x: x * x, example=[2.0])
    assert gradient_kernel(function, 2) is gradient_kernel(function, 2)
    assert gradient_kernel(function, 2) is not gradient_kernel(function, 4)
    remaining = weakref.ref(function)
    del function
    gc.collect()
    assert remaining() is None


def test_a_rule_that_branches_is_refused():
    class Clipping(SGD):
        @staticmethod
        def rule(data, grad, memory, step, *settings):
            return data - (grad if grad < 1.0 else 1.0), memory

    model = MLP(1, [1])
    settings = {"loss": nn.mean_squared_error, "epochs": 1, "progress": False, "native": True}
    with pytest.raises(TypeError, match=r"must not branch.*grad < 1\.0.*use where"):
        fit(model, [1.0], [1.0], optimizer=Clipping(model.parameters(), lr=0.1), **settings)


def guarded(output, target):
    return (output - target) ** 2 if output < 1e9 else output


@pytest.mark.parametrize("loss", [nn.half_squared_error, guarded])
def test_more_rows_than_a_block_have_the_same_bits_with_and_without_guards(loss):
    def make():
        model = MLP(1, [1], seed=1)
        return model, SGD(model.parameters(), lr=0.1)

    xs = [[0.001 * (k % 1000) - 0.3] for k in range(8200)]
    assert_same(make, xs, [0.5 * x[0] for x in xs], loss=loss, epochs=2)
