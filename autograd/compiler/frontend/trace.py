"""Tracing: call a function on `Value`s, flatten what it records, and call it again to see whether it can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isclose
from traceback import extract_tb
from typing import Any, Final, NamedTuple

from autograd import value as engine
from autograd.compiler.frontend.arguments import Arguments, arguments_of
from autograd.compiler.frontend.conditions import Condition
from autograd.compiler.frontend.flatten import flatten_graph
from autograd.compiler.frontend.nodes import TraceError
from autograd.compiler.frontend.structure import flatten
from autograd.compiler.frontend.tracer import Tracer
from autograd.compiler.frontend.watching import watching
from autograd.lowering.program import Instruction, Program
from autograd.ops import as_float
from autograd.source_lines import from_library
from autograd.value import Value

NO_LIST: Final = (  # how Python and this library say that a Value is no list
    "'Value' object is not",
    "must be an iterable, not Value",
    "object of type 'Value' has no len()",
    "takes a list of numbers and Values",
)
AGAIN, SMALL = 3, 5000  # traces more of a function of fewer instructions
STEPS: Final = (0.01, 1e-4, 1e-7)  # how far the second example is from the first, until it goes the same way
CHANCE: Final = (  # why two traces on the same numbers differ
    "two calls of the function on the same numbers gave {}: it depends on chance, or on something that changes outside "
    "of it. Pass such numbers as arguments"
)
FROZEN: Final = (  # why two traces on different numbers differ
    "the function gave {} for two examples: a number was computed from an argument where a trace cannot follow, and "
    "would be frozen. Compute it with operators and autograd's functions, or pass it as an argument of its own"
)
FAR: Final = (  # further examples, by the number and the place of each argument
    lambda x, k: -x - 0.3 - 0.21 * k,
    lambda x, k: 2.5 * x + 1.1 + 0.4 * k,
    lambda x, k: float(k % 2),
)


class Traced(NamedTuple):
    """A function's program, its arguments, the structure of its result, and the results for the example."""

    program: Program
    arguments: Arguments
    structure: Any  # each output's number in its place: 0 for a single one
    results: list[float]


def trace(
    function: Callable[..., Any], parameters: Sequence[Value], example: Sequence[Any] | None, far: bool = True
) -> Traced:
    """Trace a function on the example, once more nearby, and, if `far`, also far away.

    Raises TraceError if the two traces differ, or if a plain call gives another result: then something depends on the
    example, on chance, or on the type of a number, that could not be watched.
    """
    arguments = arguments_of(function, example)
    first = first_trace(function, parameters, arguments)
    second = trace_nearby(function, parameters, arguments, first)
    more = AGAIN if len(first.program.code) < SMALL else 0  # a rare draw, such as a dropout's, may come out alike twice
    for _ in range(more):
        refuse_difference(first, trace_once(function, parameters, arguments), CHANCE)
    if second is None or difference(first.program, second.program):
        refuse_difference(first, trace_once(function, parameters, arguments), CHANCE)
        if second is not None:
            refuse_difference(first, second, FROZEN)
    refuse_other_results(function, first)
    if far and more and not first.program.guards:  # without a branch, no loop can fail to end there
        check_far_away(function, parameters, first)
    return first


def first_trace(function: Callable[..., Any], parameters: Sequence[Value], arguments: Arguments) -> Traced:
    """Trace on the example; say so if it is the trace that the function fails in, and not any call."""
    try:
        return trace_once(function, parameters, arguments)
    except TraceError:
        raise
    except Exception as error:
        line = raising_line(error)
        if not line or not any(True for _ in plain_results(function, arguments)):
            raise
        raise TraceError(
            f"called on numbers the function gives a result, but traced on Values in their place it raises "
            f"{type(error).__name__}: {error}, at {line}\nLeave out what takes plain numbers alone, or use "
            "operators and autograd's functions (autograd.exp, where, maximum, floor, ...)"
        ) from error


def raising_line(error: Exception) -> str:
    """Return the line in the function's file that an error was raised from; nothing if the library raised it."""
    frames = [frame for frame in extract_tb(error.__traceback__) if not from_library(frame.filename)]
    own = [f"{frame.filename}:{frame.lineno}: {frame.line}" for frame in frames if frame.filename == frames[0].filename]
    return own[-1] if own else ""


def check_far_away(function: Callable[..., Any], parameters: Sequence[Value], first: Traced) -> None:
    """Raise TraceError if a trace or a plain call far from the example shows another function."""
    for move in FAR if first.arguments.numbers else ():
        moved = first.arguments._replace(numbers=[move(x, k) for k, x in enumerate(first.arguments.numbers)])
        try:
            again = trace_once(function, parameters, moved)
        except (ArithmeticError, ValueError, LookupError):  # the function is not for this point
            continue
        refuse_difference(first, again, FROZEN)
        refuse_other_results(function, again)


def refuse_difference(first: Traced, other: Traced, reason: str) -> None:
    """Raise TraceError, for CHANCE or because a number is FROZEN, if two traces differ."""
    changed = difference(first.program, other.program)
    if changed:
        raise TraceError(reason.format(changed))


def refuse_other_results(function: Callable[..., Any], traced: Traced) -> None:
    """Raise TraceError if neither a call on numbers nor one on `Value`s gives what the traced call gave."""
    shown, results = "", traced.results
    for found in plain_results(function, traced.arguments):
        if len(found) == len(results) and all(map(agree, found, results)):
            return
        shown = f"{', '.join(map(repr, found)):.60}"
    if shown:
        raise TraceError(
            f"called on {', '.join(map(repr, traced.arguments.numbers)):.60}, the function gives {shown}, but while it "
            f"was traced {', '.join(map(repr, results)):.60}: it takes another way for a number than for the Value in "
            "its place. Leave isinstance(), type(), str() and `is True` out of what is compiled"
        )


def plain_results(function: Callable[..., Any], arguments: Arguments) -> Iterator[list[float]]:
    """Yield the outputs of a call on numbers and of one on `Value`s, as far as they succeed."""
    for kind in (as_float, Value):
        try:
            yield outputs_of(function(*arguments.pack([kind(x) for x in arguments.numbers])))
        except Exception:  # a function may be for numbers alone, or for Values alone
            continue


def outputs_of(result: Any) -> list[float]:
    return [x.data if type(x) is Value else as_float(x) for x in flatten(result)[1]]


def agree(x: float, z: float) -> bool:
    return x == z or isclose(x, z, rel_tol=1e-9) or (x != x and z != z)


def trace_once(function: Callable[..., Any], parameters: Sequence[Value], arguments: Arguments) -> Traced:
    """Call the function once, and return the program of what it recorded."""
    columns = arguments.columns()
    values = [Value(x, name) for x, name in zip(arguments.numbers, columns, strict=True)]
    tracer = Tracer(values, parameters)
    with watching(tracer):
        result = call_traced(function, arguments.pack(values))
    structure, outputs = flatten(result)
    roots = [as_root(output) for output in outputs]
    program = flatten_graph(values, parameters, roots, tracer)
    return Traced(program, arguments, structure, [root.data for root in roots])


def call_traced(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """Call the function; say what an argument is if the function takes it for a list."""
    try:
        return function(*arguments)
    except TypeError as error:
        if any(words in str(error) for words in NO_LIST):
            raise TypeError(
                f"{error}: compile calls the function with one number for each argument. For a list of numbers pass "
                "one in the example, as in example=[[0.5, 0.5]], or write def f(*xs)"
            ) from error
        raise


def as_root(output: Any) -> Value:
    """Return an output as a `Value`, or refuse it."""
    if type(output) is Value:
        return output
    if isinstance(output, Condition):
        raise TypeError(
            "the function must give a Value, or lists or arrays of them, got a comparison: use where(x > 0, 1.0, 0.0)"
        )
    if isinstance(output, bool) or not isinstance(output, int | float):
        raise TypeError(
            f"the function must give a Value, or lists or arrays of them, got {type(output).__name__} {output!r:.60}"
        )
    return engine.constant(output)


def trace_nearby(
    function: Callable[..., Any], parameters: Sequence[Value], arguments: Arguments, first: Traced
) -> Traced | None:
    """Trace at a point where the function's guards hold as they did, or return None if none is found."""
    for step in STEPS if arguments.numbers else ():
        moved = [x + step * (1.0 + k % 7 / 8.0) * max(abs(x), 0.1) for k, x in enumerate(arguments.numbers)]
        try:
            second = trace_once(function, parameters, arguments._replace(numbers=moved))
        except (ArithmeticError, ValueError, LookupError):  # the function is not for this point
            continue
        if outcomes(second.program) == outcomes(first.program):
            return second
    return None


def outcomes(program: Program) -> list[tuple[bool, str]]:
    return [(guard.holds, guard.source) for guard in program.guards]


def difference(first: Program, second: Program) -> str | None:
    """Say in what two programs differ, or return None."""
    if len(first.code) != len(second.code):
        return f"graphs of {len(first.code)} and {len(second.code)} nodes"
    for a, b in zip(first.code, second.code, strict=True):
        if key(a) != key(b):
            if a.op == b.op == "constant":
                return f"the constants {a.value!r} and {b.value!r}"
            return f"different operations, {a.op} and {b.op}"
    return None if first.outputs == second.outputs else "outputs in different places"


def key(instruction: Instruction) -> tuple[Any, ...]:
    return instruction.op, instruction.inputs, repr(instruction.value)
