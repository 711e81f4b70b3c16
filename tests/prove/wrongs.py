"""What may be wrong with one node of a syntax tree: a table from the kind of node to the wrongs that it can have."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any, Final

SLIGHTLY: Final = 1.001  # the factor by which a derivative is wrong that PyTorch's gradcheck lets pass

Wrong = tuple[str, ast.AST]  # what kind of wrong it is, and the node that does it

# Words of LLVM's language and names of libm, where the compiler writes them: each with one that is wrong in its place.
WORDS: Final = {
    "fadd": "fsub", "fsub": "fadd", "fmul": "fdiv", "fdiv": "fmul", "and": "or", "or": "and", "xor": "or",
    "oge": "ogt", "ogt": "oge", "ole": "olt", "olt": "ole", "oeq": "une", "une": "ueq", "uno": "ord",
    "pow": "atan2", "exp": "expm1", "exp2": "exp", "expm1": "exp", "log": "log1p", "log2": "log", "log10": "log2",
    "log1p": "log", "hypot": "atan2", "sin": "cos", "cos": "sin", "tan": "tanh", "asin": "acos", "acos": "asin",
    "atan": "tanh", "atan2": "hypot", "sinh": "tanh", "cosh": "sinh", "tanh": "atan", "asinh": "sinh",
    "acosh": "asinh", "atanh": "atan", "erfc": "erf", "parameter": "input", "input": "parameter", "row": "sum",
}  # fmt: skip
COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
SIGNS: Final[dict[type[ast.operator], type[ast.operator]]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
FACTORS: Final[dict[type[ast.operator], type[ast.operator]]] = {ast.Mult: ast.Div, ast.Div: ast.Mult}
CALLS_SKIPPED: Final = {
    "isinstance",
    "hasattr",
    "row",
    "list",
    "tuple",
    "str",
    "int",
    "type",
    "zip",
}  # a crash, or the same
COMMUTATIVE: Final = {"t.add", "t.multiply", "t.both", "t.either", "builder.both", "builder.either"}
NAMES: Final = {"inf": "nan", "nan": "inf", "None": "0.0"}


def wrongs(node: ast.AST) -> Iterator[Wrong]:
    """Give everything that may stand wrongly in a node's place."""
    for wrong in TABLE.get(type(node), ()):
        yield from wrong(node)


def text(node: ast.AST) -> str:
    """Say an expression or a statement in one line."""
    return " ".join(ast.unparse(node).split())


def constant(node: Any) -> Iterator[Wrong]:
    x = node.value
    if isinstance(x, bool):
        yield "branch", ast.Constant(not x)
    elif isinstance(x, int):
        yield "off by one", ast.Constant(x + 1)
        yield "off by one", ast.Constant(x - 1)
    elif isinstance(x, float) and x:
        yield "sign", ast.UnaryOp(ast.USub(), ast.Constant(x))
        yield "factor", ast.Constant(x * SLIGHTLY)
    elif isinstance(x, float):
        yield "off by one", ast.Constant(1.0)
    elif isinstance(x, str):
        for word in dict.fromkeys(x.split()):
            if word in WORDS:
                yield "wrong word", ast.Constant(x.replace(word, WORDS[word], 1))


def name(node: Any) -> Iterator[Wrong]:
    if node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield "wrong number", ast.parse(NAMES[node.id], mode="eval").body


def binary(node: Any) -> Iterator[Wrong]:
    kind = type(node.op)
    if kind in SIGNS:
        yield "sign", ast.BinOp(node.left, SIGNS[kind](), node.right)
    if kind in FACTORS:
        yield "factor", ast.BinOp(node.left, FACTORS[kind](), node.right)
    if kind in (ast.Sub, ast.Div, ast.Pow) and text(node.left) != text(node.right):
        yield "swapped inputs", ast.BinOp(node.right, node.op, node.left)
    yield "dropped term", node.left
    if kind is ast.Add:
        yield "dropped term", node.right


def unary(node: Any) -> Iterator[Wrong]:
    yield "sign" if isinstance(node.op, ast.USub) else "branch", node.operand


def comparison(node: Any) -> Iterator[Wrong]:
    for k, op in enumerate(node.ops):
        for wrong in COMPARISONS[type(op)]:
            yield "comparison", ast.Compare(node.left, [*node.ops[:k], wrong(), *node.ops[k + 1 :]], node.comparators)


def both_or_either(node: Any) -> Iterator[Wrong]:
    for k in range(len(node.values)):
        rest = node.values[:k] + node.values[k + 1 :]
        yield "dropped term", ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]


def conditional(node: Any) -> Iterator[Wrong]:
    yield "branch", ast.IfExp(node.test, node.orelse, node.body)


def statement_with_test(node: Any) -> Iterator[Wrong]:
    if not isinstance(node.test, ast.Compare):
        opposite = ast.UnaryOp(ast.Not(), node.test)
        yield "branch", type(node)(opposite, node.body, node.orelse)


def call(node: Any) -> Iterator[Wrong]:
    if node.keywords or text(node.func) in CALLS_SKIPPED or any(isinstance(x, ast.Starred) for x in node.args):
        return
    if len(node.args) > 1:
        *rest, a, b = node.args
        if text(a) != text(b) and text(node.func) not in COMMUTATIVE:
            yield "swapped inputs", ast.Call(node.func, [*rest, b, a], [])
    if text(node.func) == "range":
        last = ast.BinOp(node.args[-1], ast.Sub(), ast.Constant(1))
        yield "off by one", ast.Call(node.func, [*node.args[:-1], last], [])
    elif len(node.args) == 1:
        yield "dropped call", node.args[0]


def sequence(node: Any) -> Iterator[Wrong]:
    if isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        *rest, a, b = node.elts
        if text(a) != text(b):
            yield "swapped inputs", type(node)([*rest, b, a], node.ctx)


def in_place(node: Any) -> Iterator[Wrong]:
    if type(node.op) in SIGNS:
        yield "sign", ast.AugAssign(node.target, SIGNS[type(node.op)](), node.value)
    yield "dropped term", ast.Assign([node.target], node.value)
    yield "removed reset", ast.Pass()


def assignment(node: Any) -> Iterator[Wrong]:
    """An attribute or an entry that is not set; a name that is not set would trip the next line, which shows little."""
    if any(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
        yield "removed reset", ast.Pass()


def removals(node: Any) -> Iterator[Wrong]:
    yield "removed reset", ast.Pass()


TABLE: Final[dict[type[ast.AST], tuple[Callable[[Any], Iterator[Wrong]], ...]]] = {
    ast.Constant: (constant,),
    ast.Name: (name,),
    ast.Attribute: (),
    ast.BinOp: (binary,),
    ast.UnaryOp: (unary,),
    ast.Compare: (comparison,),
    ast.BoolOp: (both_or_either,),
    ast.IfExp: (conditional,),
    ast.If: (statement_with_test,),
    ast.While: (statement_with_test,),
    ast.Call: (call,),
    ast.Tuple: (sequence,),
    ast.List: (sequence,),
    ast.AugAssign: (in_place,),
    ast.Assign: (assignment,),
    ast.Expr: (removals,),
    ast.Continue: (removals,),
}
