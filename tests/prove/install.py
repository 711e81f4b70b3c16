"""Installing: wheel and sdist in fresh virtual environments, with each extra, the oldest dependencies, another Python.

Everything is built, installed and run in a temporary directory, so that nothing is taken from the checkout. About a
gigabyte is downloaded where pip has no cache: once for all extras, for the oldest versions, and for the other Python.
"""

from __future__ import annotations

import math
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.append(str(Path(__file__).parents[1] / "helpers"))

from claims import Claim, share_of, tell
from environments import NAME, Environment, FailedError, build_packages, oldest, requirements, run

from tests.test_typing import RIGHT, WRONG

LIMIT: Final = 0.060  # seconds of processor time that `import autograd` may take beyond the bare interpreter
MINORS: Final = range(11, 16)  # the Pythons that are looked for
COMMON: Final = "import autograd, nn; x = autograd.Value(3.0); y = x * x; model = nn.MLP(2, [2, 1], seed=0); "
CORE: Final = "y.backward(); assert x.grad == 6.0; assert 'digraph' in autograd.draw(y).source"
USES: Final = {  # what an extra adds
    "nn": "nn.save(model, 'model.safetensors'); nn.load('model.safetensors', model)",
    "draw": "import os; os.environ['PATH'] = ''; autograd.draw(y).save('graph.svg')",
    "native": "assert autograd.compile(lambda x: x * x)(3.0) == 9.0",
}
ALL: Final = "test,bench"  # which ask for the others
# Each chain begins with a fresh environment; what is installed next asks for all that is there, and so could be alone.
CHAINS: Final = (
    ("demos", "docs", ALL),
    ("bench",),
    ("test",),
    ("dask",),
    ("native", "sklearn"),
    ("draw",),
    ("nn",),
    ("",),
)
# A fast share of the suite, without what needs a browser, a terminal or the checkout, and without `test_ops.py`, which
# takes long over what no version changes: the formulas of the rule table, which `test_random_graphs.py` runs too.
CORE_TESTS: Final = (
    "engine/ieee",
    "engine/functions",
    "engine/value",
    "engine/backward",
    "engine/graph",
    "engine/derivatives",
    "engine/random_graphs",
    "recording/steps",
)
NN_TESTS: Final = ("nn/layers", "nn/losses", "nn/module", "nn/optimizers", "nn/files", "nn/initialization")
TESTS: Final = (
    *CORE_TESTS,
    *NN_TESTS,
    "nn/training",
    "nn/blocks",
    "nn/native_training",
    "compiler/fastmath",
    "drawing/drawing",
)
RUNNERS: Final = ("pytest", "hypothesis", "mpmath", "pandas", "polars")  # what the tests import

Attempt = Callable[[], Iterable[Claim]]


def main(share: float) -> int:
    with tempfile.TemporaryDirectory(prefix="autograd-install-") as name:
        folder = Path(name)
        try:
            tree, wheel = build_packages(folder)
        except FailedError as failure:
            return tell("install", [Claim("sdist and wheel are built", "hatchling", 1, str(failure), False)])
        claims = [Claim("sdist and wheel are built", "sdist to wheel, and wheel at once: same files", 2, "none", True)]
        others = list(oldest_and_others(folder, tree, wheel))
        others = others[: round(share * len(others))]
        chains = CHAINS[-max(1, round(share * len(CHAINS))) :]
        core = Environment(folder / "bare")
        core.install(str(wheel))
        with ThreadPoolExecutor(2) as pool:
            wheels = pool.submit(gather_wheels, folder, wheel, chains)
            attempts = [*others, *(partial(grown, folder, wheels, wheel, chain) for chain in chains)]
            for found in pool.map(lambda attempt: list(attempt()), [*attempts, lambda: [check_types(core)]]):
                claims += found
        claims.append(light(core))
    return tell("install", claims)


def claim_from(claim: str, how: str, count: int, attempt: Callable[[], str]) -> Claim:
    """Make a claim of an attempt, which gives the worst that it saw, or raises FailedError."""
    try:
        return Claim(claim, how, count, attempt(), True)
    except FailedError as failure:
        return Claim(claim, how, count, str(failure), False)


def gather_wheels(folder: Path, wheel: Path, chains: Iterable[tuple[str, ...]]) -> Path:
    """Put wheels of all that the chains install into a folder."""
    wheels, extras = folder / "wheels", ",".join(filter(None, (extra for chain in chains for extra in chain)))
    Environment(folder / "gatherer").gather(wheels, requirement_of(wheel, extras))
    return wheels


def requirement_of(wheel: Path, extra: str) -> str:
    return f"{wheel}[{extra}]" if extra else str(wheel)


def grown(folder: Path, wheels: Future[Path], wheel: Path, chain: tuple[str, ...]) -> Iterator[Claim]:
    """Install the extras of a chain one after the other, and try each."""
    place = folder / (chain[0] or "core")
    for extra in chain:
        name = f"installed with [{extra}]" if extra else "installed without an extra"
        how = "pip check; what is there is used; what is not there names its pip install"
        yield claim_from(name, how, 2 + len(USES), partial(try_extra, place, wheels, wheel, extra))
    shutil.rmtree(place, ignore_errors=True)


def try_extra(place: Path, wheels: Future[Path], wheel: Path, extra: str) -> str:
    """Install the wheel with an extra, and try what is there, and what is not; `make test` runs the suite on one."""
    environment = Environment(place, wheels=wheels.result())
    environment.install(requirement_of(wheel, extra))
    environment.pip("check")
    environment.says(COMMON + CORE)
    for other, use in USES.items():
        environment.says(COMMON + use if provides(extra, other) else refusal_check(use, other))
    return "none"


def provides(extra: str, other: str) -> bool:
    """Tell whether an extra asks for all that another does."""
    return {*requirements([other])} <= {*requirements(extra.split(",") if extra else ())}


def refusal_check(use: str, extra: str) -> str:
    """Write code that succeeds if a use of what is not there raises an ImportError that says how to get it."""
    wanted = f"pip install '{NAME}[{extra}]'"
    return f"""
try:
    {COMMON}{use}
except ImportError as error:
    assert {wanted!r} in str(error), error
else:
    raise SystemExit("it works without the extra {extra}")
"""


def oldest_and_others(folder: Path, tree: Path, wheel: Path) -> Iterator[Attempt]:
    """Give attempts with the lower bounds of what is asked for, and with the newest other Python of this machine."""
    here = f"Python {sys.version.split()[0]}"
    plans = [(f"the oldest versions of [test], {here}", sys.executable, oldest(["test"]))]
    newest = [*requirements(USES), *RUNNERS]
    plans += [(f"the newest versions, {version}", python, newest) for version, python in [*pythons()][-1:]]
    for k, (name, python, wanted) in enumerate(plans):
        attempt = partial(passes, folder / f"python{k}", python, wanted, wheel, tree)
        yield partial(suite, f"a fast share of the suite passes on {name}", attempt)


def suite(claim: str, attempt: Callable[[], str]) -> list[Claim]:
    return [claim_from(claim, f"{len(TESTS)} test files", 1, attempt)]


def passes(folder: Path, python: str, wanted: list[str], wheel: Path, tree: Path) -> str:
    """Install packages, then the wheel beside them, and run tests of the sdist on it."""
    environment = Environment(folder, python)
    environment.install(*wanted)
    environment.install("--no-deps", str(wheel))
    environment.pip("check")
    said = environment.passes(tree, TESTS)
    shutil.rmtree(folder)
    return said


def pythons() -> Iterator[tuple[str, str]]:
    """Find this machine's other Pythons, by version: on the PATH, and those of pyenv."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for minor in MINORS:
        inside = sorted(map(str, home.glob(f"versions/3.{minor}.*/bin/python3.{minor}")))
        for python in filter(None, [*inside, shutil.which(f"python3.{minor}")]):
            try:
                version = run([python, "-c", "import sys, venv; print(sys.version.split()[0])"], Path.cwd()).strip()
            except FailedError:  # a shim of pyenv's for a version that is not chosen
                continue
            if minor != sys.version_info.minor:
                yield f"Python {version}", python
            break


def check_types(core: Environment) -> Claim:
    """Check a typed user's code against the installed wheel."""
    file = core.folder / "consumer.py"

    def attempt() -> str:
        mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--python-executable", core.python]
        file.write_text(RIGHT, encoding="utf-8")
        run([*mypy, str(file)], core.folder)
        run([str(Path(sys.executable).parent / "pyright"), "--pythonpath", core.python, str(file)], core.folder)
        for wrong in WRONG:
            file.write_text(f"import autograd\nfrom autograd import *\nx = Value(1.0)\n{wrong}\n", encoding="utf-8")
            try:
                run([*mypy, str(file)], core.folder)
            except FailedError:
                continue
            raise FailedError(f"mypy lets this pass: {wrong}")
        return "none"

    how = "right code by mypy --strict and pyright, wrong lines by mypy, on the installed wheel"
    return claim_from("a typed user's code is checked", how, 2 + len(WRONG), attempt)


def light(core: Environment) -> Claim:
    """Hold `import autograd` to msgspec, the standard library, and its time beyond the bare interpreter."""
    few, many = 15, 60
    runs: list[tuple[float, float]] = []

    def seconds(code: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        core.says(code)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    def attempt() -> str:
        listed = "; import sys; print(*{name.partition('.')[0] for name in sys.modules})"
        found = {*core.says(f"import autograd{listed}").split()} - {*core.says(f"import msgspec{listed}").split()}
        if strangers := found - {*sys.stdlib_module_names, "autograd"}:
            raise FailedError(f"it imports {', '.join(sorted(strangers))} too")
        least = math.inf
        while len(runs) < few or (len(runs) < many and least > LIMIT):
            runs.append((seconds("pass"), seconds("import autograd")))
            bare, whole = map(min, zip(*runs, strict=True))  # what else the machine does only adds to a time
            least = whole - bare
        if least > LIMIT:
            raise FailedError(f"{1000 * least:.0f} ms")
        return f"{1000 * least:.0f} ms"

    how = "msgspec and the standard library alone; processor time, the least of all runs, bare interpreter taken off"
    claim = claim_from(f"import autograd takes less than {1000 * LIMIT:.0f} ms", how, 0, attempt)
    return replace(claim, tried=len(runs))


if __name__ == "__main__":
    sys.exit(main(share_of(__doc__ or "")))
