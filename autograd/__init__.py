"""A scalar autograd engine: record plainly, look at anything, then compile what you looked at."""

from typing import Any

from autograd.backward import backward_pass
from autograd.check import check_grads, detect_anomaly
from autograd.derivatives import grad, hessian, jacobian
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
from autograd.value import Value

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
    "detach",
    "detect_anomaly",
    "dot",
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
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logsumexp",
    "maximum",
    "minimum",
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


def __getattr__(name: str) -> Any:
    """Offer what needs an extra only when it is asked for, so that a bare import stays light."""
    if name == "compile":
        from autograd.compiler import compile

        return compile
    raise AttributeError(f"module 'autograd' has no attribute {name!r}")
