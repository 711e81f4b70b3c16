"""Models in files: `save` and `load`, in the safetensors format.

A file holds one float64 number for each parameter, under its name in `state_dict`. A checkpoint also holds the
optimizer's memory and the history, under names that begin with a slash. The metadata describe the model, with the
settings of every module in it, such as activations, and the optimizer, and carry a digest of everything, so that
neither a damaged file nor that of another model is loaded. Nothing in a file is ever executed. Other readers of
safetensors can open it.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from autograd.files import as_path, write_atomically
from nn.architecture import architecture_of, check_architecture, difference, summarize
from nn.checkpoints import check_training, describe_training, saved_optimizer_state, training_numbers
from nn.describe import call
from nn.extras import extra
from nn.history import History
from nn.layers import MLP, Layer, Neuron
from nn.module import Module
from nn.optimizers import Optimizer

KEY: Final = "scalar-autograd"  # our entry in a file's metadata
KINDS: Final[dict[str, type[Neuron] | type[Layer] | type[MLP]]] = {"Neuron": Neuron, "Layer": Layer, "MLP": MLP}


def save(model: Any, path: Any, *, optimizer: Optimizer | None = None, history: History | None = None) -> None:
    """Write a model to a file, with the optimizer and the history if given: all of it, or, on any error, nothing.

    With the optimizer the file is a checkpoint: `load` brings back all that is needed to resume training to the same
    bits. Model and path may come in either order.

    Raises OSError if the file cannot be written, and ValueError for a model without parameters.
    """
    if isinstance(path, Module):
        model, path = path, model
    if not isinstance(model, Module):
        raise TypeError(f"expected a Module to save, got {model!r:.60}")
    check_training(optimizer, history)
    state, architecture = model.state_dict(), architecture_of(model)
    if not state:
        raise ValueError(
            f"this {type(model).__name__} has no parameters to save: make them by nn.parameter(number), or list them "
            "in a method parameters()"
        )
    numpy, safetensors = extra("numpy", "nn.save"), extra("safetensors.numpy", "nn.save")
    training = training_numbers(optimizer, history)
    described = describe_training(model, optimizer)
    metadata: dict[str, Any] = {
        "architecture": architecture,
        "sha256": digest(architecture, state, described, training),
    }
    if described:
        metadata["training"] = described
    arrays = {name: numpy.array(x, dtype=numpy.float64) for name, x in (state | training).items()}
    write_atomically(path, safetensors.save(arrays, {KEY: json.dumps(metadata)}))


def load(
    path: str | os.PathLike[str],
    model: Module | None = None,
    *,
    optimizer: Optimizer | None = None,
    history: History | None = None,
) -> Any:
    """Read a model from a file: a new one, or into a model of the same shape. Return the model.

    Neurons, layers and MLPs can be made anew. For a class of your own, make the model and pass it. An optimizer and a
    history, of a file that was saved with them, are read into those that are passed.

    Every module in the model must have the settings that it was saved with: activations, sizes, and whatever its
    `config()` returns, or, without that method, its public attributes: strings, functions, containers and dataclasses
    of them, and those numbers and objects that its `__init__` takes by that name, or was given. A seed is no setting.

    Raises ValueError if the file is damaged, is not one of ours, or does not fit what is passed, which then stays as
    it was; OSError if it cannot be read.
    """
    check_training(optimizer, history)
    if not isinstance(model, Module | None):
        raise TypeError(f"load(path, model) takes a Module to read into, got {model!r:.60}")
    architecture, state, described, training = contents(path)
    if history is not None and "/history/losses" not in training:
        raise ValueError(f"{path} holds no history: it was saved without history=")
    if model is None:
        model = rebuild(path, architecture, state)
    elif fault := difference(architecture, architecture_of(model), state.keys() == model.state_dict().keys()):
        raise ValueError(f"{path} holds {summarize(architecture)}, which does not fit {call(model)}: {fault}")
    if optimizer is not None:
        optimizer_state = saved_optimizer_state(path, model, optimizer, described, training)
    try:
        model.load_state_dict(state)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if optimizer is not None:
        optimizer.load_state_dict(optimizer_state)
    if history is not None:
        history[:], history.validation[:] = training["/history/losses"], training["/history/validation"]
    return model


def contents(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], dict[str, float], dict[str, Any], dict[str, list[Any]]]:
    """Return a file's architecture, its numbers by name, and what it says of the training; refuse damaged ones."""
    safetensors = extra("safetensors", "nn.load")
    read = extra("safetensors.numpy", "nn.load").load
    raw = as_path(path).read_bytes()
    try:
        arrays = read(raw)
        (length,) = struct.unpack_from("<Q", raw)
        metadata = json.loads(raw[8 : 8 + length]).get("__metadata__", {})
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise ValueError(f"{path} is damaged, or no safetensors file: {error}") from error
    try:
        ours = json.loads(metadata[KEY])
        architecture, sha256 = check_architecture(ours["architecture"]), ours["sha256"]
        described = ours.get("training", {})
        state = {name: scalar(name, arrays[name]) for name in sorted(arrays) if not name.startswith("/")}
        training = {name: arrays[name].tolist() for name in sorted(arrays) if name.startswith("/")}
    except (KeyError, ValueError, TypeError, RecursionError):
        raise ValueError(f"{path} is a safetensors file, but none that nn.save wrote") from None
    if sha256 != digest(architecture, state, described, training):
        raise ValueError(f"{path} is damaged: its numbers are not those that were saved")
    return architecture, state, described, training


def scalar(name: str, array: Any) -> float:
    """Return a saved array as a float, or refuse one that is not a single float64."""
    if array.shape != () or array.dtype != "float64":
        raise ValueError(f"{name}: expected one float64 number, got {array.dtype} of shape {array.shape}")
    return float(array)


def rebuild(path: str | os.PathLike[str], architecture: dict[str, Any], state: Mapping[str, float]) -> Module:
    """Return a new model of the kind and shape that a file describes."""
    kind, config = architecture["kind"], architecture["config"]
    if kind not in KINDS or config is None:
        raise ValueError(f"{path} holds {summarize(architecture)}: make such a model, and pass it as load(path, model)")
    try:
        sizes = [config["inputs"], *as_list(config.get("outputs", 1))]
        count = sum((n + 1) * m for n, m in pairwise(sizes))
        if count != len(state):  # asked before the model is made: a hostile file could ask for any size
            raise ValueError(f"it has {len(state)} numbers, and such a model has {count}")
        model = KINDS[kind](**config, seed=0)
        if fault := difference(architecture, architecture_of(model)):
            raise ValueError(f"{fault}: make the model yourself, and pass it as load(path, model)")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds {summarize(architecture)}, which cannot be made: {error}") from error
    return model


def as_list(outputs: Any) -> list[Any]:
    return outputs if isinstance(outputs, list) else [outputs]


def digest(
    architecture: dict[str, Any],
    state: Mapping[str, float],
    described: dict[str, Any] | None = None,
    training: Mapping[str, list[Any]] | None = None,
) -> str:
    """Return the SHA-256 of an architecture, the exact numbers of a state, and what a checkpoint holds besides."""
    hashed: list[Any] = [architecture, {name: float(x).hex() for name, x in state.items()}]
    if described or training:
        hashed += [described, {name: exact_numbers(numbers) for name, numbers in (training or {}).items()}]
    return hashlib.sha256(json.dumps(hashed, sort_keys=True).encode()).hexdigest()


def exact_numbers(numbers: Any) -> Any:
    """Return nested lists of numbers with each number in hexadecimal."""
    return [exact_numbers(x) for x in numbers] if isinstance(numbers, list) else float(numbers).hex()
