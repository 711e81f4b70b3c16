"""Parts for deep networks: modules in a chain, skip connections, layer normalisation.

They are called with a row, as layers are: a list of numbers or `Value`s, or a single one. They give a list, or a
single `Value` where the row has one number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.functions import dot, sum
from autograd.value import Value, parameter
from nn.layers import Input, lifted, size
from nn.module import Module


class Sequential(Module):
    """Modules in a chain, each fed with what the one before gives.

    >>> from nn import Layer, LayerNorm
    >>> model = Sequential(Layer(2, 3, "tanh"), LayerNorm(3), Layer(3, 1, "identity"))
    >>> [name for name, _ in model.named_parameters()][-1]
    'layers.2.neurons.0.bias'
    """

    def __init__(self, *layers: Module) -> None:
        if not layers:
            raise ValueError("expected at least one module to chain, got none")
        for k, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise TypeError(f"expected modules to chain, got {layer!r:.60} at position {k}")
        self.layers = list(layers)

    def forward(self, inputs: Sequence[Input] | Input) -> Any:
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs


class Residual(Module):
    """A skip connection: the inputs, plus what a module makes of them. It must give as many outputs as it takes inputs.

    Whatever the module's slopes are, the gradient also passes around it unchanged.
    Source: He et al., Deep residual learning for image recognition (2016), eq. 1.
    """

    def __init__(self, module: Module) -> None:
        if not isinstance(module, Module):
            raise TypeError(f"expected a module to skip, got {module!r:.60}")
        self.module = module

    def forward(self, inputs: Sequence[Input] | Input) -> Any:
        xs, ys = row(inputs), row(self.module(inputs))
        if len(xs) != len(ys):
            raise ValueError(f"a skip connection needs as many outputs as inputs, got {len(ys)} for {len(xs)}")
        return given_back([x + y for x, y in zip(xs, ys, strict=True)])


class LayerNorm(Module):
    """Layer normalisation: shift and scale a row to mean 0 and variance 1, then by a gain and a bias for each number.

    Source: Ba, Kiros and Hinton, Layer normalization (2016), eq. 4, with epsilon added to the variance as in PyTorch.

    >>> [round(y.data, 3) for y in LayerNorm(2)([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __init__(self, inputs: int, epsilon: float = 1e-5) -> None:
        count = size("inputs", inputs)
        if not epsilon > 0.0:
            raise ValueError(f"epsilon must be above 0, got {epsilon!r}: it keeps a row of equal numbers from 0/0")
        self.epsilon = epsilon
        self.gains = [parameter(1.0) for _ in range(count)]
        self.biases = [parameter(0.0) for _ in range(count)]

    def forward(self, inputs: Sequence[Input] | Input) -> Any:
        xs, _ = lifted(inputs, len(self.gains))
        n = float(len(xs))
        mean = sum(xs) / n
        centred = [x - mean for x in xs]
        scale = (dot(centred, centred) / n + self.epsilon) ** -0.5
        return given_back([g * (c * scale) + b for g, c, b in zip(self.gains, centred, self.biases, strict=True)])


def row(xs: Sequence[Input] | Input) -> list[Any]:
    return [xs] if isinstance(xs, Value | float | int) else list(xs)


def given_back(ys: list[Value]) -> Value | list[Value]:
    return ys[0] if len(ys) == 1 else ys
