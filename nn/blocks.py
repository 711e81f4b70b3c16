"""Parts for deep networks: modules in a chain, skip connections, layer and batch normalisation.

They are called with a row, as layers are: a list of numbers or `Value`s, or a single one. They give a list, or a
single `Value` where the row has one number. Batch normalisation couples the rows of a batch while it trains: such a
model is trained through `model.batch(rows)`, as `fit` does. A `Sequential` and a `Residual` then take all rows through
one module before the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from autograd.functions import dot, sum
from autograd.value import Value, parameter
from nn.arguments import as_number, real_number, whole_number
from nn.describe import outputs
from nn.layers import Input, as_inputs, as_row
from nn.module import Module

TINY: Final = 5e-324  # the least number above 0


class Sequential(Module):
    """Modules in a chain: the outputs of each are the inputs of the next.

    >>> from nn import Layer, LayerNorm
    >>> model = Sequential(Layer(2, 3, "tanh"), LayerNorm(3), Layer(3, 1, "identity"))
    >>> [name for name, _ in model.named_parameters()][-1]
    'layers.2.neurons.0.bias'
    """

    def __init__(self, *layers: Module) -> None:
        if not layers:
            raise ValueError("Sequential: expected at least one module as layers, got none")
        for k, layer in enumerate(layers):
            if not isinstance(layer, Module):
                hint = ": write Sequential(*layers)" if isinstance(layer, list | tuple) else ""
                raise TypeError(f"Sequential: layers[{k}] must be a Module, got {layer!r:.60}{hint}")
        self.layers = list(layers)

    def output_count(self) -> int | None:
        """Return the number of outputs of the last module that says it."""
        return next(filter(None, map(outputs, reversed(self.layers))), None)

    def forward(self, inputs: Sequence[Input] | Input) -> Any:
        """Take one row through the modules in turn."""
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """Take all rows through one module before the next."""
        for layer in self.layers:
            rows = layer.batch(rows)
        return list(rows)


class Residual(Module):
    """A skip connection: a module's outputs plus its inputs, of which there must be as many.

    Whatever the module's slopes are, the gradient also passes around it unchanged.
    Source: He et al., Deep residual learning for image recognition (2016), eq. 1.
    """

    def __init__(self, module: Module) -> None:
        if not isinstance(module, Module):
            raise TypeError(f"expected a module to skip, got {module!r:.60}")
        self.module = module

    def output_count(self) -> int | None:
        return outputs(self.module)

    def forward(self, inputs: Sequence[Input] | Input) -> Any:
        return add_rows(inputs, self.module(inputs))

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """Add to each row the module's outputs for it, which may depend on the other rows."""
        return [add_rows(inputs, outputs) for inputs, outputs in zip(rows, self.module.batch(rows), strict=True)]


class LayerNorm(Module):
    """Layer normalisation: shift and scale a row to mean 0 and variance 1, then by a gain and a bias for each number.

    Source: Ba, Kiros and Hinton, Layer normalization (2016), eq. 4, with epsilon added to the variance as in PyTorch.

    >>> [round(y.data, 3) for y in LayerNorm(2)([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __init__(self, inputs: int, epsilon: float = 1e-5) -> None:
        count = whole_number("inputs", inputs)
        self.epsilon = real_number("epsilon", epsilon, TINY, wanted="above 0")  # it keeps equal numbers from 0/0
        self.gains = [parameter(1.0) for _ in range(count)]
        self.biases = [parameter(0.0) for _ in range(count)]

    def config(self) -> dict[str, Any]:
        """Return the arguments that make a module of this shape."""
        return {"inputs": len(self.gains), "epsilon": self.epsilon}

    def output_count(self) -> int:
        return len(self.gains)

    def forward(self, inputs: Sequence[Input] | Input) -> Any:
        """Normalise one row by its own mean and variance, then apply the gains and biases."""
        xs, _ = as_inputs(inputs, len(self.gains))
        n = float(len(xs))
        mean = sum(xs) / n
        centred = [x - mean for x in xs]
        scale = (dot(centred, centred) / n + self.epsilon) ** -0.5
        return unwrap_single([g * (c * scale) + b for g, c, b in zip(self.gains, centred, self.biases, strict=True)])


class BatchNorm(Module):
    """Batch normalisation: shift and scale each input to mean 0 and variance 1 over a batch, then by a gain and a bias.

    In training mode it takes a batch of at least two rows, `batch(rows)`, and keeps running means and variances, to
    which each batch contributes the share `momentum`. In evaluation mode (`model.eval()`) these stand in for the
    batch's own, and rows are independent again: single rows can be called, compiled and trained natively.
    Source: Ioffe and Szegedy, Batch normalization (2015), algorithms 1 and 2. As in PyTorch, epsilon is added to the
    variance, and the running variance is the unbiased one.

    >>> norm = BatchNorm(1)
    >>> [round(y.data, 3) for y in norm.batch([1.0, 3.0])]
    [-1.0, 1.0]
    >>> norm.state_dict()
    {'gains.0': 1.0, 'biases.0': 0.0, 'running_means.0': 0.2, 'running_variances.0': 1.1}
    """

    buffer_names = ("running_means", "running_variances")

    def __init__(self, inputs: int, epsilon: float = 1e-5, momentum: float = 0.1) -> None:
        count = whole_number("inputs", inputs)
        self.epsilon = real_number("epsilon", epsilon, TINY, wanted="above 0")  # it keeps equal numbers from 0/0
        self.momentum = as_number(momentum)
        if not 0.0 < self.momentum <= 1.0:
            raise ValueError(f"momentum must be above 0 and at most 1, got {momentum!r}: it is a batch's share")
        self.gains = [parameter(1.0) for _ in range(count)]
        self.biases = [parameter(0.0) for _ in range(count)]
        self.running_means = [Value(0.0) for _ in range(count)]
        self.running_variances = [Value(1.0) for _ in range(count)]
        self.rename("")

    def config(self) -> dict[str, Any]:
        """Return the arguments that make a module of this shape."""
        return {"inputs": len(self.gains), "epsilon": self.epsilon, "momentum": self.momentum}

    def output_count(self) -> int:
        return len(self.gains)

    def rename(self, label: str) -> None:
        """Label the running means and variances too, which are no parameters."""
        super().rename(label)
        for name, value in self.named_buffers():
            value.label = f"{label}.{name}" if label else name

    def forward(self, inputs: Sequence[Input] | Input) -> Any:
        """Normalise a single row by the running means and variances."""
        if self.training:
            raise ValueError(
                f"{self.label or 'BatchNorm'} couples the rows of a batch while it trains, and got a single row: call "
                "model.batch(rows) to train, which a module of your own must define to hand the batch on, or "
                "model.eval() to use what it has learned"
            )
        xs, _ = as_inputs(inputs, len(self.gains))
        scales = [(variance.data + self.epsilon) ** -0.5 for variance in self.running_variances]
        return unwrap_single(
            [
                dot([g * scale], [x - mean.data], b)
                for x, mean, scale, g, b in zip(xs, self.running_means, scales, self.gains, self.biases, strict=True)
            ]
        )

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """Normalise a batch by its own means and variances, or, in evaluation mode, by the running ones."""
        if not self.training:
            return super().batch(rows)
        checked = [as_inputs(inputs, len(self.gains))[0] for inputs in rows]
        if len(checked) < 2:
            raise ValueError(f"batch normalisation needs at least 2 rows in training mode, got {len(checked)}")
        columns = [self.normalize_input(k, column) for k, column in enumerate(zip(*checked, strict=True))]
        return [unwrap_single(list(ys)) for ys in zip(*columns, strict=True)]

    def normalize_input(self, k: int, xs: Sequence[Value]) -> list[Value]:
        """Normalise input k over a batch, and update its running mean and variance."""
        n = float(len(xs))
        mean = sum(xs) / n
        centred = [x - mean for x in xs]
        variance = dot(centred, centred) / n
        for running, found in (
            (self.running_means[k], mean.data),
            (self.running_variances[k], variance.data * n / (n - 1.0)),
        ):
            running.data = (1.0 - self.momentum) * running.data + self.momentum * found
        scale = self.gains[k] * (variance + self.epsilon) ** -0.5
        return [dot([scale], [c], self.biases[k]) for c in centred]


def couples_rows(model: Module) -> bool:
    """Whether a row's output may depend on the other rows of its batch, as where a module has its own `batch`."""
    return any(couples(module) for module in model.modules())


def couples(module: Module) -> bool:
    if isinstance(module, BatchNorm):
        return module.training
    return type(module).batch not in (Module.batch, Sequential.batch, Residual.batch)


def normalizes_batches(model: Module) -> bool:
    """Whether a module of the model needs at least two rows in each batch."""
    return any(isinstance(module, BatchNorm) and module.training for module in model.modules())


def add_rows(inputs: Sequence[Input] | Input, outputs: Any) -> Any:
    """Return a module's inputs plus its outputs."""
    xs, ys = as_row(inputs), as_row(outputs)
    if len(xs) != len(ys):
        raise ValueError(f"a skip connection needs as many outputs as inputs, got {len(ys)} for {len(xs)}")
    return unwrap_single([x + y for x, y in zip(xs, ys, strict=True)])


def unwrap_single(ys: list[Value]) -> Value | list[Value]:
    return ys[0] if len(ys) == 1 else ys
