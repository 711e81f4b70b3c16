"""What every test shares.

Hypothesis gives the same run twice, models made without a seed start from the same weights in each test, and the suite
says at its very end what it did not try for want of a tool.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

import nn

settings.register_profile(
    "suite", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")

MISSING: Final = re.compile(r"(?P<tool>[^:(]+) \((?P<command>[^)]+)\) is missing$")  # as `missing` in browser.py says
NOT_TRIED: Final = pytest.StashKey[Counter[tuple[str, str]]]()


@pytest.fixture(autouse=True)
def default_seed() -> None:
    """Restart the stream of random numbers that modules without a seed share."""
    nn.manual_seed(0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Count the tests that were skipped because a tool is missing."""
    reasons = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])]
    found = [MISSING.search(reason.removeprefix("Skipped: ")) for reason in reasons]
    config.stash[NOT_TRIED] = Counter([(match["tool"], match["command"]) for match in found if match])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write, below the line with pytest's counts, what was not tried and how to try it."""
    for (tool, command), count in config.stash.get(NOT_TRIED, Counter()).items():
        tests = "1 test" if count == 1 else f"{count} tests"
        print(f"Not tried, because {tool} is missing: {tests}. To bring it: {command}")
