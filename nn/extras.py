"""Packages that only some functions need: they are imported when those are called."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def extra(module: str, use: str, otherwise: str = "", name: str = "nn") -> Any:
    """Import a module of the extra `name`, or say what it is for and how to get it."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise ImportError(f"{use} needs {package}: pip install 'scalar-autograd[{name}]'{otherwise}") from error
