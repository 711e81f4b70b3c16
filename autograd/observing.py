"""Observers: functions that see each node as it is recorded, or as it is about to pass its gradient on.

Where nobody observes, this costs one test of an empty list for each node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from autograd.value import Value

Observer = Callable[["Value"], object]

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


@contextmanager
def no_grad() -> Iterator[None]:
    """Record no graph inside: what is computed is a leaf, which passes no gradient on and keeps nothing alive.

    It holds in this thread, as a context or as a decorator, `@no_grad()`.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.inputs
    (9.0, ())
    """
    with observing(record=forget):
        yield


def forget(node: Value) -> None:
    """Make a leaf of a node."""
    node.op, node.inputs, node.partials = None, (), ()


def in_this_thread(observer: Observer) -> Observer:
    """Return an observer that ignores what other threads do."""
    thread = get_ident()

    def observe(node: Value) -> None:
        if get_ident() == thread:
            observer(node)

    return observe


def notify(node: Value) -> Value:
    """Show a new node to the observers, and return it."""
    for observer in tuple(record_observers):  # another thread may remove its own meanwhile
        observer(node)
    return node
