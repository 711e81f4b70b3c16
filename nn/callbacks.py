"""Callbacks: functions and small objects that `fit` calls after each epoch.

A callback is called as `callback(epoch, loss)`. It gets more by naming it: parameters after the first two, or
keyword-only ones, called `validation`, `model`, `optimizer` or `history` are passed by name. An object may have a
method `end` besides, called once after the last epoch with whatever of these it names.
"""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from autograd.value import Value
from nn.arguments import flag, real_number, whole_number
from nn.files import save
from nn.history import History
from nn.module import Module
from nn.optimizers import Optimizer

BY_NAME: Final = ("validation", "model", "optimizer", "history")


class Callbacks:
    """The callbacks of one training run, checked.

    Attributes:
        only_watch: whether none of them may change the model or the optimizer.
    """

    def __init__(self, callback: Any, last: Sequence[Any] = ()) -> None:
        given = callback if isinstance(callback, list | tuple) else [] if callback is None else [callback]
        given = [*given, *last]
        self.calls = [(each, wanted_arguments(each, positional=2)) for each in given]
        ends = [each.end for each in given if callable(getattr(each, "end", None))]
        self.ends = [(end, wanted_arguments(end, positional=0)) for end in ends]
        self.only_watch = all(getattr(each, "only_watches", False) for each in given)

    def __len__(self) -> int:
        return len(self.calls)

    def after_epoch(self, epoch: int, loss: float, offered: Mapping[str, Any]) -> bool:
        """Call every callback; return whether one of them returned True, Python's or NumPy's."""
        answers = [callback(epoch, loss, **{name: offered[name] for name in names}) for callback, names in self.calls]
        return any(type(answer).__name__ in ("bool", "bool_") and bool(answer) for answer in answers)

    def after_training(self, offered: Mapping[str, Any]) -> None:
        """Call the `end` of those that have one."""
        for end, names in self.ends:
            end(**{name: offered[name] for name in names})


def wanted_arguments(callback: Any, positional: int) -> list[str]:
    """Return what a callback wants by name, or raise TypeError for one that could not be called."""
    if not callable(callback):
        raise TypeError(f"a callback must be a function callback(epoch, loss), or a list of them, got {callback!r:.60}")
    try:
        signature = inspect.signature(callback)
    except ValueError:  # a builtin without a signature
        return []
    keyword = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    first = [p.name for p in signature.parameters.values() if p.kind in keyword[:1]][:positional]
    names = [p.name for p in signature.parameters.values() if p.kind in keyword and p.name in BY_NAME]
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values()):
        names = list(BY_NAME)
    names = [name for name in names if name not in first]
    try:
        signature.bind(*[0] * positional, **dict.fromkeys(names))
    except TypeError as error:
        called = "called as callback(epoch, loss)" if positional else "called at the end of training"
        raise TypeError(
            f"a callback is {called}, and by name gets any of {', '.join(BY_NAME)}: {callback!r:.60} does not fit "
            f"({error})"
        ) from None
    return names


class EarlyStopping:
    """A callback that stops training when the loss no longer improves.

    It watches the validation loss, or, if `fit` is given no validation data, the training loss.

    Args:
        patience: the number of epochs without improvement after which training stops.
        min_delta: by how much the loss must fall below the best so far to count as an improvement.
        restore_best: when training ends, by this or not, go back to the parameters after the best epoch.

    >>> from nn import MLP, SGD, fit, half_squared_error
    >>> model = MLP(1, [1])
    >>> history = fit(
    ...     model, [[1.0], [2.0]], [2.0, 4.0], loss=half_squared_error, optimizer=SGD(model.parameters(), lr=0.1),
    ...     epochs=1000, validation=([[3.0]], [6.0]), callback=EarlyStopping(patience=5), progress=False,
    ... )
    >>> len(history) == min(history.best_epoch + 5, 1000)
    True
    """

    only_watches = True

    def __init__(self, patience: int = 10, min_delta: float = 0.0, restore_best: bool = True) -> None:
        self.patience = whole_number("patience", patience)
        self.min_delta = real_number("min_delta", min_delta, 0.0, wanted="a finite number >= 0")
        self.restore_best = flag("restore_best", restore_best)
        self.history: History | None = None

    def __repr__(self) -> str:
        settings = {name: getattr(self, name) for name in ("patience", "min_delta", "restore_best")}
        return f"EarlyStopping({', '.join(f'{name}={x!r}' for name, x in settings.items())})"

    def __call__(
        self, epoch: int, loss: float, *, validation: float | None, model: Any, optimizer: Optimizer, history: History
    ) -> bool:
        """Note the loss of an epoch; return whether training should stop."""
        if history is not self.history:  # a new run
            self.history, self.best, self.best_epoch = history, math.inf, epoch - 1
            self.best_data: list[float] = []
        watched = loss if validation is None else validation
        if watched < self.best - self.min_delta:
            self.best, self.best_epoch = watched, epoch
            self.best_data = [value.data for value in trained_values(model, optimizer)]
        return epoch - self.best_epoch >= self.patience

    def end(self, model: Any, optimizer: Optimizer) -> None:
        """Restore the parameters, and buffers, of the best epoch."""
        if self.restore_best and self.history is not None and self.best_data:
            for value, x in zip(trained_values(model, optimizer), self.best_data, strict=True):
                value.data = x


class Checkpoint:
    """A callback that saves model, optimizer and history every so many epochs and at the end, as `checkpoint` asks."""

    only_watches = True

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"checkpoint must be the path of a file, got {path!r:.60}")
        self.path, self.every = Path(path), whole_number("every", every)
        if not os.access(self.path.parent, os.W_OK) or self.path.is_dir():
            raise OSError(f"cannot write checkpoints to {self.path}: expected a file in a folder that can be written")
        self.steps = 0
        self.saved = True

    def __call__(self, epoch: int, loss: float, *, model: Module, optimizer: Optimizer, history: History) -> None:
        self.steps, self.saved = optimizer.steps, epoch % self.every == 0
        if self.saved:
            save(model, self.path, optimizer=optimizer, history=history)

    def end(self, model: Module, optimizer: Optimizer, history: History) -> None:
        """Save the end of the run, unless that is within an epoch, from where it could not be resumed to the bit."""
        if not self.saved and optimizer.steps == self.steps:
            save(model, self.path, optimizer=optimizer, history=history)


def trained_values(model: Any, optimizer: Optimizer) -> list[Value]:
    """Return all that training changes in a model: the optimizer's parameters, and the buffers of a `Module`."""
    buffers = [buffer for _, buffer in model.named_buffers()] if isinstance(model, Module) else []
    return [*optimizer.parameters, *buffers]
