"""Watching `Value` while a function is traced.

A compiled function runs for other numbers than it was traced on, so no number of the example may steer it unseen. For
the time of a trace, `Value` gets other methods. A comparison or a truth test gives a condition, which becomes a guard
where Python branches on it. `.data` of what depends on an argument or parameter gives that number as a detached
`Value`, so that arithmetic on it is recorded. What asks for a plain number (`float`, `int`, an index, a format, a hash)
is refused with the line and the remedy. This library's own code reads `Value`s as ever, and so do other threads.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from numbers import Real
from threading import RLock
from typing import Any, Final

from autograd import derivatives
from autograd import value as engine
from autograd.compiler.frontend.conditions import Condition
from autograd.compiler.frontend.derivatives import differentiate
from autograd.compiler.frontend.tracer import Tracer, current, tracer_of, tracers
from autograd.observing import record_observers
from autograd.ops import Op
from autograd.source_lines import from_library
from autograd.value import Value
from autograd.value_type import ValueType

one_at_a_time: Final = RLock()

MOVE: Final = "To change the number and keep the gradient, add the change: y = y + (new - y).detach()."
NUMERIC: Final = "Use autograd's functions (autograd.exp, where, maximum, ...) or operators, which are compiled."
CHOICE: Final = (
    "To choose by a number use where(t == 1, a, b); to pick a class by its index use nn's cross_entropy, or sum "
    "where(t == k, x, 0.0) over the choices."
)
GRADIENT: Final = "Use grad(y, [x], create_graph=True), which is compiled."
ROUNDING: Final = "Use autograd.floor, ceil or round, which are compiled; no gradient flows through them."
PRINTING: Final = "Return the number instead, and print it outside."
REFUSED: Final = {
    "__float__": ("float(), or a function of `math` or NumPy that takes plain floats,", NUMERIC),
    "__complex__": ("complex()", NUMERIC),
    "__int__": ("int()", CHOICE),
    "__index__": ("an index or a count", CHOICE),
    "__trunc__": ("int() or math.trunc()", ROUNDING),
    "__round__": ("round()", ROUNDING),
    "__floor__": ("math.floor()", ROUNDING),
    "__ceil__": ("math.ceil()", ROUNDING),
    "__floordiv__": ("//", ROUNDING),
    "__rfloordiv__": ("//", ROUNDING),
    "__mod__": ("%", ROUNDING),
    "__rmod__": ("%", ROUNDING),
    "__divmod__": ("divmod()", ROUNDING),
    "__rdivmod__": ("divmod()", ROUNDING),
    "__format__": ("an f-string or format()", PRINTING),
    "backward": ("backward()", GRADIENT),
    "is_integer": ("is_integer()", ROUNDING),
    "as_integer_ratio": ("as_integer_ratio()", NUMERIC),
    "hex": ("hex()", PRINTING),
}


def called_by_library() -> bool:
    """Return whether it is this library that called the method of `Value` that asks."""
    return from_library(sys._getframe(2).f_code.co_filename)


def watched_property(name: str, what: str, reads: Callable[[Tracer, Value], Any], writes: str) -> property:
    """Return a property that reads a field of `Value` as ever for this library, and by `reads` for traced code."""
    field = Value.__dict__[name]

    def read(self: Value) -> Any:
        tracer = tracer_of(self)
        return reads(tracer, self) if tracer and not called_by_library() else field.__get__(self)

    def write(self: Value, x: Any) -> None:
        if not called_by_library():
            known = tracer_of(self) or (type(x) is Value and tracer_of(x))
            if known:
                raise known.error(f"an assignment to {what}", writes)
        field.__set__(self, x)

    return property(read, write)


def refuse_read(what: str, remedy: str) -> Callable[[Tracer, Value], Any]:
    """Return what a property does with a read that no trace can follow: it raises TraceError."""

    def refuse(tracer: Tracer, x: Value) -> Any:
        raise tracer.error(f"a read of {what}", remedy)

    return refuse


def refusal(name: str, what: str, remedy: str) -> Callable[..., Any]:
    """Return a method that refuses to give up the number of what depends on an argument or parameter."""
    method = getattr(Value, name, None)

    def refuse(self: Value, *operands: Any, **options: Any) -> Any:
        tracer = tracer_of(self)
        if tracer and not (name == "__format__" and called_by_library()):
            raise tracer.error(f"{what} of a number that depends on an argument or parameter", remedy)
        if method is None:
            raise TypeError(f"{what} is not for a Value: use its .data")
        return method(self, *operands, **options)

    return refuse


def ordering(name: str, holds: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Return a comparison that gives a condition while its thread is tracing, and elsewhere what the numbers say."""

    def compare(self: Value, other: Any) -> Any:
        right = other.number() if isinstance(other, Condition) else engine.as_value(other)
        if right is None:
            return NotImplemented
        tracer = current()
        return tracer.condition(name, self, right) if tracer else holds(self.data, right.data)

    return compare


def same_number(self: Value, other: object) -> Any:
    """Compare as numbers what stands for numbers; two computed `Value`s are equal if they are the same, as ever."""
    tracer = tracer_of(self) or (type(other) is Value and tracer_of(other))
    if not tracer or not (type(other) is Value or isinstance(other, Real)):
        return NotImplemented
    if not (id(self) in tracer.numbers or id(other) in tracer.numbers):
        return NotImplemented
    right = engine.as_value(other)
    return NotImplemented if right is None else tracer.equality(self, right)


def equal(self: Value, other: object) -> Any:
    """`==` while something is traced."""
    return NotImplemented if called_by_library() else same_number(self, other)


def unequal(self: Value, other: object) -> Any:
    """`!=` while something is traced."""
    same = NotImplemented if called_by_library() else same_number(self, other)
    return same if same is NotImplemented else same.negation()


def truth(self: Value) -> bool:
    """Return whether a `Value` is not 0, with a guard if it depends on an argument or parameter."""
    tracer = tracer_of(self)
    if not tracer:
        return plain_truth(self)
    zero = engine.constant(0.0)
    return bool(tracer.equality(self, zero).negation())


def watched_hash(self: Value) -> int:
    """Return the hash, by identity, or raise TraceError: the number decides what user code would look up."""
    tracer = tracer_of(self)
    if tracer and id(self) in tracer.numbers and not called_by_library():
        raise tracer.error("a set, dict or cache looked up by a number that depends on an argument", CHOICE)
    return object.__hash__(self)


def item(self: Value) -> Any:
    """Return the data as a float, or while it is traced what stands for it."""
    tracer = tracer_of(self)
    return tracer.number_of(self) if tracer else self.data


def construct(cls: Any, data: object, label: str = "", *more: object, **unknown: object) -> Value:
    """Make a `Value`: of a number that a trace follows, one that is detached from it."""
    if more or unknown:
        return plain_constructor(cls, data, label, *more, **unknown)  # which refuses it
    if isinstance(data, Condition):
        return data.number()
    tracer = type(data) is Value and tracer_of(data)
    if not tracer:
        return plain_constructor(cls, data, label)
    number = tracer.number_of(data)  # type: ignore[arg-type]
    number.label = label
    return number


def record(op: Op, *operands: Any) -> Value:
    """Record an op; conditions among its operands count as 1.0 and 0.0."""
    return plain_record(op, *[x.number() if isinstance(x, Condition) else x for x in operands])


plain_record: Final = Value.record
plain_constructor: Final = ValueType.__call__
plain_truth: Final = Value.__bool__ if hasattr(Value, "__bool__") else lambda self: True
METHODS: Final[dict[str, Any]] = {
    "data": watched_property("data", ".data", Tracer.number_of, MOVE),
    "grad": watched_property("grad", ".grad", refuse_read(".grad", GRADIENT), GRADIENT),
    "partials": watched_property("partials", ".partials", refuse_read(".partials", GRADIENT), GRADIENT),
    **{name: refusal(name, *reason) for name, reason in REFUSED.items()},
    "__lt__": ordering("less", operator.lt),
    "__le__": ordering("less_equal", operator.le),
    "__gt__": ordering("greater", operator.gt),
    "__ge__": ordering("greater_equal", operator.ge),
    "__eq__": equal,
    "__ne__": unequal,
    "__bool__": truth,
    "item": item,
    "__hash__": watched_hash,
    "record": staticmethod(record),
    "__autograd_op__": staticmethod(record),
}


@contextmanager
def watching(tracer: Tracer) -> Iterator[None]:
    """Let `Value` answer to a tracer, in this thread; only one thread traces at a time."""
    with one_at_a_time:
        outermost = not tracers
        tracers.append(tracer)
        own = install_methods() if outermost else {}
        differentiator = partial(differentiate, tracer)
        record_observers.append(tracer.note)
        derivatives.differentiators.append(differentiator)
        try:
            yield
        finally:
            derivatives.differentiators.remove(differentiator)
            record_observers.remove(tracer.note)
            if outermost:
                restore_methods(own)
            tracers.remove(tracer)


def install_methods() -> dict[str, Any]:
    """Give `Value` the methods above, and return those of its own that they replace."""
    own = {name: Value.__dict__[name] for name in METHODS if name in Value.__dict__}
    for name, method in METHODS.items():
        setattr(Value, name, method)
    ValueType.__call__ = construct  # type: ignore[method-assign, assignment]
    return own


def restore_methods(own: dict[str, Any]) -> None:
    """Give `Value` its own methods back."""
    for name in METHODS:
        if name in own:
            setattr(Value, name, own[name])
        else:
            delattr(Value, name)
    ValueType.__call__ = plain_constructor  # type: ignore[method-assign]
