"""Doubt: `check_grads` compares derivatives with differences, `detect_anomaly` finds where a nan or inf came from."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from autograd import value as engine
from autograd.derivatives import grad, gradient
from autograd.text import escape_controls
from autograd.value import Value

PACKAGE: Final = __file__.removesuffix("check.py")
OURS: Final = (PACKAGE, "nn".join(PACKAGE.rsplit("autograd", 1)))  # where a frame is not the user's


def check_grads(f: Callable[..., Any], xs: Sequence[float], order: int = 2, tolerance: float = 1e-7) -> None:
    """Compare the derivatives of `f(*values)` at the numbers xs with differences, up to the given order.

    Raises AssertionError where the two differ by more than `tolerance`, relative, on top of what the differences
    themselves are uncertain by. It wants a point where f is smooth: at a kink the two sides disagree, and it says so.

    >>> check_grads(lambda x, y: (x * y).tanh(), [0.3, 0.7])
    """
    xs = [float(x) for x in xs]
    values = [Value(x) for x in xs]
    output = f(*values)
    if isinstance(output, list | tuple):
        for k in range(len(output)):
            check_grads(component(f, k), xs, order, tolerance)
        return
    for k, analytic in enumerate(gradient(output, values)):
        numeric, uncertainty = difference(f, xs, k)
        allowed = tolerance * max(abs(analytic), abs(numeric)) + 8.0 * uncertainty
        if not abs(analytic - numeric) <= allowed:
            raise AssertionError(
                f"derivative with respect to input {k}, at {xs[k]!r}: the engine says {analytic!r}, "
                f"differences say {numeric!r}; they may differ by {allowed:.1e}"
            )
    if order > 1 and isinstance(output, Value):
        check_grads(lambda *values: grad(f(*values), values, create_graph=True), xs, order - 1, tolerance)


def component(f: Callable[..., Any], k: int) -> Callable[..., Any]:
    return lambda *values: f(*values)[k]


def difference(f: Callable[..., Any], xs: Sequence[float], k: int) -> tuple[float, float]:
    """Estimate df/dx_k and its uncertainty by Ridders' method: central differences extrapolated to step 0.

    Source: Ridders, Advances in Engineering Software 4 (1982) 75. Two first steps are tried, one of the size of the
    input and one of the size of 1, and the estimate that is surer of itself is taken.
    """
    scale = abs(xs[k]) or 1.0
    return min((ridders(f, xs, k, 0.1 * step) for step in (scale, 1.0)), key=lambda pair: pair[1])


def ridders(f: Callable[..., Any], xs: Sequence[float], k: int, step: float) -> tuple[float, float]:
    """Fill Ridders' table from one first step, and give its best entry and how far that may be off."""
    shrink = 1.7  # no simple fraction: steps halved from a multiple of a period would all see the same phase
    best, uncertainty = math.nan, math.inf
    previous: list[float] = []
    for _ in range(12):
        above, below = at(f, xs, k, step), at(f, xs, k, -step)
        row = [(above - below) / (2.0 * step)]
        noise = sys.float_info.epsilon * (abs(above) + abs(below)) / step
        for power, coarser in enumerate(previous, start=1):
            factor = shrink ** (2 * power)
            row.append((factor * row[-1] - coarser) / (factor - 1.0))
            doubt = noise + max(abs(row[-1] - row[-2]), abs(row[-1] - coarser))
            if doubt < uncertainty:
                best, uncertainty = row[-1], doubt
        previous = row
        step /= shrink
    return best, uncertainty


def at(f: Callable[..., Any], xs: Sequence[float], k: int, step: float) -> float:
    """f's number with input k moved by a step."""
    output = f(*[Value(x + step if i == k else x) for i, x in enumerate(xs)])
    return output.data if isinstance(output, Value) else float(output)


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise FloatingPointError at the first nan or infinity, forward or backward, and say what made it.

    The message names the op, its operands and the user's line. It holds for the whole process while it is open, and
    recording is several times slower.

    >>> with detect_anomaly():
    ...     Value(-1.0, "x").log()
    Traceback (most recent call last):
    FloatingPointError: log(x=-1.0) gave nan, at <doctest autograd.check.detect_anomaly[0]>:2: Value(-1.0, "x").log()
    """
    observers = [(engine.observers, note_source), (engine.observers, refuse_result)]
    observers.append((engine.backward_observers, refuse_contribution))
    for where, observer in observers:
        where.append(observer)
    try:
        yield
    finally:
        for where, observer in observers:
            where.remove(observer)


def note_source(node: Value) -> None:
    """Write on a node the user's line that made it: the nearest one outside this library."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    node.source = f"{frame.f_code.co_filename}:{frame.f_lineno}"


def refuse_result(node: Value) -> None:
    if not math.isfinite(node.data):
        raise FloatingPointError(f"{told(node)} gave {node.data}, at {place(node)}")


def refuse_contribution(node: Value) -> None:
    """Raise if what a node is about to pass on would make an input's gradient nan or infinite."""
    for input, partial in zip(node.inputs, node.partials, strict=True):
        if partial is None:
            continue
        contribution = node.grad * partial
        if not math.isfinite(input.grad + contribution):
            raise FloatingPointError(
                f"backward through {told(node)}: gradient {node.grad} times partial {partial} "
                f"on top of {input.grad} gave {input.grad + contribution}, at {place(node)}"
            )


def told(node: Value) -> str:
    """Write an op and its operands, the first few of many, after the label that the node may have."""
    shown = [f"{escape_controls(x.label)}={x.data}" if x.label else f"{x.data}" for x in node.inputs[:6]]
    rest = [f"... {len(node.inputs)} in all"] if len(node.inputs) > 6 else []
    named = f"{escape_controls(node.label)} = " if node.label else ""
    return f"{named}{node.op.name if node.op else 'leaf'}({', '.join(shown + rest)})"


def place(node: Value) -> str:
    """Name the user's line that made a node, with its text where there is any."""
    if node.source is None:
        return "a line that was not noted: make the graph inside detect_anomaly() too"
    file, _, line = node.source.rpartition(":")
    import linecache  # here, since it brings in `re` and `tokenize`, and `import autograd` is to be quick

    text = linecache.getline(file, int(line)).strip()
    return f"{node.source}: {text}" if text else node.source
