"""The type of `Value`: how users call it, and what it refuses because the gradient would be lost."""

from __future__ import annotations

from collections.abc import Callable
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
        if not isinstance(label, str):
            raise TypeError(f"Value: expected a str as label, got {type(label).__name__} {label!r:.60}")
        return build(cls, as_float(data, "Value"), label=label)  # type: ignore[no-any-return]

    def __dir__(cls) -> list[str]:
        return [name for name in super().__dir__() if name not in NO_ATTRIBUTES]

    @property
    def __signature__(cls) -> Any:
        from inspect import Parameter, Signature  # costs more than the rest of the package to import

        data = Parameter("data", Parameter.POSITIONAL_OR_KEYWORD, annotation=float)
        return Signature([data, data.replace(name="label", annotation=str, default="")])


FLAT: Final = "its derivative is 0 wherever it has one; for the number, use .data: {} of v.data"
PLAIN: Final = "it would lose its gradient; use autograd's functions, such as autograd.exp, or .data for the number"
REFUSED: Final = {
    "__float__": f"a Value is not a plain float, as float() and the functions of math take: {PLAIN}",
    "__complex__": f"a Value is not a complex number: {PLAIN}",
    "__int__": "int() of a Value: " + FLAT.format("int()"),
    "__round__": "round() of a Value: " + FLAT.format("round()"),
    "__trunc__": "math.trunc() of a Value: " + FLAT.format("math.trunc()"),
    "__floor__": "math.floor() of a Value: " + FLAT.format("math.floor()"),
    "__ceil__": "math.ceil() of a Value: " + FLAT.format("math.ceil()"),
    "__floordiv__": "// of a Value: " + FLAT.format("//"),
    "__rfloordiv__": "// of a Value: " + FLAT.format("//"),
    "__mod__": "% of a Value: it jumps, and has no derivative there; for the number, use v.data % n",
    "__rmod__": "% of a Value: it jumps, and has no derivative there; for the number, use n % v.data",
    "__divmod__": "divmod() of a Value: it jumps, and has no derivative there; for the numbers, use divmod(v.data, n)",
    "__rdivmod__": "divmod() of a Value: it jumps, and has no derivative there; for the numbers, use divmod(n, v.data)",
    "__matmul__": "@ of a Value: a Value is one number; for a weighted sum of lists of them, use autograd.dot(ws, xs)",
    "__rmatmul__": "@ of a Value: a Value is one number; for a weighted sum of lists of them, use autograd.dot(ws, xs)",
}


# What published code puts on a parameter. A node has no room for it: a `__dict__` would have the garbage collector scan
# every node, which takes twice the time.
NO_ATTRIBUTES: Final = ("m", "v", "velocity", "momentum", "_vis_color")


class NoAttribute:
    """An attribute that a `Value` does not have, whose assignment says where to keep it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, value: object, owner: type) -> NoReturn:
        raise AttributeError(f"a Value has no attribute {self.name!r}")

    def __set__(self, value: object, x: object) -> NoReturn:
        raise AttributeError(
            f"a Value has no room for an attribute {self.name!r}: keep it beside the Value, in a dict by Value, as in "
            f"{self.name.lstrip('_')} = {{p: 0.0 for p in parameters}}, or use .label for a name"
        )


def refusal(message: str) -> Callable[..., NoReturn]:
    """Return a method that raises TypeError with a message."""

    def refuse(*operands: object) -> NoReturn:
        raise TypeError(message)

    return refuse
