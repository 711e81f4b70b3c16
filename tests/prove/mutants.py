"""The tests themselves: does a test notice every small wrong in the engine's tables and loops?

Each mutant of `mutator.py` runs in a process of its own, forked from this one, where an import hook puts it in the
place of its module. There the tests of that module run until one fails: first those that name what was changed, then
one case of each test, then the rest. A mutant is killed by a test that fails, a crash, or a test that does not end. One
that lives shows a test that is missing, or is equivalent: nothing that anybody could see has changed. `survivors.py`
says of which this is known, and why: these are left out, as is usual, so that what is counted are wrongs.
"""

from __future__ import annotations

import ast
import gc
import importlib
import os
import resource
import signal
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Final, NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from claims import Claim, share_of, tell
from mutator import Mutant, defined, mutants, original
from survivors import EQUIVALENT, OPEN

ROOT: Final = Path(__file__).parent.parent.parent
KILLED: Final = 0.98  # of the mutants, at least
LEAST: Final = 500  # mutants
SECONDS: Final = 20  # of processor time for one test: five times what any takes
DEPTH: Final = 2  # a function is noticed by the row that uses it, or that uses what uses it
MEMORY: Final = 4 << 30  # bytes for one process
OPTIONS: Final = ("-x", "-q", "--tb=no", "--assert=plain", "-s", "-o", "addopts=--strict-markers --strict-config")
# Plugins that these runs can do without: loading them is a good part of a run's time.
OFF: Final = ("cacheprovider", "faulthandler", "doctest", "hypothesispytest", "junitxml", "setuponly", "stepwise")
# What the tests need beyond the project is imported once, before the first fork.
HEAVY: Final = ("hypothesis.strategies", "llvmlite.binding", "mpmath", "msgspec", "numpy", "safetensors.numpy", "tqdm")


class Plan(NamedTuple):
    """How one module is tried. Names are those of test files, quick ones first."""

    one_in: int  # of its mutants, chosen by their names, this share is tried
    likely: tuple[str, ...]  # where the tests come from that name a mutant's place
    tests: tuple[str, ...]  # all that may notice


SLOW: Final = ("random_graphs", "huge", "wide", "code_grows")  # words of tests that take seconds
EAGER: Final = ("backward", "ieee", "functions", "value", "derivatives", "worked_numbers", "expressions", "graph")
WHOLE: Final = ("check", "ops", "random_graphs", "compiler_edges")
NATIVE: Final = ("compiler_edges", "compiler_function", "nn_native_training", "compiler_fastmath", "compiler_layers")
TRAINING: Final = ("nn_optimizers", "nn_schedules", "nn_training", "nn_native_training")
PLANS: Final = {
    "autograd/ops.py": Plan(
        4, ("backward", "ops", "compiler_edges"), (*EAGER, "check", "ops", "random_graphs", "compiler_edges")
    ),
    "autograd/ieee.py": Plan(4, ("ieee", "ops"), (*EAGER, "ops", "compiler_edges")),
    "autograd/backward.py": Plan(1, ("backward",), (*EAGER, "steps", "random_graphs")),
    "autograd/graph.py": Plan(1, ("graph",), (*EAGER, "steps", "random_graphs")),
    "autograd/compiler/lower.py": Plan(2, ("compiler_edges",), NATIVE),
    "autograd/compiler/block.py": Plan(8, ("compiler_layers",), NATIVE),
    "autograd/compiler/vector.py": Plan(8, ("compiler_layers",), NATIVE),
    "autograd/compiler/reverse.py": Plan(4, ("compiler_fastmath",), (*NATIVE, "compiler_hessian")),
    "nn/optimizers.py": Plan(2, ("nn_optimizers", "nn_schedules"), TRAINING),
}

Stage = tuple[tuple[str, ...], tuple[str, ...]]  # files of tests, and the words that a test has to name, if any
Task = tuple[Mutant, list[Stage]]


def main(share: float) -> int:
    """Try a share of the mutants, and before them the tests on the engine as it is; tell what lives."""
    prepare()
    files = list(dict.fromkeys(name for plan in PLANS.values() for name in plan.tests))
    controls = list(controlled(files[: max(1, round(share * len(files)))]))
    sound = len(list(living(controls))) == len(controls)
    names: set[str] = set()
    found = [mutant for file in PLANS for mutant in drawn(file, share, names)]
    alive = [mutant for mutant in found if mutant.key in OPEN]  # that they live is known: it takes long to see
    for mutant in living((mutant, stages(mutant)) for mutant in found if mutant.key not in EQUIVALENT | OPEN):
        print(f"lives: {mutant.file}:{mutant.line}: {mutant.kind}: {mutant.key!r}", flush=True)
        alive.append(mutant)
    return tell("mutants", [*sanity(len(controls), sound, names), *claims(found, alive, share)])


def sanity(count: int, sound: bool, names: set[str]) -> Iterator[Claim]:
    """Give the rows about the trial itself: the tests pass without a wrong, and what is left out still exists."""
    yield Claim("the tests pass on the engine as it is", "file by file, as for a mutant", count, "none", sound)
    gone = sorted({*EQUIVALENT, *OPEN} - names)
    how = f"{len(EQUIVALENT)} of all possible mutants that it calls equivalent, and {len(OPEN)} open ones"
    yield Claim("survivors.py names mutants that exist", how, len(names), "; ".join(gone) or "none", not gone)


def claims(found: list[Mutant], alive: list[Mutant], share: float) -> Iterator[Claim]:
    """Give a row for each module, and the one for all."""
    chosen = [mutant for mutant in found if mutant.key not in EQUIVALENT]
    how = "one expression or statement changed, then the module's tests until one fails"
    for file in PLANS:
        tried, lives = [[mutant for mutant in some if mutant.file == file] for some in (chosen, alive)]
        bare = [mutant.key for mutant in lives if mutant.key not in OPEN]
        said = f"{len(lives)} alive, {len(bare)} of them without a reason"
        yield Claim(f"a wrong in {file} is noticed, or there is a reason", how, len(tried), said, not bare)
    killed = 1.0 - len(alive) / max(1, len(chosen))
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(mutant.kind for mutant in chosen).most_common())
    kinds += f"; {len(found) - len(chosen)} equivalent left out, each with its reason in tests/prove/survivors.py"
    enough = (killed >= KILLED and len(chosen) >= LEAST) or share < 1.0
    said = [f"{len(alive)} alive: {killed:.1%} killed", *[f"{x.key}: {OPEN.get(x.key, 'no reason')}" for x in alive]]
    yield Claim(f"at least {KILLED:.0%} of the mutants are killed", kinds, len(chosen), "; ".join(said), enough)


def prepare() -> None:
    """Import what costs time, once for all the processes to come."""
    os.chdir(ROOT)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process that forks must have one thread
    for module in HEAVY:
        importlib.import_module(module)
    gc.freeze()


def drawn(file: str, share: float, names: set[str]) -> Iterator[Mutant]:
    """Draw a module's mutants by their names: the same ones until they themselves change. All names go to `names`."""

    def wanted(key: str) -> bool:
        names.add(key)
        number = zlib.crc32(key.encode())
        return number % PLANS[file].one_in == 0 and (number >> 8) % 1000 < 1000 * share

    return mutants(ROOT, file, wanted)


def controlled(names: Iterable[str]) -> Iterator[Task]:
    """Give the engine as it is, once for each file of tests."""
    for name in names:
        yield original(ROOT, "autograd/ops.py"), [((name,), ())]


def stages(mutant: Mutant) -> list[Stage]:
    """Tell in which order a mutant's tests run: first those that name its place, or what is made with it."""
    plan, words = PLANS[mutant.file], {mutant.place, *mutant.place.split(".")}
    for _ in range(DEPTH):
        words |= {user for word in words for user in users().get(word, ())}
    words |= {"**" for word in words if "power" in word}  # as the tests of edges write it
    return [(plan.likely, tuple(words)), (plan.tests, ())]


@cache
def users() -> dict[str, set[str]]:
    """Tell of every name in the mutated modules in which functions and rows of tables it stands."""
    found: dict[str, set[str]] = {}
    for file in PLANS:
        for name, node in defined(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
            for inner in ast.walk(node):
                word = getattr(inner, "id", getattr(inner, "attr", ""))
                found.setdefault(word, set()).add(name)
    return found


def living(tasks: Iterable[Task]) -> Iterator[Mutant]:
    """Try mutants, as many at a time as there are cores, and give those that no test notices."""
    modules = codes()
    running: dict[int, Mutant] = {}

    def ended() -> Iterator[Mutant]:
        pid, status = os.wait()
        mutant = running.pop(pid)
        if status == 0:
            yield mutant

    for mutant, order in tasks:
        if len(running) == (os.cpu_count() or 1):
            yield from ended()
        running[started(mutant, order, modules)] = mutant
    while running:
        yield from ended()


def codes() -> dict[str, CodeType]:
    """Compile every module of the project and of its tests, once for all the processes to come."""
    found = {}
    for folder, pattern, start in (("autograd", "**/*.py", ""), ("nn", "**/*.py", ""), ("tests", "*.py", "tests")):
        for file in (ROOT / folder).glob(pattern):
            module = ".".join(file.relative_to(ROOT / start).with_suffix("").parts).removesuffix(".__init__")
            found[module] = compile(file.read_text(encoding="utf-8"), str(file), "exec")
    return found


def started(mutant: Mutant, order: list[Stage], modules: dict[str, CodeType]) -> int:
    """Fork a process that runs the tests on a mutant, and ends with 0 if all of them pass; give its number."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    with suppress(BaseException):  # whatever is raised here, the mutant was noticed; nobody would hear of it
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        limit()
        replace({**modules, mutant.file.removesuffix(".py").replace("/", "."): mutant.code})
        status = noticed(order)
    os._exit(status)


def replace(modules: dict[str, CodeType]) -> None:
    """From now on import these modules with this code, also those that were imported before."""
    for name in modules.keys() & sys.modules.keys():
        del sys.modules[name]
    sys.meta_path.insert(0, Hook(modules))


def noticed(order: list[Stage]) -> int:
    """Run the tests, stage by stage, until one fails: give pytest's exit status."""
    off = [word for plugin in OFF for word in ("-p", f"no:{plugin}")]
    status = 0
    for names, words in order:
        files = [f"tests/test_{name}.py" for name in names]
        status = int(pytest.main([*OPTIONS, *off, *files], [Choice(words)]))
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            break
    return status


def limit() -> None:
    """Die after so much processor time from now, or ten times as much on the clock."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, 10 * SECONDS)


class Hook:
    """Finds the project's modules before anybody else does: each with the code it was given."""

    def __init__(self, codes: dict[str, CodeType]) -> None:
        self.codes = codes

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        code = self.codes.get(name)
        if code is None:
            return None
        loader = SourceFileLoader(name, code.co_filename)
        loader.get_code = lambda _: code  # type: ignore[method-assign,assignment]
        return spec_from_file_location(name, code.co_filename, loader=loader)


class Choice:
    """A plugin of pytest's: which tests run, in which order, and for how long."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that name a word, if there are words; put one case of each test first, and slow ones last."""
        if self.words:
            items[:] = [item for item in items if any(word in item.name for word in self.words)]
        seen: Counter[tuple[Path, str]] = Counter()
        turns = {}
        for item in items:
            test = item.path, item.name.partition("[")[0]
            turns[item] = seen[test]
            seen[test] += 1
        items.sort(key=lambda item: (any(word in item.name for word in SLOW), turns[item]))

    def pytest_runtest_setup(self) -> None:
        limit()


if __name__ == "__main__":
    sys.exit(main(share_of("Try how many small wrongs in the engine its tests notice.")))
