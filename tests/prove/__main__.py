"""Run every program beside this file, one after the other, and write the page: `python tests/prove [--share F]`.

A program that fails does not keep the next from running; the exit status is 1 if any failed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import page
from claims import OUT, share_of

HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None, programs: Sequence[str] = tuple(page.PARTS), here: Path = HERE) -> int:
    """Run the programs, each in a process of its own, and write the page from what they left."""
    share = share_of("Try every claim of the engine, and write out/trust.html.", arguments)
    failed = []
    for program in programs:
        (OUT / f"{program}.json").unlink(missing_ok=True)  # what an earlier run left says nothing of this one
        print(f"--- {program} ---", flush=True)
        began = time.perf_counter()
        ended = subprocess.run([sys.executable, str(here / f"{program}.py"), "--share", str(share)], check=False)
        print(f"{time.perf_counter() - began:.0f} s\n", flush=True)
        if ended.returncode:
            failed.append(program)
    print(f"Wrote {page.main()}.")
    print(f"Failed: {', '.join(failed)}." if failed else "Every claim holds.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
