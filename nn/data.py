"""Data for training: rows of numbers, checked once, before anything is trained; and their losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite
from typing import Any, NamedTuple

from autograd.functions import sum as added
from autograd.ops import as_float
from autograd.value import Value
from nn.module import Module


class Row(NamedTuple):
    """One example: what goes in, what should come out (a number, or a list of them), and its place in the data."""

    inputs: list[float]
    target: Any
    number: int


def checked_rows(inputs: Iterable[Any], targets: Iterable[Any], finite: bool) -> list[Row]:
    """Give the data as rows of floats, finite ones if so asked, or refuse it by the first row that is wrong."""
    xs = [checked_row(row, k, "inputs", finite) for k, row in enumerate(inputs)]
    ts = [checked_row(row, k, "targets", finite) for k, row in enumerate(targets)]
    if not xs:
        raise ValueError("expected at least one row of inputs, got none")
    if len(xs) != len(ts):
        raise ValueError(f"expected a target for each row of inputs, got {len(xs)} rows and {len(ts)} targets")
    for name, rows in (("inputs", xs), ("targets", ts)):
        for k, row in enumerate(rows):
            if width(row) != width(rows[0]):
                raise ValueError(f"{name}, row {k}: expected {width(rows[0])} as in row 0, got {width(row)}")
    return [Row(x if isinstance(x, list) else [x], t, k) for k, (x, t) in enumerate(zip(xs, ts, strict=True))]


def checked_row(row: Any, k: int, name: str, finite: bool) -> float | list[float]:
    """Give row k as a float or a list of floats, or refuse it by `name` and place."""
    try:
        numbers = [as_float(x) for x in row] if is_sequence(row) else as_float(row)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}, row {k}: {error}") from None
    for x in numbers if isinstance(numbers, list) else [numbers]:
        if finite and not isfinite(x):
            raise ValueError(f"{name}, row {k}: expected finite numbers, got {x!r}")
    return numbers


def is_sequence(row: Any) -> bool:
    return isinstance(row, Iterable) and not isinstance(row, str | bytes)


def width(row: float | list[float]) -> str:
    """Say what a row is, so that rows can be compared and told: "a number" or "a list of 3"."""
    if not isinstance(row, list):
        return "a number"
    return f"a list of {len(row)}"


def losses(model: Module, rows: Sequence[Row], loss: Callable[[Any, Any], Any], coupled: bool) -> Iterator[Value]:
    """Yield the loss of each row, or, where rows are coupled, that of all of them in one."""
    if not coupled:
        for row in rows:
            yield loss(model(row.inputs), row.target)
        return
    outputs = model.batch([row.inputs for row in rows])
    yield added([loss(output, row.target) for output, row in zip(outputs, rows, strict=True)])
