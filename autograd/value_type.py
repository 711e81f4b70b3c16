"""The type of `Value`: how users call it, and what it refuses, such as what would lose the gradient."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from autograd.ops import as_float

if TYPE_CHECKING:
    from autograd.value import Value

MISSING: Final = object()
build: Final = msgspec.StructMeta.__call__


class ValueType(msgspec.StructMeta):
    """Checks `Value(data, label)` where users call it; the engine builds nodes in C, without these checks."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> ValueType:
        if any(isinstance(base, ValueType) for base in bases):
            raise TypeError(
                f"class {name}: Value cannot be subclassed, since operators and functions make plain Values, and would "
                "drop what a subclass adds: write functions of Values, or a class that keeps a Value in an attribute"
            )
        namespace |= {name: refusal(message) for name, message in REFUSED.items()}
        namespace |= {name: NoAttribute(name) for name in NO_ATTRIBUTES}
        return super().__new__(mcls, name, bases, namespace, **options)

    def __call__(cls, data: object = MISSING, label: str = "", *more: object, **unknown: object) -> Value:
        if data is MISSING or more or unknown:
            raise TypeError(
                "Value(data, label='') takes a number and perhaps a label, "
                + (f"got also {next(iter([*more, *unknown]))!r:.60}" if more or unknown else "got nothing")
                + "; what a node was computed from is recorded by operators and functions"
            )
        if isinstance(data, cls):
            raise TypeError("Value: expected one real number, got a Value: use it as it is, or pass its .data")
        return build(cls, as_float(data, "Value"), _label=as_label(label, "Value"))  # type: ignore[no-any-return]

    def __dir__(cls) -> list[str]:
        return [name for name in super().__dir__() if name not in (*NO_ATTRIBUTES, "as_integer_ratio")]

    @property
    def __signature__(cls) -> Any:
        from inspect import Parameter, Signature  # costs more than the rest of the package to import

        data = Parameter("data", Parameter.POSITIONAL_OR_KEYWORD, annotation=float)
        return Signature([data, data.replace(name="label", annotation=str, default="")])


def data_property(name: str, assign: Callable[[Value, float], None]) -> property:
    """Return the property `data` for a slot `_data` that `assign` sets: what is assigned becomes a float of 64 bits."""

    def assign_float(value: Value, x: object) -> None:
        assign(value, x if type(x) is float else as_float(x, name))

    # A getter in C takes half the time of one in Python.
    return property(attrgetter("_" + name), assign_float, doc=f"The {name}, a float of 64 bits.")


def label_property(assign: Callable[[Value, str], None]) -> property:
    """Return the property `label` for the slot that `assign` sets."""
    return property(attrgetter("_label"), lambda value, x: assign(value, as_label(x, "label")), doc="The label, a str.")


def as_label(label: object, name: str) -> str:
    """Return a label, or raise TypeError for what is no text."""
    if not isinstance(label, str):
        raise TypeError(f"{name}: expected a str as label, got {type(label).__name__} {label!r:.60}")
    return label


def recorded_property(read: Callable[[Value], Any], doc: str) -> property:
    """Return a property for what operators record; an assignment says how to write an operation of one's own."""

    def refuse(value: Value, x: object) -> NoReturn:
        raise AttributeError(
            "how a Value was computed is recorded by operators and functions, and cannot be assigned: compute with "
            "them, or describe an operation of your own by an autograd.ops.Op"
        )

    return property(read, refuse, doc=doc)


LOST: Final = "would lose its gradient: use autograd's functions, such as autograd.exp, or .data for the number"
FLAT: Final = "use v.data for the number, or autograd.{0}(v) for a Value through which no gradient flows"
JUMPS: Final = "has jumps, where it has no derivative: use v.data for the number"
NO_VECTOR: Final = (
    "@ is for vectors, and a Value is one number: use * or, for lists of Values, autograd.dot(weights, xs)"
)
REFUSED: Final = {
    "__float__": f"float(v), or a function of math that takes plain floats, of a Value {LOST}",
    "__complex__": f"complex(v) of a Value {LOST}",
    "as_integer_ratio": f"as_integer_ratio(), which statistics and fractions ask for, of a Value {LOST}",
    "__int__": f"int(v) of a Value {LOST}, as in int(v.data)",
    "__trunc__": f"math.trunc(v) of a Value {LOST}, as in math.trunc(v.data)",
    "__round__": f"round(v) of a Value: {FLAT.format('round')}, as in round(v.data)",
    "__floor__": f"math.floor(v) of a Value: {FLAT.format('floor')}",
    "__ceil__": f"math.ceil(v) of a Value: {FLAT.format('ceil')}",
    "__floordiv__": f"// of a Value {JUMPS}, as in v.data // 2, or autograd.floor(v / 2)",
    "__rfloordiv__": f"// of a Value {JUMPS}, as in 2 // v.data, or autograd.floor(2 / v)",
    "__mod__": f"% of a Value {JUMPS}, as in v.data % 2",
    "__rmod__": f"% of a Value {JUMPS}, as in 2 % v.data",
    "__divmod__": f"divmod() of a Value {JUMPS}, as in divmod(v.data, 2)",
    "__rdivmod__": f"divmod() of a Value {JUMPS}, as in divmod(2, v.data)",
    "__matmul__": NO_VECTOR,
    "__rmatmul__": NO_VECTOR,
}


# What published code puts on a `Value` most often, above all what an optimizer remembers. A node has no room for it:
# with a `__dict__`, or a place for weak references, msgspec would have the garbage collector scan every node, which
# takes twice the time; with a `__setattr__` in Python, a forward and a backward pass take half as long again.
NO_ATTRIBUTES: Final = (
    *("m", "v", "t", "velocity", "momentum", "momentum_buffer", "exp_avg", "exp_avg_sq", "cache", "state"),
    *("name", "parent", "children", "requires_grad"),
)


class NoAttribute:
    """An attribute that a `Value` does not have, whose assignment says where to keep it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, value: object, owner: type) -> NoReturn:
        raise AttributeError(f"a Value has no attribute {self.name!r}")

    def __set__(self, value: object, x: object) -> NoReturn:
        raise AttributeError(
            f"a Value has no room for an attribute {self.name!r}: keep it beside the Value, in a dict by Value, as in "
            f"{self.name} = {{p: 0.0 for p in parameters}}, or use .label for a name"
        )


def refusal(message: str) -> Callable[..., NoReturn]:
    """Return a method that raises TypeError with a message."""

    def refuse(*operands: object) -> NoReturn:
        raise TypeError(message)

    return refuse
