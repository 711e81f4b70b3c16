"""Neurons, layers of them, and the multi-layer perceptron.

A neuron computes activation(sum of weight * x + bias). It records two nodes, its net input and its output, labelled
with its name: `layers.0.neurons.1.net_input`, `layers.0.neurons.1.output`. With the activation "identity" the net
input is the output.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final, TypeAlias

from autograd import ops
from autograd.functions import leaky_relu, net_input
from autograd.ops import CONSTANT, as_float
from autograd.value import Value, new_node, parameter
from nn.arguments import whole_number
from nn.initialization import Initialization, check_initialization, generator, glorot
from nn.module import Module

Input: TypeAlias = Value | float

# A name for each activation. To add one, add its entry: any function from a Value to a Value.
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
    Value(data=0.549833997312478, grad=0.0, label='output')
    """

    def __init__(
        self,
        inputs: int,
        activation: str = "relu",
        initialization: Initialization = glorot,
        seed: int | Random = 0,
        fan_out: int = 1,
    ) -> None:
        fan_in, random = size("inputs", inputs), generator(seed)
        check_initialization(initialization)
        self.activation = activation_name(activation)
        self.weights = tuple([parameter(initialization(random, fan_in, fan_out)) for _ in range(fan_in)])
        self.bias = parameter(0.0)
        self.rename("")

    def rename(self, label: str) -> None:
        """Make the labels of net input and output too, so that a call only looks them up."""
        super().rename(label)
        prefix = f"{label}." if label else ""
        self.net_input_label, self.output_label = f"{prefix}net_input", f"{prefix}output"

    def forward(self, inputs: Sequence[Input] | Input) -> Value:
        """Record the neuron's output for its inputs."""
        xs, given = lifted(inputs, len(self.weights))
        return self.output(xs, [x.data for x in xs], given)

    def output(self, xs: tuple[Value, ...], numbers: list[float], given: bool) -> Value:
        """Record the output for checked xs; `numbers` are their data, and `given` says that they are constants."""
        z = net_input(self.weights, xs, numbers, self.bias, self.net_input_label, given)
        y = ACTIVATIONS[self.activation](z)
        if y is not z:
            y.label = self.output_label
        return y

    def config(self) -> dict[str, Any]:
        """Give the arguments that make a module of this shape."""
        return {"inputs": len(self.weights), "activation": self.activation}

    def __repr__(self) -> str:
        return described(self)


class Layer(Module):
    """Neurons that share their inputs."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        activation: str = "relu",
        initialization: Initialization = glorot,
        seed: int | Random = 0,
    ) -> None:
        random, fan_out = generator(seed), size("outputs", outputs)
        self.neurons = [Neuron(inputs, activation, initialization, random, fan_out) for _ in range(fan_out)]

    def forward(self, inputs: Sequence[Input] | Input) -> Value | list[Value]:
        """Record the outputs: a Value if the layer has one neuron, else a list."""
        outputs = self.outputs(*lifted(inputs, len(self.neurons[0].weights)))
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def outputs(self, xs: tuple[Value, ...], given: bool) -> tuple[Value, ...]:
        """Record the outputs for checked xs; `given` says that they are constants."""
        numbers = [x.data for x in xs]
        return tuple([neuron.output(xs, numbers, given) for neuron in self.neurons])

    def config(self) -> dict[str, Any]:
        """Give the arguments that make a module of this shape."""
        one = self.neurons[0].config()
        return {"inputs": one["inputs"], "outputs": len(self.neurons), "activation": one["activation"]}

    def __repr__(self) -> str:
        return described(self)


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

    def __init__(
        self,
        inputs: int,
        outputs: Sequence[int],
        activation: str = "relu",
        output_activation: str = "identity",
        initialization: Initialization = glorot,
        seed: int | Random = 0,
    ) -> None:
        if not isinstance(outputs, list | tuple) or not outputs:
            raise ValueError(f"outputs must be a list with the size of each layer, such as [16, 1], got {outputs!r}")
        random, sizes = generator(seed), [inputs, *outputs]
        activations = [activation] * (len(outputs) - 1) + [output_activation]
        self.activation, self.output_activation = activation, output_activation
        self.layers = [
            Layer(n, m, name, initialization, random)
            for n, m, name in zip(sizes[:-1], sizes[1:], activations, strict=True)
        ]

    def forward(self, inputs: Sequence[Input] | Input) -> Value | list[Value]:
        """Record the outputs: a Value if there is one, else a list."""
        xs, given = lifted(inputs, len(self.layers[0].neurons[0].weights))
        for layer in self.layers:
            xs, given = layer.outputs(xs, given), False
        return xs[0] if len(xs) == 1 else list(xs)

    def config(self) -> dict[str, Any]:
        """Give the arguments that make a module of this shape."""
        return {
            "inputs": self.layers[0].config()["inputs"],
            "outputs": [len(layer.neurons) for layer in self.layers],
            "activation": self.activation,
            "output_activation": self.output_activation,
        }

    def __repr__(self) -> str:
        return described(self)


def lifted(inputs: Sequence[Input] | Input, count: int) -> tuple[tuple[Value, ...], bool]:
    """Check a model's inputs, and give them as `Value`s, and whether they are all constants.

    Numbers become constants labelled x1, x2 and so on. Beside a `Value`, whose derivative may be wanted, they become
    leaves like it. A single number or `Value` stands for a list of one.
    """
    if isinstance(inputs, Value | float | int):
        inputs = [inputs]
    if len(inputs) != count:
        raise ValueError(f"expected {count} inputs, got {len(inputs)}")
    given = Value not in map(type, inputs)
    op = CONSTANT if given else None
    xs = [x if type(x) is Value else new_node(as_float(x), f"x{k}", 0.0, op) for k, x in enumerate(inputs, start=1)]
    return tuple(xs), given


def size(name: str, n: object) -> int:
    """Give a count, or refuse what is not an int of at least 1; `name` is what the error calls it."""
    return whole_number(name, n)


def activation_name(name: str) -> str:
    """Give the name of an activation, or refuse one that ACTIVATIONS does not have."""
    if name not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, got {name!r}")
    return name


def described(module: Neuron | Layer | MLP) -> str:
    return f"{type(module).__name__}({', '.join(f'{name}={x!r}' for name, x in module.config().items())})"
