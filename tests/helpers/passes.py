"""Graphs to debug, and what a session must show at each place of their passes."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator

from autograd import Value, backward_pass, maximum, topological_order, where
from autograd.debugger import Session, noted_sources
from autograd.ops import OPS

UNARY = ("tanh", "sigmoid", "relu", "sin", "exp", "negative", "absolute", "detach", "log", "sqrt")
KINKED = (*UNARY, "softplus")
SMOOTH = ("tanh", "sigmoid", "sin", "negative", "softplus")
COMMANDS = (
    "step",
    "stepi",
    "continue_",
    "reverse_step",
    "reverse_stepi",
    "reverse_continue",
    "restart",
    "goto",
    "until",
)


def random_graph(seed: int, size: int, unary: tuple[str, ...] = UNARY, x0: float | None = None) -> Value:
    """Record a graph with shared nodes, repeated inputs, branches not taken, nan and inf, and labels that repeat."""
    rng = random.Random(seed)
    values = [Value(rng.uniform(-2.0, 2.0), f"x{k}") for k in range(4)]
    values[0].grad = 0.0
    if x0 is not None:
        values[0].data = x0
    for k in range(size):
        x, y = rng.choice(values[-6:]), rng.choice(values)
        made: Callable[[], Value] = rng.choice(
            [
                lambda x=x, y=y: x + y,
                lambda x=x, y=y: x * y,
                lambda x=x, y=y: x - 0.5 * y,
                lambda x=x, y=y: maximum(x, y) if unary is UNARY else x * y,
                lambda x=x, y=y: where(x > 0.0, x * y, y) if unary is UNARY else x - y,
                lambda x=x: OPS[rng.choice(unary)](x),
            ]
        )
        values.append(made().tanh() if rng.random() < 0.2 else made())
        values[-1].label = rng.choice(["", f"layers.{k % 3}.neurons.{k}.output", "again"])
    return values[-1]


def bits(xs: Iterator[float] | list[float]) -> bytes:
    return b"".join(struct.pack("d", x) for x in xs)


def state(session: Session) -> bytes:
    """All gradients at the cursor, to the last bit."""
    return bits([session.gradient(n).value for n in range(len(session.cursor.timeline.nodes))])


def true_states(seed: int, size: int) -> list[bytes]:
    """What plain backward_pass leaves in every .grad before each of its steps, and at its end."""
    root = random_graph(seed, size)
    order = topological_order(root)
    states = [bits([value.grad for value in order]) for _ in backward_pass(root)]
    return [*states, bits([value.grad for value in order])]


def lines_of_three() -> Session:
    """Return a session on three nodes that two lines of this file made."""
    with noted_sources():
        u = Value(3.0, "x").tanh() * 2.0
        root = u + 1.0
    return Session(root)


def order() -> Value:
    """Return a root whose two steps make two contributions each: c = b * b, b = a + a."""
    a = Value(2.0, "a")
    b = a + a
    b.label = "b"
    c = b * b
    c.label = "c"
    return c
