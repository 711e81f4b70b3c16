"""What a module refuses to hold, because parameters would silently be neither trained nor saved."""

from __future__ import annotations

import itertools
from collections.abc import Set, ValuesView
from functools import partial
from types import CellType, FunctionType, GeneratorType
from typing import TYPE_CHECKING, Any, Final

from autograd.value import Value
from nn.parts import PLAIN, Part, entries, is_module, is_part, leaves, parts, slots

if TYPE_CHECKING:
    from nn.module import Module

DEEPEST: Final = 3  # objects inside objects that `check_reachable` looks into
# Iterators that can be gone through once, and only by taking out what is in them.
BUILTIN_ITERATORS: Final = tuple(map(type, map(iter, ([], (), set(), {}, {}.values(), {}.items(), reversed([])))))
ONCE: Final[tuple[type, ...]] = (
    *(GeneratorType, map, filter, zip, enumerate, reversed, itertools.chain, itertools.islice, itertools.starmap),
    *BUILTIN_ITERATORS,
)


def check_replacement(owner: Module, name: str, old: Any, new: Any) -> None:
    """Refuse to put something else in the place of parameters or modules, which would silently be lost.

    As in PyTorch, None takes them away, and so does an empty container.
    """
    held = [is_part(item) for item in leaves(old)]
    if new is None or not any(held):
        return
    kept = [is_part(item) for item in leaves(new)]
    emptied = not kept and not is_part(old)
    if emptied or (all(kept) and kept if all(held) else any(kept)):
        return
    if isinstance(old, Value):
        raise TypeError(
            f"{name} is a parameter of {type(owner).__name__}, and {new!r:.60} is not: to change its number, assign "
            f"to {name}.data; to replace it, assign nn.parameter(...); to remove it, None"
        )
    what = f"a {type(old).__name__}" if is_module(old) else "parameters or modules"
    raise TypeError(
        f"{type(owner).__name__}.{name} holds {what}, which {new!r:.60} would silently remove: assign modules, or "
        "parameters made by nn.parameter(...); or None, to remove what is there"
    )


def check_reachable(owner: Module, name: str, item: Any) -> None:
    """Refuse an attribute with parameters where they are not found, such as a set of them."""
    stack, seen = [(item, 0, item)], set()
    if not any(map(is_opaque, leaves(item))):
        return
    found = {id(part) for holder in (owner, {name: item}) for _, part in parts(holder, "", set())} | {id(owner)}
    while stack:
        each, depth, holder = stack.pop()
        if isinstance(each, PLAIN) or id(each) in seen or depth > DEEPEST:
            continue
        seen.add(id(each))
        if isinstance(each, ONCE):
            raise TypeError(
                f"{name}: an iterator, such as this {type(each).__name__}, can be gone through only once, and "
                "parameters in it would be neither trained nor saved: make it a list"
            )
        if depth and is_part(each) and id(each) not in found:
            raise TypeError(
                f"{name}: parameters inside a {type(holder).__name__} object would be neither trained nor saved: keep "
                "them in a list, tuple, dict, dataclass or NumPy array, or in a Module"
            )
        if isinstance(each, Value) or is_module(each):
            continue
        inner = entries(each)
        if inner is not None:
            stack += [(held, depth, holder) for _, held in inner]
        else:
            stack += [(held, depth + 1, each) for held in contents(each)]


def is_opaque(item: Any) -> bool:
    """Whether an object may hold parameters where they are not found."""
    if isinstance(item, (Value, *PLAIN)) or is_module(item):
        return False
    return isinstance(item, ONCE) or bool(contents(item))


def contents(item: Any) -> list[Any]:
    """Return what an object that is no container holds: members, attributes, or what a function refers to.

    Modules that a function refers to are left out: it is often the one that holds the function.
    """
    if isinstance(item, Set | ValuesView):
        return list(item)
    if hasattr(type(item), "to_numpy"):  # a series or frame
        array = item.to_numpy()
        return list(array.flat) if array.dtype == object else []
    if isinstance(item, partial):
        return [item.func, *item.args, *item.keywords.values()]
    if isinstance(item, FunctionType):
        held = [
            *map(cell_contents, item.__closure__ or ()),
            *(item.__defaults__ or ()),
            *(item.__kwdefaults__ or {}).values(),
        ]
        return [x for x in held if not is_module(x)]
    return [] if isinstance(item, Value) else [*getattr(item, "__dict__", {}).values(), *[x for _, x in slots(item)]]


def cell_contents(cell: CellType) -> Any:
    """Return what a closure's cell holds; None while it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


class Census:
    """The parts that a module had at the last look, with their paths."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Part] = []

    def update(self, owner: Module, found: list[Part]) -> None:
        """Note the parts that are there now, or refuse what stands in a container in the place of an earlier one."""
        if found == self.found:
            return
        present = {id(part) for _, part in found}
        for path, part in self.found:
            if id(part) not in present:
                check_place(path, part, held_at(owner, path))
        self.found = found

    def forget(self, changed: set[int]) -> None:
        """Forget the parts with these ids, which were replaced on purpose."""
        self.found = [(path, part) for path, part in self.found if id(part) not in changed]


def check_place(path: str, part: Value | Module, now: Any) -> None:
    """Refuse what stands now in the place of a part, as `ws[0] = 0.5` leaves behind."""
    if now is None or now is part or is_part(now) or entries(now) is not None:
        return
    if not isinstance(part, Value):
        raise TypeError(f"{path} was a {type(part).__name__} and is now {now!r:.60}: to remove it, put None there")
    raise TypeError(
        f"{path} was a parameter and is now {now!r:.60}, which would not be trained: to change its number, assign to "
        "its .data; to replace it, put nn.parameter(...) there; to remove it, None"
    )


def held_at(owner: Any, path: str) -> Any:
    """Return what a module or container holds under a path, or None."""
    for name, item in entries(owner) or ():
        if path == str(name):
            return item
        if path.startswith(f"{name}.") and not isinstance(item, PLAIN):
            return held_at(item, path[len(str(name)) + 1 :])
    return None
