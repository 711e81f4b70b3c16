"""A scalar autograd engine: record plainly, look at anything, then compile what you looked at."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import autograd.pickling  # noqa: F401 - teaches pickle to write graphs without recursion
from autograd.backward import backward_pass
from autograd.check import check_grads, detect_anomaly
from autograd.derivatives import grad
from autograd.functions import (
    dot,
    leaky_relu,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    softmax,
    sum,
    where,
)
from autograd.graph import topological_order
from autograd.jacobians import hessian, jacobian
from autograd.ops import (
    absolute,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cos,
    cosh,
    detach,
    erfc,
    exp,
    exp2,
    expm1,
    gelu,
    hypot,
    log,
    log1p,
    log2,
    log10,
    relu,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
)
from autograd.steps import record_steps
from autograd.value import Value

if TYPE_CHECKING:
    from autograd.compiler import compile as compile  # not in __all__: a star import must need no extra
    from autograd.debugger import debug
    from autograd.drawing import draw
    from autograd.records import load_recording

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
    "check_grads",
    "cos",
    "cosh",
    "debug",
    "detach",
    "detect_anomaly",
    "dot",
    "draw",
    "erfc",
    "exp",
    "exp2",
    "expm1",
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
    "log_softmax",
    "logsumexp",
    "maximum",
    "minimum",
    "record_steps",
    "relu",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "sum",
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
    "load_recording": "autograd.records",
}


def __getattr__(name: str) -> Any:
    if name in LAZY:
        return getattr(import_module(LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _notebook_view(name: str) -> Callable[[Value], str | None]:
    """Return a display method of `Value` whose module is imported when a notebook first asks for it."""

    def view(value: Value) -> str | None:
        shown: str | None = getattr(import_module("autograd.drawing.notebook"), name)(value)
        return shown

    return view


Value._repr_svg_ = _notebook_view("svg_view")  # type: ignore[attr-defined]
Value._repr_html_ = _notebook_view("html_view")  # type: ignore[attr-defined]
