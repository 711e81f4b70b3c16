"""Models of two inputs: where a page that computes finds their output, their inputs and the targets of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def plane_of(nodes: Sequence[Sequence[Any]], axes: object = None) -> dict[str, Any] | None:
    """Return the labels of the axes, and for each row of data its output, its two inputs and its target or None.

    Rows are told by labels: the two of `axes`, or x1 and x2 (and no x3), as `nn` labels inputs; the output is the last
    label that is there once a row. Returns None where there is no such model. Nodes are rows of [label, kind, op,
    symbol, inputs]. Raises TypeError or ValueError for axes that are not the labels of two leaves.

    >>> rows = [["x1", "leaf", "", "", []], ["x2", "leaf", "", "", []], ["t", "leaf", "", "", []]]
    >>> rows += [["out", "computed", "add", "+", [0, 1]], ["E", "computed", "subtract", "-", [3, 2]]]
    >>> plane_of(rows)
    {'across': 'x1', 'up': 'x2', 'rows': [[3, 0, 1, 2]]}
    """
    across, up = ("x1", "x2") if axes is None else checked_axes(nodes, axes)
    called: dict[str, list[int]] = {}
    for n, (label, *_) in enumerate(nodes):
        called.setdefault(label, []).append(n)
    if not (across in called and up in called) or (axes is None and "x3" in called):
        return None
    root = len(nodes) - 1
    once_a_row = [
        found
        for label, found in called.items()
        if label and nodes[found[-1]][4] and len(found) == len(called[across]) and found[-1] != root
    ]
    outputs = max(once_a_row, key=lambda found: found[-1], default=[root])
    rows = [[output, *inputs_of(nodes, output, (across, up)), target_of(nodes, output)] for output in outputs]
    return None if any(None in row[:3] for row in rows) else {"across": across, "up": up, "rows": rows}


def checked_axes(nodes: Sequence[Sequence[Any]], axes: object) -> tuple[str, str]:
    if isinstance(axes, str) or not isinstance(axes, Sequence) or not all(isinstance(name, str) for name in axes):
        raise TypeError(f"save_html(axes=...) takes the labels of two leaves, such as ('x1', 'x2'), got {axes!r:.60}")
    labels = {node[0] for node in nodes if not node[4] and node[0]}
    if len(axes) != 2 or len({*axes}) != 2 or not labels.issuperset(axes):
        known = ", ".join(sorted(labels)[:8]) or "none"
        raise ValueError(f"save_html(axes={tuple(axes)!r:.60}): expected the labels of two leaves; there are {known}")
    return axes[0], axes[1]


def inputs_of(nodes: Sequence[Sequence[Any]], output: int, labels: tuple[str, str]) -> list[int | None]:
    """Find the leaves of these labels that an output depends on."""
    found: dict[str, int] = {}
    seen, stack = {output}, [output]
    while stack:
        n = stack.pop()
        if nodes[n][0] in labels:
            found[nodes[n][0]] = min(n, found.get(nodes[n][0], n))
        stack += {*nodes[n][4]} - seen
        seen |= {*nodes[n][4]}
    return [found.get(label) for label in labels]


def target_of(nodes: Sequence[Sequence[Any]], output: int) -> int | None:
    """Find the leaf that an output is compared with: the other input of the first node that uses it."""
    user = next((node for node in nodes if output in node[4]), None)
    return next((n for n in user[4] if n != output and not nodes[n][4]), None) if user else None
