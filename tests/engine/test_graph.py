"""Orders over a graph: deterministic, complete, inputs first."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy

from autograd import Value, grad, maximum, topological_order, where
from autograd.backward import prepare_pass
from autograd.graph import computed_order
from autograd.pickling import copy_graph


def test_order_of_a_small_graph() -> None:
    x, w, b = Value(1.0, "x"), Value(2.0, "w"), Value(3.0, "b")
    product = w * x
    y = product + b
    assert topological_order(y) == [w, x, product, b, y]
    assert topological_order(x) == [x]


def test_order_of_shared_nodes_and_duplicates() -> None:
    x = Value(2.0)
    square = x * x
    y = square * square + square
    order = topological_order(y)
    assert order[:2] == [x, square]
    assert len(order) == 4
    assert computed_order([y]) == order[1:]
    assert computed_order([square, y]) == order[1:]
    assert computed_order([x]) == []


def test_order_includes_branches_that_were_not_taken() -> None:
    x = Value(2.0)
    other = x * 5.0
    y = where(True, x, other)
    assert other in topological_order(y)


def test_resetting_marks_computed_nodes_and_sets_the_gradients_of_leaves_aside() -> None:
    x, z = Value(2.0), Value(3.0)
    y = maximum(x * z, x)
    unreached = float("0")
    order, leaf_gradients = prepare_pass(y, unreached)
    assert order == computed_order([y])[::-1]
    assert all(node.grad is unreached for node in order)
    assert leaf_gradients == {}
    x.grad = 1.5
    assert prepare_pass(y, unreached)[1] == {x: 1.5}
    assert x.grad == 0.0
    assert prepare_pass(z, unreached) == ([], {})


def test_the_order_is_that_of_creation_whichever_way_a_graph_is_walked() -> None:
    x = Value(2.0)
    first, second, third = x * 2.0, x * 3.0, x * 4.0
    late = third + first
    root = late * second
    assert computed_order([root]) == [first, second, third, late, root]
    assert computed_order([root, second, root]) == [first, second, third, late, root]
    twin = deepcopy(root)
    assert [node.data for node in computed_order([twin])] == [4.0, 6.0, 8.0, 12.0, 72.0]


def test_copy_of_a_graph_reuses_the_memo() -> None:
    x = Value(2.0)
    y = x * x
    memo: dict[int, object] = {}
    first = copy_graph(y, memo)
    assert copy_graph(y, memo) is first
    assert first.inputs[0] is first.inputs[1] is copy_graph(x, memo)
    assert first.partials == y.partials
    assert y.inputs == (x, x)


PROGRAM = """
from autograd import Value, grad, topological_order
xs = [Value(0.1 * k, f"x{k}") for k in range(20)]
ys = [x * z + x for x in xs for z in xs[:5]]
y = sum(ys).tanh()
print([node.label or node.op.name for node in topological_order(y)], grad(y, xs))
"""


def test_order_and_gradients_do_not_depend_on_the_hash_seed() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    ]
    assert runs[0] == runs[1] != ""


def test_order_of_construction_does_not_change_the_gradient() -> None:
    x, z = Value(0.3), Value(0.7)
    a, b = x * z, x.sin()
    d, c = x.sin(), x * z
    assert grad(a + b, [x, z]) == grad(c + d, [x, z])
