"""Make Hypothesis give the same run twice, and models made without a seed start from the same weights in each test."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

import nn

settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def default_seed() -> None:
    """Restart the stream of random numbers that modules without a seed share."""
    nn.manual_seed(0)
