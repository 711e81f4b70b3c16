"""The arguments of a function that is to be compiled: their names, and the numbers of the example."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd.ops import Op, as_float

DEFAULT: Final = 0.5  # the number each argument is traced on, unless an example is given
POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def named_arguments(function: Callable[..., Any], example: Sequence[float] | None) -> tuple[list[str], list[float]]:
    """Return the names of a function's arguments and the numbers to trace it on, or say what is wrong with either."""
    parameters = signature(function).parameters.values()
    named = [p.name for p in parameters if p.kind in POSITIONAL and p.default is inspect.Parameter.empty]
    starred = [p.name for p in parameters if p.kind is inspect.Parameter.VAR_POSITIONAL]
    needed = [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY and p.default is p.empty]
    if needed:
        raise TypeError(
            f"compile calls the function by position, and {needed[0]!r} is taken by keyword only: pass "
            f"lambda {needed[0]}, ...: f(..., {needed[0]}={needed[0]})"
        )
    if example is None:
        if starred:
            raise TypeError(f"cannot tell how many columns *{starred[0]} takes: pass example=, one number for each")
        return named, [DEFAULT] * len(named)
    numbers = example_numbers(example)
    extra = len(numbers) - len(named)
    if extra < 0 or (extra > 0 and not starred):
        raise ValueError(f"expected {len(named)} numbers in example, one for each argument, got {len(numbers)}")
    return [*named, *[f"{starred[0]}[{k}]" for k in range(extra)]] if starred else named, numbers


def example_numbers(example: Sequence[float]) -> list[float]:
    """Return the example as floats: a list, a tuple or an array of one real number for each argument."""
    try:
        return [as_float(x) for x in example]
    except TypeError as error:
        raise TypeError(
            f"example must be a list of one real number for each argument, got {type(example).__name__} "
            f"{example!r:.60}: {error}"
        ) from None


def signature(function: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of a function; a row of the rule table has that of its `forward`."""
    if not callable(function):
        raise TypeError(f"compile expects a function of numbers, got {type(function).__name__} {function!r:.60}")
    try:
        return inspect.signature(function.forward if isinstance(function, Op) else function)
    except ValueError:
        raise TypeError(
            f"cannot see which arguments {function!r:.60} takes: wrap it, as in compile(lambda x, y: f(x, y))"
        ) from None
