"""How `files.py` breaks files: bytes that are damaged, and content that is forged."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

# Damage: each takes a file's bytes and those of another, and gives new ones.

Damage = Callable[[random.Random, bytes, bytes], bytes]


def flip(r: random.Random, raw: bytes, other: bytes) -> bytes:
    changed = bytearray(raw)
    for _ in range(r.randint(1, 4)):
        changed[r.randrange(len(raw))] ^= 1 << r.randrange(8)
    return bytes(changed)


def overwrite(r: random.Random, raw: bytes, other: bytes) -> bytes:
    start = r.randrange(len(raw))
    return raw[:start] + r.choice([b"\xff", b"\0", b"9", b"\xdd\xff\xff\xff\xff"]) * r.randint(1, 9) + raw[start + 1 :]


def cut(r: random.Random, raw: bytes, other: bytes) -> bytes:
    return raw[: r.randrange(len(raw))]


def drop(r: random.Random, raw: bytes, other: bytes) -> bytes:
    start, end = sorted(r.choices(range(len(raw) + 1), k=2))
    return raw[:start] + raw[end:]


def double(r: random.Random, raw: bytes, other: bytes) -> bytes:
    start, end = sorted(r.choices(range(len(raw) + 1), k=2))
    return raw[:end] + raw[start:]


def splice(r: random.Random, raw: bytes, other: bytes) -> bytes:
    at = r.randrange(len(raw))
    return raw[:at] + other[at if r.random() < 0.5 else r.randrange(len(other)) :]


def digits(r: random.Random, raw: bytes, other: bytes) -> bytes:
    """Change a digit: the lengths and sizes in a header are written with them."""
    places = [k for k, byte in enumerate(raw) if 48 <= byte <= 57]
    at = r.choice(places) if places else 0
    return raw[:at] + r.choice([b"0", b"1", b"9", b"-", b"99999999999999999999", b"1e999"]) + raw[at + 1 :]


DAMAGES: Final[tuple[Damage, ...]] = (flip, overwrite, cut, drop, double, splice, digits)

# Forgeries: what stands in a file is replaced by what no writer would write.

FORGED: Final = (0.0, -1, 7, 2**63, 1e308, "", "tanh", "MLP", None, [], [2, 1], [10**9], {}, {"inputs": 2}, True)


def forged_state(
    r: random.Random, kind: str, config: dict[str, Any], state: dict[str, float]
) -> tuple[dict[str, Any], dict[str, float]]:
    """Change the architecture of a model, its numbers, or their names."""
    architecture: dict[str, Any] = {"kind": kind, "config": config}
    state = dict(state)
    if r.random() < 0.8:
        changed = config if r.random() < 0.8 else architecture
        changed[r.choice([*changed, "seed", "x"])] = r.choice(FORGED)
    if r.random() < 0.3:
        state[r.choice([*state, "weights.9", "", "\0"])] = r.choice([float("nan"), 1e308, 0.5])
    if r.random() < 0.2:
        state.pop(r.choice([*state]))
    return architecture, state


def forge(r: random.Random, one: list[Any]) -> None:
    """Change a field of a node, or the nodes, or the updates."""
    nodes, updates = one
    if nodes and r.random() < 0.8:
        node = r.choice(nodes)
        node[r.randrange(len(node))] = r.choice([*FORGED, *r.choice(nodes)])
        return
    part = r.choice([nodes, updates])
    if r.random() < 0.5:
        r.shuffle(part)
    elif part:
        part[:] = r.choice([part[1:], part[:-1], part + part[:1], []])
