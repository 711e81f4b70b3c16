"""The layers of the package: imports point upward only; and the names it offers."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import autograd
from autograd.ops import OPS

ROOT = Path(autograd.__file__).parent.parent
CORE = [
    "text",
    "labels",
    "files",
    "ieee",
    "describe",
    "op",
    "rules",
    "ops",
    "lowering",
    "graph",
    "observing",
    "source_lines",
    "value_type",
    "backward",
    "value",
    "pickling",
    "arguments",
    "functions",
    "ufuncs",
    "derivatives",
    "jacobians",
    "differences",
    "check",
    "anomaly",
    "recording",
]
SIBLINGS = ["drawing", "player", "debugger", "compiler"]
DEBUGGER = """timeline.names timeline.lines timeline.expressions timeline.timeline timeline.whatif timeline.loaded
reports findings places stops cursor looking pictures session programs
shell.arguments shell.conversation shell.run_commands shell.look_commands shell.shell
adapter.wire adapter.protocol adapter.breakpoints adapter.stack adapter.tape adapter.variables adapter.console
adapter.requests adapter.debuggee adapter.program adapter.editor start __main__"""
MODULES = sorted(path for package in ("autograd", "nn") for path in (ROOT / package).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield every module that is imported at run time, with the names taken from it: `autograd.ops.exp`."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        if isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from imported(child)


def layer(name: str) -> str:
    """`autograd.lowering.table` -> `lowering`; what is offered by `autograd/__init__.py` itself -> its name."""
    return name.split(".")[1] if "." in name else ""


def ours(path: Path) -> list[str]:
    return [name for name in imported(ast.parse(path.read_text())) if name.split(".")[0] in ("autograd", "nn")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_upward(path: Path) -> None:
    package, *rest = path.relative_to(ROOT).with_suffix("").parts
    own = rest[0]
    for name in ours(path):
        if package == "autograd":
            assert not name.startswith("nn"), f"{path} imports {name}: autograd never imports nn"
            if own in CORE:
                inside = [own] if rest[1:] else []
                assert layer(name) in [*CORE[: CORE.index(own)], *inside], (
                    f"{path} imports {name}, which is not above it"
                )
            elif own in SIBLINGS:
                free = [*CORE, own, *autograd.__all__, "draw", "drawing", "value", "observing"]
                assert layer(name) in free, f"{path} imports {name}: siblings do not import each other"


@pytest.mark.parametrize("name", DEBUGGER.split())
def test_the_debuggers_imports_point_upward(name: str) -> None:
    above = [f"autograd.debugger.{module}." for module in DEBUGGER.split()[: DEBUGGER.split().index(name)]]
    for imports in ours(ROOT / "autograd/debugger" / f"{name.replace('.', '/')}.py"):
        if imports.startswith("autograd.debugger"):
            assert f"{imports}.".startswith(tuple(above)), f"{name} imports {imports}, which is not above it"


def test_every_module_of_the_debugger_has_its_place() -> None:
    folder = ROOT / "autograd/debugger"
    modules = {".".join(path.relative_to(folder).with_suffix("").parts) for path in folder.rglob("*.py")}
    assert {name for name in modules if not name.endswith("__init__")} == {*DEBUGGER.split()}


def test_every_module_has_its_place() -> None:
    named = {path.relative_to(ROOT / "autograd").with_suffix("").parts[0] for path in (ROOT / "autograd").rglob("*.py")}
    assert named - {"__init__", "__main__"} <= {*CORE, *SIBLINGS}


def test_ieee_rules_and_ops_import_nothing_of_ours_below_them() -> None:
    assert ours(ROOT / "autograd/ieee.py") == []
    assert {layer(name) for name in ours(ROOT / "autograd/rules.py")} == {"ieee", "op"}
    assert {layer(name) for name in ours(ROOT / "autograd/ops.py")} == {"ieee", "op", "rules"}


def test_lowering_needs_no_extra() -> None:
    hidden = "import sys; sys.modules['numpy'] = sys.modules['llvmlite'] = None; "
    modules = "import autograd.lowering.program, autograd.lowering.reverse, autograd.lowering.table"
    subprocess.run([sys.executable, "-c", hidden + modules], check=True)


EAGER = """Value absolute arccos arccosh arcsin arcsinh arctan arctan2 arctanh backward_pass ceil check_grads
clip cos cosh detach detect_anomaly dot elu erf erfc exp exp2 expm1 floor gelu grad hessian hypot
jacobian leaky_relu log log10 log1p log2 log_sigmoid log_softmax logsumexp maximum mean minimum no_grad prod
record_steps relu sigmoid sign silu sin sinh softmax softplus sqrt tan tanh
topological_order where"""
LAZY = {"draw", "debug", "compile", "GuardError", "load_recording"}


def test_public_names_of_autograd() -> None:
    assert {*EAGER.split()} <= {*autograd.__all__}
    rows = {name for name, op in OPS.items() if op.public}  # a new row is public by itself
    assert {*autograd.__all__} - {*EAGER.split()} - rows <= LAZY
    assert len({*autograd.__all__}) == len(autograd.__all__)
    assert all(getattr(autograd, name).__doc__ for name in EAGER.split())
