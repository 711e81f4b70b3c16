"""What every test may use: the helper modules beside the tests, and a Hypothesis that gives the same run twice."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# The programs of `make prove` are found as Python finds them when one is run: from their own folder.
sys.path.append(str(Path(__file__).parent / "prove"))

settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")
