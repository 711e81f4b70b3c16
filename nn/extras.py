"""Packages that only some functions need: they are imported when those are called."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def extra(module: str, use: str, otherwise: str = "") -> Any:
    """Import a module of the extra `nn`, or say what it is for and how to get it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(f"{use} needs {module}: pip install 'scalar-autograd[nn]'{otherwise}") from error
