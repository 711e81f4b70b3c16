"""Where the parameters and inner modules of a module are, and under which paths.

They are looked for in attributes, and there in lists, tuples, deques, dicts, dataclasses and NumPy object arrays, to
any depth. An object whose class defines `parameters()` decides for itself which of its `Value`s are parameters.
Parameters anywhere else, such as in a set, would be neither trained nor saved: `nn.part_checks` refuses them.
"""

from __future__ import annotations

import sys
from collections import UserList, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeGuard

from autograd.ops import PARAMETER
from autograd.value import Value

if TYPE_CHECKING:
    from nn.module import Module

Part: TypeAlias = "tuple[str, Value | Module]"
PLAIN: Final = (str, bytes, int, float, type(None), type, ModuleType)  # what holds no parameters
listing: ContextVar[frozenset[int]] = ContextVar("listing", default=frozenset())  # see `attributes_only`


def is_module(item: object) -> TypeGuard[Module]:
    """Whether item is a `Module`, which is not imported here because its own file imports this one."""
    return hasattr(type(item), "named_buffers")


def parts(owner: Any, prefix: str, seen: set[int], own: bool = True) -> list[Part]:
    """Return the parameters and modules of a module or container with their paths, each once.

    Args:
        owner: where to look. If its class defines `parameters()`, its parameters are what that returns.
        prefix: what each path begins with.
        seen: the ids of what is left out; those of what is found are added.
        own: whether to ask the owner's own `parameters()`, if its class defines it.
    """
    found: list[Part] = []
    collect(owner, prefix, seen, None, found, own)
    return found


def collect(
    owner: Any, prefix: str, seen: set[int], wanted: set[int] | None, found: list[Part], own: bool = True
) -> None:
    """Append the parts of a module or container to `found`; see `parts`.

    `wanted` has the ids of the parameters, where an outer module has listed them. Without it, parameters are what
    `nn.parameter` made.
    """
    if own and wanted is None and lists_parameters(owner) and id(owner) not in listing.get():
        listed = {id(value): value for value in parameters_of(owner)}
        collect(owner, prefix, seen, set(listed), found)
        unnamed = [(k, value) for k, value in enumerate(listed.values()) if id(value) not in seen]
        if unnamed and not set(listed).issuperset(map(id, parameters_of(owner))):
            raise TypeError(
                f"{type(owner).__name__}.parameters() must list the same Values at each call, and lists new ones, "
                "which would be neither trained nor loaded: keep them in attributes"
            )
        seen.update(listed)
        found += [(f"{prefix}parameters.{k}", value) for k, value in unnamed]
        return
    for name, item in entries(owner) or ():
        if isinstance(item, Value):
            if item.inputs:
                check_still_a_leaf(f"{prefix}{name}", item)
            if (item.op is PARAMETER if wanted is None else id(item) in wanted) and id(item) not in seen:
                seen.add(id(item))
                found.append((f"{prefix}{name}", item))
        elif not isinstance(item, PLAIN) and id(item) not in seen and entries(item) is not None:
            seen.add(id(item))
            if is_module(item):
                found.append((f"{prefix}{name}", item))
            collect(item, f"{prefix}{name}.", seen, wanted, found)


def entries(owner: Any) -> Iterable[tuple[object, Any]] | None:
    """Return what a module or container holds, each with its name, key or index; None for any other object."""
    if isinstance(owner, list | tuple | deque | UserList):
        return enumerate(owner)
    if isinstance(owner, Mapping):
        return list(owner.items())
    if is_module(owner) or lists_parameters(owner):
        return [*vars(owner).items(), *slots(owner)]
    if is_dataclass(owner) and not isinstance(owner, type):
        return [(field.name, getattr(owner, field.name)) for field in fields(owner) if hasattr(owner, field.name)]
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(owner, numpy.ndarray) and owner.dtype == object:
        return [(".".join(map(str, index)) or "0", item) for index, item in numpy.ndenumerate(owner)]
    return None


def slots(owner: Any) -> list[tuple[str, Any]]:
    """Return the attributes that an object's classes keep in `__slots__`."""
    return [(name, getattr(owner, name)) for name in slot_names(type(owner).__mro__) if hasattr(owner, name)]


@lru_cache(maxsize=1000)
def slot_names(kinds: tuple[type, ...]) -> tuple[str, ...]:
    named = [getattr(kind, "__slots__", ()) for kind in kinds]
    return tuple([name for each in named for name in ([each] if isinstance(each, str) else each) if name[:2] != "__"])


def lists_parameters(owner: object) -> bool:
    """Whether an object can be called and its class defines `parameters()`, as micrograd's classes do."""
    kind = type(owner)
    if kind in (list, tuple, dict):
        return False
    methods = [getattr(kind, name, None) for name in ("parameters", "named_parameters")]
    if is_module(owner):
        return any(getattr(method, "__module__", "") != "nn.module" for method in methods)
    return isinstance(methods[0], FunctionType) and callable(owner) and hasattr(owner, "__dict__")


def parameters_of(owner: Any) -> list[Value]:
    """Return what an object's own `parameters()` lists, or raise TypeError for what is no leaf."""
    kind = type(owner).__name__
    if not callable(owner.parameters):
        raise TypeError(
            f"{kind}.parameters must be a method that returns a list of Values, got {owner.parameters!r:.60}"
        )
    with attributes_only(owner):
        given = owner.parameters()
        if not isinstance(given, Iterable):
            hint = ": is a `return` missing?" if given is None else ""
            raise TypeError(f"{kind}.parameters() must return a list of Values, got {given!r:.60}{hint}")
        listed = list(given)
    for k, value in enumerate(listed):
        if is_module(owner) and not (isinstance(value, Value) and not value.inputs):
            what = "a computed Value" if isinstance(value, Value) else type(value).__name__
            raise TypeError(
                f"{kind}.parameters() must list leaves, got {what} {value!r:.60} at position {k}: to "
                "change a parameter's number, assign to its .data"
            )
    return [value for value in listed if isinstance(value, Value)]


@contextmanager
def attributes_only(*owners: object) -> Iterator[None]:
    """Take no notice of the `parameters()` of these objects: it may be running already, or not be ready to run."""
    token = listing.set(listing.get() | set(map(id, owners)))
    try:
        yield
    finally:
        listing.reset(token)


def check_still_a_leaf(path: str, value: Value) -> None:
    """Refuse a computed node in the place of the parameter it was computed from, as `ws[0] -= 0.1` leaves behind."""
    if any(x.op is PARAMETER and x.label and f".{x.label}".endswith(f".{path}") for x in value.inputs):
        raise TypeError(
            f"{path} was a parameter and is now a Value computed from it, which would not be trained: to change its "
            f"number, assign to {path}.data"
        )


def is_part(item: object) -> bool:
    """Whether item is a parameter or a module."""
    return (isinstance(item, Value) and item.op is PARAMETER) or is_module(item)


def leaves(item: Any) -> list[Any]:
    """Return what an attribute holds: the item itself, or, of a container, what is in it at any depth."""
    found, stack, seen = [], [item], set()
    while stack:
        each = stack.pop()
        inner = None if isinstance(each, Value) or is_module(each) else entries(each)
        if inner is None:
            found.append(each)
        elif id(each) not in seen:
            seen.add(id(each))
            stack += [held for _, held in inner]
    return found
