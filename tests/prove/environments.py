"""Fresh virtual environments, what is built to be installed in them, and the versions that the project asks for.

    python tests/prove/environments.py

prints the oldest versions that the tests may run on, for pip to be constrained by.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent.parent
NAME: Final = "scalar-autograd"
HIDDEN: Final = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"}  # of the environment that commands run in
SDISTS: Final = ("micrograd", "names")  # what may be on the index as an sdist alone
BINARY: Final = ("--only-binary", ":all:", "--no-binary", ",".join(SDISTS))
QUIET: Final = ("--quiet", "--disable-pip-version-check")
END: Final = 6  # lines of what a failing command said last that are worth passing on


def path_of(name: str) -> str:
    """Return the path of a test file from its short name.

    >>> path_of("engine/graph")
    'tests/engine/test_graph.py'
    """
    folder, _, stem = name.rpartition("/")
    return f"tests/{folder}/test_{stem}.py"


class FailedError(Exception):
    """A command that should have succeeded, with the end of what it said."""


class Environment:
    """A fresh virtual environment of some Python, in a folder of its own.

    What it installs is from a folder of wheels, or from whatever index pip is set up for.
    """

    def __init__(self, folder: Path, python: str = sys.executable, wheels: Path | None = None) -> None:
        self.folder, self.wheels = folder, wheels
        run([python, "-m", "venv", "--without-pip", str(folder)], folder.parent)
        self.python = str(folder / "bin" / "python")

    def pip(self, *arguments: str) -> str:
        """Run this process's own pip on the environment."""
        return run([sys.executable, "-m", "pip", "--python", self.python, *arguments], self.folder)

    def install(self, *requirements: str) -> None:
        """Install wheels or names with versions.

        What is imported is compiled then: to compile all of what comes along would take most of the time.
        """
        source = ("--no-index", "--find-links", str(self.wheels)) if self.wheels else BINARY
        self.pip("install", *QUIET, "--no-compile", *source, *requirements)

    def gather(self, wheels: Path, *requirements: str) -> None:
        """Put wheels of all that is asked for into a folder, so that it is downloaded once."""
        self.pip("wheel", *QUIET, *BINARY, "--wheel-dir", str(wheels), *requirements)

    def says(self, code: str) -> str:
        """Run code far from the checkout, and give what it prints."""
        return run([self.python, "-I", "-c", code], self.folder)

    def passes(self, tree: Path, names: Iterable[str]) -> str:
        """Run test files of an unpacked sdist on what is installed, and give pytest's last line."""
        files = [path_of(name) for name in names]
        said = run([str(self.folder / "bin" / "pytest"), "-q", "-p", "no:cacheprovider", *files], tree)
        return said.strip().splitlines()[-1].strip("= ")


def run(command: Sequence[str], folder: Path) -> str:
    """Run a command with the checkout out of sight, and give what it prints; raise FailedError where it fails."""
    environment = {name: text for name, text in os.environ.items() if name not in HIDDEN}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise FailedError(f"{' '.join(command)[-120:]}: {' | '.join(said[-END:])}")
    return done.stdout


def build_packages(folder: Path) -> tuple[Path, Path]:
    """Build the sdist of the checkout, and the wheel of the sdist: give the unpacked sdist and the wheel."""
    builder = Environment(folder / "builder")
    builder.install(*project()["build-system"]["requires"])
    dist = folder / "dist"
    for target in ("sdist", "wheel"):
        run([builder.python, "-m", "hatchling", "build", "--target", target, "--directory", str(dist)], ROOT)
    (archive,), (direct,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    with tarfile.open(archive) as sdist:
        sdist.extractall(folder / "sdist", filter="data")
    (tree,) = (folder / "sdist").iterdir()
    again = folder / "again"
    builder.pip("wheel", *QUIET, "--no-deps", "--no-build-isolation", "--wheel-dir", str(again), str(archive))
    (wheel,) = again.glob("*.whl")
    if contents(direct) != contents(wheel):
        raise FailedError("the wheel built from the checkout differs from the one built from the sdist")
    return tree, wheel


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(extras: Iterable[str]) -> list[str]:
    """List what the project and its extras ask for, through extras that ask for extras."""
    table = project()["project"]
    found = list(table["dependencies"])
    for extra in extras:
        for requirement in table["optional-dependencies"][extra]:
            inner = re.fullmatch(rf"{NAME}\[(.+)\]", requirement)
            found += requirements(inner[1].split(",")) if inner else [requirement]
    return list(dict.fromkeys(found))


def oldest(extras: Iterable[str]) -> list[str]:
    """Pin every requirement to its lower bound: of several bounds of one package, the highest.

    >>> oldest([])[0].startswith("msgspec==")
    True
    """
    bounds: dict[str, str] = {}
    for requirement in requirements(extras):
        name, _, bound = requirement.partition(">=")
        name = name.partition("[")[0]  # pip refuses extras in constraints
        bounds[name] = max(bounds.get(name, "0"), bound, key=lambda text: [int(part) for part in text.split(".")])
    return [f"{name}=={bound}" for name, bound in bounds.items()]


if __name__ == "__main__":
    print(*oldest(["test"]), sep="\n")
