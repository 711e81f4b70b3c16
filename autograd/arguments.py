"""Checks of what public functions take. Their errors name the function and the argument, and say what to pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from functools import wraps
from numbers import Real
from typing import Any

from autograd.op import as_float, blame
from autograd.value import Value


def brief_repr(x: object) -> str:
    """Return the type and the beginning of the repr, for an error message."""
    return f"{type(x).__name__} {x!r:.60}"


def check_function(call: str, f: object, name: str = "f") -> None:
    """Raise TypeError unless f can be called."""
    if not callable(f):
        raise TypeError(f"{call} takes a function as {name}, got {brief_repr(f)}")


def check_recording(call: str) -> None:
    """Raise RuntimeError where nothing is recorded, and every derivative would be 0."""
    if not (Value(1.0) * 1.0).inputs:
        raise RuntimeError(f"{call} finds no derivatives inside no_grad(), where nothing is recorded: call it outside")


def as_list(call: str, name: str, xs: Any, of: str) -> list[Any]:
    """Return xs as a list; a single number or `Value` is a list of one."""
    if isinstance(xs, Value | Real) or getattr(xs, "shape", None) == ():
        return [xs]
    try:
        items = None if isinstance(xs, str | bytes | Mapping | Set) else list(xs)
    except TypeError:  # it is not iterable
        items = None
    if items is None:
        raise TypeError(f"{call} takes a list of {of} as {name}, got {brief_repr(xs)}")
    return items


def as_point(call: str, xs: Any) -> list[float | Value]:
    """Return the arguments that a function is differentiated at, each a float or a `Value`."""
    point: list[float | Value] = []
    for k, x in enumerate(as_list(call, "xs", xs, "numbers, one for each argument of f,")):
        try:
            point.append(x if isinstance(x, Value) else as_float(x))
        except (TypeError, ValueError) as error:
            hint = "; flatten xs first, by .ravel() if it is an array" if hasattr(x, "__len__") else ""
            raise type(error)(f"{call}: xs[{k}]: {error}{hint}") from None
    return point


def apply(call: str, f: Callable[..., Any], values: Sequence[Value]) -> Any:
    """Return `f(*values)`; a function that takes another number of arguments is refused in words of the caller."""
    try:
        return f(*values)
    except TypeError as error:
        if error.__traceback__ and error.__traceback__.tb_next:  # raised inside of f
            raise
        raise TypeError(
            f"{call} calls f with {len(values)} argument{'s' if len(values) != 1 else ''}, one for each number of xs: "
            f"{error}; if f takes one list, pass lambda *values: f(values)"
        ) from None


def as_terms(call: str, name: str, xs: Any) -> list[Any]:
    """Return the numbers that a function adds up or compares; a single one is no list of them."""
    if isinstance(xs, Value) or not hasattr(xs, "__iter__") or getattr(xs, "shape", None) == ():
        raise TypeError(f"{call} takes a list of numbers and Values as {name}, got {brief_repr(xs)}")
    return as_list(call, name, xs, "numbers and Values")


def of_list(function: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """Make a function of a list refuse what is no list of numbers and `Value`s, in its own name."""
    name = function.__name__

    @wraps(function)
    def checked(*lists: Any, **named: Any) -> Any:
        if named.keys() == {"xs"} and not lists:
            lists = (named["xs"],)
        elif named or len(lists) != 1:
            raise TypeError(f"{name}(xs) takes one list of numbers and Values: {name}([a, b])")
        xs = as_terms(f"{name}(xs)", "xs", lists[0])
        try:
            return function(xs)
        except (TypeError, ValueError) as error:
            raise blame(error, name, ("xs",), xs) from None

    return checked
