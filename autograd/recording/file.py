"""How passes are written to files: what `Recording.save` writes and `load_recording` reads.

A file holds what cannot be computed anew: the nodes with their partials, what leaves held before the pass, and what an
update changed. The steps follow from these: the backward pass runs again on the graph that was read, so that a file
cannot hold steps that do not belong to its graph. It is MessagePack, which keeps every bit of a float, with a digest
that tells a damaged file. Nothing in a file is ever executed.

Fields are stored by position. A new one goes to the end of its struct and has a default, so that files without it load.
Any other change of what a file means takes a class beside `File` with the next number in its tag: `encode` writes that
one, and `decode` reads both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from autograd.graph import topological_order
from autograd.op import LEAF_OPS
from autograd.ops import OPS, Op
from autograd.recording.steps import Pass
from autograd.text import escape_controls
from autograd.value import Value, new_node


class StoredNode(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """A node as a file has it; see `steps.Node`. `op` is the row's name, a partial of None carries no gradient."""

    label: str
    kind: str
    op: str | None
    data: float
    gradient: float  # what a leaf held before the pass
    inputs: Sequence[int]
    partials: Sequence[float | None]
    source: str | None


class StoredPass(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """A pass as a file has it: its nodes in topological order, and the new data of each leaf that was updated."""

    nodes: list[StoredNode]
    updates: list[tuple[int, float]]


class File(msgspec.Struct, tag_field="format", tag="scalar-autograd recording 1", forbid_unknown_fields=True):
    """A whole file: what it is, a digest of the passes, and the passes."""

    sha256: bytes
    passes: bytes


def encode(passes: Iterable[Pass]) -> bytes:
    """Return passes as the content of a file.

    Raises ValueError for an op outside the rule table, or text that is no Unicode.
    """
    stored = msgspec.msgpack.encode([store(recorded) for recorded in passes])
    return msgspec.msgpack.encode(File(hashlib.sha256(stored).digest(), stored))


def store(recorded: Pass) -> StoredPass:
    """Return a pass as a file has it, or refuse an op that no reader would know."""
    nodes = []
    for n, gradient in zip(recorded.nodes, recorded.earlier_gradients, strict=True):
        if n.op and OPS.get(n.op.name) is not n.op:
            raise ValueError(
                f"{escape_controls(n.name)} was made by {n.op}, which is not in the rule table: it cannot be saved"
            )
        op = n.op.name if n.op else None
        partials = [None if partial is None else float(partial) for partial in n.partials]
        nodes.append(StoredNode(n.label, n.kind, op, float(n.data), float(gradient), n.inputs, partials, n.source))
    return StoredPass(nodes, [(update.node, float(update.new)) for update in recorded.updates])


def decode(content: bytes) -> tuple[Pass, ...]:
    """Return the passes in the content of a file: the same nodes, steps and numbers, to the last bit.

    Raises ValueError if it is damaged, or is not what `encode` gives.
    """
    try:
        file = msgspec.msgpack.decode(content, type=File)
        if file.sha256 != hashlib.sha256(file.passes).digest():
            raise ValueError("its content is not what was saved")
        return tuple([replay(stored) for stored in msgspec.msgpack.decode(file.passes, type=list[StoredPass])])
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None


def replay(stored: StoredPass) -> Pass:
    """Build the graph of a stored pass, and run and record its backward pass again."""
    values: list[Value] = []
    for n, node in enumerate(stored.nodes):
        op = check_op(node, n)
        inputs = tuple([values[input] for input in node.inputs])
        partials = tuple(node.partials)
        values.append(
            new_node(node.data, op, inputs, partials, _label=node.label, source=node.source, _grad=node.gradient)
        )
    if not values or topological_order(values[-1]) != values:
        raise ValueError("its nodes are not those below one root, in topological order")
    leaves = check_updates(stored)

    def update() -> None:
        for n, x in leaves:
            values[n].data = x

    return Pass(values[-1], update if leaves else None)


def check_op(node: StoredNode, n: int) -> Op | None:
    """Return the op of node number n, or refuse a node that no pass has."""
    if node.kind in LEAF_OPS:
        if node.op is not None or node.inputs or node.partials:
            raise ValueError(f"node {n} is a {node.kind}, and says what it was computed from")
        return LEAF_OPS[node.kind]
    op = OPS.get(node.op or "")
    if node.kind != "computed":
        raise ValueError(f"node {n} is of no known kind: {node.kind!r:.60}")
    if op is None:
        raise ValueError(f"node {n} was made by an op that is not in the rule table: {node.op!r:.60}")
    count = len(node.inputs)
    if count != len(node.partials) or count == 0 or count != (op.arity or count):
        raise ValueError(f"node {n} has {count} inputs and {len(node.partials)} partials, which does not fit {op}")
    if node.gradient != 0.0:
        raise ValueError(f"node {n} holds a gradient from before, {node.gradient!r}, and is no leaf")
    if not all(0 <= input < n for input in node.inputs):
        raise ValueError(f"node {n} has an input that does not stand before it")
    return op


def check_updates(stored: StoredPass) -> Sequence[tuple[int, float]]:
    """Return the updates of a pass, or refuse those of what is no leaf, or out of order."""
    numbers = [n for n, _ in stored.updates]
    if any(not 0 <= n < len(stored.nodes) or stored.nodes[n].kind == "computed" for n in numbers):
        raise ValueError("an update is for a node that is no leaf")
    if any(stored.nodes[n].data == x for n, x in stored.updates):
        raise ValueError("an update changes nothing")
    if any(n >= later for n, later in pairwise(numbers)):
        raise ValueError("its updates are not in order")
    return stored.updates
