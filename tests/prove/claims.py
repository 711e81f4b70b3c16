"""What the engine claims, and what was seen: the rows that every program beside this file leaves for the report.

Each program tries one part (`derivatives`, `graphs`, ...) and ends in `sys.exit(tell(part, claims))`: the rows are
printed, left in `out/trust/<part>.json`, and gathered by page.py. Every program takes `--share F` (0 < F <= 1): the
fraction of its work to do; 1 is what `make prove` does, and the tests run a small one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from autograd.files import write_atomically

OUT = Path("out/trust")


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of the report: what is claimed, how it was tried, how often, and the worst case seen."""

    claim: str
    how: str
    tried: int
    worst: str
    holds: bool


def share_of(description: str, arguments: Sequence[str] | None = None) -> float:
    """Read `--share` from the command line: the fraction of a program's work to do, 1 unless told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--share", type=float, default=1.0, metavar="F", help="do this fraction of the work (default 1)"
    )
    share: float = parser.parse_args(arguments).share
    if not 0 < share <= 1:
        parser.error(f"--share is a fraction of the work, more than 0 and at most 1, not {share}")
    return share


def tell(part: str, claims: Sequence[Claim]) -> int:
    """Print the rows and leave them for the report; the exit status: 1 if a claim does not hold, else 0."""
    for claim in claims:
        print(f"{'holds' if claim.holds else 'FAILS'}  {claim.claim}: {claim.tried:,} tried, worst {claim.worst}")
    OUT.mkdir(parents=True, exist_ok=True)
    rows = [asdict(claim) for claim in claims]
    write_atomically(OUT / f"{part}.json", json.dumps(rows, indent=1).encode())
    return 0 if all(claim.holds for claim in claims) else 1
