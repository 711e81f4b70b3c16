"""Observers: functions that see each node as it is recorded, or as it is about to pass its gradient on.

Where nobody observes, this costs one test of an empty list for each node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ContextDecorator, contextmanager
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from autograd.value import Value

Observer = Callable[["Value"], object]

# Of generators, coroutines and asynchronous generators. `inspect`, which has their names, is slow to import.
GENERATOR_FLAGS: Final = 0x20 | 0x80 | 0x200
record_observers: Final[list[Observer]] = []
backward_observers: Final[list[Observer]] = []


@contextmanager
def observing(
    record: Observer | None = None, backward: Observer | None = None, all_threads: bool = False
) -> Iterator[None]:
    """Call `record` with every node that is recorded, and `backward` with every node before it passes its gradient on.

    Only what this thread does is observed, unless `all_threads` is set.
    """
    added = []
    for observers, observer in ((record_observers, record), (backward_observers, backward)):
        if observer is not None:
            added.append((observers, observer if all_threads else in_this_thread(observer)))
    for observers, observer in added:
        observers.append(observer)
    try:
        yield
    finally:
        for observers, observer in added:
            observers.remove(observer)


def no_grad(function: Callable[..., Any] | None = None) -> Any:
    """Record no graph inside: what is computed is a leaf, which passes no gradient on and keeps nothing alive.

    It holds in this thread, as a context or as a decorator, `@no_grad()` or `@no_grad`.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.inputs
    (9.0, ())
    """
    return NoGrad() if function is None else NoGrad()(function)


class NoGrad(ContextDecorator):
    """The context that `no_grad` returns, which may be entered again and again."""

    def __init__(self) -> None:
        self.entered: list[AbstractContextManager[None]] = []

    def __enter__(self) -> None:
        self.entered.append(observing(record=make_leaf))
        self.entered[-1].__enter__()

    def __exit__(self, *error: Any) -> None:
        self.entered.pop().__exit__(None, None, None)

    def __call__(self, function: Callable[..., Any]) -> Any:
        if not callable(function):
            raise TypeError(f"no_grad() takes a function to decorate, or nothing, got {function!r:.60}")
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & GENERATOR_FLAGS:
            raise TypeError(
                f"no_grad does not reach into a generator or coroutine, such as {function!r:.60}, which runs after the "
                "call: write `with no_grad():` inside of it"
            )
        return super().__call__(function)

    def _recreate_cm(self) -> NoGrad:
        return NoGrad()


def make_leaf(node: Value) -> None:
    """Make a leaf of a node."""
    node.op, node.inputs, node.partials = None, (), ()


def in_this_thread(observer: Observer) -> Observer:
    """Return an observer that ignores what other threads do."""
    thread = get_ident()

    def observe(node: Value) -> None:
        if get_ident() == thread:
            observer(node)

    return observe


def notify(node: Value, observers: list[Observer] = record_observers) -> Value:
    """Show a node to the observers, those of new nodes unless others are given, and return it."""
    for observer in tuple(observers):  # one may go away meanwhile, as another thread's does
        observer(node)
    return node
