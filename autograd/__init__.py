"""A scalar autograd engine: record plainly, look at anything, then compile what you looked at."""

import builtins
import os
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import autograd.pickling
import autograd.ufuncs  # noqa: F401 - teaches NumPy's functions to take Values
from autograd.anomaly import detect_anomaly
from autograd.backward import backward_pass
from autograd.check import check_grads
from autograd.derivatives import grad
from autograd.functions import (
    clip,
    dot,
    elu,
    leaky_relu,
    log_softmax,
    logsumexp,
    maximum,
    mean,
    minimum,
    prod,
    softmax,
    where,
)
from autograd.functions import sum as sum  # not in __all__: a star import leaves the built-in alone
from autograd.graph import topological_order
from autograd.jacobians import hessian, jacobian
from autograd.observing import no_grad
from autograd.ops import (
    OPS,
    absolute,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    ceil,
    cos,
    cosh,
    detach,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    gelu,
    hypot,
    log,
    log1p,
    log2,
    log10,
    log_sigmoid,
    relu,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
)
from autograd.ops import round as round  # not in __all__ either
from autograd.recording import record_steps
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.compiler import compile as compile  # not in __all__: a star import must need no extra
    from autograd.debugger import debug
    from autograd.drawing import draw
    from autograd.recording import load_recording

if os.path.exists(f"{__path__[0]}/numpy/numpy_boxes.py"):  # noqa: PTH110 - pathlib takes long to import
    warnings.warn(
        "another library named autograd (HIPS autograd, `pip install autograd`) is installed in the same folder as "
        "scalar-autograd, and the files of one have overwritten those of the other. Keep one of them: "
        "pip uninstall autograd scalar-autograd, then pip install scalar-autograd",
        stacklevel=2,
    )

__all__ = [
    "Value",
    "absolute",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "backward_pass",
    "ceil",
    "check_grads",
    "clip",
    "cos",
    "cosh",
    "debug",
    "detach",
    "detect_anomaly",
    "dot",
    "draw",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "gelu",
    "grad",
    "hessian",
    "hypot",
    "jacobian",
    "leaky_relu",
    "load_recording",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "no_grad",
    "prod",
    "record_steps",
    "relu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "tan",
    "tanh",
    "topological_order",
    "where",
]

# What few programs need: name -> the module that has it, imported when it is first asked for.
LAZY = {
    "compile": "autograd.compiler",
    "debug": "autograd.debugger",
    "draw": "autograd.drawing",
    "load_recording": "autograd.recording",
}


# The public rows of the rule table: all of them are offered, also those that are not imported above.
ROWS = {name for name, op in OPS.items() if op.public}
__all__ += sorted(ROWS - {*__all__, *dir(builtins)})


def __getattr__(name: str) -> Any:
    if name in LAZY:
        return getattr(import_module(LAZY[name]), name)
    if name in ROWS:
        return OPS[name]
    if name == "__version__":
        return import_module("importlib.metadata").version("scalar-autograd")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *LAZY, *ROWS, "__version__", *[name for name in globals() if name.startswith("__")]})


def _notebook_view(name: str) -> Callable[[Value], str | None]:
    """Return a display method of `Value` whose module is imported when a notebook first asks for it."""

    def view(value: Value) -> str | None:
        shown: str | None = getattr(import_module("autograd.drawing.notebook"), name)(value)
        return shown

    return view


Value._repr_svg_ = _notebook_view("svg_view")  # type: ignore[attr-defined]
Value._repr_html_ = _notebook_view("html_view")  # type: ignore[attr-defined]
