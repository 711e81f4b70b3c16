"""`Op`: one row of the rule table, which `autograd.ops` holds; and what counts as a number.

Calling a row applies it: numbers give a float, `Value`s a `Value` that remembers how it was made. To record on a type
of one's own, as the compiler does on symbols, give it a method `__autograd_op__(op, *operands)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Real
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, overload

import msgspec

from autograd.describe import Docstring, signature, substitute

if TYPE_CHECKING:
    from autograd.value import Value


class Op(msgspec.Struct, frozen=True, eq=False):
    """One row of the rule table: a primitive, and everything the engine knows of its calculus.

    Attributes:
        name: the name of the primitive, and of the function that applies it.
        symbol: how drawings and steps write it: "+", "tanh".
        forward: computes it on floats.
        partials: computes its local derivatives, d result / d input, from the result and the inputs.
        domain: where tests sample it, a (low, high) pair for each of the inputs that they give it.
        ulps: the error its partials may have over the domain, in units in the last place; its result may have half.
        formula: its textbook definition, such as "tanh(x)", over the names in `inputs`.
        derivatives: the textbook derivative with respect to each input, such as "1 − tanh²(x)"; None where no gradient
            flows. The numbers of an op with any number of inputs share one text, or one for each kind of input.
        inputs: the names of its inputs in those texts. One name that begins with "*" stands for any number of inputs.
            An op of one's own may name none, and takes what its functions take.
        defined: where it is defined, such as "x ≥ 0", if that is not everywhere.
        public: whether users call it, as `autograd.tanh` and, if it has one input, `Value.tanh`.
    """

    name: str
    symbol: str
    forward: Callable[..., float]
    partials: Callable[..., Sequence[Any]]
    domain: tuple[tuple[float, float], ...] = ()
    ulps: float = 4.0
    formula: str = ""
    derivatives: tuple[str | None, ...] = ()
    inputs: tuple[str, ...] = ()
    defined: str = ""
    public: bool = True

    def __post_init__(self) -> None:
        for name in ("name", "symbol"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"Op: {name} must be a str, got {getattr(self, name)!r:.60}")
        for name in ("forward", "partials"):
            if not callable(getattr(self, name)):
                raise TypeError(f"Op {self.name!r}: {name} must be a function, got {getattr(self, name)!r:.60}")

    __doc__ = Docstring(__doc__)
    __module__ = "autograd.ops"  # where pickle finds a row by its name

    @overload
    def __call__(self, *operands: float) -> float: ...  # type: ignore[overload-overlap]  # all floats, or not
    @overload
    def __call__(self, *operands: Value | float) -> Value: ...
    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        """Apply the primitive: numbers give a float, and a `Value` among the operands gives a `Value`."""
        if keywords:
            raise TypeError(f"{self.name}({', '.join(self.inputs)}) takes its operands by position, not as keywords")
        if len(operands) != len(self.inputs) and self.arity is not None:
            takes = f"{len(self.inputs)} operand{'s' if len(self.inputs) > 1 else ''}"
            raise TypeError(f"{self.name}({', '.join(self.inputs)}) takes {takes}, got {len(operands)}")
        try:
            for operand in operands:
                if hasattr(operand, "__autograd_op__"):
                    return operand.__autograd_op__(self, *operands)
            y = self.forward(*map(as_float, operands))
        except (TypeError, ValueError) as error:
            raise blame(error, self.name, self.inputs, operands) from None
        return y if type(y) is float else as_float(y, f"{self.name}, the result of its forward")

    def formula_of(self, *names: str) -> str:
        """Return the formula with names in place of its inputs.

        >>> from autograd.ops import divide
        >>> divide.formula_of("loss", "n")
        'loss / n'
        """
        return substitute(self.formula, self.inputs, names)

    def derivative_of(self, k: int, *names: str) -> str | None:
        """Return the derivative with respect to the k-th input, or None, with names in place of the inputs.

        >>> from autograd.ops import divide
        >>> divide.derivative_of(1, "loss", "n")
        '−loss / n²'
        """
        text = self.derivatives[min(k, len(self.derivatives) - 1)]
        return None if text is None else substitute(text, self.inputs, names)

    @property
    def variadic(self) -> bool:
        """Whether it takes any number of inputs, as "*xs" among `inputs` says."""
        return any(name.startswith("*") for name in self.inputs)

    @property
    def arity(self) -> int | None:
        """The number of its inputs; None if it takes any number, or an op of one's own names none."""
        return None if self.variadic else len(self.inputs) or None

    @property
    def __name__(self) -> str:
        return self.name

    @property
    def __signature__(self) -> Any:
        return signature(self)

    def __reduce__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def as_float(x: Any, name: str = "") -> float:
    """Return x as a float of 64 bits; x may be any real number, a bool, or an array of NumPy without dimensions.

    Raises TypeError for anything else, and ValueError for a number beyond every float. `name` is what the message calls
    the function or attribute that x was given to.
    """
    if type(x) is float:
        return x
    prefix = f"{name}: " if name else ""
    scalar = type(x).__module__ == "numpy" and getattr(x, "shape", None) == ()
    number = x.item() if scalar else x
    if isinstance(number, Real):
        try:
            return float(number)
        except OverflowError:
            raise ValueError(f"{prefix}expected a number that a float can hold, got one beyond 1.8e308") from None
    remedy = "its .data" if hasattr(x, "__autograd_op__") else "an int or a float"
    raise TypeError(f"{prefix}expected one real number, got {type(x).__name__} {x!r:.60}: pass {remedy}")


def apply_user_op(op: Op, xs: Sequence[float]) -> tuple[float, list[float | None]]:
    """Compute the result and partials of an op that a user wrote, as floats; an error gets a note with its name."""
    try:
        y = op.forward(*xs)
        partials = op.partials(y, *xs)
    except Exception as error:
        error.add_note(f"raised in the op {op.name!r} for {', '.join(map(repr, xs))}")
        raise
    if not isinstance(partials, Sequence) or isinstance(partials, str) or len(partials) != len(xs):
        raise TypeError(
            f"{op.name}: its partials must return a tuple with a derivative for each of {len(xs)} inputs, got "
            f"{partials!r:.60}"
        )
    slopes = [None if p is None else as_float(p, f"{op.name}, a derivative") for p in partials]
    return as_float(y, f"{op.name}, the result of its forward"), slopes


def blame(error: Exception, function: str, names: Sequence[str], operands: Sequence[Any]) -> Exception:
    """Return an error that names the function and its first operand that is no number, or the error if all are."""
    if len(names) != len(operands):
        names = [f"{names[0].lstrip('*') if names else 'x'}[{k}]" for k in range(len(operands))]
    for name, operand in zip(names, operands, strict=True):
        if not hasattr(operand, "__autograd_op__"):
            try:
                as_float(operand)
            except (TypeError, ValueError) as reason:
                several = hasattr(operand, "__len__") and not isinstance(operand, str | bytes)
                hint = f"; for several numbers, call {function} for each" if several else ""
                return type(reason)(f"{function}: {name}: {reason}{hint}")
    return error


# The rows by name; and the same as attributes for the rules, as in `rows.log(x)`, since `ops` imports those.
OPS: Final[dict[str, Op]] = {}
rows: Final = SimpleNamespace()


def add_op(
    name: str,
    formula: str,
    forward: Callable[..., float],
    derivatives: str | tuple[str | None, ...],
    partials: Callable[..., Sequence[Any]],
    *domain: tuple[float, float],
    symbol: str = "",
    inputs: str = "",
    ulps: float = 4.0,
    defined: str = "",
    public: bool = True,
) -> Op:
    """Add one primitive to the table; its inputs are called x, or x and y, unless `inputs` names them."""
    texts = (derivatives,) if isinstance(derivatives, str) else derivatives
    names = tuple(inputs.split()) or ("x", "y")[: len(domain)]
    op = Op(name, symbol or name, forward, partials, domain, ulps, formula, texts, names, defined, public)
    OPS[name] = op
    setattr(rows, name, op)
    return op


# The op of a leaf, where it is not None. These are no rows: nothing is computed.
CONSTANT: Final = Op("CONSTANT", "const", lambda: math.nan, lambda z: ())  # a number beside a `Value`, as in x * 2.0
PARAMETER: Final = Op("PARAMETER", "param", lambda: math.nan, lambda z: ())  # a leaf that is trained
LEAF_OPS: Final = {"leaf": None, "parameter": PARAMETER, "constant": CONSTANT}


def kind(value: Value) -> str:
    """Return the kind of a `Value`: "computed", "parameter", "constant" or "leaf"."""
    if value.inputs:
        return "computed"
    return "parameter" if value.op is PARAMETER else "constant" if value.op is CONSTANT else "leaf"
