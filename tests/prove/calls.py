"""The demos' own calls of `fit`: a demo is run up to its call, which is caught; `training.py` tries it on copies."""

from __future__ import annotations

import copy
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

sys.path.append(str(Path(__file__).parents[2]))


from nn import Module, Optimizer, fit

ROWS: Final = 96  # the most of a demo's rows that are used
SMALL: Final = 400  # parameters


class Caught(BaseException):
    """A demo has called `fit`."""


class Call(NamedTuple):
    """What a demo gives to `fit`."""

    model: Module
    optimizer: Optimizer
    inputs: list[Any]
    targets: list[Any]
    loss: Callable[[Any, Any], Any]
    settings: dict[str, Any]


# How each demo comes to its call: the module that holds `fit`, or the `sweep` that stands for it, and what to run.
DEMOS: Final[dict[str, tuple[str, Callable[[ModuleType], object]]]] = {
    "digits": ("fit", lambda d: d.learn(d.split(0)[0], 0)),
    "moons": ("fit", lambda d: d.learn(0)),
    "perceptron": ("fit", lambda d: d.learn(d.POINTS, d.TABLES["OR"], 0)),
    "spam": ("fit", lambda d: d.learn(d.measure(d.Reading(d.make_up(d.MESSAGES, 0), Counter())))),
    "xor": ("fit", lambda d: d.train(d.new_network(random.Random(0)))),
    "not_differentiable": ("fit", lambda d: d.train(d.Unit(d.straight_through, 0), 0.1)),
    "vanishing_gradients": ("fit", lambda d: d.learn(d.KINDS[-1], 5, 600, 0)),
    "landscape": ("sweep", lambda d: d.run(d.SETTINGS[2], 0, 1000)),
    "studies.symmetry": ("solving.sweep", lambda d: d.learn(0, 1000)),
    "studies.xor_study": ("solving.sweep", lambda d: d.learn(d.SETTINGS[2], 0, 1000)),
}


def caught(name: str) -> Call:
    """Run a demo up to its call of `fit`, and take its first rows."""
    module, (place, run) = import_module(f"demos.{name}"), DEMOS[name]
    *other, attribute = place.split(".")
    holder = import_module(f"demos.common.{other[0]}") if other else module
    original, calls = getattr(holder, attribute), []

    def catch(model: Module, inputs: Any, targets: Any, **settings: Any) -> None:
        calls.append((model, [*inputs][:ROWS], [*targets][:ROWS], settings))
        raise Caught

    setattr(holder, attribute, partial(catch, **getattr(original, "keywords", {})))
    try:
        run(module)
    except Caught:
        pass
    finally:
        setattr(holder, attribute, original)
    model, inputs, targets, settings = calls[0]
    kept = {key: settings[key] for key in ("reduction", "batch_size", "seed") if key in settings}
    return Call(model, settings["optimizer"], inputs, targets, settings["loss"], kept)


def train(call: Call, epochs: int, native: bool, **changes: Any) -> tuple[list[float], list[float], list[Any]]:
    """Train a copy, and give the losses, the parameters and what the optimizer remembers."""
    model, optimizer = copy.deepcopy((call.model, call.optimizer))
    settings = {"loss": call.loss, "progress": False, **call.settings, **changes}
    losses = fit(model, call.inputs, call.targets, optimizer=optimizer, epochs=epochs, native=native, **settings)
    return losses, [parameter.data for parameter in optimizer.parameters], optimizer.memory


def epochs_for(call: Call, seen: int) -> int:
    """Give the epochs in which a small network sees so many rows: a larger one sees fewer, and takes about as long."""
    return max(2, int(seen / len(call.inputs) / max(1.0, len(call.optimizer.parameters) / SMALL)))


def row_losses(call: Call, numbers: Sequence[float]) -> list[float]:
    """Give the loss of each row at these parameters."""
    model, optimizer = copy.deepcopy((call.model, call.optimizer))
    for parameter, x in zip(optimizer.parameters, numbers, strict=True):
        parameter.data = x
    rows = zip(call.inputs, call.targets, strict=True)
    return [float(call.loss(model([float(x) for x in row]), target).data) for row, target in rows]
