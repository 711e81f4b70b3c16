"""`fit`: the training loop.

An epoch is one pass over the data, a batch is what one step of the optimizer looks at. Each row's loss is recorded,
sends its gradient back and is let go before the next, so memory does not grow with the data. Only where batch
normalisation couples the rows of a batch are they recorded together.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from math import isfinite
from random import Random
from typing import Any, Final, Literal, TypeAlias

from autograd.derivatives import grad
from autograd.text import escape_controls
from autograd.value import Value
from nn.anomalies import Numbers, anomaly
from nn.blocks import couples_rows
from nn.data import Row, checked_rows, losses
from nn.extras import extra
from nn.module import Module, evaluating
from nn.native_training import NativeRun
from nn.optimizers import Optimizer

Loss: TypeAlias = Callable[[Any, Any], Any]
Callback: TypeAlias = Callable[[int, float], object]
TOTALS: Final = 8  # running totals over the rows, as in `autograd.compiler.llvm.driver`, which needs an extra


def fit(
    model: Module,
    inputs: Iterable[Any],
    targets: Iterable[Any],
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    reduction: Literal["mean", "sum"] = "mean",
    seed: int = 0,
    callback: Callback | None = None,
    progress: bool = True,
    native: bool = False,
    terminate_on_nan: bool = True,
) -> list[float]:
    """Train the model, and give the loss of each epoch.

    Args:
        model: what is called with each row of inputs, a list of floats.
        inputs: rows of finite numbers, all of one length; a row may be a single number.
        targets: one for each row, a finite number or a row of them, all of one length.
        loss: `loss(output, target)` gives a `Value`, such as `nn.half_squared_error`.
        optimizer: holds the model's parameters, such as `nn.SGD(model.parameters(), lr=0.5, momentum=0.9)`.
        epochs: how many times to go through all rows.
        batch_size: rows for each step; None takes all rows in their order. Batches are drawn anew in each epoch,
            in an order that follows from `seed`; the last one is smaller if the rows do not divide evenly.
        reduction: a step's gradient, and the loss that is reported, are the "mean" over rows, or the "sum", as in
            the 1986 paper.
        callback: `callback(epoch, loss)`, called after each epoch, counted from 1; it stops the training by
            returning something true.
        progress: show a bar with the loss.
        native: train on compiled code, with the same bits in every loss and parameter. The model and the loss are
            traced on the first row (see `autograd.compile`), and the parameters' `.data` is up to date in callbacks
            and at the end; their `.grad` is left alone. Needs the extra `scalar-autograd[native]`. Refused where batch
            normalisation couples rows.
        terminate_on_nan: stop at the first nan or infinity in the data, the loss or the parameters. With False, such
            data are taken and training goes on, whatever comes.

    An epoch's loss is that of its rows as training met them: each before the step that its batch took. With one batch
    an epoch, the first is the loss of the model as it was.

    Raises:
        TypeError, ValueError: before the first step, for data that is empty, ragged, not finite, not numbers or does
            not fit the model or the loss, naming the row; for settings outside their range, and parameters that are
            not finite.
        FloatingPointError: at the first step that gives a nan or an infinity in the loss, in a parameter or in what
            the optimizer remembers. It names the step (as `optimizer.steps` counts them, from 1), the row (from 0),
            the node and the line. Parameters and optimizer stay as they were before that step.
    """
    rows = checked_rows(inputs, targets, terminate_on_nan)
    check_settings(model, optimizer, epochs, batch_size, reduction)
    check_coupling(model, len(rows), batch_size or len(rows), native)
    if terminate_on_nan:
        check_finite(model, optimizer)
    with evaluating(model):  # trying the model leaves its running means as they were
        first = check_fit(model, rows, loss)
        warn_if_flat(model, rows, loss, optimizer.parameters, first)
    history: list[float] = []
    settings = (model, rows, loss, optimizer, batch_size or len(rows), reduction, Random(seed), terminate_on_nan)
    running = NativeRun(*settings).epochs(epochs, callback is not None) if native else eager_epochs(*settings, epochs)
    with progress_bar(epochs, progress) as bar, closing(running):
        for losses in running:
            history += losses
            bar.set_postfix_str(f"loss {losses[-1]:.6g}", refresh=False)
            bar.update(len(losses))
            if callback is not None and callback(len(history), losses[-1]):
                break
    return history


def eager_epochs(
    model: Module,
    rows: Sequence[Row],
    loss: Loss,
    optimizer: Optimizer,
    batch_size: int,
    reduction: str,
    random: Random,
    terminate_on_nan: bool,
    epochs: int,
) -> Generator[list[float], None, None]:
    """Train for so many epochs, and yield the loss of each in a list of its own."""
    order, buffers = list(rows), [buffer for _, buffer in model.named_buffers()]
    for _ in range(epochs):
        if batch_size < len(order):
            random.shuffle(order)
        total, coupled = 0.0, couples_rows(model)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            before = Numbers.of(optimizer, buffers)
            batch_loss = descend(model, batch, loss, optimizer, reduction, coupled)
            if terminate_on_nan and not (isfinite(batch_loss) and Numbers.of(optimizer).finite()):
                after = Numbers.of(optimizer)
                before.restore(optimizer, buffers)
                raise anomaly(model, batch, loss, optimizer, after, batch_loss)
            total += batch_loss
        yield [total / len(order) if reduction == "mean" else total]


def descend(
    model: Module, batch: Sequence[Row], loss: Loss, optimizer: Optimizer, reduction: str, coupled: bool
) -> float:
    """Take one step on a batch, and give the loss, summed over its rows, that it met."""
    total = accumulate(model, batch, loss, optimizer, coupled)
    if reduction == "mean":
        for parameter in optimizer.parameters:
            parameter.grad /= len(batch)
    optimizer.step()
    return total


def accumulate(model: Module, batch: Sequence[Row], loss: Loss, optimizer: Optimizer, coupled: bool) -> float:
    """Leave the gradient of the batch's summed loss in the parameters, and give that loss.

    It adds as compiled code does, so that both have the same bits: row r goes to running total r % TOTALS, and the
    totals are folded in halves. Rows that are coupled are one loss.
    """
    parameters = list(dict.fromkeys([*optimizer.parameters, *model.parameters()]))
    lots = [batch] if coupled else [batch[k::TOTALS] for k in range(TOTALS)]
    totals = [summed(model, lot, loss, parameters, coupled) for lot in lots]
    while len(totals) > 1:
        half = len(totals) // 2
        totals = [list(map(operator.add, *pair)) for pair in zip(totals[:half], totals[half:], strict=True)]
    total, *gradients = totals[0]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    return total


def summed(model: Module, rows: Sequence[Row], loss: Loss, parameters: Sequence[Value], coupled: bool) -> list[float]:
    """Add up the rows' losses and gradients, row by row: the loss first, then the gradient of each parameter."""
    for parameter in parameters:
        parameter.grad = 0.0
    total = 0.0
    for part in losses(model, rows, loss, coupled):
        part.backward()
        total += part.data
    return [total, *[parameter.grad for parameter in parameters]]


def check_settings(model: Module, optimizer: Optimizer, epochs: object, batch_size: object, reduction: str) -> None:
    """Refuse settings that `fit` cannot use, before anything is trained; a batch_size of None is all rows."""
    for name, count in (("epochs", epochs), ("batch_size", 1 if batch_size is None else batch_size)):
        if type(count) is not int or count < 1:
            raise ValueError(f"{name} must be an int of at least 1, got {count!r}")
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'mean' or 'sum', got {reduction!r}")
    held = {id(parameter) for parameter in optimizer.parameters}
    if not any(id(parameter) in held for parameter in model.parameters()):
        raise ValueError("the optimizer holds none of the model's parameters: make it from model.parameters()")


def check_finite(model: Module, optimizer: Optimizer) -> None:
    """Refuse to start from a parameter that is inf or nan, of the model or only of the optimizer."""
    for k, parameter in enumerate([*model.parameters(), *optimizer.parameters]):
        if not isfinite(parameter.data):
            name = escape_controls(parameter.label) or f"parameter {k}"
            raise ValueError(f"{name}: expected a finite number to start from, got {parameter.data!r}")


def check_coupling(model: Module, rows: int, batch_size: int, native: bool) -> None:
    """Refuse what cannot be where batch normalisation couples the rows of a batch."""
    if not couples_rows(model):
        return
    if native:
        raise ValueError(
            "native=True trains on rows that are independent, and BatchNorm couples those of a batch: leave native "
            "out, or call model.eval() to train on with its running means and variances as they are"
        )
    if 1 in (rows, batch_size, rows % batch_size):
        raise ValueError(
            f"BatchNorm needs at least 2 rows in each batch, and {rows} rows in batches of {batch_size} leave one "
            "alone: choose another batch_size"
        )


def check_fit(model: Module, rows: Sequence[Row], loss: Loss) -> Value:
    """Call the model once, and the loss with every target, so that what does not fit is refused before the first step.

    All rows have the shape of the first, so its output stands for that of any. Gives the loss of the first.
    """
    output = model(rows[0].inputs)
    losses = [checked_loss(output, row, k, loss) for k, row in enumerate(rows)]
    return losses[0]


def checked_loss(output: Any, row: Row, k: int, loss: Loss) -> Value:
    """Give the loss of row k; what the loss refuses, or gives that is no Value, is said with its place."""
    try:
        row_loss = loss(output, row.target)
    except (TypeError, ValueError) as error:
        raise ValueError(f"targets, row {k}: {error}") from error
    if not isinstance(row_loss, Value):
        raise TypeError(f"the loss must give a Value, got {row_loss!r:.60}")
    return row_loss


def warn_if_flat(model: Module, rows: Sequence[Row], loss: Loss, parameters: Sequence[Value], first: Value) -> None:
    """Warn if no gradient can move a parameter. Most often the first row's loss has one, and no other is looked at."""
    if any(grad(first, parameters)):
        return
    total = 0.0
    for row in rows:
        row_loss = loss(model(row.inputs), row.target)
        if any(grad(row_loss, parameters)):
            return
        total += row_loss.data
    if total != 0.0:
        warnings.warn(
            f"every gradient is exactly 0 for every row, but the loss, {total:.6g} in all, is not: training will stand "
            "still. Look for a function that is flat (a step, sign, round, detach) between parameters and loss, or for "
            "neurons that are all saturated or dead",
            RuntimeWarning,
            stacklevel=3,
        )


def progress_bar(epochs: int, shown: bool) -> Any:
    """Make tqdm's bar; a bar that is not shown needs no tqdm."""
    if not shown:
        return HiddenBar()
    tqdm = extra("tqdm", "the progress bar", ", or pass progress=False")
    return tqdm.tqdm(total=epochs, unit="epoch")


class HiddenBar:
    """A progress bar that shows nothing."""

    def __enter__(self) -> HiddenBar:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        pass

    def update(self, epochs: int) -> None:
        pass
