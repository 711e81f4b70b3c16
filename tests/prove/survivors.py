"""Mutants that no test notices, each with the reason: by the name that `mutants.py` prints, which holds no line."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {}
