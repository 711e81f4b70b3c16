"""`Module`: anything with parameters, and the names under which they are known.

A module finds its parameters in its attributes, and in lists, tuples and dicts there, to any depth. Their names are
the paths to them, as in PyTorch: `layers.0.neurons.1.bias`. Assigning an attribute writes the names on the parameters
as labels, so that drawings, steps and the debugger show which weight is which.

A module may keep numbers that are not trained but belong to it all the same, such as running means: its buffers, plain
`Value`s in lists that its class names. They have paths too, and are saved with the parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self, TypeAlias

from autograd.ops import PARAMETER, as_float
from autograd.text import escape_controls
from autograd.value import Value


class Module:
    """Something with parameters that can be called: subclass it, and define `forward`.

    A parameter is a leaf made by `nn.parameter(number)`. Other `Value`s, and numbers, are not trained.

    >>> from nn import parameter
    >>> class Line(Module):
    ...     def __init__(self) -> None:
    ...         self.slope = parameter(2.0)
    ...         self.intercept = parameter(1.0)
    ...
    ...     def forward(self, x: float) -> Value:
    ...         return self.slope * x + self.intercept
    >>> line = Line()
    >>> line(3.0).data, line.state_dict()
    (7.0, {'slope': 2.0, 'intercept': 1.0})
    """

    label = ""  # the module's own name in the model that holds it
    training = True  # whether it is in training mode; only some modules, such as `BatchNorm`, ask
    buffer_names: ClassVar[tuple[str, ...]] = ()  # the attributes that hold lists of buffers
    forward: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """Give the outputs for the rows of a batch. Override it where one row's output depends on the others."""
        return [self(row) for row in rows]

    def train(self, mode: bool = True) -> Self:
        """Put the module and all in it into training mode, or, with False, out of it; give the module."""
        if type(mode) is not bool:
            raise TypeError(f"expected True for training or False for evaluation, got {mode!r:.60}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Put the module and all in it into evaluation mode; give the module."""
        return self.train(False)

    def __setattr__(self, name: str, item: object) -> None:
        object.__setattr__(self, name, item)
        for path, found in walk({name: item}, f"{self.label}." if self.label else "", set()):
            if isinstance(found, Module):
                found.rename(path)
            else:
                found.label = path

    def rename(self, label: str) -> None:
        """Note the module's name in the model that holds it. Override it to make further labels once and for all."""
        object.__setattr__(self, "label", label)

    def modules(self) -> list[Module]:
        """List the module itself and every module in it, each once."""
        return [self] + [found for _, found in walk(self, "", {id(self)}) if isinstance(found, Module)]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """List each parameter once, with its dotted name."""
        return [(path, found) for path, found in walk(self, "", {id(self)}) if isinstance(found, Value)]

    def parameters(self) -> list[Value]:
        """List each parameter once, in the order of their names."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_buffers(self) -> list[tuple[str, Value]]:
        """List what is kept beside the parameters, with dotted names."""
        inner = [(f"{path}.", found) for path, found in walk(self, "", {id(self)}) if isinstance(found, Module)]
        return [
            (f"{prefix}{name}.{k}", value)
            for prefix, module in [("", self), *inner]
            for name in module.buffer_names
            for k, value in enumerate(getattr(module, name))
        ]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, float]:
        """Give the number in each parameter and each buffer, by name."""
        return {name: value.data for name, value in (*self.named_parameters(), *self.named_buffers())}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set the number in each parameter and each buffer, by name.

        Raises ValueError for missing or unexpected names and TypeError for what is no mapping to numbers, before
        anything changes.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"expected numbers by name, as state_dict() gives them, got {state!r:.60}")
        values = dict([*self.named_parameters(), *self.named_buffers()])
        wrong = {
            "missing": [name for name in values if name not in state],
            "unexpected": [name for name in state if name not in values],
        }
        told = [f"{kind} {shown(names)}" for kind, names in wrong.items() if names]
        if told:
            raise ValueError(f"the state does not fit this {type(self).__name__}: {'; '.join(told)}")
        numbers = {name: named_number(name, state[name]) for name in values}
        for name, value in values.items():
            value.data = numbers[name]


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Keep a model in evaluation mode, and put each of its modules back into its own mode after."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


Holder: TypeAlias = Module | list[Any] | tuple[Any, ...] | dict[Any, Any]


def walk(holder: Holder, prefix: str, seen: set[int]) -> Iterator[tuple[str, Value | Module]]:
    """Yield every parameter and module in holder with its path, each once, and not those whose ids are in `seen`."""
    for name, item in entries(holder):
        if isinstance(item, Value):
            if item.op is PARAMETER and id(item) not in seen:
                seen.add(id(item))
                yield f"{prefix}{name}", item
        elif isinstance(item, Module):
            if id(item) not in seen:
                seen.add(id(item))
                yield f"{prefix}{name}", item
                yield from walk(item, f"{prefix}{name}.", seen)
        elif isinstance(item, list | tuple | dict):
            yield from walk(item, f"{prefix}{name}.", seen)


def entries(holder: Holder) -> Iterable[tuple[object, object]]:
    """Give what a holder holds, each with its name, its key or its index."""
    if isinstance(holder, Module):
        return vars(holder).items()
    if isinstance(holder, dict):
        return holder.items()
    return enumerate(holder)


def shown(names: list[str], most: int = 5) -> str:
    """Write the first `most` names, and how many more there are."""
    return ", ".join([escape_controls(str(name)) for name in names[:most]]) + (
        f" and {len(names) - most} more" if len(names) > most else ""
    )


def named_number(name: str, x: object) -> float:
    """Give a number as a float, or refuse it by its name in the state."""
    try:
        return as_float(x)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{escape_controls(name)}: {error}") from None
