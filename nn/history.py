"""`History`: the losses of a training run."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan
from typing import Any

from autograd.arguments import as_list
from nn.extras import extra


class History(list[float]):
    """The training loss of each epoch: a list of numbers that also knows the validation losses.

    Attributes:
        validation: the validation loss after each epoch, empty if `fit` was given no validation data.

    >>> history = History([3.0, 2.0, 1.0], validation=[2.5, 2.0, 2.25])
    >>> history[-1], history.best_epoch
    (1.0, 2)
    """

    def __init__(self, losses: Iterable[float] = (), validation: Iterable[float] = ()) -> None:
        super().__init__(as_list("History(losses, validation)", "losses", losses, "numbers"))
        self.validation: list[float] = as_list("History(losses, validation)", "validation", validation, "numbers")

    @property
    def best_epoch(self) -> int | None:
        """The epoch, counted from 1, with the lowest validation loss, or training loss if there is no validation.

        The first of several equal ones; None before the first epoch.
        """
        losses = [(x, epoch) for epoch, x in enumerate(self.validation or self, start=1) if not isnan(x)]
        return min(losses)[1] if losses else None

    def plot(self, axes: Any = None) -> Any:
        """Plot the losses by epoch with matplotlib, on `axes` or on new ones; return the axes."""
        if axes is None:
            axes = extra("matplotlib.pyplot", "History.plot", name="demos").subplots()[1]
        axes.plot(range(1, len(self) + 1), self, label="training")
        if self.validation:
            axes.plot(range(1, len(self.validation) + 1), self.validation, label="validation")
        axes.set(xlabel="epoch", ylabel="loss")
        axes.legend()
        return axes
