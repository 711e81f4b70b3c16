"""Anything that has rows is read by its rows, and refused by the first that is wrong."""

from __future__ import annotations

import numpy as np
import pandas
import polars
import pytest

from autograd import Value
from nn import SGD, Neuron, fit, half_squared_error
from nn.data import as_rows

ROWS = [[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]]
COLUMNS = {"a": [1.0, 10.0, 100.0], "b": [2.0, 20.0, 200.0]}


class Arraylike:
    """A table of another library: all that is known of it is `__array__`."""

    def __array__(self, dtype=None, copy=None):
        return np.array(ROWS)


TABLES = {
    "lists": ROWS,
    "tuples": tuple(map(tuple, ROWS)),
    "a generator of generators": (iter(row) for row in ROWS),
    "an array": np.array(ROWS),
    "integers": np.array(ROWS, dtype=np.int32),
    "half precision": np.array(ROWS, dtype=np.float16),
    "a column-major array": np.array(ROWS, order="F"),
    "an array of objects": np.array(ROWS, dtype=object),
    "a list of arrays": [np.array(row) for row in ROWS],
    "a list of series": [pandas.Series(row) for row in ROWS],
    "a pandas frame": pandas.DataFrame(COLUMNS),
    "a pandas frame with a shuffled index": pandas.DataFrame(COLUMNS, index=[7, 3, 5]),
    "a pandas frame with numbers as names": pandas.DataFrame(ROWS),
    "a pandas frame of mixed types": pandas.DataFrame({"a": [1, 10, 100], "b": np.float32([2, 20, 200])}),
    "a polars frame": polars.DataFrame(COLUMNS),
    "something with __array__": Arraylike(),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_tables_are_read_by_rows(table):
    assert as_rows(table, "inputs") == ROWS


SERIES = {
    "a range": range(1, 4),
    "a pandas series": pandas.Series([1, 2, 3], index=["x", "y", "z"]),
    "a polars series": polars.Series([1, 2, 3]),
    "an array": np.array([1.0, 2.0, 3.0]),
    "0-d arrays": [np.array(1.0), np.array(2), np.float32(3)],
}


@pytest.mark.parametrize("series", SERIES.values(), ids=SERIES)
def test_rows_may_be_single_numbers(series):
    assert as_rows(series, "targets") == [1.0, 2.0, 3.0]


def test_square_frames_are_not_transposed_in_fit():
    """A 2 by 2 frame fits a model of two inputs either way around: only its rows are right."""

    def trained(inputs):
        model = Neuron(2, "identity", seed=1)
        fit(
            model, inputs, [0.0, 1.0], loss=half_squared_error, optimizer=SGD(model.parameters(), lr=1e-4), epochs=3,
            progress=False,
        )  # fmt: skip
        return model.state_dict()

    columns = {"a": [10.0, 20.0], "b": [1.0, 2.0]}
    expected = trained([[10.0, 1.0], [20.0, 2.0]])
    for frame in (polars.DataFrame(columns), pandas.DataFrame(columns)):
        assert trained(frame) == expected


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("12", "inputs must be rows of numbers: a list, an array or a frame, got '12'"),
        (COLUMNS, "inputs must be rows of numbers"),
        ({1.0, 2.0}, "inputs must be rows of numbers"),
        (None, "inputs must be rows of numbers.* got None"),
        (3.0, "inputs must be rows of numbers.* got 3.0"),
        (np.array(3.0), "inputs must be rows of numbers"),
        ([Value(1.0)], r"inputs, row 0: expected a number, got Value\(data=1.0.*pass its .data"),
        ([[1.0, Value(2.0)]], r"inputs, row 0: expected a number, got Value\(data=2.0.*pass its .data"),
        ([{"a": 1.0}], "inputs, row 0: expected one real number, got dict"),
        (np.zeros((2, 2, 2)), "inputs, row 0: expected one real number, got list"),
        (np.array([1j]), "inputs, row 0: expected one real number, got complex"),
        (pandas.DataFrame({"a": ["x"]}), "inputs, row 0: expected one real number, got str 'x'"),
        (polars.DataFrame({"a": [1.0, None]}), "inputs, row 1: expected one real number, got NoneType"),
        (np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[0, 0], [0, 1]]), "inputs, row 1: .* got NoneType"),
        (np.array(["2024-01-01"], dtype="datetime64[D]"), "inputs, row 0: expected one real number, got date"),
    ],
)
def test_what_are_no_rows_of_numbers_is_refused(table, message):
    with pytest.raises(TypeError, match=message):
        as_rows(table, "inputs")
