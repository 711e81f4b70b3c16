"""Gather what the programs beside this file left in `out/trust/` into one page, `out/trust.html`.

The page needs nothing but itself. A program that left nothing is named as missing, and what does not hold is said
first: the page shows what was seen, not what was hoped for.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from os import cpu_count
from pathlib import Path

from claims import OUT, Claim

from autograd.files import write_atomically
from demos.common.pages import render

PARTS = {  # each program of `make prove`, in the order of the page, and what it is about
    "derivatives": "Derivatives of each op",
    "graphs": "Random graphs",
    "loops": "Loops",
    "laws": "Laws",
    "mutants": "The tests themselves",
    "scale": "Scale and leaks",
    "files": "Files",
    "workers": "Workers",
    "inputs": "Input",
    "training": "Numerics in training",
    "install": "Install",
}
PACKAGES = ("scalar-autograd", "msgspec", "numpy", "llvmlite", "mpmath", "gmpy2", "hypothesis")
TEMPLATE = Path(__file__).with_name("trust.html")


def main(out: Path = OUT) -> Path:
    """Write the page beside the folder of the rows, and give its path."""
    path = out.with_suffix(".html")
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(path, page(out).encode())
    return path


def page(out: Path) -> str:
    """Build the page from the rows in a folder."""
    found = {part: rows_of(out, part) for part in PARTS}
    claims = [claim for rows in found.values() for claim in rows or ()]
    return render(
        TEMPLATE,
        claims=len(claims),
        holding=sum(claim.holds for claim in claims),
        failed=[claim.claim for claim in claims if not claim.holds],
        missing=[PARTS[part] for part, rows in found.items() if rows is None],
        machine=machine(),
        parts=[
            {"name": part, "title": PARTS[part], "rows": rows, "ended": rows is not None and end_time(out, part)}
            for part, rows in found.items()
        ],
    )


def end_time(out: Path, part: str) -> str:
    """Return when a program wrote its rows."""
    return f"{datetime.fromtimestamp((out / f'{part}.json').stat().st_mtime, UTC):%Y-%m-%d %H:%M}"


def rows_of(out: Path, part: str) -> list[Claim] | None:
    """Read the rows that a program left, or None if it left none."""
    path = out / f"{part}.json"
    return [Claim(**row) for row in json.loads(path.read_text("utf-8"))] if path.exists() else None


def machine() -> str:
    """Name the machine and the versions that the figures are of."""
    cpu = next(cpu_names(), platform.processor() or platform.machine())
    versions = [f"{package} {found}" for package in PACKAGES if (found := version_of(package))]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpu_count()} cores of {cpu}, {platform.system()}; {python}, {', '.join(versions)}"


def cpu_names() -> Iterator[str]:
    """Yield the processors' names where Linux tells them."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                yield line.partition(":")[2].strip()


def version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    print(f"Wrote {main()}.")
    sys.exit(0)
