"""Doubt: `check_grads` compares derivatives with differences, `detect_anomaly` finds where a nan or inf came from."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from autograd.arguments import apply, as_list, as_point, check_function
from autograd.differences import difference
from autograd.jacobians import jacobian, over_results
from autograd.observing import observing
from autograd.ops import as_float
from autograd.text import escape_controls
from autograd.value import Value

PACKAGE: Final = __file__.removesuffix("check.py")
OURS: Final = (PACKAGE, "nn".join(PACKAGE.rsplit("autograd", 1)))  # where a frame is not the user's
NAMES: Final = ["derivative", "second derivative", "third derivative"]


def check_grads(
    f: Callable[..., Any],
    xs: Sequence[Value | float] | Value | float,
    order: int = 2,
    tolerance: float = 1e-7,
    *,
    gradient: Callable[..., Sequence[Any]] | None = None,
) -> None:
    """Compare derivatives of `f(*values)` at the numbers xs with central differences.

    Args:
        f: a function of `Value`s that returns a `Value`, or a list, tuple or array of them.
        xs: the point, a number for each argument of f; of a `Value` the data counts.
        order: 1 checks first derivatives, 2 the second ones too, and so on.
        tolerance: how far the two may differ, relative, on top of what the differences are uncertain by.
        gradient: a gradient written by hand, to be checked in place of the engine's: `gradient(*values)` returns the
            partial derivatives of f, one for each argument, as numbers or `Value`s. It is checked to first order.

    Raises:
        AssertionError: where a derivative and the differences disagree, or where f has a kink or a jump at xs, so that
            it has no derivative there; the message names the input and both numbers.
        TypeError, ValueError: for what is no function, no point, or no gradient of as many numbers.

    Where the differences settle on no number, as for a function that oscillates faster than any step, there is no
    verdict, and a RuntimeWarning says so.

    >>> check_grads(lambda x, y: (x * y).tanh(), [0.3, 0.7])
    >>> check_grads(lambda x: x**3, [2.0], gradient=lambda x: [3 * x**2])
    """
    call = "check_grads(f, xs)"
    check_function(call, f)
    if not isinstance(order, int) or isinstance(order, bool) or order < 1:
        raise TypeError(
            f"check_grads(order): expected a whole number from 1 on, got {type(order).__name__} {order!r:.60}"
            + ("; pass a gradient written by hand as gradient=" if callable(order) else "")
        )
    point = [as_float(x.data if isinstance(x, Value) else x) for x in as_point(call, xs)]
    if not all(map(math.isfinite, point)):
        raise ValueError(f"{call}: xs must be finite numbers, since differences look to both sides, got {point!r:.60}")

    def results(*values: Value) -> Any:
        return over_results(call, apply(call, f, values), lambda result: result)

    if gradient is not None:
        check_by_hand(results, point, tolerance, gradient)
    else:
        check_orders(results, point, NAMES[:order] + [f"derivative {n}" for n in range(4, order + 1)], tolerance)


def check_orders(f: Callable[..., Any], xs: Sequence[float], names: Sequence[str], tolerance: float) -> None:
    """Compare the engine's derivatives of f with differences: the first order has the first of the names, and so on."""
    output = f(*map(Value, xs))
    if isinstance(output, list):
        for k in range(len(output)):
            check_orders(component(f, k), xs, names, tolerance)
        return
    compare(f, xs, jacobian(f, xs), tolerance, "the engine says", names[0])
    if names[1:] and isinstance(output, Value):
        check_orders(lambda *values: jacobian(f, values), xs, names[1:], tolerance)


def check_by_hand(
    f: Callable[..., Any], xs: Sequence[float], tolerance: float, gradient: Callable[..., Sequence[Any]]
) -> None:
    """Compare a gradient written by hand with differences of f."""
    call = "check_grads(gradient=...)"
    check_function(call, gradient, "gradient")
    slopes = as_list(call, "results", apply(call, gradient, [Value(x) for x in xs]), "partial derivatives")
    if len(slopes) != len(xs):
        raise ValueError(f"{call}: expected {len(xs)} partial derivatives, one for each input, got {len(slopes)}")
    analytic = [slope.data if isinstance(slope, Value) else as_float(slope) for slope in slopes]
    compare(f, xs, analytic, tolerance, "your gradient says")


def compare(
    f: Callable[..., Any],
    xs: Sequence[float],
    analytic: Sequence[float],
    tolerance: float,
    who: str,
    name: str = NAMES[0],
) -> None:
    """Raise AssertionError where a derivative is not what differences of f say."""
    for k, slope in enumerate(analytic):
        numeric, uncertainty, kink, settled = difference(f, xs, k)
        allowed = tolerance * max(abs(slope), abs(numeric)) + uncertainty
        where = f"{name} with respect to input {k}, at {xs[k]!r}"
        if kink:
            before = "f" if name == NAMES[0] else "the derivative before it"
            raise AssertionError(f"{where}: {before} has a kink or a jump there, and so no derivative; {who} {slope!r}")
        if not settled and not math.isnan(slope):
            warnings.warn(
                f"check_grads has no verdict on the {where}: {who} {slope!r}, but differences settle on no number (the "
                f"best is {numeric!r}, give or take {uncertainty:.1e}); try a point where f is less steep",
                RuntimeWarning,
                stacklevel=3,
            )
            continue
        if not abs(slope - numeric) <= allowed:
            said = f"differences say {numeric!r}; they may differ by {allowed:.1e}"
            raise AssertionError(f"{where}: {who} {slope!r}, {said if settled else 'differences settle on no number'}")


def component(f: Callable[..., Any], k: int) -> Callable[..., Any]:
    return lambda *values: f(*values)[k]


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
    with observing(record=refuse_result, backward=refuse_contribution, all_threads=True):
        yield


def note_source(node: Value) -> None:
    """Write on a node the user's line that made it: the nearest one outside this library."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    node.source = f"{frame.f_code.co_filename}:{frame.f_lineno}"


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


def source_text(node: Value) -> str:
    """Return the user's line that made a node, with its text where that can be read."""
    if node.source is None:
        return "a line that was not noted: make the graph inside detect_anomaly() too"
    file, _, line = node.source.rpartition(":")
    import linecache  # here, since it brings in `re` and `tokenize`, and `import autograd` is to be quick

    text = linecache.getline(file, int(line)).strip()
    return f"{node.source}: {text}" if text else node.source
