"""The arguments of a function that is to be compiled: their names, and the numbers of the example."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from autograd.ops import Op, as_float

DEFAULT: Final = 0.5  # the number each argument is traced on, unless an example is given
POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Arguments(NamedTuple):
    """The arguments of a function: their names, how many numbers each takes, and the numbers to trace it on.

    An argument that is one number has the size None; one that is a list of n numbers has the size n.
    """

    names: list[str]
    sizes: list[int | None]
    numbers: list[float]

    def columns(self) -> list[str]:
        """Name every number: "x", or "x[0]", "x[1]", ... for a list."""
        named: list[str] = []
        for name, size in zip(self.names, self.sizes, strict=True):
            named += [name] if size is None else [f"{name}[{k}]" for k in range(size)]
        return named

    def pack(self, numbers: Sequence[Any]) -> list[Any]:
        """Put numbers in the form that the function takes: one for an argument, or a list."""
        rest = iter(numbers)
        return [next(rest) if size is None else [next(rest) for _ in range(size)] for size in self.sizes]


def arguments_of(function: Callable[..., Any], example: Sequence[Any] | None) -> Arguments:
    """Return the arguments of a function, or say what is wrong with them or with the example."""
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
        return Arguments(named, [None] * len(named), [DEFAULT] * len(named))
    sizes, numbers = example_numbers(example)
    extra = len(sizes) - len(named)
    if extra < 0 or (extra > 0 and not starred):
        raise ValueError(
            f"expected {len(named)} numbers in example, one for each argument, got {len(sizes)}; for an argument that "
            "is a list of numbers, put a list in its place"
        )
    return Arguments([*named, *[f"{starred[0]}[{k}]" for k in range(extra)]] if starred else named, sizes, numbers)


def example_numbers(example: Sequence[Any]) -> tuple[list[int | None], list[float]]:
    """Return how many numbers each argument of the example has, None for a plain one, and the numbers in order."""
    sizes: list[int | None] = []
    numbers: list[float] = []
    try:
        for x in example:
            listed = is_list(x)
            sizes.append(len(x) if listed else None)
            numbers += [as_float(number) for number in (x if listed else [x])]
    except TypeError as error:
        raise TypeError(
            "example must be a list of one real number for each argument, or of a list of numbers for an argument that "
            f"is one, got {type(example).__name__} {example!r:.60}: {error}"
        ) from None
    return sizes, numbers


def is_list(x: object) -> bool:
    """Whether x is a list of numbers: a list, a tuple or an array of one dimension."""
    return isinstance(x, list | tuple) or getattr(x, "ndim", 0) == 1


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


def signature_of(names: Sequence[str]) -> inspect.Signature:
    """Return the signature of a function of these arguments; those that a * took have no names of their own."""
    starred = [name for name in names if not name.isidentifier()]
    kinds = inspect.Parameter
    parameters = [kinds(name, kinds.POSITIONAL_OR_KEYWORD) for name in names if name not in starred]
    if starred:
        parameters.append(kinds(starred[0].partition("[")[0], kinds.VAR_POSITIONAL))
    return inspect.Signature([*parameters, kinds("theta", kinds.KEYWORD_ONLY, default=None)])
