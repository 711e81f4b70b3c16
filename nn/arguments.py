"""Checks of arguments that several modules take."""

from __future__ import annotations

import inspect
import math
import operator
import sys
from collections.abc import Callable
from typing import Any

from autograd.ops import as_float


def whole_number(name: str, n: Any, least: int = 1) -> int:
    """Return n as an int. NumPy's integers count as whole numbers; bools and floats do not.

    Raises ValueError, with the argument's name, for anything else and for numbers below `least`.
    """
    try:
        count = operator.index(n)
    except TypeError:
        count = least - 1
    if isinstance(n, bool) or count < least:
        raise ValueError(f"{name} must be an int of at least {least}, got {n!r:.60}")
    if count > sys.maxsize:
        raise ValueError(f"{name} must be at most {sys.maxsize}, got a number of {count.bit_length()} bits")
    return count


def is_whole(n: Any) -> bool:
    """Return whether n is an int, also one of NumPy, and no bool."""
    try:
        operator.index(n)
    except TypeError:
        return False
    return not isinstance(n, bool)


def real_number(name: str, x: Any, low: float, high: float = math.inf, wanted: str = "") -> float:
    """Return x as a float if low <= x < high.

    Raises ValueError, with the argument's name and what is `wanted`, for anything else.
    """
    try:
        number = math.nan if isinstance(x, bool) else as_float(x)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number < high:
        raise ValueError(f"{name} must be {wanted or f'a number from {low:g} to below {high:g}'}, got {x!r:.60}")
    return number


def flag(name: str, x: Any) -> bool:
    """Return x, Python's or NumPy's True or False, or raise TypeError with the argument's name."""
    if type(x).__name__ not in ("bool", "bool_"):
        raise TypeError(f"{name} must be True or False, got {x!r:.60}")
    return bool(x)


def check_call(name: str, function: Callable[..., Any], wanted: str, *arguments: Any) -> None:
    """Raise TypeError, with the argument's name, if a function cannot be called with arguments like these."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        raise TypeError(f"{name} is called as {wanted}, and {function!r:.60} does not fit: {error}") from None
    except ValueError:  # a builtin without a signature
        pass


def as_number(x: Any) -> float:
    """Return x as a float, or raise TypeError; an array of no dimension is a number too."""
    return as_float(x.item() if getattr(x, "ndim", None) == 0 else x)
