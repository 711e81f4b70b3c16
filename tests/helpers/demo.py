"""Import a demo as Python finds it when it is run: from the folder `demos`, beside its fellows."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

DEMOS = Path(__file__).parents[2] / "demos"


def demo(name: str) -> ModuleType:
    if str(DEMOS) not in sys.path:
        sys.path.append(str(DEMOS))
    return import_module(name)
