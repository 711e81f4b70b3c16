"""Checks of arguments that several modules take."""

from __future__ import annotations

import operator
from typing import Any


def whole_number(name: str, n: Any, least: int = 1) -> int:
    """Return n as an int. NumPy's integers count as whole numbers; bools and floats do not.

    Raises ValueError, with the argument's name, for anything else and for numbers below `least`.
    """
    try:
        count = operator.index(n)
    except TypeError:
        count = least - 1
    if isinstance(n, bool) or count < least:
        raise ValueError(f"{name} must be an int of at least {least}, got {n!r:.60}")
    return count
