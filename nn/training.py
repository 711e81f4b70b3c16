"""`fit`: the training loop.

An epoch is one pass over the data; a batch is the rows that one step of the optimizer looks at.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from random import Random
from typing import Any, Literal, TypeAlias

from autograd.arguments import check_recording
from nn.arguments import flag, whole_number
from nn.callbacks import Callbacks, Checkpoint
from nn.checks import (
    check_coupling,
    check_finite,
    check_loss,
    check_losses,
    check_memory,
    check_model,
    check_optimizer,
    check_seed,
    warn_if_flat,
)
from nn.clipping import check_clipping
from nn.data import Row, training_rows
from nn.distributed_training import DistributedRun
from nn.eager_training import EagerRun
from nn.extras import extra
from nn.history import History
from nn.module import Module
from nn.native_training import NativeRun
from nn.optimizers import Optimizer
from nn.tables import Table, table_for_workers
from nn.task import Loss, Task

Callback: TypeAlias = Callable[..., object]


def fit(
    model: Callable[[Any], Any],
    inputs: Any,
    targets: Any,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    reduction: Literal["mean", "sum"] = "mean",
    seed: int | Random | None = 0,
    sample_weight: Any = None,
    validation: tuple[Any, Any] | None = None,
    clip_value: float | None = None,
    clip_norm: float | None = None,
    callback: Callback | Sequence[Callback] | None = None,
    history: History | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: int = 1,
    progress: bool = True,
    native: bool = False,
    executor: Any = None,
    client: Any = None,
    terminate_on_nan: bool = True,
) -> History:
    """Train the model, and return the loss of each epoch.

    Args:
        model: a `Module`, or any function from a row of inputs, a list of floats, to the output.
        inputs: rows of finite numbers, all of one length: lists, an array, or a pandas or polars frame. A row may be a
            single number.
        targets: one for each row, a finite number or a row of them, all of one length.
        loss: `loss(output, target)` returns a `Value`, such as `nn.half_squared_error`.
        optimizer: holds the model's parameters, such as `nn.SGD(model.parameters(), lr=0.5, momentum=0.9)`.
        epochs: how many times to go through all rows.
        batch_size: rows for each step; None takes all rows in their order. Batches are drawn anew in each epoch; the
            last one is smaller if the rows do not divide evenly.
        reduction: a step's gradient, and the loss that is reported, are the "mean" over rows, or the "sum", as in
            the 1986 paper.
        seed: decides the order of the rows in batches, and the draws of `nn.Noise` modules, together with
            `optimizer.steps`: a second call goes on where the first stopped. None takes another seed in each call.
        sample_weight: a weight >= 0 for each row's loss; the mean is then the weighted mean.
        validation: inputs and targets whose loss is computed after each epoch, in evaluation mode, for the progress
            bar, callbacks and `history.validation`.
        clip_value: the largest size of a gradient; larger ones are cut off.
        clip_norm: the largest Euclidean norm of all gradients of a step; larger ones are scaled down.
        callback: `callback(epoch, loss)`, or a list of them, called after each epoch, counted from 1. Training stops
            if one returns True. One that names `validation`, `model`, `optimizer` or `history` among its parameters
            gets them too; see `nn.callbacks`. With native training, everything that a callback may have changed is read
            again after each call; an attribute `only_watches = True` on it says that it changes nothing.
        history: the history of an earlier run to append to; its epochs count.
        checkpoint: a file to save model, optimizer and history in, by `nn.save`, after every so many epochs
            (`every`), and at the end. To resume: load them, and pass the history. A run in several parts ends with
            the bits of one in a single part.
        every: the number of epochs from one checkpoint to the next.
        progress: show a bar with the loss.
        native: train on compiled code, with the same bits in every loss and parameter. The model and the loss are
            traced on the first row (see `autograd.compile`), and traced again after each callback that may change
            something. The parameters' `.data` is up to date in callbacks and at the end; their `.grad` is left alone.
            Needs the extra `scalar-autograd[native]`. What compiled code cannot follow is refused.
        executor: a `concurrent.futures` executor whose processes compute the steps, on all rows and with the same bits
            as one machine. The data go through a temporary file (in `tempfile.gettempdir()`) that they must see.
        client: a `dask.distributed.Client`, likewise. Dask arrays and frames as data are trained on where they are, by
            this client or the current one. Needs the extra `scalar-autograd[dask]`.
        terminate_on_nan: stop at the first nan or infinity in the data, the loss or the parameters. With False, such
            data are accepted, and training goes on in any case.

    An epoch's loss is that of its rows as training met them: each before the step that its batch took. With one batch
    an epoch, the first is the loss of the model as it was. Interrupting (Ctrl-C) stops training after the last whole
    step, with a warning, and returns the history so far.

    Raises:
        TypeError, ValueError: before the first step, for data that are empty, ragged, not finite, not numbers or do
            not fit the model or the loss, naming the row; for settings outside their range, and parameters that are
            not finite.
        FloatingPointError: at the first step that gives a nan or an infinity in the loss, in a parameter or in what
            the optimizer remembers. It names the step (as `optimizer.steps` counts them, from 1), the row (from 0),
            the node and the line. Parameters and optimizer stay as they were before that step.
    """
    check_recording("fit")
    terminate_on_nan = flag("terminate_on_nan", terminate_on_nan)
    data = (inputs, targets, sample_weight)
    table = table_for_workers(data, terminate_on_nan, executor, client)
    rows = table.shown if table else training_rows(*data, terminate_on_nan)
    task = Task(
        model=check_model(model, check_optimizer(optimizer)),
        rows=rows,
        validation=validation_rows(validation, terminate_on_nan),
        loss=check_loss(loss),
        optimizer=optimizer,
        batch_size=len(rows) if batch_size is None else whole_number("batch_size", batch_size),
        reduction=reduction,
        clipping=check_clipping(clip_value, clip_norm),
        seed=check_seed(seed),
        terminate_on_nan=terminate_on_nan,
    )
    native, progress = flag("native", native), flag("progress", progress)
    epochs, callbacks = whole_number("epochs", epochs), Callbacks(callback, checkpoint_of(model, checkpoint, every))
    check_workers(table, batch_size, native)
    check_task(task, native)
    history = History() if history is None else check_history(history)
    run = DistributedRun(task, table) if table else NativeRun(task) if native else EagerRun(task)
    offered = {"model": model, "optimizer": optimizer, "history": history}
    with progress_bar(epochs, progress) as show:
        train(run, epochs, callbacks, offered, show)
    callbacks.after_training(offered | {"validation": history.validation[-1] if history.validation else None})
    return history


def train(
    run: EagerRun | NativeRun,
    epochs: int,
    callbacks: Callbacks,
    offered: dict[str, Any],
    show: Callable[[int, str], None],
) -> None:
    """Run the epochs, and after each note its losses, show them and call the callbacks; stop where one says so."""
    history: History = offered["history"]
    watched = bool(callbacks or run.task.validation)
    try:
        with closing(run.epochs(epochs, one_by_one=watched, read_back=not callbacks.only_watch)) as running:
            for losses in running:
                history.extend(losses)
                validation = None
                if run.task.validation:
                    validation = run.validation_loss()
                    history.validation.append(validation)
                show(len(losses), losses_text(losses[-1], validation))
                if callbacks.after_epoch(len(history), losses[-1], offered | {"validation": validation}):
                    break
                if callbacks and not callbacks.only_watch:
                    check_memory(run.task.optimizer)
    except KeyboardInterrupt:
        warnings.warn(
            f"training was interrupted in epoch {len(history) + 1}: the model is as its last whole step left it, and "
            "the history has the epochs before",
            RuntimeWarning,
            stacklevel=3,
        )


def check_task(task: Task, native: bool) -> None:
    """Refuse what does not fit together, by trying the model and the loss, before anything is trained."""
    if task.reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'mean' or 'sum', got {task.reduction!r}")
    check_coupling(task, native)
    if task.terminate_on_nan:
        check_finite(task.model, task.optimizer)
    warn_if_flat(task, check_losses(task))


def checkpoint_of(model: Any, path: str | os.PathLike[str] | None, every: int) -> list[Checkpoint]:
    """Return the callback that writes checkpoints, in a list; an empty one if none are wanted."""
    every = whole_number("every", every)
    if path is None:
        return []
    if not isinstance(model, Module):
        raise TypeError(f"only a Module can be saved in checkpoints, got {model!r:.60}")
    return [Checkpoint(path, every)]


def check_workers(table: Table | None, batch_size: int | None, native: bool) -> None:
    """Refuse settings that workers do not follow."""
    if table and not native:
        raise ValueError("workers train on compiled code: pass native=True with executor=, client= or Dask's data")
    if table and batch_size is not None and batch_size < table.rows:
        raise ValueError(f"workers take all {table.rows} rows in each step, got batch_size={batch_size}: leave it out")


def validation_rows(validation: Any, finite: bool) -> list[Row]:
    """Return the rows of the validation data, or refuse what is not a pair of inputs and targets."""
    if validation is None:
        return []
    if not isinstance(validation, list | tuple) or len(validation) != 2:
        raise TypeError(f"validation must be a pair (inputs, targets), got {validation!r:.60}")
    try:
        return training_rows(validation[0], validation[1], None, finite)
    except (TypeError, ValueError) as error:
        raise type(error)(f"validation: {error}") from None


def check_history(history: Any) -> History:
    """Return the history to append to, or refuse what is none."""
    if not isinstance(history, History):
        raise TypeError(f"history must be an nn.History, as fit returns it, got {history!r:.60}")
    return history


def losses_text(loss: float, validation: float | None) -> str:
    return f"loss {loss:.6g}" if validation is None else f"loss {loss:.6g}, validation {validation:.6g}"


@contextmanager
def progress_bar(epochs: int, shown: bool) -> Iterator[Callable[[int, str], None]]:
    """Yield a function that advances tqdm's bar by some epochs, with a text; a bar that is not shown needs no tqdm."""
    if not shown:
        yield lambda count, text: None
        return
    tqdm = extra("tqdm", "the progress bar", ", or pass progress=False")
    with tqdm.tqdm(total=epochs, unit="epoch") as bar:

        def show(count: int, text: str) -> None:
            bar.set_postfix_str(text, refresh=False)
            bar.update(count)

        yield show
