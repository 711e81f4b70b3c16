"""The reference pages of the documentation: every public name, and a page for each op (`op_pages.py`)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from doctests import with_fences
from op_pages import cell, documented_ops, write_op_pages

import autograd
import nn
from autograd.debugger import Session
from autograd.ops import Op


class Page(NamedTuple):
    """A page of public names that are not ops: its file, its title, what it is about, and the names, dotted."""

    file: str
    title: str
    about: str
    names: Sequence[str]


def write_all(folder: Path) -> None:
    """Write the whole reference to a folder: its pages, and the plots on them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_op_pages(folder)
    for page in PAGES:
        entries = [f"::: {name}{OPTIONS.get(name, '')}" for name in page.names]
        extra = [EXTRA[page.file]()] if page.file in EXTRA else []
        (folder / page.file).write_text("\n\n".join([f"# {page.title}", page.about, *entries, *extra]) + "\n", "utf-8")
    (folder / "index.md").write_text(index(), "utf-8")


def functions_of(module: Any, but: Sequence[str] = ()) -> Iterator[str]:
    """Yield the public functions and classes of a module that have no page as an op, with the module's name."""
    ops = {op.name for op in documented_ops()}
    for name in dir(module):
        thing = getattr(module, name)
        has_page = isinstance(thing, Op) or (module is autograd and name in ops)
        if callable(thing) and not name.startswith("_") and name not in but and not has_page:
            yield f"{module.__name__}.{name}"


def index() -> str:
    """Return the page that lists every op with its formula, and links to the other pages."""
    rows = [
        f"| [`{op.name}`]({op.name}.md) | {cell(op.formula)} | {'; '.join(cell(text) for text in op.derivatives)} |"
        for op in documented_ops()
    ]
    others = [f"- [{page.title}]({page.file}): {page.about[0].lower()}{page.about[1:]}" for page in PAGES]
    head = "| op | formula | derivative with respect to each input |\n|---|---|---|"
    return "\n".join(["# Reference", "", *others, "", "## Ops", "", head, *rows, ""])


def navigation() -> str:
    """Return the pages of the reference for the site's navigation, in its settings' language."""
    pages = [f'"reference/{page.file}"' for page in PAGES]
    ops = [f'"reference/{op.name}.md"' for op in documented_ops()]
    return ", ".join([*pages, f'{{ "Ops" = [{", ".join(ops)}] }}'])


def activations() -> str:
    """Return the section of the activations by name."""
    names = ", ".join(f"`{name}`" for name in nn.ACTIVATIONS)
    return (
        "## `nn.ACTIVATIONS` {: #nn.ACTIVATIONS }\n\n"
        f"A dictionary from the name of an activation to its function, which takes a `Value` and returns one: {names}. "
        "Add an entry to [use one of your own](../how-to/module.md#an-activation-of-your-own)."
    )


def session_methods() -> str:
    """Return a section for each method of `Session`, many of which its parts lend to it."""
    hidden = ("timeline", "names", "namespace", "number_of", "position")
    lines = ["## Methods"]
    for name in dir(Session):
        method = getattr(Session, name)
        if not name.startswith("_") and name not in hidden and callable(method):
            call = call_of(method)
            lines += [f"### {name} {{: #autograd.debugger.Session.{name} }}", f"```python\n{name}{call}\n```"]
            lines.append(with_fences(inspect.getdoc(method) or ""))
    return "\n\n".join(lines)


def call_of(method: Any) -> str:
    """Return how a method is called: its signature without what it is a method of."""
    signature = inspect.signature(method)
    given = list(signature.parameters.values())[1:]
    shown = [p.replace(annotation=str(p.annotation)) if p.annotation is not p.empty else p for p in given]
    return str(signature.replace(parameters=shown)).replace("'", "")


LAZY: Final = (
    "compile",
    "draw",
    "debug",
    "record_steps",
    "load_recording",
)  # autograd's, on the pages of what they give
PAGES: Final = (
    Page(
        "autograd.md",
        "autograd",
        "Values, their derivatives, and functions of several.",
        [*functions_of(autograd, LAZY), "autograd.ops.Op"],
    ),
    Page(
        "looking.md",
        "Pictures, recordings, debugger",
        "What draws a graph, plays a pass and steps through it.",
        [
            "autograd.draw",
            "autograd.drawing.Drawing",
            "autograd.record_steps",
            "autograd.load_recording",
            "autograd.recording.Recording",
            "autograd.debug",
        ],
    ),
    Page(
        "compiler.md",
        "Compiled functions",
        "Native code from a recorded graph, with its derivatives.",
        [
            "autograd.compile",
            "autograd.compiler.CompiledFunction",
            "autograd.compiler.TraceError",
            "autograd.compiler.GuardError",
        ],
    ),
    Page("nn.md", "nn", "Modules, losses, optimizers, training, files and estimators.", [*functions_of(nn)]),
    Page("debugger.md", "autograd.debugger", "The debugger as a library.", ["autograd.debugger.Session"]),
)
ESTIMATOR = "\n    options:\n      inherited_members: [fit, model_, coefs_, intercepts_]"
OPTIONS: Final = {
    "nn.MLPClassifier": ESTIMATOR,
    "nn.MLPRegressor": ESTIMATOR,
    "autograd.debugger.Session": "\n    options:\n      members: false",
}
EXTRA: Final = {"nn.md": activations, "debugger.md": session_methods}
