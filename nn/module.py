"""`Module`: anything with parameters, and the names under which they are known.

A module finds its parameters in its attributes and in the containers there; see `nn.parts`. Their names are the paths
to them, as in PyTorch: `layers.0.neurons.1.bias`. Assigning an attribute writes the names on the parameters as labels,
so that drawings, recordings and the debugger show which weight is which. A parameter that is held twice has the name
of the first place, in files as in drawings.

A module may keep numbers that are not trained but belong to it all the same, such as running means: its buffers, plain
`Value`s in lists that its class names. They have paths too, and are saved with the parameters.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Final, Self

from autograd.text import escape_controls
from autograd.value import Value
from nn import describe
from nn.arguments import as_number, flag
from nn.part_checks import Census, check_reachable, check_replacement
from nn.parts import PLAIN, Part, attributes_only, parts
from nn.settings import describes_itself, number, settings

BOOKKEEPING: Final = ("_root", "_census")  # attributes that are no part of a module's state


def no_forward(module: Module, *args: Any, **kwargs: Any) -> Any:
    """Stand for `forward` in classes that do not define it."""
    raise NotImplementedError(f"{type(module).__name__} cannot be called: define forward(self, inputs) in its class")


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
    forward: Callable[..., Any] = no_forward
    _root: weakref.ref[Module] | None = None  # the model that holds the module, to which names are relative
    _census: Census | None = None  # what was found at the last look
    _given: tuple[float | None, ...] = ()  # the numbers that it was made with

    def __new__(cls, *args: Any, **keywords: Any) -> Self:
        if (args or keywords) and cls.__init__ is object.__init__:
            raise TypeError(f"{cls.__name__}() takes no arguments")  # as `object` says where `__new__` is its own
        made = super().__new__(cls)
        if (args or keywords) and not describes_itself(cls.__mro__):
            object.__setattr__(made, "_given", tuple([number(x) for x in (*args, *keywords.values())]))
        return made

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for path, _ in parts(dict(vars(cls)), "", set()):
            raise TypeError(
                f"{cls.__name__}.{path} is an attribute of the class, which all its instances would share: assign "
                f"self.{path} in __init__"
            )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def batch(self, rows: Sequence[Any]) -> list[Any]:
        """Return the outputs for the rows of a batch. Override it where one row's output depends on the others."""
        return [self(row) for row in rows]

    def train(self, mode: bool = True) -> Self:
        """Put the module and all modules in it into training mode, or, with False, out of it; return the module."""
        training = flag("mode", mode)
        for module in self.modules():
            module.training = training
        return self

    def eval(self) -> Self:
        """Put the module and all modules in it into evaluation mode; return the module."""
        return self.train(False)

    def __setattr__(self, name: str, item: Any) -> None:
        if name != "forward" and callable(getattr(Module, name, None)):
            raise AttributeError(f"{name!r} is a method of nn.Module: give the attribute another name")
        old = self.__dict__.get(name)
        if isinstance(item, PLAIN) and isinstance(old, PLAIN):
            object.__setattr__(self, name, item)
            return
        check_replacement(self, name, old, item)
        root = self._root() if self._root else None
        with attributes_only(self, root):  # one's own `parameters()` may need attributes that are still to come
            check_reachable(self, name, item)
            object.__setattr__(self, name, item)
            changed = {id(part) for _, part in parts({"": old, name: item}, "", set())}
            if changed:
                self.write_names(changed, root)
                for module in (self, root or self):
                    if module._census:
                        module._census.forget(changed)

    def write_names(self, changed: set[int], root: Module | None) -> None:
        """Write their paths in the whole model, which is root, on those parts whose ids are in `changed`."""
        found = parts(root, "", {id(root)}) if root else []
        if not any(part is self for _, part in found):
            root, found = self, parts(self, f"{self.label}." if self.label else "", {id(self)})
        for path, part in found:
            if isinstance(part, Module):
                object.__setattr__(part, "_root", weakref.ref(root or self))
            if id(part) in changed:
                name_part(part, path)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes for copies and pickles."""
        return {name: item for name, item in vars(self).items() if name not in BOOKKEEPING}

    def rename(self, label: str) -> None:
        """Note the module's name in the model that holds it. Override it to prepare labels that depend on the name."""
        object.__setattr__(self, "label", label)

    def modules(self) -> list[Module]:
        """Return the module itself and every module in it, each once."""
        return [self] + [part for _, part in self.named_modules()]

    def named_modules(self) -> list[tuple[str, Module]]:
        """Return every module in this one, each once, with its dotted name."""
        return [(path, part) for path, part in parts(self, "", {id(self)}) if isinstance(part, Module)]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Return each parameter once, with its dotted name.

        Where a class overrides `parameters`, the parameters are those it returns, whatever module holds it.
        """
        found = find_parts(self)
        for path, part in found:
            if part.label != path and path.endswith(f".{part.label}" if part.label else ""):
                name_part(part, f"{self.label}.{path}" if self.label else path)  # it came by way of a list that grew
        return [(path, part) for path, part in found if isinstance(part, Value)]

    def parameters(self) -> list[Value]:
        """Return each parameter once, in the order of `named_parameters`."""
        if type(self).named_parameters is not Module.named_parameters:
            return [parameter for _, parameter in self.named_parameters()]
        return [part for _, part in find_parts(self, own=False) if isinstance(part, Value)]

    def named_buffers(self) -> list[tuple[str, Value]]:
        """Return what is kept beside the parameters, with dotted names."""
        return [
            (f"{prefix}{name}.{k}", value)
            for prefix, module in [("", self), *((f"{path}.", module) for path, module in self.named_modules())]
            for name in module.buffer_names
            for k, value in enumerate(getattr(module, name))
        ]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, float]:
        """Return the number in each parameter and each buffer, by name."""
        values = (*self.named_parameters(), *self.named_buffers())
        return {
            name: value.item() for name, value in values
        }  # which compiled code follows, unlike a read of .data here

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
        faults = [f"{kind} {enumeration(names)}" for kind, names in wrong.items() if names]
        if faults:
            raise ValueError(f"the state does not fit this {type(self).__name__}: {'; '.join(faults)}")
        numbers = {name: state_number(name, state[name]) for name in values}
        for name, value in values.items():
            value.data = numbers[name]

    def __repr__(self) -> str:
        return describe.tree(self)

    def __rich_repr__(self) -> Iterator[Any]:
        yield from settings(self).items()
        if not hasattr(self, "config"):  # which describes what is inside, too
            yield from describe.inner_modules(self)
        yield "parameters", describe.count(self)

    def _repr_html_(self) -> str:
        return describe.summary(self)._repr_html_()


@contextmanager
def evaluation_mode(model: Module) -> Iterator[None]:
    """Keep a model in evaluation mode, and put each of its modules back into its own mode afterwards."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def find_parts(module: Module, own: bool = True) -> list[Part]:
    """Return the parts that a module has, or refuse what has taken the place of one in a container."""
    found = parts(module, "", {id(module)}, own)
    if module._census is None:
        object.__setattr__(module, "_census", Census())
    assert module._census
    module._census.update(module, found)
    return found


def name_part(part: Value | Module, path: str) -> None:
    """Write its path on a parameter or module."""
    if isinstance(part, Module):
        part.rename(path)
    else:
        part.label = path


def enumeration(names: list[str], most: int = 5) -> str:
    """Return the first `most` names, and how many more there are."""
    return ", ".join([escape_controls(str(name)) for name in names[:most]]) + (
        f" and {len(names) - most} more" if len(names) > most else ""
    )


def state_number(name: str, x: Any) -> float:
    """Return a number as a float, or refuse it by its name in the state; a 0-d array is a number."""
    try:
        return as_number(x)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{escape_controls(name)}: {error}") from None
