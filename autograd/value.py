"""`Value`: one float, and how it was made.

Arithmetic on `Value`s records a graph as it goes. A node keeps its inputs and, beside each, the local derivative at the
recorded values (`partials`). It keeps no closure and nothing points back at it, so a graph has no cycles: it needs no
garbage collector and dies by reference count.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable
from contextlib import closing
from numbers import Real
from typing import Any, Final

import msgspec

from autograd import ops
from autograd.backward import backward_pass
from autograd.graph import copy_graph
from autograd.ops import CONSTANT, PARAMETER, Op, as_float

NUMBER_LIKE: Final = (float, int, Real, str, bytes, complex, type(None))  # `constant` takes them, or says what is wrong
ADD, MULTIPLY, BOTH, FIRST = ops.add, ops.multiply, (1.0, 1.0), (1.0, None)  # globals: `+` and `*` use them most
# Each observer is called with every node: as it is recorded, or before `Value.backward` lets it pass its gradient on.
observers: Final[list[Callable[[Value], object]]] = []
backward_observers: Final[list[Callable[[Value], object]]] = []


class Constructor(msgspec.StructMeta):
    """Lets users call `Value(data, label)` with checks, while the engine builds nodes in C without them."""

    def __call__(self, data: object, label: str = "") -> Value:
        if type(data) is Value:
            raise TypeError("expected one real number, got a Value: use it as it is, or pass its .data")
        if not isinstance(label, str):
            raise TypeError(f"expected a str as label, got {type(label).__name__} {label!r:.60}")
        return new_node(as_float(data), label)


# How an operator that shares `record` is built: the method and its reflection, as in `fractions.py`.
def binary(op: Op) -> tuple[Callable[[Value, Value | float], Value], Callable[[Value, Value | float], Value]]:
    """Make the method of a binary operator, and its reflection for a number on the left."""

    def method(self: Value, other: Value | float) -> Value:
        right = as_value(other)
        return NotImplemented if right is None else record_binary(op, self, right)

    def reflected(self: Value, other: Value | float) -> Value:
        left = as_value(other)
        return NotImplemented if left is None else record_binary(op, left, self)

    return method, reflected


def record_binary(op: Op, x: Value, z: Value) -> Value:
    """Do what `Value.record(op, x, z)` does, for two `Value`s: without its lists it takes a third of the time."""
    a, b = 1.0 * x.data, 1.0 * z.data
    y = op.forward(a, b)
    to_x, to_z = op.partials(y, a, b)
    partials = (None if x.op is CONSTANT else to_x, None if z.op is CONSTANT else to_z)
    made = new_node(y, "", 0.0, op, (x, z), partials)
    return notify(made) if observers else made


def comparison(holds: Callable[[Any, Any], Any]) -> Callable[[Value, Value | float], bool]:
    """Make the method of a comparison."""

    def method(self: Value, other: Value | float) -> bool:
        right = as_value(other)
        if right is None:
            return NotImplemented  # type: ignore[no-any-return]
        return holds(self.data, right.data)  # type: ignore[no-any-return]

    return method


def unary(op: Op) -> Callable[[Value], Value]:
    """Make the method that records one row on one `Value`."""

    def method(self: Value) -> Value:
        x = 1.0 * self.data
        y = op.forward(x)
        partials = (None,) if self.op is CONSTANT else op.partials(y, x)
        made = new_node(y, "", 0.0, op, (self,), partials)
        return notify(made) if observers else made

    method.__name__ = method.__qualname__ = op.name
    method.__doc__ = f"Return {op.formula_of('self')}. Its derivative is {op.derivative_of(0, 'self')}."
    return method


class Value(msgspec.Struct, metaclass=Constructor, eq=False, gc=False):
    """A number that remembers how it was computed.

    `Value(data, label="")` makes a leaf. Operators and functions of `Value`s make computed nodes.

    Attributes:
        data: the number, a float. It may be assigned; what was computed from it before does not change.
        label: the name that drawings, steps and the debugger show.
        grad: d root / d self, filled by `root.backward()`. It may be assigned.
        op: the row of the rule table that made it; None for a leaf, or CONSTANT, or PARAMETER.
        inputs: the `Value`s it was computed from, in order, duplicates kept.
        partials: d self / d input at the recorded values, one for each input.
        source: the user's line that made it, kept only while something asks for it (see `detect_anomaly`).

    `==` and `hash` go by identity; `<`, `<=`, `>`, `>=` compare data.

    >>> x = Value(3.0, "x")
    >>> y = x**3
    >>> y.backward()
    >>> x
    Value(data=3.0, grad=27.0, label='x')
    """

    data: float
    label: str = ""
    grad: float = 0.0
    op: Op | None = None
    inputs: tuple[Value, ...] = ()
    partials: tuple[float | None, ...] = ()
    source: str | None = None

    def backward(self) -> None:
        """Add d self / d leaf to the `.grad` of every leaf, and set the `.grad` of every computed node below self.

        A `.grad` belongs to one thread at a time: threads may call it on graphs that share no node. Where they share
        parameters, let each call `grad`, which writes none, and one of them add up.
        """
        with closing(backward_pass(self)) as steps:  # an observer that raises ends the pass at once
            if not backward_observers:
                deque(steps, maxlen=0)
            for node in steps:
                for observer in backward_observers:
                    observer(node)

    @staticmethod
    def record(op: Op, *operands: Value | float) -> Value:
        """Apply a row of the rule table and remember it; numbers among the operands become constants."""
        inputs = tuple([x if type(x) is Value else constant(x) for x in operands])
        xs = [1.0 * x.data for x in inputs]  # 1.0 * makes a float of an int that was assigned
        y = op.forward(*xs)
        partials = op.partials(y, *xs)
        if CONSTANT in [x.op for x in inputs]:
            partials = [None if x.op is CONSTANT else p for x, p in zip(inputs, partials, strict=True)]
        made = new_node(y, "", 0.0, op, inputs, tuple(partials))
        return notify(made) if observers else made

    def __autograd_op__(self, op: Op, *operands: Any) -> Value:
        """Record an op that was called with a `Value` among its operands."""
        return Value.record(op, *operands)

    # `+` and `*` are most of any graph, so they are written out: twice as fast as through `record`.

    def __add__(self, other: Value | float) -> Value:
        if type(other) is Value:
            made = new_node(1.0 * self.data + other.data, "", 0.0, ADD, (self, other), BOTH)
        elif (right := as_value(other)) is not None:
            made = new_node(1.0 * self.data + right.data, "", 0.0, ADD, (self, right), FIRST)
        else:
            return NotImplemented
        return notify(made) if observers else made

    def __mul__(self, other: Value | float) -> Value:
        x = self.data
        if type(other) is Value:
            z = other.data
            made = new_node(1.0 * x * z, "", 0.0, MULTIPLY, (self, other), (z, x))
        elif (right := as_value(other)) is not None:
            z = right.data
            made = new_node(1.0 * x * z, "", 0.0, MULTIPLY, (self, right), (z, None))
        else:
            return NotImplemented
        return notify(made) if observers else made

    __radd__ = binary(ops.add)[1]
    __rmul__ = binary(ops.multiply)[1]
    __sub__, __rsub__ = binary(ops.subtract)
    __truediv__, __rtruediv__ = binary(ops.divide)
    __rpow__ = binary(ops.power)[1]

    def __pow__(self, exponent: Value | float) -> Value:
        right = as_value(exponent)
        if right is None:
            return NotImplemented
        return record_binary(ops.power if right is exponent else ops.constant_power, self, right)

    def __pos__(self) -> Value:
        return self

    __neg__ = unary(ops.negative)
    __abs__ = unary(ops.absolute)

    __lt__ = comparison(operator.lt)
    __le__ = comparison(operator.le)
    __gt__ = comparison(operator.gt)
    __ge__ = comparison(operator.ge)

    exp = unary(ops.exp)
    exp2 = unary(ops.exp2)
    expm1 = unary(ops.expm1)
    log = unary(ops.log)
    log2 = unary(ops.log2)
    log10 = unary(ops.log10)
    log1p = unary(ops.log1p)
    sqrt = unary(ops.sqrt)
    sin = unary(ops.sin)
    cos = unary(ops.cos)
    tan = unary(ops.tan)
    arcsin = unary(ops.arcsin)
    arccos = unary(ops.arccos)
    arctan = unary(ops.arctan)
    sinh = unary(ops.sinh)
    cosh = unary(ops.cosh)
    tanh = unary(ops.tanh)
    arcsinh = unary(ops.arcsinh)
    arccosh = unary(ops.arccosh)
    arctanh = unary(ops.arctanh)
    sign = unary(ops.sign)
    sigmoid = unary(ops.sigmoid)
    relu = unary(ops.relu)
    softplus = unary(ops.softplus)
    detach = unary(ops.detach)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self.data!r}, grad={self.grad!r}{label})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return copy_graph(self, memo)

    @property
    def _prev(self) -> set[Value]:
        """micrograd's name for the inputs; its notebooks draw graphs by it."""
        return set(self.inputs)

    @property
    def _op(self) -> str:
        """micrograd's name for the symbol of the op."""
        return self.op.symbol if self.op else ""


# msgspec's own setter tells the garbage collector of what it stores, which a class without collection has no use for.
# The plain one does the rest, and CPython's interpreter knows it: `v.grad = x` takes a third of the time.
Value.__setattr__ = object.__setattr__  # type: ignore[method-assign]
Value.__delattr__ = object.__delattr__  # type: ignore[method-assign]

# The unchecked constructor: it takes the fields in order.
new_node: Final[Callable[..., Value]] = super(Constructor, Value).__call__  # type: ignore[misc]


def constant(x: object) -> Value:
    """Lift a number to a leaf that takes no gradient."""
    return new_node(as_float(x), "", 0.0, CONSTANT)


def parameter(x: object, label: str = "") -> Value:
    """Make a leaf that is trained, which pictures and records tell from others."""
    return new_node(as_float(x), label, 0.0, PARAMETER)


def as_value(x: object) -> Value | None:
    """Give an operator's other operand as a `Value`, or None where the other side may know better (an ndarray does)."""
    if type(x) is float:
        return new_node(x, "", 0.0, CONSTANT)
    if type(x) is Value:
        return x
    if isinstance(x, NUMBER_LIKE):
        return constant(x)
    return None


def notify(made: Value) -> Value:
    """Show a new node to the observers."""
    for observer in tuple(observers):  # another thread may take its own away meanwhile
        observer(made)
    return made
