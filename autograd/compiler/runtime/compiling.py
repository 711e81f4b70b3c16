"""`compile`: from a Python function to a compiled one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from numbers import Integral
from typing import Any

from autograd.compiler.frontend.trace import trace
from autograd.compiler.runtime.function import CompiledFunction
from autograd.value import Value


def compile(
    function: Callable[..., Any],
    parameters: Iterable[Value] = (),
    *,
    example: Sequence[Any] | None = None,
    fastmath: bool = False,
    threads: int | None = None,
) -> CompiledFunction:
    """Trace a scalar function once, and compile it, with its derivatives, to native code over columns of data.

    Python control flow is frozen as the one call on `example` went: loops are unrolled, and of an `if` on anything but
    the function's own numbers only the branch taken is there. An `if` on a comparison of `Value`s is checked for every
    row, and rows that would have gone the other way raise `GuardError`; `where`, `maximum` and `relu` need no check.

    The function is called a few times, with `Value`s at the example and beside it and with plain numbers, to see that
    it does the same. What a trace cannot follow raises `TraceError`.

    Args:
        function: takes a number, or a list of numbers, for each argument, and returns a `Value`, or lists, tuples,
            dicts and arrays of them.
        parameters: the `Value`s to differentiate with respect to, read at every call. Without any, derivatives are
            with respect to the arguments. Other numbers that the function uses are frozen.
        example: the numbers to trace on, 0.5 each if not given. A list in the place of a number makes the argument a
            list: `example=[[0.5] * 30, 1.0]`.
        fastmath: allow fused multiply-add, reassociation and vector versions of libm (within 4 ulp a call). Without
            it, each row has the bits of the eager engine.
        threads: how many threads a call with many rows uses, all cores if not given. The bits do not depend on it.

    >>> fast = compile(lambda x, y: (x * y).exp())
    >>> fast([0.0, 1.0], 2.0)
    array([1.       , 7.3890561])
    >>> value, (by_x, by_y) = fast.value_and_grad([0.0, 1.0], 2.0)
    >>> by_x
    array([ 2.       , 14.7781122])
    """
    parameters, threads = validate_parameters(parameters), validate_threads(threads)
    if not isinstance(fastmath, bool):
        raise TypeError(f"compile expects fastmath= as True or False, got {fastmath!r:.60}")
    program, arguments, structure, _ = trace(function, parameters, example)
    return CompiledFunction(
        program,
        structure,
        parameters,
        fastmath,
        arguments=(arguments.names, arguments.sizes),
        description=(getattr(function, "__name__", type(function).__name__), getattr(function, "__doc__", None)),
        threads=threads,
    )


def validate_threads(threads: int | None) -> int | None:
    """Return a number of threads, or say what is wrong with it."""
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, Integral) or threads < 1):
        raise ValueError(f"compile expects threads= as a positive int, or None for all cores, got {threads!r:.60}")
    return None if threads is None else int(threads)


def validate_parameters(parameters: Iterable[Value]) -> list[Value]:
    """Return the parameters as a list, or say what is wrong with them."""
    if hasattr(parameters, "parameters"):
        raise TypeError(
            f"compile expects parameters= as a list of Values, got the {type(parameters).__name__} itself: pass "
            "parameters=model.parameters()"
        )
    if not isinstance(parameters, Iterable):
        raise TypeError(
            f"compile expects parameters= as a list of Values, got {type(parameters).__name__} {parameters!r:.60}"
        )
    listed = list(parameters)
    for parameter in listed:
        if type(parameter) is not Value or parameter.inputs:
            raise TypeError(f"parameters must be leaf Values, got {parameter!r:.60}")
    if len(set(listed)) != len(listed):
        raise ValueError("a parameter is given twice")
    return listed
