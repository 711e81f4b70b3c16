"""How modules are shown: as a tree, as a table, and in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from autograd.text import escape_controls
from nn.parts import entries, is_module
from nn.settings import settings

if TYPE_CHECKING:
    from nn.module import Module


def children(owner: Any, prefix: str, seen: set[int]) -> Iterator[tuple[str, Module]]:
    """Yield the modules that a module holds itself, in attributes and containers, and not those inside of these."""
    for name, item in entries(owner) or ():
        if id(item) in seen:
            continue
        if is_module(item):
            seen.add(id(item))
            yield f"{prefix}{name}", item
        elif not isinstance(item, str) and entries(item) is not None:
            seen.add(id(item))
            yield from children(item, f"{prefix}{name}.", seen)


def inner_modules(module: Module, prefix: str = "") -> list[tuple[str, Module]]:
    """Return the modules that a module itself holds, with their paths."""
    return list(children(module, prefix, {id(module)}))


def tree(module: Module) -> str:
    """Return a module and what is in it as an indented tree, with the number of parameters of each.

    Equal neighbours share a line: `(layers.0-3): 4 x Layer(...)`.
    """
    return "\n".join(tree_lines(module, set()))


def tree_lines(module: Module, seen: set[int]) -> list[str]:
    """Return the lines of a module's tree; what is in `seen` is shown without what it holds."""
    count = f"  # {count_text(module)}"
    own_repr = type(module).__repr__
    if own_repr.__module__ != "nn.module":
        first, *rest = own_repr(module).splitlines()
        return [first + count, *rest]
    inner = [] if id(module) in seen else inner_modules(module)
    head = f"{type(module).__name__}({arguments(settings(module))}"
    if not inner:
        return [f"{head}){count}"]
    blocks = [(path, "\n  ".join(tree_lines(child, seen | {id(module)}))) for path, child in inner]
    lines = []
    for text, group in groupby(blocks, key=lambda block: block[1]):
        paths = [path for path, _ in group]
        many = f"{len(paths)} x " if len(paths) > 1 else ""
        lines += f"  ({span(paths)}): {many}{text}".splitlines()
    return [f"{head}{count}", *lines, ")"]


def count(module: Module) -> int | None:
    """Return how many parameters a module has, or None where they cannot be listed, as in one that is half made."""
    try:
        return len(module.parameters())
    except Exception:  # whatever a user's own parameters() raises: showing a module must not raise
        return None


def count_text(module: Module) -> str:
    number = count(module)
    return "parameters unknown" if number is None else plural(number, "parameter")


def span(paths: list[str]) -> str:
    """Return the paths of neighbours as one: layers.0-3."""
    if len(paths) == 1:
        return paths[0]
    return f"{paths[0]}-{paths[-1].rpartition('.')[2]}"


def arguments(config: dict[str, Any]) -> str:
    """Return settings as the arguments of a call."""
    return escape_controls(", ".join(f"{name}={x!r}" for name, x in config.items() if x is not None))


def call(module: Module) -> str:
    """Return a module on one line, as the call that makes one of its shape."""
    return f"{type(module).__name__}({arguments(settings(module))})"


@dataclass(frozen=True)
class Summary:
    """The table that `summary` returns: print it, or look at it in a notebook.

    Attributes:
        rows: of each module its name and class, its number of outputs (None if unknown) and of parameters.
        parameters: how many parameters the whole model has; one that is shared counts once.
    """

    rows: tuple[tuple[str, int | None, int], ...]
    parameters: int

    def cells(self) -> list[tuple[str, str, str]]:
        """Return the table as texts, with its head and its last line."""
        body = [(name, "?" if n is None else f"{n:,}", f"{count:,}") for name, n, count in self.rows]
        return [("layer", "outputs", "parameters"), *body, ("in all", "", f"{self.parameters:,}")]

    def __str__(self) -> str:
        cells = self.cells()
        first, second, third = (max(len(row[k]) for row in cells) for k in range(3))
        lines = [f"{a:<{first}}  {b:>{second}}  {c:>{third}}".rstrip() for a, b, c in cells]
        rule = "-" * (first + second + third + 4)
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head, *body = self.cells()
        rows = [f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in body]
        columns = "".join(f"<th>{cell}</th>" for cell in head)
        return f"<table><thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def summary(model: Module) -> Summary:
    """Return a table of a model's layers: name and class, number of outputs, number of parameters.

    >>> from nn import MLP
    >>> summary(MLP(2, [16, 1]))
    layer             outputs  parameters
    -------------------------------------
    MLP                     1          65
      layers.0 Layer       16          48
      layers.1 Layer        1          17
    -------------------------------------
    in all                             65
    """
    if not is_module(model):
        raise TypeError(f"summary(model): expected a Module, got {model!r:.60}")
    return Summary(tuple(summary_rows(model, "", 0, set())), len(model.parameters()))


def summary_rows(module: Module, path: str, depth: int, seen: set[int]) -> Iterator[tuple[str, int | None, int]]:
    """Yield the rows of a module and of those in it, down to layers: the neurons of a layer share its row."""
    name = escape_controls(f"{'  ' * depth}{path} {type(module).__name__}" if path else type(module).__name__)
    yield name, outputs(module), len(module.parameters())
    if id(module) in seen or hasattr(module, "neurons"):
        return
    for inner, child in inner_modules(module, f"{path}." if path else ""):
        yield from summary_rows(child, inner, depth + 1, seen | {id(module)})


def outputs(module: Module) -> int | None:
    """Return the number of a module's outputs if its class says it, else None."""
    count = getattr(module, "output_count", None)
    found = count() if callable(count) else None
    return found if isinstance(found, int) else None


def plural(count: int, what: str) -> str:
    return f"{count:,} {what}" + "s" * (count != 1)
