"""Run every program beside this file, and write the page: `python tests/prove [--share F]`.

One more runs at a time than there are cores, so that none of these waits for the network, or for the last task of a
program that uses them all. One that fails does not keep the next from running; the exit status is 1 if any failed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path
from typing import Final

import page
from claims import OUT, share_of

HERE = Path(__file__).parent
# The order they begin in: what waits, for the network or for processes; what uses one core, the longest first; what
# uses all: small tasks last, which leave no core idle. Time is measured as processor time, which others do not change.
ORDER: Final = (
    *("install", "workers", "scale", "training", "inputs"),
    *("laws", "files", "loops", "graphs", "mutants", "derivatives"),
)


def main(arguments: Sequence[str] | None = None, programs: Sequence[str] = ORDER, here: Path = HERE) -> int:
    """Run the programs, each in a process of its own, and write the page from what they left."""
    share = share_of("Try every claim of the engine, and write out/trust.html.", arguments)
    for program in programs:
        (OUT / f"{program}.json").unlink(missing_ok=True)  # what an earlier run left says nothing of this one
    commands = {program: [sys.executable, str(here / f"{program}.py"), "--share", str(share)] for program in programs}
    failed = [program for program, status in run_all(commands) if status]
    print(f"Wrote {page.main()}.")
    print(f"Failed: {', '.join(failed)}." if failed else "Every claim holds.")
    return 1 if failed else 0


def run_all(commands: dict[str, list[str]]) -> Iterator[tuple[str, int]]:
    """Run the commands, let each be read by itself, and give its program's name and exit status."""
    with ThreadPoolExecutor(1 + (cpu_count() or 1)) as pool:
        for program, (said, seconds, status) in zip(commands, pool.map(run_program, commands.values()), strict=True):
            print(f"--- {program} ---\n{said}{seconds:.0f} s\n", flush=True)
            yield program, status


def run_program(command: list[str]) -> tuple[str, float, int]:
    """Run a program, and say so at once; give all that it said, the seconds it took, and its exit status."""
    sys.stderr.write(f"{Path(command[1]).stem} begins\n")  # whole, as `print` would not: others begin beside it
    sys.stderr.flush()
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout, time.perf_counter() - began, done.returncode


if __name__ == "__main__":
    sys.exit(main())
