"""Gather what the programs beside this file left in `out/trust/` into one page, `out/trust.html`.

The page needs nothing but itself. A program that left nothing is named as missing, and what does not hold is said
first: the page shows what was seen, not what was hoped for.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.metadata import PackageNotFoundError, version
from os import cpu_count
from pathlib import Path

from claims import OUT, Claim

from autograd.files import write_atomically

PARTS = {  # each program of `make prove`, in the order of the page, and what it is about
    "derivatives": "Derivatives of each op",
    "graphs": "Random graphs",
    "laws": "Laws",
    "mutants": "The tests themselves",
    "scale": "Scale and leaks",
    "files": "Files",
    "inputs": "Input",
    "training": "Numerics in training",
    "install": "Install",
}
PACKAGES = ("scalar-autograd", "msgspec", "numpy", "llvmlite", "mpmath", "gmpy2", "hypothesis")
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>scalar-autograd: how far it can be trusted</title>
<style>
:root {{ color-scheme: light dark; --page: #faf9f6; --ink: #1f2328; --faint: #5c6570; --line: #d9dbd8; --bad: #b3261e;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif }}
@media (prefers-color-scheme: dark) {{ :root {{ --page: #0f1114; --ink: #eceff2; --faint: #a3acb6; --line: #343b43;
  --bad: #ff8a80 }} }}
* {{ box-sizing: border-box }}
body {{ margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--ink) }}
h1 {{ font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem }}
h2 {{ font-size: 1.15rem; margin: 2.25rem 0 .25rem }}
p {{ margin: .25rem 0; max-width: 46rem }}
.faint, th, h2 span {{ color: var(--faint); font-weight: 400; font-size: .875rem }}
.bad {{ color: var(--bad); font-weight: 600 }}
table {{ border-collapse: collapse; width: 100%; table-layout: fixed; font-size: .875rem;
  font-variant-numeric: tabular-nums }}
th, td {{ text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere }}
th:nth-child(1) {{ width: 30% }} th:nth-child(3) {{ width: 7rem }} th:nth-child(4) {{ width: 27% }}
td:nth-child(3), th:nth-child(3) {{ text-align: right; overflow-wrap: normal }}
@media (max-width: 44rem) {{
  table, tbody, tr, td {{ display: block; width: auto }}
  tr:first-child {{ display: none }}
  tr {{ border-bottom: 1px solid var(--line); padding: .6rem 0 }}
  td, td:nth-child(3) {{ border: 0; padding: 0; text-align: left }}
  td:first-child {{ font-weight: 600 }}
  td + td::before {{ content: attr(data-of) " "; color: var(--faint) }}
}}
</style>
<h1>How far it can be trusted</h1>
<p>What the engine claims, how each claim was tried, how often, and the worst case seen. Every figure was measured by a
program in <code>tests/prove</code>; <code>make prove</code> runs them all and writes this page.</p>
<p>{verdict}</p>
<p class="faint">{machine}</p>
{parts}
</html>
"""


def main(out: Path = OUT) -> Path:
    """Write the page beside the folder of the rows, and give its path."""
    path = out.with_suffix(".html")
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(path, page(out).encode())
    return path


def page(out: Path) -> str:
    """Build the page from the rows in a folder."""
    found = {part: rows for part in PARTS if (rows := rows_of(out, part)) is not None}
    shown = [part_html(part, found.get(part), out) for part in PARTS]
    return PAGE.format(verdict=verdict(found), machine=escape(machine()), parts="\n".join(shown))


def rows_of(out: Path, part: str) -> list[Claim] | None:
    """Read the rows that a program left, or None if it left none."""
    path = out / f"{part}.json"
    return [Claim(**row) for row in json.loads(path.read_text("utf-8"))] if path.exists() else None


def verdict(found: dict[str, list[Claim]]) -> str:
    """Say how many claims hold, which do not, and which parts are missing."""
    claims = [claim for rows in found.values() for claim in rows]
    failed = [claim.claim for claim in claims if not claim.holds]
    missing = [title for part, title in PARTS.items() if part not in found]
    told = [f"{len(claims) - len(failed)} of {len(claims)} claims hold."]
    if failed:
        told.append(f'<span class="bad">Does not hold: {escape("; ".join(failed))}.</span>')
    if missing:
        told.append(f'<span class="bad">Not run, or ended before it could tell: {escape(", ".join(missing))}.</span>')
    return " ".join(told)


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


def part_html(part: str, rows: Sequence[Claim] | None, out: Path) -> str:
    """Show one program's rows as a table."""
    if rows is None:
        return f'<h2>{escape(PARTS[part])} <span class="bad">missing</span></h2>'
    ended = datetime.fromtimestamp((out / f"{part}.json").stat().st_mtime, UTC)
    heading = f"<h2>{escape(PARTS[part])} <span>{part}.py, {ended:%Y-%m-%d %H:%M} UTC</span></h2>"
    columns = "<tr><th>claim</th><th>how it was tried</th><th>how often</th><th>worst case seen</th></tr>"
    return f"{heading}\n<table>{columns}\n{''.join(map(row_html, rows))}</table>"


def row_html(row: Claim) -> str:
    mark = "" if row.holds else '<span class="bad">does not hold: </span>'
    return (
        f'<tr><td>{mark}{escape(row.claim)}</td><td data-of="tried:">{escape(row.how)}</td>'
        f'<td data-of="times:">{row.tried:,}</td><td data-of="worst:">{escape(row.worst)}</td></tr>\n'
    )


if __name__ == "__main__":
    print(f"Wrote {main()}.")
    sys.exit(0)
