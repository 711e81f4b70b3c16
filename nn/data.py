"""Data for training: anything that has rows, as rows of floats, checked once before training starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from math import isfinite
from typing import Any, NamedTuple

from autograd.ops import as_float
from autograd.value import Value
from nn.extras import extra


class Row(NamedTuple):
    """One example: its inputs, its target (a number, or a list of them), its place in the data, and its weight."""

    inputs: list[float]
    target: Any
    number: int
    weight: float | None = None


def training_rows(inputs: Any, targets: Any, sample_weight: Any, finite: bool) -> list[Row]:
    """Return the data as rows of floats, all finite if so asked, or refuse it by the first row that is wrong."""
    xs, ts = as_rows(inputs, "inputs", finite), as_rows(targets, "targets", finite)
    if not xs:
        raise ValueError("expected at least one row of inputs, got none")
    if len(xs) != len(ts):
        raise ValueError(f"expected a target for each row of inputs, got {len(xs)} rows and {len(ts)} targets")
    weights = [None] * len(xs) if sample_weight is None else check_weights(sample_weight, len(xs))
    examples = enumerate(zip(xs, ts, weights, strict=True))
    return [Row(x if isinstance(x, list) else [x], t, k, weight) for k, (x, t, weight) in examples]


def as_rows(data: Any, name: str, finite: bool = True) -> list[float | list[float]]:
    """Return the rows of a table: a float for each row that is a number, else a list of floats.

    A table is a list or any iterable of rows, a NumPy array, a pandas or polars frame or series, or whatever has
    `__array__`. Raises TypeError or ValueError, with `name` and the row's place, for rows that are not numbers, not
    finite (if `finite`) or not as long as the first.
    """
    rows = [check_row(row, k, name, finite) for k, row in enumerate(plain_rows(data, name))]
    for k, row in enumerate(rows):
        if width(row) != width(rows[0]):
            raise ValueError(f"{name}, row {k}: expected {width(rows[0])} as in row 0, got {width(row)}")
    return rows


def plain_rows(data: Any, name: str) -> Iterable[Any]:
    """Return an iterable over the rows of any kind of table, where frames would iterate over their columns."""
    if hasattr(data, "iter_rows"):  # a polars frame
        return data.iter_rows()  # type: ignore[no-any-return]
    if hasattr(data, "itertuples"):  # a pandas frame
        return data.itertuples(index=False, name=None)  # type: ignore[no-any-return]
    if hasattr(data, "__array__") or isinstance(data, memoryview):  # tolist gives None for what is masked: refused
        array = data if hasattr(data, "tolist") else extra("numpy", "reading arrays").asarray(data)
        data = array.tolist()
    if not isinstance(data, Iterable) or isinstance(data, str | bytes | Mapping | Set):
        raise TypeError(f"{name} must be rows of numbers: a list, an array or a frame, got {data!r:.60}")
    return data


def check_row(row: Any, k: int, name: str, finite: bool) -> float | list[float]:
    """Return row k as a float or a list of floats, or refuse it by `name` and place."""
    try:
        numbers = [plain_number(x) for x in row] if is_sequence(row) else plain_number(row)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}, row {k}: {error}") from None
    for x in numbers if isinstance(numbers, list) else [numbers]:
        if finite and not isfinite(x):
            raise ValueError(f"{name}, row {k}: expected finite numbers, got {x!r}")
    return numbers


def plain_number(x: Any) -> float:
    """Return x as a float; a `Value`, which would be taken for one by its data, is refused."""
    if isinstance(x, Value):
        raise TypeError(f"expected a number, got {x!r:.60}: pass its .data")
    if getattr(x, "ndim", None) == 0:  # NumPy's scalars, and arrays of no dimension
        x = x.item()
    return float(x) if isinstance(x, bool) else as_float(x)


def is_sequence(row: Any) -> bool:
    """Whether a row holds several numbers: an iterable, but no text, no 0-d array and nothing without an order."""
    if isinstance(row, str | bytes | Mapping | Set | Value):
        return False
    return isinstance(row, Iterable) and getattr(row, "ndim", 1) > 0


def width(row: float | list[float]) -> str:
    """Describe a row's shape: "a number" or "a list of 3"."""
    if not isinstance(row, list):
        return "a number"
    return f"a list of {len(row)}"


def check_weights(sample_weight: Any, count: int) -> list[float]:
    """Return the weight of each row, or refuse weights that are too few, below 0, not finite or all 0."""
    weights = as_rows(sample_weight, "sample_weight")
    if len(weights) != count:
        raise ValueError(f"expected a sample weight for each row, got {len(weights)} weights for {count} rows")
    numbers = [weight for weight in weights if not isinstance(weight, list)]
    if len(numbers) < count or min(numbers) < 0.0 or max(numbers) == 0.0:
        raise ValueError("sample weights must be numbers >= 0, one for each row and not all 0")
    return numbers
