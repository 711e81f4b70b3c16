"""Checkpoints: what a model file holds besides the model, so that training can be resumed to the same bits."""

from __future__ import annotations

import os
from typing import Any

from autograd.text import escape_controls
from nn.history import History
from nn.module import Module
from nn.optimizers import Optimizer, check_state


def check_training(optimizer: object, history: object) -> None:
    """Refuse what is no optimizer and no history."""
    if not isinstance(optimizer, Optimizer | None):
        raise TypeError(f"optimizer must be an nn.Optimizer, got {optimizer!r:.60}")
    if not isinstance(history, History | None):
        raise TypeError(f"history must be an nn.History, as fit returns it, got {history!r:.60}")


def describe_training(model: Module, optimizer: Optimizer | None) -> dict[str, Any]:
    """Return what the metadata say of the optimizer: its class, steps, hyperparameters, and which parameters it has."""
    if optimizer is None:
        return {}
    state = optimizer.state_dict()
    described = {"optimizer": type(optimizer).__name__, "steps": state["steps"]}
    return described | {"hyperparameters": state["hyperparameters"]} | trained_names(model, optimizer)


def trained_names(model: Module, optimizer: Optimizer) -> dict[str, list[str]]:
    """Return the names of an optimizer's parameters in its order, "" for those of others than the model.

    Nothing if they are all of the model's in their order. Raises ValueError for an optimizer of another model.
    """
    name_of = {id(parameter): name for name, parameter in model.named_parameters()}
    names = [name_of.get(id(parameter), "") for parameter in optimizer.parameters]
    if not any(names):
        raise ValueError("the optimizer holds none of the model's parameters: make it from model.parameters()")
    return {} if names == list(name_of.values()) else {"parameters": names}


def training_numbers(optimizer: Optimizer | None, history: History | None) -> dict[str, list[Any]]:
    """Return the numbers of optimizer and history, by names that no parameter has."""
    numbers: dict[str, list[Any]] = {}
    if optimizer is not None:
        numbers["/optimizer/memory"] = optimizer.state_dict()["memory"]
    if history is not None:
        numbers |= {"/history/losses": list(history), "/history/validation": list(history.validation)}
    return numbers


def saved_optimizer_state(
    path: str | os.PathLike[str],
    model: Module,
    optimizer: Optimizer,
    described: dict[str, Any],
    training: dict[str, list[Any]],
) -> dict[str, Any]:
    """Return the state for the optimizer that a file holds, or refuse one that does not fit."""
    if not described:
        raise ValueError(f"{path} holds no optimizer: it was saved without optimizer=")
    kind = type(optimizer).__name__
    if described["optimizer"] != kind:
        raise ValueError(f"{path} holds the state of {escape_controls(described['optimizer'])}, and this is {kind}")
    state = {
        "steps": described["steps"],
        "memory": training["/optimizer/memory"],
        "hyperparameters": described["hyperparameters"],
    }
    try:
        check_state(optimizer, state)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from None
    if trained_names(model, optimizer).get("parameters") != described.get("parameters"):
        raise ValueError(
            f"{path}: the optimizer has other parameters than when it was saved, or in another order: make it as it "
            "was made, from model.parameters()"
        )
    return state
