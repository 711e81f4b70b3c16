"""Descriptions of models, by which a file is told from that of another model: classes and settings, as JSON."""

from __future__ import annotations

import json
from typing import Any

from autograd.text import escape_controls
from nn.describe import arguments
from nn.layers import MLP, Layer, Neuron
from nn.module import Module
from nn.settings import are_equal, is_numeric, settings


def architecture_of(model: Module) -> dict[str, Any]:
    """Describe a model: its class and how to make one, and the class and settings of each module in it."""
    config = model.config() if isinstance(model, Neuron | Layer | MLP) else None
    named = [("", model), *model.named_modules()]
    modules = {path: {"kind": type(module).__name__, **settings(module)} for path, module in named}
    return {"kind": type(model).__name__, "config": config, "modules": json.loads(json.dumps(modules))}


def check_architecture(architecture: Any) -> dict[str, Any]:
    """Return a file's architecture, or raise ValueError for what `architecture_of` would not write."""
    kind, config = architecture["kind"], architecture["config"]
    modules = architecture.get("modules", {})  # files of version 0.1 have none
    if not isinstance(kind, str) or not isinstance(config, dict | None) or not all_dicts(modules):
        raise ValueError(f"no architecture: {architecture!r}")
    return dict(architecture)


def all_dicts(modules: Any) -> bool:
    return isinstance(modules, dict) and all(isinstance(described, dict) for described in modules.values())


def difference(saved: dict[str, Any], present: dict[str, Any], same_names: bool = True) -> str:
    """Say where two architectures differ first; return nothing if they do not.

    Modules are not compared where the parameters' names differ, which says more.
    """
    shape = {key: present[key] for key in ("kind", "config")}
    if "modules" not in saved or shape != {key: saved[key] for key in shape}:
        return "" if saved == shape else "their shapes differ"
    for path in saved["modules"] | present["modules"] if same_names else ():
        theirs, ours = (architecture["modules"].get(path) for architecture in (saved, present))
        name = path or "the model"
        if theirs is None or ours is None:
            return escape_controls(f"{name} is not {'in the file' if theirs is None else 'here'}")
        for key in theirs | ours:
            if (key not in ours or key not in theirs) and is_numeric((theirs | ours)[key]):
                continue  # a number that has changed in use
            if not are_equal(theirs.get(key), ours.get(key)):
                found = f"{key}={theirs.get(key)!r} in the file and {ours.get(key)!r} here"
                return escape_controls(f"{name} has {found}")
    return ""


def summarize(architecture: dict[str, Any]) -> str:
    """Return a file's model as the call that makes it."""
    return escape_controls(f"{architecture['kind']}({arguments(architecture['config'] or {})})")
