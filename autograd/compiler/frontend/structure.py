"""The structure of a function's result: lists, tuples, dicts and arrays of outputs, nested in any way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def flatten(result: Any) -> tuple[Any, list[Any]]:
    """Return the structure of a result, with the number of each output in its place, and the outputs in order."""
    outputs: list[Any] = []

    def note(output: Any) -> int:
        outputs.append(output)
        return len(outputs) - 1

    return rebuild(result, note), outputs


def rebuild(structure: Any, leaf: Callable[[Any], Any]) -> Any:
    """Copy lists, tuples, dicts and arrays of objects, with `leaf` of each thing in them."""
    if isinstance(structure, np.ndarray) and structure.ndim:
        leaves = [rebuild(x, leaf) for x in structure.astype(object).flat]
        if leaves and isinstance(leaves[0], np.ndarray):
            return np.array(leaves).reshape(*structure.shape, *leaves[0].shape)
        built = np.empty(len(leaves), dtype=object)
        built[:] = leaves
        return built.reshape(structure.shape)
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*[rebuild(x, leaf) for x in structure])
    if isinstance(structure, list | tuple):
        return type(structure)([rebuild(x, leaf) for x in structure])
    if isinstance(structure, dict):
        return {key: rebuild(x, leaf) for key, x in structure.items()}
    return leaf(structure)


def leaves_like(structure: Any, tree: Any) -> list[Any]:
    """Return what stands in a tree where the structure has its outputs; ValueError unless the two match."""
    if isinstance(structure, int):
        return [tree]
    if isinstance(structure, dict):
        keys, parts = list(structure), list(structure.values())
        branches = [tree[key] for key in keys] if isinstance(tree, dict) and set(tree) == set(keys) else None
    else:
        parts = list(structure.flat) if isinstance(structure, np.ndarray) else list(structure)
        branches = list(tree) if isinstance(tree, list | tuple | np.ndarray) else None
        if isinstance(structure, np.ndarray) and branches is not None and structure.ndim > 1:
            branches = [x for branch in branches for x in branch]
    if branches is None or len(branches) != len(parts):
        raise ValueError(f"expected {len(parts)} numbers or columns, as the function returns, got {tree!r:.60}")
    return [leaf for part, branch in zip(parts, branches, strict=True) for leaf in leaves_like(part, branch)]
