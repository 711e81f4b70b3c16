"""`Value`: one float, and how it was made.

Arithmetic on `Value`s records a graph as it goes. A node keeps its inputs and, beside each, the local derivative at the
recorded values (`partials`). It keeps no closure and nothing points back at it, so a graph has no cycles: it needs no
garbage collector and dies by reference count.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from contextlib import closing
from itertools import count
from numbers import Real
from typing import TYPE_CHECKING, Any, Final

import msgspec

from autograd import ops
from autograd.backward import backward_pass
from autograd.observing import backward_observers, notify, record_observers
from autograd.op import apply_user_op
from autograd.ops import CONSTANT, OPS, PARAMETER, Op, as_float
from autograd.value_type import ValueType, as_label, data_property, label_property, recorded_property

# Operands that `as_float` takes, or refuses in words that say more than Python's "unsupported operand type".
NUMBER_LIKE: Final = (float, int, Real, str, bytes, complex, type(None))
# What `+` and `*` use most, as globals, which are quicker to find: two rows, and the partials of a sum.
ADD, MULTIPLY, BOTH_PASS, LEFT_PASSES = ops.add, ops.multiply, (1.0, 1.0), (1.0, None)
next_serial: Final = count(1).__next__


class Value(msgspec.Struct, metaclass=ValueType, eq=False, gc=False):
    """A number that remembers how it was computed.

    `Value(data, label="")` makes a leaf. Operators and functions of `Value`s make computed nodes.

    Attributes:
        data: the number, a float. It may be assigned; what was computed from it before does not change.
        grad: d root / d self, filled by `root.backward()`. It may be assigned.
        label: the name that drawings, steps and the debugger show.
        op: the row of the rule table that made it; for a leaf CONSTANT, PARAMETER, or None if it is neither.
        inputs: the `Value`s it was computed from, in order, duplicates kept.
        partials: d self / d input at the recorded values, one for each input; None where no gradient flows.
        serial: its place in the order of creation, larger than those of its inputs; 0 for a number beside a `Value`.
        source: the user's line that made it, kept only while something asks for it (see `detect_anomaly`).

    `==` and `hash` go by identity; `<`, `<=`, `>`, `>=` compare data; it is true unless its data is 0.

    >>> x = Value(3.0, "x")
    >>> y = x**3
    >>> y.backward()
    >>> x
    Value(data=3.0, grad=27.0, label='x')
    """

    _data: float
    op: Op | None = None
    inputs: tuple[Value, ...] = ()
    partials: tuple[float | None, ...] = ()
    serial: int = msgspec.field(default_factory=next_serial)
    _label: str = ""
    source: str | None = None
    _grad: float = 0.0

    def backward(self) -> None:
        """Add d self / d leaf to the `.grad` of every leaf, and set that of self and every computed node below it.

        A `.grad` belongs to one thread at a time: threads may call it on graphs that share no node. Where they share
        parameters, let each call `grad`, which writes none, and one of them add up.
        """
        with closing(backward_pass(self)) as steps:  # an observer that raises ends the pass at once
            for node in steps:
                if backward_observers:
                    notify(node, backward_observers)

    @staticmethod
    def record(op: Op, *operands: Value | float) -> Value:
        """Apply an op and return its result as a node; numbers among the operands become constants."""
        inputs = tuple([x if type(x) is Value else constant(x) for x in operands])
        xs = [x._data for x in inputs]
        if OPS.get(op.name) is op:
            partials = op.partials(y := op.forward(*xs), *xs)
        else:
            y, partials = apply_user_op(op, xs)
        if CONSTANT in [x.op for x in inputs]:
            partials = [None if x.op is CONSTANT else p for x, p in zip(inputs, partials, strict=True)]
        node = new_node(y, op, inputs, tuple(partials))
        return notify(node) if record_observers else node

    def __autograd_op__(self, op: Op, *operands: Any) -> Value:
        """Record an op that was called with a `Value` among its operands."""
        return Value.record(op, *operands)

    # `+` and `*` are most of any graph. With their derivatives written out they take half the time of `record`.

    def __add__(self, other: Value | float) -> Value:
        if type(other) is Value:
            node = new_node(self._data + other._data, ADD, (self, other), BOTH_PASS)
        elif (right := as_value(other)) is not None:
            node = new_node(self._data + right._data, ADD, (self, right), LEFT_PASSES)
        else:
            return NotImplemented
        return notify(node) if record_observers else node

    def __mul__(self, other: Value | float) -> Value:
        if type(other) is Value:
            node = new_node(self._data * other._data, MULTIPLY, (self, other), (other._data, self._data))
        elif (right := as_value(other)) is not None:
            node = new_node(self._data * right._data, MULTIPLY, (self, right), (right._data, None))
        else:
            return NotImplemented
        return notify(node) if record_observers else node

    def __radd__(self, other: float) -> Value:
        return record_binary(ops.add, other, self)

    def __rmul__(self, other: float) -> Value:
        return record_binary(ops.multiply, other, self)

    def __sub__(self, other: Value | float) -> Value:
        return record_binary(ops.subtract, self, other)

    def __rsub__(self, other: float) -> Value:
        return record_binary(ops.subtract, other, self)

    def __truediv__(self, other: Value | float) -> Value:
        return record_binary(ops.divide, self, other)

    def __rtruediv__(self, other: float) -> Value:
        return record_binary(ops.divide, other, self)

    def __pow__(self, exponent: Value | float) -> Value:
        return record_binary(ops.power if type(exponent) is Value else ops.constant_power, self, exponent)

    def __rpow__(self, base: float) -> Value:
        return record_binary(ops.power, base, self)

    def __pos__(self) -> Value:
        return self

    def __lt__(self, other: Value | float) -> bool:
        return compare(operator.lt, self, other)

    def __le__(self, other: Value | float) -> bool:
        return compare(operator.le, self, other)

    def __gt__(self, other: Value | float) -> bool:
        return compare(operator.gt, self, other)

    def __ge__(self, other: Value | float) -> bool:
        return compare(operator.ge, self, other)

    def __bool__(self) -> bool:
        return self._data != 0.0

    if TYPE_CHECKING:  # what is made below: three properties, and a method for each row with one input
        data: float = 0.0
        grad: float = 0.0
        label: str = ""

        def __init__(self, data: float, label: str = "") -> None: ...

        def exp(self) -> Value: ...

        exp2 = expm1 = log = log2 = log10 = log1p = sqrt = sign = absolute = detach = exp
        sin = cos = tan = arcsin = arccos = arctan = sinh = cosh = tanh = arcsinh = arccosh = arctanh = exp
        sigmoid = relu = softplus = log_sigmoid = silu = gelu = erf = erfc = floor = ceil = round = exp
        __neg__ = __abs__ = exp

    def __repr__(self) -> str:
        """Return what the node is: also the op of a computed one, and the label of one that has any."""
        return f"Value({', '.join(f'{name}={x!r}' for name, x in self.__rich_repr__())})"

    def __format__(self, spec: str) -> str:
        """Format the data, as in f"{loss:.4f}"; without a format, return the repr."""
        return format(self.data, spec) if spec else repr(self)

    def __dir__(self) -> list[str]:
        """List what the class offers, without the names at which it only refuses an assignment."""
        return dir(type(self))

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return what `repr`, and rich, show of a `Value`: not the graph behind it."""
        shown: list[tuple[str, Any]] = [("data", self.data), ("grad", self.grad)]
        if self.inputs and self.op:
            shown.append(("op", self.op.symbol))
        return [*shown, ("label", self.label)] if self.label else shown

    def conjugate(self) -> Value:
        """Return self, as for any real number; NumPy's `std` and `var` ask for it."""
        return self

    def item(self) -> float:
        """Return the data, as PyTorch's and NumPy's numbers do."""
        return self.data

    # The names of micrograd and microgpt, by which notebooks draw graphs and propagate by hand.
    _prev = recorded_property(lambda self: set(self.inputs), "The inputs, without duplicates.")
    _op = recorded_property(lambda self: self.op.symbol if self.op else "", "The symbol of the op.")
    _backward = recorded_property(lambda self: lambda: propagate(self), "`_backward()` passes the gradient on.")
    _children = recorded_property(lambda self: self.inputs, "The inputs.")
    _local_grads = recorded_property(lambda self: self.partials, "The derivatives by the inputs.")


def propagate(node: Value) -> None:
    """Pass a node's gradient on to its inputs: one step of the chain rule, by hand."""
    for input, partial in zip(node.inputs, node.partials, strict=True):
        if partial is not None:
            input._grad += node._grad * partial


# How nodes are made ---------------------------------------------------------------------------------------------------


def constant(x: object) -> Value:
    """Make the leaf for a number beside a `Value`, to which the op passes no gradient."""
    # Nor does an op that takes the leaf again, as in x - y.inputs[1]. Only + and * do: to look would cost them 8 %.
    return new_node(as_float(x, "operand"), CONSTANT, (), (), 0)


def parameter(x: object, label: str = "") -> Value:
    """Make a leaf that is trained, which pictures and recordings tell from others."""
    return new_node(as_float(x, "parameter"), PARAMETER, _label=as_label(label, "parameter"))


def as_value(x: object) -> Value | None:
    """Return an operand as a `Value`, or None for what may know better how to combine with one, such as an ndarray."""
    if type(x) is float:
        return new_node(x, CONSTANT, (), (), 0)
    if type(x) is Value:
        return x
    return constant(x) if isinstance(x, NUMBER_LIKE) else None


def record_binary(op: Op, left: Value | float, right: Value | float) -> Value:
    """Do what `Value.record` does for a row with two operands, without its lists: it takes a third of the time.

    Returns NotImplemented if one of them is neither a number nor a `Value`.
    """
    x = left if type(left) is Value else as_value(left)
    y = right if type(right) is Value else as_value(right)
    if x is None or y is None:
        return NotImplemented  # type: ignore[no-any-return]
    z = op.forward(x._data, y._data)
    to_x, to_y = op.partials(z, x._data, y._data)
    node = new_node(z, op, (x, y), (None if x.op is CONSTANT else to_x, None if y.op is CONSTANT else to_y))
    return notify(node) if record_observers else node


def compare(holds: Callable[[float, float], bool], left: Value, right: Value | float) -> bool:
    """Return whether a comparison holds for the data of two operands."""
    other = as_value(right)
    return NotImplemented if other is None else holds(left._data, other._data)


def unary(op: Op) -> Callable[[Value], Value]:
    """Make the method that records a row with one input, as `Value.record` does."""

    def method(self: Value) -> Value:
        y = op.forward(self._data)
        node = new_node(y, op, (self,), (None,) if self.op is CONSTANT else op.partials(y, self._data))
        return notify(node) if record_observers else node

    method.__name__ = method.__qualname__ = op.name
    method.__doc__ = f"Return {op.formula_of('self')}. Its derivative is {op.derivative_of(0, 'self')}."
    return method


# What users assign is checked. The engine itself uses `_data`, `_grad` and `_label`, which are plain slots.
for _name in ("data", "grad"):
    setattr(Value, _name, data_property(_name, Value.__dict__["_" + _name].__set__))
Value.label = label_property(Value.__dict__["_label"].__set__)  # type: ignore[assignment]
for _op in OPS.values():
    if _op.public and _op.arity == 1:
        setattr(Value, _op.name, unary(_op))
Value.__neg__, Value.__abs__ = unary(ops.negative), unary(ops.absolute)  # type: ignore[assignment]

# What CPython makes fast ----------------------------------------------------------------------------------------------

# The constructor without the checks of `ValueType`: it is written in C.
new_node: Final[Callable[..., Value]] = super(ValueType, Value).__call__  # type: ignore[misc]
# msgspec's setter notifies the garbage collector, which `gc=False` makes pointless. CPython specialises the plain one:
# `v._grad = x` takes a third of the time.
Value.__setattr__ = object.__setattr__  # type: ignore[method-assign]
Value.__delattr__ = object.__delattr__  # type: ignore[method-assign]
