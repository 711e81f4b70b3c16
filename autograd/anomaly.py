"""`detect_anomaly`, which finds where a nan or an infinity came from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from autograd.observing import observing
from autograd.source_lines import note_source, source_text
from autograd.text import escape_controls
from autograd.value import Value


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise FloatingPointError at the first nan or infinity, forward or backward, and say what made it.

    The message names the op, its operands and the user's line. It holds for the whole process while it is open, and
    recording is several times slower.

    >>> with detect_anomaly():
    ...     Value(-1.0, "x").log()
    Traceback (most recent call last):
    FloatingPointError: log(x=-1.0) gave nan, at <doctest autograd.anomaly.detect_anomaly[0]>:2: Value(-1.0, "x").log()
    """
    with observing(record=refuse_result, backward=refuse_contribution, all_threads=True):
        yield


def refuse_result(node: Value) -> None:
    """Note the user's line on a new node, and raise if its data is nan or infinite."""
    note_source(node)
    if not math.isfinite(node.data):
        raise FloatingPointError(f"{describe(node)} gave {node.data}, at {source_text(node)}")


def refuse_contribution(node: Value) -> None:
    """Raise if what a node is about to pass on would make an input's gradient nan or infinite."""
    for input, partial in zip(node.inputs, node.partials, strict=True):
        if partial is None:
            continue
        contribution = node.grad * partial
        if not math.isfinite(input.grad + contribution):
            raise FloatingPointError(
                f"backward through {describe(node)}: gradient {node.grad} times partial {partial} "
                f"on top of {input.grad} gave {input.grad + contribution}, at {source_text(node)}"
            )


def describe(node: Value) -> str:
    """Return a node as text: its label, its op, and its operands or the first few of them."""
    shown = [f"{escape_controls(x.label)}={x.data}" if x.label else f"{x.data}" for x in node.inputs[:6]]
    rest = [f"... {len(node.inputs)} in all"] if len(node.inputs) > 6 else []
    named = f"{escape_controls(node.label)} = " if node.label else ""
    return f"{named}{node.op.name if node.op else 'leaf'}({', '.join(shown + rest)})"
