"""The settings of a module: what tells it from others of its class, apart from its parameters, in a form for JSON."""

from __future__ import annotations

import dis
import enum
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from functools import lru_cache, partial
from inspect import signature
from random import Random
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final

from autograd.ops import PARAMETER
from autograd.value import Value
from nn.part_checks import cell_contents
from nn.parts import is_module

if TYPE_CHECKING:
    from nn.module import Module

HIDDEN: Final = ("label", "training", "seed", "random_state")  # a seed only decides where training began
LONGEST: Final = 64  # items of a list that are written out; of longer ones a digest is compared
DEEPEST: Final = 5  # containers inside containers
NO_SETTING: Final = object()
WRITTEN: Final = (str, bool, int, float, type(None))
LOADS: Final = ("LOAD_CONST", "RETURN_CONST", "LOAD_SMALL_INT", "LOAD_ATTR", "LOAD_METHOD", "LOAD_GLOBAL")


def settings(module: Module) -> dict[str, Any]:
    """Return what tells a module from others of its class, apart from its parameters.

    That is what its `config()` returns, or else its public attributes. A number among them counts if `__init__` takes
    it by that name, or was given it: others, such as a count of calls, may change in use.
    """
    found = dict(module.config()) if hasattr(module, "config") else {}
    if describes_itself(type(module).__mro__):
        return found
    taken = signature(type(module).__init__).parameters
    given = [*module._given, *map(number, [p.default for p in taken.values()])]
    for name, item in vars(module).items():
        if name.startswith("_") or name in HIDDEN:
            continue
        if name in taken or is_among(plain(item), given):
            found[name] = plain(item)
        elif callable(item) or is_dataclass(item) or not hasattr(item, "__dict__"):
            found[name] = without_numbers(plain(item))
    return {name: shorten_lists(x) for name, x in found.items() if x is not NO_SETTING}


@lru_cache(maxsize=1000)
def describes_itself(kinds: tuple[type, ...]) -> bool:
    """Whether the class with this `__mro__` has a `config()` that knows its `__init__`, not that of a base."""
    owners = [[name in vars(kind) for kind in kinds] for name in ("config", "__init__")]
    return any(owners[0]) and owners[0].index(True) <= owners[1].index(True)


def number(x: Any) -> float | None:
    """Return a number, also one of NumPy, as Python's, and None for anything else."""
    x = x.item() if is_array(x) and x.ndim == 0 else x
    return x if isinstance(x, int | float) else None


def is_among(setting: Any, given: list[float | None]) -> bool:
    """Whether a setting is one of the numbers that a module was given, of the same type."""
    return isinstance(setting, int | float) and any(type(x) is type(setting) and x == setting for x in given)


def plain(item: Any, depth: int = 0) -> Any:
    """Return a setting in a form that JSON can hold, or NO_SETTING for what is none."""
    if isinstance(item, Value):
        return NO_SETTING if item.op is PARAMETER else item.data
    if is_module(item) or isinstance(item, Random) or depth > DEEPEST:
        return NO_SETTING
    if isinstance(item, enum.Enum):
        return str(item)
    if is_array(item):
        return plain(item.tolist(), depth)
    if isinstance(item, WRITTEN):
        return item
    if isinstance(item, complex | bytes | range | slice):
        return repr(item)
    if isinstance(item, list | tuple | Set):
        return plain_list(item, depth)
    if isinstance(item, Mapping):
        return plain_dict({str(key): x for key, x in item.items()}, depth)
    if is_dataclass(item) and not isinstance(item, type):
        named = {field.name: getattr(item, field.name, None) for field in fields(item)}
        return plain_dict(named, depth, type(item).__qualname__)
    return plain_function(item, depth) if callable(item) else plain_object(item, depth)


def plain_list(items: Any, depth: int) -> Any:
    """Return the items in a list, a set's in a fixed order; NO_SETTING if none is a setting."""
    written = [x for x in [plain(item, depth + 1) for item in items] if x is not NO_SETTING]
    if isinstance(items, Set):
        written.sort(key=str)
    return written if written or not items else NO_SETTING


def plain_dict(items: Mapping[str, Any], depth: int, kind: str = "") -> Any:
    written = {name: plain(item, depth + 1) for name, item in items.items()}
    kept = {name: x for name, x in written.items() if x is not NO_SETTING}
    return ({"class": kind} if kind else {}) | kept if kept or not items else NO_SETTING


def plain_function(function: Any, depth: int) -> Any:
    """Return a function by its name, with what it has taken along: arguments, a closure, or the object it is of."""
    if isinstance(function, partial):
        return plain_dict({"partial": function.func, "args": function.args, **function.keywords}, depth)
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    if not isinstance(name, str):
        return plain_object(function, depth)
    if isinstance(function, MethodType) and not isinstance(function.__self__, type):
        return plain_dict({"method": name, "of": function.__self__}, depth)
    if not isinstance(function, FunctionType):
        return name
    if function.__name__ == "<lambda>":
        name = f"<lambda of {', '.join(code_words(function))}>"
    if (function.__module__ or "").split(".")[0] in ("autograd", "nn"):
        return name
    closure = plain_list([*map(cell_contents, function.__closure__ or ())], depth)
    return {"function": name, "closure": closure} if closure and closure is not NO_SETTING else name


def code_words(function: Callable[..., Any]) -> Iterator[str]:
    """Yield the names, constants and operators of a function's code, which are the same in each version of Python."""
    for instruction in dis.get_instructions(function):
        if instruction.opname == "BINARY_OP" and instruction.argrepr != "[":  # an operator from Python 3.14 on
            yield instruction.argrepr
        elif instruction.opname in LOADS and isinstance(instruction.argval, str | int | float):
            yield str(instruction.argval)


def plain_object(item: Any, depth: int) -> Any:
    """Return an object by its class and public attributes; an object without any, such as a file, is no setting."""
    named = {name: x for name, x in getattr(item, "__dict__", {}).items() if not name.startswith("_")}
    return plain_dict(named, depth, type(item).__qualname__) if named else NO_SETTING


def is_array(item: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(item, numpy.ndarray | numpy.generic)


def without_numbers(setting: Any) -> Any:
    """Return what is left of a setting without its numbers, or NO_SETTING."""
    if isinstance(setting, int | float):
        return NO_SETTING
    if isinstance(setting, list):
        kept: Any = [x for x in map(without_numbers, setting) if x is not NO_SETTING]
    elif isinstance(setting, dict):
        kept = {name: x for name, x in ((n, without_numbers(x)) for n, x in setting.items()) if x is not NO_SETTING}
    else:
        return setting
    return kept or NO_SETTING


def is_numeric(setting: Any) -> bool:
    """Whether a setting consists of numbers alone."""
    return without_numbers(setting) is NO_SETTING


def shorten_lists(setting: Any) -> Any:
    """Return a setting with digests in the place of long lists."""
    if isinstance(setting, dict):
        return {name: shorten_lists(x) for name, x in setting.items()}
    if isinstance(setting, list):
        if len(setting) > LONGEST:
            return f"{len(setting)} items, sha256 {hashlib.sha256(json.dumps(setting).encode()).hexdigest()[:16]}"
        return [shorten_lists(x) for x in setting]
    return setting


def are_equal(one: Any, other: Any) -> bool:
    """Whether two settings are equal; nan equals nan."""
    return bool(one == other) or json.dumps(one) == json.dumps(other)
