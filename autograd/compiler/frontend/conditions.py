"""Conditions: what comparisons give while a function is traced.

`where` selects by a condition row by row, and arithmetic takes it as 1.0 or 0.0. Wherever Python needs a plain bool
(`if`, `and`, an index, a dict key), the example decides, and the decision is recorded as a guard.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from autograd import ops
from autograd.lowering.program import COMPARISONS
from autograd.ops import Op
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.compiler.frontend.tracer import Tracer


def no_partials(y: Any, *xs: Any) -> tuple[None, ...]:
    return (None,) * len(xs)


# Comparisons and their logic are no rows of the rule table, since no gradient flows through them. They exist as ops
# only in a traced graph.
CONDITIONS: Final[dict[str, Op]] = {
    "less": Op("less", "<", lambda x, z: float(x < z), no_partials),
    "less_equal": Op("less_equal", "<=", lambda x, z: float(x <= z), no_partials),
    "greater": Op("greater", ">", lambda x, z: float(x > z), no_partials),
    "greater_equal": Op("greater_equal", ">=", lambda x, z: float(x >= z), no_partials),
    "both": Op("both", "and", lambda a, b: float(a and b), no_partials),
    "either": Op("either", "or", lambda a, b: float(a or b), no_partials),
    "negation": Op("negation", "not", lambda a: float(not a), no_partials),
}
assert set(COMPARISONS) < set(CONDITIONS)


class Condition:
    """The outcome of a comparison, for every row at once."""

    __slots__ = ("recorded", "tracer")

    def __init__(self, recorded: Value, tracer: Tracer) -> None:
        self.recorded = recorded
        self.tracer = tracer

    def __bool__(self) -> bool:
        return self.tracer.guard(self.recorded)

    def __int__(self) -> int:
        return int(bool(self))

    def __index__(self) -> int:
        return int(bool(self))

    def __float__(self) -> float:
        return float(bool(self))

    def __hash__(self) -> int:
        return hash(bool(self))

    def __format__(self, spec: str) -> str:
        return format(bool(self), spec)

    def __repr__(self) -> str:
        return f"<comparison that is {self.recorded.data != 0.0} for the example>"

    def number(self) -> Value:
        """Return the condition as a `Value`, 1.0 where it holds and 0.0 elsewhere."""
        return Value.record(ops.where, self.recorded, 1.0, 0.0)

    def __neg__(self) -> Value:
        return 0.0 - self.number()  # -False is 0, and not -0.0

    def __autograd_op__(self, op: Op, *operands: Any) -> Value:
        return Value.record(op, *operands)

    def negation(self) -> Condition:
        return self.tracer.condition("negation", self.recorded)

    def __and__(self, other: Any) -> Any:
        return logic(self, other, lambda a, b: a.tracer.condition("both", a.recorded, b.recorded), other is True)

    def __or__(self, other: Any) -> Any:
        return logic(self, other, lambda a, b: a.tracer.condition("either", a.recorded, b.recorded), other is False)

    def __xor__(self, other: Any) -> Any:
        return logic(self, other, differ, other is False, invert=True)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Condition):
            return differ(self, other).negation()
        if isinstance(other, int | float):
            return self if other == 1 else self.negation() if other == 0 else False
        return self.number() == other if isinstance(other, Value) else NotImplemented

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal.negation() if isinstance(equal, Condition) else equal if equal is NotImplemented else not equal

    def __invert__(self) -> Any:
        raise self.tracer.error("~ on a comparison", "In Python ~True is -2, which is true: write `not`, or == False")


def logic(
    a: Condition, b: Any, combine: Callable[[Condition, Condition], Any], keep: bool, invert: bool = False
) -> Any:
    """Combine a condition with another one or with a bool; `keep` says that this bool leaves the condition as it is."""
    if isinstance(b, Condition):
        return combine(a, b)
    if isinstance(b, bool):
        return a if keep else a.negation() if invert else b
    return NotImplemented


def differ(a: Condition, b: Condition) -> Condition:
    """Return the condition that exactly one of two holds."""
    either = a.tracer.condition("either", a.recorded, b.recorded)
    both = a.tracer.condition("both", a.recorded, b.recorded)
    return a.tracer.condition("both", either.recorded, both.negation().recorded)


def arithmetic(name: str) -> Callable[..., Any]:
    """Return a method that applies an operator to the condition's number."""
    apply = getattr(operator, name.replace("__r", "__") if name.startswith("__r") else name)

    def unary(self: Condition) -> Any:
        return apply(self.number())

    def binary(self: Condition, other: Any) -> Any:
        other = other.number() if isinstance(other, Condition) else other
        return apply(other, self.number()) if name.startswith("__r") else apply(self.number(), other)

    return unary if name in UNARY else binary


UNARY: Final = ("__pos__", "__abs__")
BINARY: Final = ("__add__", "__sub__", "__mul__", "__truediv__", "__pow__", "__floordiv__", "__mod__")
REFLECTED: Final = tuple(name.replace("__", "__r", 1) for name in BINARY)
ORDER: Final = ("__lt__", "__le__", "__gt__", "__ge__")
for _name in (*UNARY, *BINARY, *REFLECTED, *ORDER):
    setattr(Condition, _name, arithmetic(_name))
