"""What `fit` refuses before the first step."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Sequence
from math import isfinite
from random import Random, SystemRandom
from typing import Any

from autograd.derivatives import grad
from autograd.text import escape_controls
from autograd.value import Value
from nn.arguments import check_call, is_whole
from nn.blocks import normalizes_batches
from nn.data import Row
from nn.module import Module, evaluation_mode
from nn.optimizers import Optimizer
from nn.task import FunctionModel, Loss, Task

LOSSES = (
    "half_squared_error, mean_squared_error, cross_entropy, binary_cross_entropy_with_logits, hinge_loss"  # in `nn`
)


def check_optimizer(optimizer: Any) -> Optimizer:
    """Return the optimizer, or refuse what is none, or one that was not set up."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            "optimizer must be an nn.Optimizer, such as nn.SGD(model.parameters(), lr=0.1), got "
            f"{optimizer!r:.60}: subclass nn.Optimizer and give it a `rule` to write one"
        )
    for name in ("parameters", "memory", "steps"):
        if not hasattr(optimizer, name):
            raise TypeError(
                f"this {type(optimizer).__name__} has no `{name}`: its __init__ must call "
                "super().__init__(parameters, ...)"
            )
    optimizer.hyperparameters()
    check_memory(optimizer)
    return optimizer


def check_memory(optimizer: Optimizer) -> None:
    """Raise ValueError if what an optimizer remembers, which may be assigned, does not fit its parameters."""
    kind, memory, size = type(optimizer).__name__, optimizer.memory, len(optimizer.start)
    if len(memory) != len(optimizer.parameters) or any(len(numbers) != size for numbers in memory):
        raise ValueError(
            f"{kind}.memory must have {size} numbers for each of the {len(optimizer.parameters)} parameters, as in "
            "[optimizer.start] * len(optimizer.parameters)"
        )


def check_loss(loss: Any) -> Loss:
    """Return the loss, or refuse what is not a function."""
    if not callable(loss):
        raise TypeError(f"loss must be a function loss(output, target), such as one of nn's {LOSSES}; got {loss!r:.60}")
    check_call("loss", loss, "loss(output, target)", 0.0, 0.0)
    return loss  # type: ignore[no-any-return]


def check_model(model: Any, optimizer: Optimizer) -> Module:
    """Return the model as a Module, or refuse what cannot be called or trained."""
    if isinstance(model, type) or not callable(model):
        raise TypeError(f"model must be a Module or a function from one row of inputs to the output, got {model!r:.60}")
    module = model if isinstance(model, Module) else FunctionModel(model, optimizer)
    held = {id(parameter) for parameter in optimizer.parameters}
    if not any(id(parameter) in held for parameter in module.parameters()):
        raise ValueError("the optimizer holds none of the model's parameters: make it from model.parameters()")
    return module


def check_seed(seed: Any) -> int | Random:
    """Return the seed as an int or a generator; None becomes a seed that differs from call to call."""
    if seed is None:
        return SystemRandom().getrandbits(64)
    if isinstance(seed, Random):
        return seed
    if not is_whole(seed):
        raise TypeError(f"seed must be an int, None or a random.Random, got {seed!r:.60}")
    return operator.index(seed)


def check_finite(model: Module, optimizer: Optimizer) -> None:
    """Refuse to start from a parameter that is inf or nan, of the model or only of the optimizer."""
    for k, parameter in enumerate([*model.parameters(), *optimizer.parameters]):
        if not isfinite(parameter.data):
            name = escape_controls(parameter.label) or f"parameter {k}"
            raise ValueError(f"{name}: expected a finite number to start from, got {parameter.data!r}")


def check_coupling(task: Task, native: bool) -> None:
    """Refuse settings that do not work where the rows of a batch are coupled, as by batch normalization."""
    if not task.coupled:
        return
    rows, batch_size = len(task.rows), task.batch_size
    if native:
        raise ValueError(
            "native=True trains on rows that are independent, and this model couples those of a batch, by BatchNorm or "
            "a batch() of its own: leave native out, or, for BatchNorm, call model.eval() to train on with its running "
            "means and variances as they are"
        )
    if 1 in (rows, batch_size, rows % batch_size) and normalizes_batches(task.model):
        raise ValueError(
            f"BatchNorm needs at least 2 rows in each batch, and {rows} rows in batches of {batch_size} leave one "
            "alone: choose another batch_size"
        )


def check_losses(task: Task) -> Value:
    """Call the model once, and the loss with every target, so that what does not fit is refused before the first step.

    All rows have the shape of the first, so its output stands for that of any. Return the loss of the first.
    """
    with evaluation_mode(task.model):  # trying the model leaves its running means as they were
        output = task.model(task.rows[0].inputs)
        losses = [check_row_loss(output, row, "targets", task) for row in task.rows]
        if task.validation:
            output = task.model(task.validation[0].inputs)
            for row in task.validation:
                check_row_loss(output, row, "validation targets", task)
    return losses[0]


def check_row_loss(output: Any, row: Row, name: str, task: Task) -> Value:
    """Return the loss of a row, or refuse a target that the loss refuses, and a loss that is no Value."""
    try:
        loss = task.loss(output, row.target)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}, row {row.number}: {error}") from error
    if not isinstance(loss, Value):
        raise TypeError(f"the loss must give a Value, got {loss!r:.60}")
    return loss


def warn_if_flat(task: Task, first: Value) -> None:
    """Warn if no gradient can move a parameter. Most often the first row's loss has one, and no other is looked at."""
    parameters: Sequence[Value] = task.optimizer.parameters
    if any(grad(first, parameters)):
        return
    total = 0.0
    with evaluation_mode(task.model):
        for row in task.rows:
            loss = task.row_loss(row.inputs, row.target)
            if any(grad(loss, parameters)):
                return
            total += loss.data
    if total != 0.0:
        warnings.warn(
            f"every gradient is exactly 0 for every row, but the loss, {total:.6g} in all, is not: training will stand "
            "still. Look for a function that is flat (a step, sign, round, detach) between parameters and loss, or for "
            "neurons that are all saturated or dead",
            RuntimeWarning,
            stacklevel=4,
        )
