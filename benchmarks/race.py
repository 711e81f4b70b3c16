"""Races between libraries: each runs in a worker process of its own, and they take turns.

One command runs them all in rounds A B C, A B C, so that a machine that slows down slows everybody down, and medians
and their ratios hold where single times do not. Workers are separate processes because libraries that race here may
own the same import name (HIPS autograd is `autograd` too), and so that none pays for another's memory.

The libraries live in `.bench/`, a virtual environment that `environment()` makes. Ours is the checkout itself: its
workers find it first, by PYTHONPATH.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
OURS: Final = "scalar-autograd"
NEEDED: Final = ("msgspec>=0.19", "numpy>=1.26", "safetensors>=0.4", "tqdm>=4.66")
PEERS: Final = {"micrograd": "micrograd==0.1.0", "torch": "torch==2.13.0", "autograd": "autograd==1.9.1"}
PACKAGES: Final = "import sysconfig; print(sysconfig.get_path('purelib'))"
CPU_BUILDS: Final = "https://download.pytorch.org/whl/cpu"  # on Linux, PyPI's torch brings gigabytes of CUDA


class Worker:
    """A process that does one piece of work over and over, each time it is asked."""

    def __init__(self, python: Path, script: Path, *arguments: str) -> None:
        self.arguments = arguments
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        if arguments[1].startswith(OURS):
            variables["PYTHONPATH"] = str(ROOT)
        self.process = subprocess.Popen(
            [str(python), "-P", str(script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=variables,
        )

    def ask(self, request: str) -> Any:
        """Send one request and wait for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise SystemExit(f"the worker {' '.join(self.arguments)} stopped; its error stands above") from None

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def race(workers: Sequence[Worker], rounds: int, same_work: bool = True) -> list[float]:
    """Let the workers take turns and give the median seconds of each; stop if results of the same work differ."""
    seconds: list[list[float]] = [[] for _ in workers]
    for number in range(rounds):
        print(f"\r{workers[0].arguments[0]}: round {number + 1} of {rounds} ", end="", file=sys.stderr, flush=True)
        answers = [worker.ask("time") for worker in workers]
        for times, answer in zip(seconds, answers, strict=True):
            times.append(answer["seconds"])
        if same_work:
            agree([answer["result"] for answer in answers], workers)
    print(file=sys.stderr)
    return [median(times) for times in seconds]


def agree(results: Sequence[Sequence[float]], workers: Sequence[Worker]) -> None:
    for result, worker in zip(results, workers, strict=True):
        for x, first in zip(result, results[0], strict=True):
            if abs(x - first) > 1e-9 * abs(first):
                raise SystemExit(f"{worker.arguments} computed {result}, {workers[0].arguments} {results[0]}")


def environment() -> tuple[Path, list[str]]:
    """Make `.bench/` unless it is there; give its Python and the peers that are installed in it."""
    folder = ROOT / ".bench"
    python = python_of(folder)
    if not python.exists():
        print(f"making {folder} with the peers, once ...", file=sys.stderr)
        venv.create(folder, with_pip=True)
        for peer in PEERS.values():
            install(python, peer)
    if not version(python, "msgspec") and not install(python, *NEEDED):
        raise SystemExit(f"{', '.join(NEEDED)} could not be installed into {folder}; pip says why above")
    installed = [peer for peer in PEERS if version(python, peer)]
    for peer in sorted(PEERS.keys() - installed):
        print(f"{peer} is skipped: it is not installed; {python} -m pip install {PEERS[peer]}", file=sys.stderr)
    return python, installed


def installed_packages() -> list[str]:
    """Return the folder of the packages in `.bench/`, torch among them, or nothing where it is not made yet."""
    python = python_of(ROOT / ".bench")
    return [output_of(str(python), "-c", PACKAGES)] if python.exists() else []


def python_of(folder: Path) -> Path:
    """Return the path of a virtual environment's Python."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install(python: Path, *requirements: str) -> bool:
    command = [str(python), "-m", "pip", "install", "--quiet", *requirements]
    if requirements == (PEERS["torch"],) and sys.platform == "linux":
        command += ["--extra-index-url", CPU_BUILDS]
    return subprocess.run(command, check=False).returncode == 0


def format_time(seconds: float) -> str:
    """Write seconds in the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def version(python: Path, distribution: str) -> str:
    """Give the version that is installed in an environment, or nothing."""
    ask = f"from importlib.metadata import version; print(version({distribution!r}))"
    return output_of(str(python), "-c", ask)


def output_of(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def machine() -> str:
    """Say what we run on: CPU, cores, system, Python."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [line for line in information.read_text(encoding="utf-8").splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    elif sys.platform == "darwin":
        model = output_of("sysctl", "-n", "machdep.cpu.brand_string")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, {python}"


def publish(text: str, name: str) -> None:
    """Print a report and write it to `out/`."""
    print(text)
    target = ROOT / "out" / name
    target.parent.mkdir(exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(target)
