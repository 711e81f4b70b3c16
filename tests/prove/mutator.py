"""Small wrongs, put into a module one at a time: the mutants that the tests have to notice.

A mutant is a module with one expression or statement changed: a sign, a factor, swapped inputs, a dropped term, an
off-by-one, a comparison, a branch, a removed reset. It is the syntax tree that is changed: nothing is written to disk.

Not generated, since nothing that is promised changes by it:

- swapped operands of + and *, which IEEE 754 gives the same bits; the sign of a constant that is zero;
- annotations, docstrings, decorators, imports, `__repr__`, and the texts of errors;
- choices by Python's version, of which one is dead here;
- where the tests sample a row of the rule table, and how exact they want it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, Final

from wrongs import text, wrongs

SHORT: Final = 72  # characters, up to which the expression around a change is shown too
SKIPPED: Final = (ast.Import, ast.ImportFrom, ast.Raise, ast.arg, ast.expr_context, ast.operator, ast.cmpop)
FIELDS_SKIPPED: Final = {"annotation", "returns", "decorator_list", "targets", "keys", "format_spec"}
NAMES_SKIPPED: Final = {"__repr__", "ulps", "ANY", "SOME", "UNIT", "PLUS"}

Slot = tuple[ast.AST, Any, Any, str]  # a parent, the list or fields that its child is in, the key there, the place


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong: where it is, what stood there, what stands there now, and the code of the module that has it."""

    file: str
    line: int
    place: str  # the function, or the row of a table
    kind: str
    key: str  # its name, by what it says and not by its line: so that it outlives changes elsewhere in the file
    code: CodeType


def mutants(root: Path, file: str, wanted: Callable[[str], bool] = lambda key: True) -> Iterator[Mutant]:
    """Give a file's mutants whose names are wanted, from its top to its end. The tree holds one wrong at a time."""
    tree = ast.parse((root / file).read_text(encoding="utf-8"), file)
    seen: Counter[str] = Counter()
    for parent, container, key, place in slots(tree, ""):
        old = container[key]
        whole = parent if isinstance(parent, ast.expr) and len(text(parent)) <= SHORT else None
        before = text(whole or old)
        for kind, new in wrongs(old):
            container[key] = ast.fix_missing_locations(ast.copy_location(new, old))
            name = f"{Path(file).stem}.{place}: {before}  ->  {text(whole or new)}"
            seen[name] += 1
            name += f" ({seen[name]})" if seen[name] > 1 else ""
            if wanted(name):
                yield Mutant(file, old.lineno, place, kind, name, compile(tree, str(root / file), "exec"))
            container[key] = old


def original(root: Path, file: str) -> Mutant:
    """Give the mutant without a wrong, the file as it is: it has to live through every test."""
    source = (root / file).read_text(encoding="utf-8")
    return Mutant(file, 1, "", "none", file, compile(source, str(root / file), "exec"))


def slots(parent: ast.AST, place: str) -> Iterator[Slot]:
    """Give every place of a tree where a node may be changed, outermost first."""
    for field, value in ast.iter_fields(parent):
        if field in FIELDS_SKIPPED:
            continue
        container: Any = value if isinstance(value, list) else parent.__dict__
        keys: Any = range(len(value)) if isinstance(value, list) else [field]
        for key in keys:
            node = container[key]
            if isinstance(node, ast.AST) and not is_skipped(parent, field, key, node):
                inner = place_of(parent, field, key, node, place)
                if inner.rpartition(".")[2] not in NAMES_SKIPPED:
                    yield parent, container, key, inner
                    yield from slots(node, inner)


def is_skipped(parent: ast.AST, field: str, key: Any, node: ast.AST) -> bool:
    """Tell what is never changed: see the top of this file."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
        return True
    if isinstance(node, ast.If) and text(node.test) == "TYPE_CHECKING":
        return True
    if isinstance(parent, ast.ClassDef) and field != "body":  # its bases, and how msgspec lays it out
        return True
    if isinstance(node, ast.Compare | ast.IfExp) and "version_info" in text(node):  # on one Python, half of it is dead
        return True
    if isinstance(parent, ast.AnnAssign) and text(parent.annotation) == "TypeAlias":
        return True
    if isinstance(node, ast.keyword) and node.arg == "strict":  # of `zip`: lengths that differ are a bug already
        return True
    if isinstance(parent, ast.Compare) and isinstance(parent.ops[0], ast.Is | ast.IsNot) and isinstance(node, ast.Name):
        return True
    row = isinstance(parent, ast.Call) and text(parent.func) == "row"
    sampling = row and (
        field == "keywords" or (field == "args" and key not in (2, 4))
    )  # of the forward function and the rule
    return sampling or isinstance(node, SKIPPED)


def place_of(parent: ast.AST, field: str, key: Any, node: ast.AST, place: str) -> str:
    """Name the place of a node: its function, class or variable, the row of a table, or the argument it is given."""
    if isinstance(parent, ast.Dict):
        return text(parent.keys[key]).strip("'") if parent.keys[key] else place
    inner = ""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        inner = node.name
    elif isinstance(parent, ast.Module | ast.ClassDef) and isinstance(node, ast.Assign):
        inner = text(node.targets[0])
    elif isinstance(parent, ast.Module | ast.ClassDef) and isinstance(node, ast.AnnAssign):
        inner = text(node.target)
    elif isinstance(parent, ast.arguments):
        names = parent.args[-len(parent.defaults) :] if field == "defaults" else parent.kwonlyargs
        inner = names[key].arg
    return f"{place}.{inner}".strip(".")


def definitions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Give the functions and variables of a module, and the rows of its tables, by name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            yield text(node.targets[0]), node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                yield text(key).strip("'") if key else "", value
