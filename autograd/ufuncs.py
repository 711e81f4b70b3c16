"""NumPy's universal functions of `Value`s: `np.exp(v)`, `np.hypot(v, 3.0)`, `array * v`.

NumPy calls `__array_ufunc__` of a `Value` that is among the operands of a ufunc. Each ufunc is applied element by
element, by the row of the rule table with its name or by what FUNCTIONS says. NumPy itself is imported only here, when
it is there already.

In an array of objects NumPy does not look for `__array_ufunc__`: it calls the method of that name of each element, or
compares elements, so that `np.hypot(array, 4.0)` works there, while `np.isnan(array)` and `np.logaddexp` do not.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from autograd import functions, ops
from autograd.ops import OPS, as_float
from autograd.value import Value


def is_nan(x: Any) -> bool:
    """Return whether a number is nan, by a comparison, which a trace follows."""
    return (x <= math.inf) == False  # type: ignore[no-any-return]  # noqa: E712 - `not` would be a branch


def ignoring_nan(extremum: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    """Return the extremum of two numbers, or the one that is not nan."""
    return functions.where(is_nan(x), y, functions.where(is_nan(y), x, extremum(x, y)))


def logaddexp2(x: Any, y: Any) -> Any:
    """Return log2(2**x + 2**y), without overflow."""
    return functions.logsumexp([x * math.log(2.0), y * math.log(2.0)]) / math.log(2.0)


TO_DEGREES: Final = 180.0 / math.pi
# What is applied for a ufunc, by its name, where it is not the row of that name.
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "float_power": operator.pow,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "positive": operator.pos,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1.0 / x,
    "conjugate": lambda x: x,
    "fabs": ops.absolute,
    "rint": ops.round,
    "degrees": lambda x: x * TO_DEGREES,
    "rad2deg": lambda x: x * TO_DEGREES,
    "radians": lambda x: x / TO_DEGREES,
    "deg2rad": lambda x: x / TO_DEGREES,
    "maximum": functions.maximum,
    "minimum": functions.minimum,
    "fmax": partial(ignoring_nan, functions.maximum),
    "fmin": partial(ignoring_nan, functions.minimum),
    "clip": functions.clip,
    "logaddexp": lambda x, y: functions.logsumexp([x, y]),
    "logaddexp2": logaddexp2,
}
PREDICATES: Final[dict[str, Callable[..., bool]]] = {
    "isnan": is_nan,
    "isinf": lambda x: (x >= math.inf) | (x <= -math.inf),
    "isfinite": lambda x: (x < math.inf) & (x > -math.inf),
    "logical_not": operator.not_,
    "logical_and": lambda x, y: bool(x) and bool(y),
    "logical_or": lambda x, y: bool(x) or bool(y),
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}


def array_ufunc(self: Value, ufunc: Any, method: str, *operands: Any, out: Any = None, **options: Any) -> Any:
    """Apply a ufunc of NumPy to numbers, `Value`s and arrays of them."""
    name = ufunc.__name__
    function = PREDICATES.get(name) or FUNCTIONS.get(name) or OPS.get(name)
    if function is None or method != "__call__":
        call = f"np.{name}" if method == "__call__" else f"np.{name}.{method}"
        raise TypeError(f"{call} does not take Values: use a function of autograd, or .data if no gradient flows")
    if options:
        raise TypeError(f"np.{name} of Values takes no {', '.join(options)}: select elements before")
    if out is None and not any(getattr(x, "shape", ()) for x in operands):
        return function(*map(one_number, operands))
    return over_elements(function, operands, bool if name in PREDICATES else None, out)


def one_number(x: Any) -> Value | float:
    """Return a number as a float, and a `Value`, also one in an array without dimensions, as it is."""
    x = x.item() if getattr(x, "shape", None) == () else x
    return x if isinstance(x, Value) else as_float(x)


def over_elements(function: Callable[..., Any], operands: tuple[Any, ...], kind: type | None, out: Any) -> Any:
    """Apply a function element by element, as NumPy broadcasts."""
    import numpy as np  # it has called us, so it is there

    arrays = [np.empty((), object) if isinstance(x, Value) else x for x in operands]
    for array, x in zip(arrays, operands, strict=True):
        if isinstance(x, Value):
            array[()] = x
    with np.errstate(all="ignore"):  # the engine follows IEEE 754 without a word, and a partial may be nan
        result = np.frompyfunc(function, len(operands), 1)(*arrays)
    if out is not None:
        out[0][...] = result
        return out[0]
    return result if kind is None else np.asarray(result, kind)


def element_method(name: str) -> Callable[..., Any]:
    """Make the method that NumPy calls on each element of an array of objects."""
    function: Callable[..., Any] = FUNCTIONS.get(name) or OPS[name]

    def method(self: Value, *others: Any) -> Any:
        return function(self, *others)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Return {name} of self, as `np.{name}` of an array of `Value`s asks for it."
    return method


Value.__array_ufunc__ = array_ufunc  # type: ignore[attr-defined]
for _name in ("hypot", "arctan2", "fabs", "rint"):
    setattr(Value, _name, element_method(_name))
