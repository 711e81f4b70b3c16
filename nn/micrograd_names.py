"""micrograd's names for the arguments and parameters of neurons, layers and MLPs, which published notebooks use."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, Final, ParamSpec

from autograd.ops import PARAMETER
from autograd.value import Value, parameter
from nn.arguments import flag

if TYPE_CHECKING:
    from nn.layers import Neuron

Arguments = ParamSpec("Arguments")
NAMES: Final = {"nin": "inputs", "nout": "outputs", "nouts": "outputs"}


def takes_micrograd_names(init: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Let an `__init__` take `nin`, `nout`, `nouts` and `nonlin` too, and refuse other names by those that it has."""
    taken = list(signature(init).parameters)[1:]

    @wraps(init)
    def renamed(*positional: Any, **named: Any) -> None:
        own = {NAMES.get(name, name): x for name, x in named.items()}
        if "nonlin" in own and "activation" in taken and "output_activation" not in taken:
            own["activation"] = "relu" if flag("nonlin", own.pop("nonlin")) else "identity"
        unknown = [name for name in own if name not in taken]
        if unknown or len(own) < len(named):
            what = f"has no argument {unknown[0]!r}" if unknown else f"got one argument twice, in {', '.join(named)}"
            raise TypeError(f"{type(positional[0]).__name__} {what}: its arguments are {', '.join(taken)}")
        init(*positional, **own)

    return renamed


def as_parameter(x: Value | float) -> Value:
    """Return a leaf, from now on trained, or a number as a new parameter."""
    if not isinstance(x, Value):
        return parameter(x)
    if not x.inputs:
        x.op = PARAMETER
    return x


def weights(neuron: Neuron) -> list[Value]:
    """micrograd's name for `weights`. What is assigned is trained, as there."""
    return neuron.weights


def assign_weights(neuron: Neuron, xs: list[Value | float]) -> None:
    if not isinstance(xs, list | tuple) or len(xs) != len(neuron.weights):
        raise TypeError(f"w, or weights, must be a list of {len(neuron.weights)} Values or numbers, got {xs!r:.60}")
    neuron.weights = [as_parameter(x) for x in xs]


def bias(neuron: Neuron) -> Value:
    """micrograd's name for `bias`. What is assigned is trained, as there."""
    return neuron.bias


def assign_bias(neuron: Neuron, x: Value | float) -> None:
    neuron.bias = as_parameter(x)


def is_nonlinear(neuron: Neuron) -> bool:
    """micrograd's name for whether there is an activation."""
    return bool(neuron.activation != "identity")
