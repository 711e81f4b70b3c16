"""The words of refusals: a walk over every public name of `autograd` and `nn`, with what people pass by mistake.

An error that leaves a public function names the function or an argument of it, and nothing of our insides; and it is
no riddle of Python's, such as "object is not iterable", which says nothing to those who passed the thing.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from claims import Claim

import autograd
import nn
from autograd import Value

# They open windows or servers, take over the terminal, or compile for long: the tests of each have walks of their own.
LEFT_OUT: Final = {"debug", "compile", "ACTIVATIONS", "draw", "LOSSES"}
RIDDLES: Final = (
    r"object is not (iterable|callable|subscriptable|reversible)",
    r"has no attribute",
    r"unsupported operand",
    r"has no len\(\)",
    r"indices must be",
    r"must be real number, not",
    r"cannot unpack",
    r"not supported between",
    r"could not convert string",
    r"truth value of an array",
    r"only (length-1|0-dimensional) arrays",
    r"float\(\) argument",
    r"<locals>|__(?!init)\w+__|\b_[a-z]\w+",  # Python itself says "Layer.__init__() missing ... 'inputs'"
    r"reduce\(\)|zip\(\)|\bmap\(\)|isinstance\(\)",
)


def wrong_things() -> list[Any]:
    """Return what is passed: the right thing in the wrong container, scalars of each type, and what is no number."""
    numbers = [kind(1) for kind in (np.float16, np.float32, np.float64, np.longdouble, np.int8, np.int64, np.uint8)]
    arrays = [np.array(1.0), np.array([1.0]), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([Value(1.0)])]
    odd = ["12", "", b"x", None, float("nan"), 10**400, 1j, True, np.bool_(True), object(), len, float, {}, {"x": 1.0}]
    lists = [[], [1.0], [Value(1.0), 2.0], (1.0, 2.0), {1.0}, [[1.0], [2.0, 3.0]], [None], ["1"], range(3), iter([1.0])]
    ours = [Value(1.0), Value(-2.0, "x"), nn.Neuron(2), nn.MLP(2, [2, 1]), nn.SGD(nn.Neuron(1).parameters(), lr=0.1)]
    return [*numbers, *arrays, *odd, *lists, *ours]


def first(*values: Any) -> Any:
    """Return the first argument, as a function to differentiate or to train."""
    return values[0] if values else 0.0


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every public function and class with the name that users call it by."""
    for module in (autograd, nn):
        for name in (*module.__all__, *(("sum", "round") if module is autograd else ())):
            if name not in LEFT_OUT and callable(f := getattr(module, name)):
                yield f"{module.__name__}.{name}", f


def parameters_of(f: Callable[..., Any]) -> list[str]:
    """Return the names of the parameters of a function."""
    try:
        return [*inspect.signature(f).parameters]
    except (TypeError, ValueError):
        return []


def calls(f: Callable[..., Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the arguments of each call: none, too many, and each wrong thing alone and beside right ones."""
    yield ()
    yield (Value(1.0),) * 12
    for x in wrong_things():
        yield (x,)
        yield Value(1.0), x
        yield x, Value(1.0)
        yield first, x
        yield x, [1.0]
        yield [Value(1.0)], x
        yield nn.Neuron(1).parameters(), x


def riddle(name: str, f: Callable[..., Any], error: Exception) -> str:
    """Say what is wrong with the words of an error; nothing if they name the function or an argument."""
    said = str(error)
    for pattern in RIDDLES:
        if found := re.search(pattern, said):
            return f"says {found[0]!r}"
    names = [name.rpartition(".")[2], *parameters_of(f)]
    names += [each.removesuffix("s") for each in names]
    if not any(re.search(rf"(?<![A-Za-z_]){re.escape(each)}s?(?![A-Za-z])", said) for each in names):
        return "names neither the function nor an argument"
    return ""


def words_are_ours() -> Claim:
    """Walk, and collect the refusals that say it in other words."""
    tried, wrong = 0, []
    for name, f in public():
        for arguments in calls(f):
            tried += 1
            if problem := refusal(name, f, arguments):
                wrong.append(problem)
    return Claim(
        "a refusal names the function or an argument, and nothing of our insides",
        "every public name, with no argument, too many, and the wrong thing of each kind in each place",
        tried,
        f"{len(wrong)} riddles, such as {wrong[0]}" if wrong else "none is a riddle",
        not wrong,
    )


def refusal(name: str, f: Callable[..., Any], arguments: tuple[Any, ...]) -> str:
    """Call, and say what is wrong with the error, if there is one."""
    quiet = io.StringIO()
    try:
        with (
            contextlib.chdir(tempfile.gettempdir()),
            contextlib.redirect_stdout(quiet),
            contextlib.redirect_stderr(quiet),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            f(*arguments)
    except (AssertionError, OSError, RuntimeError):
        return ""
    except Exception as error:
        if raised_by_argument(error, arguments):
            return ""
        found = riddle(name, f, error)
        shown = ", ".join([f"{x!r:.30}" for x in arguments[:3]])
        return f"{name}({shown}): {type(error).__name__}: {error!s:.160} [{found}]" if found else ""
    return ""


def raised_by_argument(error: Exception, arguments: tuple[Any, ...]) -> bool:
    """Whether the words are those of a function, class or module that was passed and then called."""
    said = str(error)
    called = [x for x in arguments if callable(x) and x is not first]
    inside = ("expected 2 inputs", "forward() missing", "len()", "plain float")
    return bool(called) and any(words in said for words in inside)
