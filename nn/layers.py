"""Neurons, layers of them, and the multi-layer perceptron.

A neuron computes activation(sum of weight * x + bias). It records two nodes, its net input and its output, labelled
with its name: `layers.0.neurons.1.net_input`, `layers.0.neurons.1.output`. With the activation "identity" the net
input is the output.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set, Sized
from numbers import Number
from random import Random
from typing import Any, Final, Literal, TypeAlias

from autograd import ops
from autograd.functions import leaky_relu, net_input
from autograd.ops import CONSTANT
from autograd.value import Value, new_node, parameter
from nn import micrograd_names as micrograd
from nn.arguments import as_number, whole_number
from nn.describe import call
from nn.initialization import Initialization, check_initialization, generator, glorot
from nn.module import Module

Input: TypeAlias = Value | float

# A name for each activation. To add one, add its entry: any function from a Value to a Value.
Activation: TypeAlias = Literal["identity", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "gelu"]
ACTIVATIONS: Final[dict[str, Callable[[Value], Value]]] = {
    "identity": lambda z: z,
    "sigmoid": Value.sigmoid,
    "tanh": Value.tanh,
    "relu": Value.relu,
    "leaky_relu": leaky_relu,
    "softplus": Value.softplus,
    "gelu": ops.gelu,
}


class Neuron(Module):
    """One neuron: a weight for each input, a bias, and an activation by name.

    >>> neuron = Neuron(2, activation="sigmoid")
    >>> neuron.load_state_dict({"weights.0": 0.3, "weights.1": -0.2, "bias": 0.0})
    >>> neuron([1.0, 0.5])
    Value(data=0.549833997312478, grad=0.0, op='sigmoid', label='output')
    """

    @micrograd.takes_micrograd_names
    def __init__(
        self,
        inputs: int,
        activation: Activation = "relu",
        initialization: Initialization = glorot,
        seed: int | Random | None = None,
        fan_out: int = 1,
    ) -> None:
        fan_in, random = whole_number("inputs", inputs), generator(seed)
        check_initialization(initialization)
        self.activation = check_activation(activation)
        self.weights = [parameter(initialization(random, fan_in, fan_out)) for _ in range(fan_in)]
        self.bias = parameter(0.0)
        self.rename("")

    def rename(self, label: str) -> None:
        """Make the labels of net input and output too, so that a call only looks them up."""
        super().rename(label)
        prefix = f"{label}." if label else ""
        self.net_input_label, self.output_label = f"{prefix}net_input", f"{prefix}output"

    def forward(self, inputs: Sequence[Input] | Input) -> Value:
        """Record and return the neuron's output for its inputs."""
        xs, constant = as_inputs(inputs, len(self.weights))
        return self.output(xs, [x.data for x in xs], constant)

    def output(self, xs: tuple[Value, ...], data: list[float], constant: bool) -> Value:
        """Record and return the output for `xs`, whose numbers are `data`; `constant` if all of them are constants."""
        try:
            z = net_input(self.weights, xs, data, self.bias, self.net_input_label, constant)
        except AttributeError:
            self.check_parameters()
            raise
        y = (ACTIVATIONS.get(self.activation) or check_activation(self.activation))(z)
        if y is not z:
            try:
                y._label = self.output_label
            except AttributeError:
                raise TypeError(
                    f"the activation {self.activation!r} must return a Value, got {type(y).__name__} {y!r:.60}: "
                    "compute it from its argument, as a step is 0.5 * z.sign() + 0.5"
                ) from None
        return y

    def check_parameters(self) -> None:
        """Raise TypeError, with the name, for what is no `Value` in the place of a weight or the bias."""
        for name, x in [*((f"weights[{k}]", x) for k, x in enumerate(self.weights)), ("bias", self.bias)]:
            if not isinstance(x, Value):
                raise TypeError(
                    f"{name} of this Neuron is {x!r:.60}, and must be a parameter: to change its number, assign to its "
                    ".data; to put another there, nn.parameter(...)"
                )

    w = property(micrograd.weights, micrograd.assign_weights)
    b = property(micrograd.bias, micrograd.assign_bias)
    nonlin = property(micrograd.is_nonlinear)

    def config(self) -> dict[str, Any]:
        """Return the arguments that make a module of this shape."""
        return {"inputs": len(self.weights), "activation": self.activation}

    def output_count(self) -> int:
        return 1

    def __repr__(self) -> str:
        return call(self)


class Layer(Module):
    """Neurons that share their inputs."""

    @micrograd.takes_micrograd_names
    def __init__(
        self,
        inputs: int,
        outputs: int,
        activation: Activation = "relu",
        initialization: Initialization = glorot,
        seed: int | Random | None = None,
    ) -> None:
        random, fan_out = generator(seed), whole_number("outputs", outputs)
        self.neurons = [Neuron(inputs, activation, initialization, random, fan_out) for _ in range(fan_out)]

    def forward(self, inputs: Sequence[Input] | Input) -> Value | list[Value]:
        """Record and return the outputs: a Value if the layer has one neuron, else a list."""
        outputs = self.outputs(*as_inputs(inputs, len(self.neurons[0].weights)))
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def outputs(self, xs: tuple[Value, ...], constant: bool) -> tuple[Value, ...]:
        """Record and return the outputs for `xs`; `constant` if all of them are constants."""
        data = [x.data for x in xs]
        return tuple([neuron.output(xs, data, constant) for neuron in self.neurons])

    def config(self) -> dict[str, Any]:
        """Return the arguments that make a module of this shape."""
        one = self.neurons[0].config()
        return {"inputs": one["inputs"], "outputs": len(self.neurons), "activation": one["activation"]}

    def output_count(self) -> int:
        return len(self.neurons)

    def __repr__(self) -> str:
        return call(self)


class MLP(Module):
    """A multi-layer perceptron: layers in a chain, each fed with the outputs of the one before.

    `MLP(2, [16, 16, 1])` has 2 inputs, two hidden layers of 16 neurons and 1 output. The hidden layers have the
    `activation`, the last layer has the `output_activation`. The same seed gives the same weights.

    >>> model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=0)
    >>> [name for name, _ in model.named_parameters()][-3:]
    ['layers.1.neurons.0.weights.0', 'layers.1.neurons.0.weights.1', 'layers.1.neurons.0.bias']
    >>> model([1.0, 0.5]).label
    'layers.1.neurons.0.output'
    """

    @micrograd.takes_micrograd_names
    def __init__(
        self,
        inputs: int,
        outputs: Sequence[int],
        activation: Activation = "relu",
        output_activation: Activation = "identity",
        initialization: Initialization = glorot,
        seed: int | Random | None = None,
    ) -> None:
        if not (isinstance(outputs, list | tuple) or getattr(outputs, "ndim", 0) == 1) or len(outputs) == 0:
            raise ValueError(f"outputs must be a list with the size of each layer, such as [16, 1], got {outputs!r}")
        random, sizes = generator(seed), [inputs, *outputs]
        activations = [activation] * (len(outputs) - 1) + [output_activation]
        self.activation = check_activation(activation)
        self.output_activation = check_activation(output_activation, "output_activation")
        self.layers = [
            Layer(n, m, name, initialization, random)
            for n, m, name in zip(sizes[:-1], sizes[1:], activations, strict=True)
        ]

    def forward(self, inputs: Sequence[Input] | Input) -> Value | list[Value]:
        """Record and return the outputs: a Value if there is one, else a list."""
        xs, constant = as_inputs(inputs, len(self.layers[0].neurons[0].weights))
        for layer in self.layers:
            xs, constant = layer.outputs(xs, constant), False
        return xs[0] if len(xs) == 1 else list(xs)

    def config(self) -> dict[str, Any]:
        """Return the arguments that make a module of this shape."""
        return {
            "inputs": self.layers[0].config()["inputs"],
            "outputs": [len(layer.neurons) for layer in self.layers],
            "activation": self.activation,
            "output_activation": self.output_activation,
        }

    def output_count(self) -> int:
        return self.layers[-1].output_count()

    def __repr__(self) -> str:
        return call(self)


def as_inputs(inputs: Any, count: int) -> tuple[tuple[Value, ...], bool]:
    """Return a model's inputs as `Value`s, and whether all of them are constants.

    Inputs are a list, an array or any other iterable of numbers and `Value`s; a single one stands for a list of one.
    Numbers become constants labelled x1, x2 and so on. Beside a `Value`, whose derivative may be wanted, they become
    leaves like it.
    """
    row = as_row(inputs)
    if len(row) != count:
        raise ValueError(f"expected {count} inputs, got {len(row)}{hint(row)}")
    constant = Value not in map(type, row)
    op = CONSTANT if constant else None
    try:
        xs = [
            x if type(x) is Value else new_node(x if type(x) is float else as_number(x), op, _label=f"x{k}")
            for k, x in enumerate(row, start=1)
        ]
    except (TypeError, ValueError) as error:
        raise type(error)(f"{error}{hint(row)}") from None
    return tuple(xs), constant


def as_row(inputs: Any) -> list[Any] | tuple[Any, ...]:
    """Return one row of inputs as a list or tuple, or raise TypeError for what is no row."""
    if type(inputs) is list or type(inputs) is tuple:
        return inputs
    if isinstance(inputs, Value | Number) or getattr(inputs, "ndim", None) == 0:
        return [inputs.item() if getattr(inputs, "ndim", None) == 0 else inputs]
    if getattr(inputs, "ndim", 1) > 1:
        return list(map(list, inputs.values if hasattr(inputs, "values") else inputs))
    if not isinstance(inputs, Iterable) or isinstance(inputs, str | bytes | Mapping | Set):
        raise TypeError(f"expected a row of numbers, such as [1.0, 2.0], got {type(inputs).__name__} {inputs!r:.60}")
    if hasattr(inputs, "filled"):  # a masked array, whose tolist gives None for what is masked: that is refused
        return list(inputs.tolist())  # type: ignore[attr-defined]
    return list(inputs)


def hint(row: Sequence[Any]) -> str:
    """Return what to do about a table in the place of a row, and nothing for a row."""
    if any(isinstance(x, Sized) and not isinstance(x, str) and getattr(x, "ndim", 1) for x in row):
        return ": a model takes one row at a time, so write [model(row) for row in rows]"
    return ""


def check_activation(name: Any, argument: str = "activation") -> Any:
    """Return the name of an activation, or raise ValueError for one that ACTIVATIONS does not have."""
    if not isinstance(name, str) or name not in ACTIVATIONS:
        names = ", ".join(ACTIVATIONS)
        raise ValueError(f"{argument} must be one of {names}, got {name!r:.60}; nn.ACTIVATIONS takes your own")
    return name
