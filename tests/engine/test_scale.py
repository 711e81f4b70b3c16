"""A million nodes in a chain, a hundred thousand inputs of one node: no recursion, no garbage, no surprise."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import tracemalloc
from collections.abc import Iterator

import pytest

from autograd import Value, check_grads, dot, grad, logsumexp
from autograd import sum as sum_of

MILLION = 1_000_000


@pytest.fixture(autouse=True)
def _without_the_collector() -> Iterator[None]:
    """The recursion limit is the default one, and nothing here may need the garbage collector."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    gc.disable()
    yield
    gc.enable()
    sys.setrecursionlimit(limit)


def chain_of_sums(x: Value, length: int) -> Value:
    y = x
    for _ in range(length):
        y = y + x
    return y


def test_a_chain_of_a_million_nodes() -> None:
    x = Value(1.0)
    y = chain_of_sums(x, MILLION)
    assert y.data == MILLION + 1
    assert repr(y) == "Value(data=1000001.0, grad=0.0, op='+')"
    y.backward()
    assert x.grad == MILLION + 1
    assert grad(y, [x]) == [MILLION + 1]
    copied = copy.deepcopy(y)
    assert copied.data == y.data
    assert copied.inputs[1] is not x
    del copied
    restored = pickle.loads(pickle.dumps(y))
    assert restored.data == y.data
    assert grad(restored, [restored.inputs[1]]) == [MILLION + 1]


def test_create_graph_and_a_second_order_on_a_deep_chain() -> None:
    x = Value(0.5)
    y = x
    for _ in range(10_000):
        y = y.sin() + x
    (slope,) = grad(y, [x], create_graph=True)
    assert slope.data == grad(y, [x])[0]
    assert len(grad(slope, [x])) == 1


@pytest.mark.parametrize("f", [sum_of, logsumexp, lambda xs: dot(xs[::2], xs[1::2])], ids=["sum", "logsumexp", "dot"])
def test_one_node_with_a_hundred_thousand_inputs(f: object) -> None:
    xs = [Value(1e-3) for _ in range(100_000)]
    y = f(xs)  # type: ignore[operator]
    assert len(y.inputs) == 100_000
    assert "\n" not in repr(y)
    assert len(repr(y)) < 80
    y.backward()
    expected = y.partials[0]
    assert all(x.grad == expected for x in xs)
    assert grad(y, xs) == [expected] * 100_000
    assert copy.deepcopy(y).partials == y.partials
    assert pickle.loads(pickle.dumps(y)).partials == y.partials


def test_a_hundred_thousand_diamonds() -> None:
    x = Value(0.5)
    y = x
    for _ in range(100_000):
        y = (y + y) * 0.5
    assert grad(y, [x]) == [1.0]


def test_a_node_takes_at_most_320_bytes_and_gives_them_back() -> None:
    x = Value(1.0)
    chain_of_sums(x, 20_000).backward()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    y = chain_of_sums(x, 20_000)
    built = tracemalloc.get_traced_memory()[0] - before
    y.backward()
    del y
    left = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert built / 20_000 <= 320
    assert left <= 150_000  # the interpreter keeps 2,000 pairs for whoever needs one next


def test_nodes_die_at_once_without_the_collector() -> None:
    """References are counted on a leaf: every live node that was made from it holds at least one."""
    x = Value(1.0)
    alone = sys.getrefcount(x)
    y = chain_of_sums(x, 1000)
    assert sys.getrefcount(x) > alone + 999
    slopes = grad(y, [x], create_graph=True)
    copied = copy.deepcopy(y)
    y.backward()
    del y, slopes, copied
    assert sys.getrefcount(x) == alone
    check_grads(lambda z: z * x, [2.0])
    assert sys.getrefcount(x) == alone


def test_training_steps_leave_nothing_behind() -> None:
    w, b = Value(0.1), Value(0.0)
    step_once(w, b)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(500):
        step_once(w, b)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 2_000
    assert w.data == pytest.approx(1.9, abs=1e-2)


def step_once(w: Value, b: Value) -> None:
    loss = (dot([w], [2.0], b) - 4.0) ** 2 + (dot([w], [1.0], b) - 2.1) ** 2
    loss.backward()
    for p in (w, b):
        p.data -= 0.05 * p.grad
        p.grad = 0
