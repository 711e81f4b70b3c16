"""Expressions over labels and node numbers, for `print`, `display`, predicates and conditions.

`w1.grad * x.data`, `abs(grad) > 10`, `op == 'relu' and data == 0`. A field alone is the field of the node at hand. The
text is parsed with `ast`, and each kind of syntax tree that is allowed has its method below; nothing is ever evaluated
as Python. Numbers are floats and follow IEEE 754 as the engine's do, so nothing overflows and nothing raises.
"""

from __future__ import annotations

import ast
import keyword
import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final, NamedTuple

from autograd import ieee, ops
from autograd.debugger.timeline.names import CommandError, Resolver

Evaluate = Callable[[int, int], Any]  # (subject, position) -> a float, a bool or a str
FIELDS: Final = {
    "data": "number",
    "grad": "number",
    "complete": "truth",
    "number": "number",
    "op": "text",
    "label": "text",
    "kind": "text",
}
Fields = Mapping[str, Evaluate]


class Typed(NamedTuple):
    """A compiled part of an expression, and whether it gives a "number", a "truth" or a "text"."""

    evaluate: Evaluate
    kind: str


class Expression(NamedTuple):
    """A compiled expression, and the nodes whose gradients it asks for: None for the node at hand."""

    evaluate: Evaluate
    gradients: tuple[int | None, ...]


def conjunction(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda subject, position: bool(left(subject, position) and right(subject, position))


def disjunction(left: Evaluate, right: Evaluate) -> Evaluate:
    return lambda subject, position: bool(left(subject, position) or right(subject, position))


def remainder(x: float, y: float) -> float:
    return x % y if y and math.isfinite(x) else math.nan


CONSTANTS: Final = {"pi": math.pi, "inf": math.inf, "nan": math.nan}
ARITHMETIC: Final[dict[type, Callable[[Any, Any], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: ieee.divide,
    ast.Mod: remainder,
    ast.Pow: ieee.power,
}
COMPARISONS: Final[dict[type, Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
FUNCTIONS: Final[dict[str, tuple[Callable[..., Any], int, str]]] = {
    **{op.name: (op.forward, op.arity, "number") for op in ops.OPS.values() if op.public and op.arity in (1, 2)},
    "abs": (abs, 1, "number"),
    "min": (ieee.minimum, 2, "number"),
    "max": (ieee.maximum, 2, "number"),
    "isnan": (math.isnan, 1, "truth"),
    "isinf": (math.isinf, 1, "truth"),
    "isfinite": (math.isfinite, 1, "truth"),
}
TOKEN: Final = re.compile(
    r"""(?P<text>'[^']*'|"[^"]*")
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*(?:\.\w+)*(?:\#\d+(?:\.\w+)?)?|\#\d+(?:\.\w+)?)(?P<call>\s*\()?""",
    re.VERBOSE,
)
LONGEST: Final = 1000
DEEPEST: Final = 40
EXAMPLE: Final = "type for example w.grad * x.data, or abs(grad) > 10"


def compile_expression(text: str, resolve: Resolver, fields: Fields) -> Expression:
    """Compile an expression once, for many evaluations.

    Args:
        resolve: gives the number of the node that a text names.
        fields: a function of (node, position) for each name in FIELDS.

    Raises:
        CommandError: in one line that says what to type.

    >>> fields = {"data": lambda node, position: 3.0}
    >>> compile_expression("w.data ** 2 > 8", lambda name: 0, fields).evaluate(0, 0)
    True
    """
    if not text.strip() or len(text) > LONGEST:
        raise CommandError(f"expected an expression of at most {LONGEST} characters: {EXAMPLE}")
    try:
        tree = ast.parse(TOKEN.sub(quote_name, text).strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise CommandError(f"cannot read {text.strip():.60}: {EXAMPLE}") from None
    compiler = Compiler(resolve, fields)
    evaluate = compiler.compile(tree.body, 0).evaluate
    return Expression(evaluate, tuple(compiler.gradients))


def quote_name(token: re.Match[str]) -> str:
    """Put a node's name between quotes, which makes Python syntax of `layers.0.bias.grad` and of `#4.data`."""
    name = token["name"]
    if not name:
        return token[0]
    if token["call"] or name in FIELDS or name in CONSTANTS or keyword.iskeyword(name):
        return token[0]
    head, _, last = name.rpartition(".")
    return f"{head!r}.{last}" if head and last in FIELDS else f"{name!r}.node"


class Compiler:
    """Turns a syntax tree into nested functions of (subject, position)."""

    def __init__(self, resolve: Resolver, fields: Fields) -> None:
        self.resolve = resolve
        self.fields = fields
        self.gradients: list[int | None] = []

    def compile(self, tree: ast.expr, depth: int) -> Typed:
        """Compile a part of the tree by the method for its kind; `depth` counts the parts around it."""
        handler = getattr(self, f"on_{type(tree).__name__}", None)
        if depth > DEEPEST:
            raise CommandError(f"the expression is nested more than {DEEPEST} deep: {EXAMPLE}")
        if handler is None:
            raise CommandError(f"{type(tree).__name__} is not understood here: {EXAMPLE}")
        return handler(tree, depth + 1)  # type: ignore[no-any-return]

    def number(self, tree: ast.expr, depth: int) -> Evaluate:
        """Compile a part that must not be a text; a truth counts as 0 or 1."""
        evaluate, kind = self.compile(tree, depth)
        if kind == "text":
            raise CommandError(f"a text takes part in no arithmetic, compare it with == or !=: {EXAMPLE}")
        return evaluate

    def on_Constant(self, tree: ast.Constant, depth: int) -> Typed:  # noqa: N802 - ast's names
        """Compile a number (an int too large for a float is inf), a truth or a text."""
        value = tree.value
        if isinstance(value, bool | str):
            return Typed(lambda subject, position: value, "text" if isinstance(value, str) else "truth")
        if not isinstance(value, int | float):
            raise CommandError(f"{value!r:.60} is neither a number nor a text: {EXAMPLE}")
        try:
            x = float(value)
        except OverflowError:
            x = math.inf
        return Typed(lambda subject, position: x, "number")

    def on_Name(self, tree: ast.Name, depth: int) -> Typed:  # noqa: N802
        """Compile a field of the node at hand, or a name of CONSTANTS."""
        if tree.id in FIELDS:
            self.gradients += [None] * (tree.id == "grad")
            return Typed(self.fields[tree.id], FIELDS[tree.id])
        x = CONSTANTS.get(tree.id)
        if x is None:
            raise CommandError(f"{tree.id:.60} is not a function: use {', '.join(sorted(FUNCTIONS))}")
        return Typed(lambda subject, position: x, "number")

    def on_Attribute(self, tree: ast.Attribute, depth: int) -> Typed:  # noqa: N802
        """Compile a field of a named node, as in w.grad."""
        if not (isinstance(tree.value, ast.Constant) and isinstance(tree.value.value, str)):
            raise CommandError(f"a field follows a node, as in w.grad; the fields are {', '.join(FIELDS)}")
        name = tree.value.value
        node = self.resolve_name(name)
        if tree.attr not in FIELDS:
            raise CommandError(f"{name:.60} is a node: type {name:.60}.data or {name:.60}.grad")
        field = self.fields[tree.attr]
        self.gradients += [node] * (tree.attr == "grad")
        return Typed(lambda subject, position: field(node, position), FIELDS[tree.attr])

    def resolve_name(self, name: str) -> int:
        """Return the node of a name, or the error that says which part of the name is wrong."""
        try:
            return self.resolve(name)
        except CommandError as error:
            head, _, field = name.rpartition(".")
            try:
                self.resolve(head)
            except CommandError:
                raise error from None
            hint = f"type args {head:.60}" if field in ("inputs", "partials") else f"use {', '.join(FIELDS)}"
            raise CommandError(f"{head:.60} has no field {field:.60}: {hint}") from None

    def on_BinOp(self, tree: ast.BinOp, depth: int) -> Typed:  # noqa: N802
        """Compile + - * / % or ** of two numbers."""
        f = ARITHMETIC.get(type(tree.op))
        if f is None:
            raise CommandError("the arithmetic here is + - * / % and **")
        left, right = self.number(tree.left, depth), self.number(tree.right, depth)
        return Typed(lambda subject, position: f(left(subject, position), right(subject, position)), "number")

    def on_UnaryOp(self, tree: ast.UnaryOp, depth: int) -> Typed:  # noqa: N802
        """Compile `not`, - or + before a number or a truth."""
        x = self.number(tree.operand, depth)
        if isinstance(tree.op, ast.Not):
            return Typed(lambda subject, position: not x(subject, position), "truth")
        if isinstance(tree.op, ast.USub):
            return Typed(lambda subject, position: -1.0 * x(subject, position), "number")
        if isinstance(tree.op, ast.UAdd):
            return Typed(x, "number")
        raise CommandError("the arithmetic here is + - * / % and **")

    def on_BoolOp(self, tree: ast.BoolOp, depth: int) -> Typed:  # noqa: N802
        """Compile parts joined by `and` or `or`; the whole is a truth, not one of its parts as in Python."""
        join = conjunction if isinstance(tree.op, ast.And) else disjunction
        return Typed(reduce(join, [self.number(value, depth) for value in tree.values]), "truth")

    def on_Compare(self, tree: ast.Compare, depth: int) -> Typed:  # noqa: N802
        """Compile a comparison of two numbers, or of two texts for == and !=."""
        if len(tree.ops) > 1:
            raise CommandError("compare two at a time, and join them with and: 0 < grad and grad < 1")
        (left, left_kind), (right, right_kind) = (self.compile(x, depth) for x in (tree.left, tree.comparators[0]))
        compare = COMPARISONS.get(type(tree.ops[0]))
        texts = [left_kind, right_kind].count("text")
        if compare is None or texts == 1 or (texts and compare not in (operator.eq, operator.ne)):
            raise CommandError(f"a text is compared with a text by == or !=, a number by == != < <= > >=: {EXAMPLE}")
        if isinstance(tree.comparators[0], ast.Constant):  # most, so they are quick
            fixed = right(0, 0)
            return Typed(lambda subject, position: compare(left(subject, position), fixed), "truth")
        return Typed(lambda subject, position: compare(left(subject, position), right(subject, position)), "truth")

    def on_IfExp(self, tree: ast.IfExp, depth: int) -> Typed:  # noqa: N802
        test, yes, no = (self.number(x, depth) for x in (tree.test, tree.body, tree.orelse))
        return Typed(lambda s, position: (yes if test(s, position) else no)(s, position), "number")

    def on_Call(self, tree: ast.Call, depth: int) -> Typed:  # noqa: N802
        """Compile the call of a function of FUNCTIONS, with as many numbers as it takes."""
        name = tree.func.id if isinstance(tree.func, ast.Name) else ""
        if name not in FUNCTIONS:
            raise CommandError(f"{name or 'that':.60} is not a function here: use {', '.join(sorted(FUNCTIONS))}")
        f, arity, kind = FUNCTIONS[name]
        if len(tree.args) != arity or tree.keywords:
            raise CommandError(
                f"{name} takes {arity} number{'s' * (arity > 1)}: type {name}({', '.join('xy'[:arity])})"
            )
        if arity == 1 and (x := self.compile(tree.args[0], depth)).kind == "number":  # most, so they are quick
            evaluate = x.evaluate
            return Typed(lambda subject, position: f(evaluate(subject, position)), kind)
        xs = [self.number(arg, depth) for arg in tree.args]
        return Typed(lambda subject, position: f(*[float(x(subject, position)) for x in xs]), kind)
