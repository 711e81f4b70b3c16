"""Random graphs: forward and gradient against mpmath, and the ways of differentiating against each other."""

from __future__ import annotations

import copy
import pickle
import random
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from oracle import EPSILON, TRUTH, bits, exact, first, mp
from strategies import Recipe, graphs

from autograd import Value, backward_pass, grad, topological_order
from autograd.backward import prepare_pass
from autograd.graph import computed_order
from autograd.ops import CONSTANT, OPS

recipes = graphs()


def truth(recipe: Recipe, disturb: random.Random | None = None) -> Any:
    """The recipe as a function of mpmath numbers; every result may be disturbed by up to 4 units in the last place."""
    noise = [disturb.uniform(-4.0, 4.0) * EPSILON if disturb else 0.0 for _ in recipe.steps]

    def f(*leaves: Any) -> Any:
        factors = iter(noise)

        def apply(step: Any, operands: list[Any]) -> Any:
            return TRUTH[step.op](*exact(operands)) * (1 + mp.mpf(next(factors)))

        return recipe.run(leaves, apply)[-1]

    return f


def true_with_uncertainty(recipe: Recipe, quantity: Any) -> tuple[Any, Any]:
    """A quantity of the exact function, and how much it moves when every step is off by a few ulps."""
    true = quantity(truth(recipe))
    rng = random.Random(0)
    moves = [abs(quantity(truth(recipe, rng)) - true) for _ in range(4)]
    return true, 16 * max(moves) + 4 * EPSILON * abs(true) + mp.mpf(1e-300)


@given(recipes)
@settings(max_examples=300)
def test_forward_is_right(recipe: Recipe) -> None:
    true, allowed = true_with_uncertainty(recipe, lambda f: f(*exact(recipe.leaves)))
    _, root = recipe.record()
    assert abs(mp.mpf(root.data) - true) <= allowed
    assert bits(root.data) == bits(recipe.numbers()[-1])


@given(recipes, st.data())
@settings(max_examples=400)
def test_gradient_is_right(recipe: Recipe, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, len(recipe.leaves) - 1))
    true, allowed = true_with_uncertainty(recipe, lambda f: first(f, exact(recipe.leaves), k))
    leaves, root = recipe.record()
    (got,) = grad(root, [leaves[k]])
    event("depends on the leaf" if true else "does not")
    # A partial is right to op.ulps of itself, so that no disturbance of the results need show its error.
    allowed += 64 * EPSILON * sum_of_absolute_paths(root, leaves[k])
    assert abs(mp.mpf(got) - true) <= allowed


def sum_of_absolute_paths(root: Value, leaf: Value) -> float:
    """The gradient with every partial replaced by its magnitude: what rounding errors of partials are relative to."""
    size = dict.fromkeys(topological_order(root), 0.0)
    size[root] = 1.0
    for node in reversed([*size]):
        for input, partial in zip(node.inputs, node.partials, strict=True):
            size[input] += size[node] * abs(partial or 0.0)
    return size.get(leaf, 0.0)


@given(recipes)
@settings(max_examples=400)
def test_backward_and_grad_agree_bit_for_bit(recipe: Recipe) -> None:
    leaves, root = recipe.record()
    nodes = topological_order(root)
    asked = [*leaves, *[node for node in nodes if node.op is not CONSTANT]]
    floats = grad(root, asked)
    recorded = [slope.data for slope in grad(root, asked, create_graph=True)]
    assert all(x.grad == 0.0 for x in asked)
    root.backward()
    assert [bits(x.grad + 0.0) for x in asked] == [bits(x + 0.0) for x in floats]
    assert [bits(x + 0.0) for x in recorded] == [bits(x + 0.0) for x in floats]
    assert all(node.grad == 0.0 for node in nodes if node.op is CONSTANT)


@given(recipes)
@settings(max_examples=200)
def test_two_passes_double_and_two_losses_add_up(recipe: Recipe) -> None:
    leaves, root = recipe.record()
    once = grad(root, leaves)
    root.backward()
    root.backward()
    assert [x.grad for x in leaves] == [2.0 * x for x in once]
    other = root * root
    other.backward()
    assert [x.grad for x in leaves] == [(x + x) + y for x, y in zip(once, grad(other, leaves), strict=True)]


@given(recipes)
@settings(max_examples=200)
def test_order_puts_inputs_first_and_names_each_node_once(recipe: Recipe) -> None:
    _, root = recipe.record()
    order = topological_order(root)
    place = {node: k for k, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is root
    assert all(place[input] < place[node] for node in order for input in node.inputs)
    assert topological_order(root) == order
    computed = [node for node in order if node.inputs]
    assert prepare_pass(root, float("0"))[0][::-1] == computed_order([root]) == computed
    assert computed == sorted(computed, key=lambda node: node.serial)
    for node in backward_pass(root):
        assert node.inputs
        del place[node]
    assert not [node for node in place if node.inputs and node.grad != 0.0]


@given(recipes)
@settings(max_examples=200)
def test_copies_are_equal_and_separate(recipe: Recipe) -> None:
    _, root = recipe.record()
    for copied in (copy.deepcopy(root), pickle.loads(pickle.dumps(root))):
        old, new = topological_order(root), topological_order(copied)
        assert not {*old} & {*new}
        number = {node: k for k, node in enumerate(old)} | {node: k for k, node in enumerate(new)}

        def described(node: Value, number: dict[Value, int] = number) -> tuple[Any, ...]:
            return node.data, node.label, node.grad, node.op, [number[x] for x in node.inputs], node.partials

        assert [*map(described, old)] == [*map(described, new)]
        assert all(
            [id(p) for p, q in zip(a.partials, b.partials, strict=True) if type(p) is not float]
            == [id(q) for p, q in zip(a.partials, b.partials, strict=True) if type(p) is not float]
            for a, b in zip(old, new, strict=True)
        )


def test_random_graphs_use_every_op() -> None:
    used: set[str] = set()

    @given(recipes)
    @settings(max_examples=300)
    def collect(recipe: Recipe) -> None:
        used.update(step.op for step in recipe.steps)

    collect()
    assert used >= {*OPS} - {"detach"}
