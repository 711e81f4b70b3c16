"""What `scale.py` builds, and all that it does to each: large graphs whose derivative is known."""

from __future__ import annotations

import copy
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from autograd import Value, draw, grad, load_recording, record_steps, topological_order
from autograd import sum as sum_of
from autograd.debugger import Session

MILLION: Final = 1_000_000

# Shapes: each gives a root, and what its derivative with respect to its first leaf is.


def chain(size: int) -> tuple[Value, Value, float]:
    """A chain y = y + x: as deep as it is large."""
    x = y = Value(1.0, "x")
    for _ in range(size):
        y = y + x
    return y, x, size + 1.0


def wide(size: int) -> tuple[Value, Value, float]:
    """One node with so many inputs."""
    leaves = [Value(0.5) for _ in range(size)]
    return sum_of(leaves), leaves[0], 1.0


def diamonds(size: int) -> tuple[Value, Value, float]:
    """Diamonds in a row: 2**size paths from root to leaf."""
    x = y = Value(0.5, "x")
    for _ in range(size):
        y = (y + y) * 0.5
    return y, x, 1.0


SHAPES: Final = {
    "a chain of {:,} nodes": (chain, MILLION),
    "a sum of {:,} leaves": (wide, MILLION),
    "{:,} shared diamonds": (diamonds, 100_000),
}


# What is done to each. Each deed raises if the answer is wrong.


def backward(root: Value, leaf: Value, slope: float) -> None:
    root.backward()
    assert leaf.grad == slope, leaf.grad
    leaf.grad = 0.0


def differentiate(root: Value, leaf: Value, slope: float) -> None:
    assert grad(root, [leaf]) == [slope]


def order(root: Value, leaf: Value, slope: float) -> None:
    nodes = topological_order(root)
    assert nodes[-1] is root
    assert leaf in nodes


def print_it(root: Value, leaf: Value, slope: float) -> None:
    assert len(repr(root)) < 80


def copy_it(root: Value, leaf: Value, slope: float) -> None:
    twin = copy.deepcopy(root)
    assert twin.data == root.data
    assert twin is not root
    assert len(twin.inputs) == len(root.inputs)


def pickle_it(root: Value, leaf: Value, slope: float) -> None:
    twin = pickle.loads(pickle.dumps(root))
    assert twin.data == root.data
    nodes = topological_order(twin)
    assert grad(twin, nodes[:1]) == [slope]


def draw_it(root: Value, leaf: Value, slope: float) -> None:
    """Fold it to a picture that can be looked at, or refuse: Graphviz would take hours."""
    try:
        told = draw(root).source
    except ValueError as refusal:
        told = str(refusal)
    assert told.count("\n") < 2000


def record_it(root: Value, leaf: Value, slope: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        record_steps(root).save(Path(folder) / "steps")
        loaded = load_recording(Path(folder) / "steps").passes[0]
    assert loaded.root.data == root.data
    leaf.grad = 0.0


def debug_it(root: Value, leaf: Value, slope: float) -> None:
    session = Session(root)
    session.step()
    assert "> step 1/" in str(session.reverse_step())
    session.abandon()


DEEDS: Final[dict[str, Callable[[Value, Value, float], None]]] = {
    "backward": backward,
    "grad": differentiate,
    "order": order,
    "repr": print_it,
    "deepcopy": copy_it,
    "pickle": pickle_it,
    "draw": draw_it,
    "record, save and load": record_it,
    "debug": debug_it,
}
