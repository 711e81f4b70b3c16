"""`Recording`: recorded passes, to be played, saved or read; and `record_steps`, which makes one."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from importlib import import_module
from os import PathLike
from typing import Any

import msgspec

from autograd.files import as_path, write_atomically
from autograd.graph import topological_order
from autograd.recording.file import decode, encode
from autograd.recording.steps import Pass
from autograd.text import escape_controls
from autograd.value import Value


class Recording(msgspec.Struct, frozen=True):
    """One or more recorded passes: several where a training loop was recorded.

    >>> w, x = Value(1.0, "w"), Value(2.1, "x")
    >>> recording = record_steps((w * x - 4.0) ** 2)
    >>> for step in recording.passes[0].steps[-3:]:
    ...     print(step.node, round(step.gradient, 2), [round(c.amount, 2) for c in step.contributions])
    6 1.0 [-3.8]
    4 -3.8 [-3.8]
    2 -3.8 [-7.98, -3.8]
    """

    passes: tuple[Pass, ...]

    def save(self, path: str | PathLike[str]) -> None:
        """Write the recording to a file, all of it or nothing; `autograd.load_recording` reads it.

        Raises ValueError for an op outside the rule table, or text that is no Unicode; OSError if it cannot be
        written.
        """
        write_atomically(path, encode(self.passes))

    def save_html(
        self,
        path: str | PathLike[str],
        step: int = 0,
        title: str = "",
        *,
        explore: bool = False,
        about: str = "",
        axes: tuple[str, str] | None = None,
    ) -> None:
        """Write the recording as one self-contained web page that plays it.

        Args:
            path: the file to write.
            step: the step to open at, counted from 1 through all passes; 0 is before the first.
            title: the page's heading.
            explore: let the reader change any leaf and train the parameters; the page computes values and gradients
                in the browser, by the same rule table. It starts from the first recorded pass.
            about: a sentence or two below the heading, such as what the model is to learn.
            axes: the labels of two leaves, over which such a page maps the model's output. Where it has leaves x1 and
                x2 and no x3, as an `MLP` of two inputs labels them, it does so without being told.

        Raises:
            ValueError: for a step or axes that are not there, or a graph too large to look at.
            ModuleNotFoundError: where there is no Graphviz; it names the `pip install` that brings one.
            TimeoutError: where Graphviz takes more than a minute.
        """
        player().save(self, path, step=step, title=title, explore=explore, about=about, axes=axes)

    def __repr__(self) -> str:
        sizes = {f"{len(each.nodes):,} node{'s' if len(each.nodes) > 1 else ''}" for each in self.passes}
        passes = f"{len(self.passes)} pass{'es' if len(self.passes) > 1 else ''}"
        roots = [each.root for each in self.passes]
        first, last = roots[0], roots[-1]
        numbers = f"{first.data:.6g}" + (f" -> {last.data:.6g}" if len(roots) > 1 else "")
        return f"Recording({passes} of {' or '.join(sorted(sizes))}, {first.name} = {numbers})"

    def _repr_html_(self) -> str:
        """Show the player in a notebook."""
        return str(player().frame(self))


def player() -> Any:
    """Return the module that writes pages. It is imported when a page is asked for, since it needs an extra."""
    return import_module("autograd.player.page")


def record_steps(
    root: Value | Callable[[], Value], update: Callable[[], object] | None = None, times: int = 1
) -> Recording:
    """Record the forward and the backward pass below a root.

    Recording only looks: every `.grad` is afterwards what it was before. With an `update` it trains: each pass starts
    from gradients of 0, and the update changes what it changes.

    Args:
        root: the `Value` to differentiate, or a function that computes it anew, for several passes.
        update: called after each pass, for example an optimizer's `step`; the leaves it changes are recorded.
        times: how many passes to record.

    Raises:
        TypeError: for what is no `Value` and gives none, or an update that cannot be called.
        ValueError: for several passes over one `Value`, which would all be alike, and for fewer than one.

    >>> from nn import SGD, parameter
    >>> w = parameter(1.0, "w")
    >>> record_steps(lambda: (2.1 * w - 4.0) ** 2, update=SGD([w], lr=0.01).step, times=3)
    Recording(3 passes of 7 nodes, #6 = 3.61 -> 2.4952)
    """
    count = check_times(times)
    if update is not None and not callable(update):
        raise TypeError(f"record_steps(update=...) takes a function, such as an optimizer's step, got {update!r:.60}")
    if isinstance(root, Value) and count != 1:
        raise ValueError(
            f"record_steps(root, times={count}) takes a function that computes the root anew for each of {count} "
            "passes, got a Value"
        )
    return Recording(tuple([record_pass(compute_root(root), update) for _ in range(count)]))


def record_pass(root: Value, update: Callable[[], object] | None) -> Pass:
    """Record one pass: from gradients of 0 with an update, or else without a trace on any gradient."""
    held = [(value, value.grad) for value in topological_order(root)]
    if update is not None:
        for value, _ in held:
            value.grad = 0.0
        return Pass(root, update)
    try:
        return Pass(root)
    finally:
        for value, gradient in held:
            value.grad = gradient


def compute_root(root: Value | Callable[[], Value]) -> Value:
    """Return the root, or what the function that computes it gives, or raise TypeError."""
    if isinstance(root, Value):
        return root
    if not callable(root):
        raise TypeError(
            f"record_steps(root) takes a Value, or a function that computes one, got {type(root).__name__} {root!r:.60}"
        )
    if hasattr(root, "parameters"):
        raise TypeError(
            f"record_steps(root) takes a Value, or a function without arguments, got the {type(root).__name__} itself: "
            "record what it computes, as in record_steps(model(row)), or lambda: model(row) for several passes"
        )
    try:
        computed = root()
    except TypeError as error:
        if error.__traceback__ and error.__traceback__.tb_next:  # raised inside of it
            raise
        raise TypeError(f"record_steps(root) calls a function without arguments: {error}") from None
    if not isinstance(computed, Value):
        raise TypeError(
            f"record_steps(root): the function must return a Value, got {type(computed).__name__} {computed!r:.60}"
        )
    return computed


def check_times(times: object) -> int:
    """Return a number of passes as an int, or raise ValueError."""
    try:
        count = operator.index(times)  # type: ignore[arg-type]
    except TypeError:
        count = 0
    if count < 1:
        raise ValueError(f"record_steps(times=...) takes an int of at least 1, got {times!r:.60}")
    return count


def load_recording(path: str | os.PathLike[str]) -> Recording:
    """Read a recording that `Recording.save` wrote: the same nodes, steps and numbers, to the last bit.

    Raises ValueError if the file is damaged or is not one of ours; OSError if it cannot be read.
    """
    content = as_path(path).read_bytes()
    try:
        return Recording(decode(content))
    except ValueError as error:
        raise ValueError(f"{path} is damaged, or no recording: {escape_controls(str(error))}") from None
