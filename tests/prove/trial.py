"""One trial: the tests run on the engine with one of its modules replaced, in a process forked from this one.

An import hook puts the code that it is given in the place of the module, so that nothing is written to disk. The
process ends with 0 if every test passes, and notes the test that runs, so that the one that ended it is known.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from mmap import mmap
from pathlib import Path
from types import CodeType
from typing import Final, NamedTuple

import pytest
from environments import path_of
from mutator import Mutant

ROOT: Final = Path(__file__).parent.parent.parent
SECONDS: Final = 20  # of processor time for one test: five times what any takes
MEMORY: Final = 4 << 30  # bytes for one process
LONGEST: Final = 1024  # bytes of a test's name
OPTIONS: Final = (
    "-x",
    "-q",
    "--tb=no",
    "--assert=plain",
    "-s",
    "-o",
    "addopts=--strict-markers --strict-config --import-mode=importlib",
)
# Plugins that these runs can do without: loading them is a good part of a run's time.
PLUGINS: Final = (
    *("cacheprovider", "debugging", "doctest", "faulthandler", "junitxml", "legacypath", "logging", "pastebin"),
    *("setuponly", "setupplan", "stepwise", "threadexception", "unittest", "unraisableexception"),
)
OFF: Final = tuple(word for plugin in PLUGINS for word in ("-p", f"no:{plugin}"))
# What the tests need beyond the project is imported once, before the first fork.
HEAVY: Final = ("hypothesis.strategies", "llvmlite.binding", "mpmath", "msgspec", "numpy", "safetensors.numpy", "tqdm")
SLOW: Final = ("every_op", "code_grows", "huge", "wide", "random_graphs")  # words of tests that take seconds


class Stage(NamedTuple):
    """Tests to run, one stage after the other until a test fails."""

    files: tuple[str, ...]  # by name, the quick ones first
    words: tuple[str, ...] = ()  # a test whose name has one of them runs first
    named: bool = False  # whether no other test runs
    chosen: frozenset[str] | None = None  # by pytest's names: all that run, if that is known


Task = tuple[Mutant, list[Stage]]


def prepare() -> None:
    """Import what costs time, once for all the processes to come."""
    os.chdir(ROOT)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process that forks must have one thread
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # nor is any plugin needed that was installed beside pytest
    for module in HEAVY:
        importlib.import_module(module)
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*OPTIONS, *OFF, "--version"])  # it imports its plugins
    gc.freeze()


def try_mutants(tasks: Iterable[Task]) -> Iterator[tuple[Mutant, bool, str]]:
    """Try mutants, as many at a time as there are cores; tell of each whether it lives, and which test ran last."""
    modules = codes()
    running: dict[int, tuple[Mutant, mmap]] = {}

    def wait_for_one() -> tuple[Mutant, bool, str]:
        pid, status = os.wait()
        mutant, note = running.pop(pid)
        return mutant, status == 0, note[:].rstrip(b"\0").decode()

    for mutant, stages in tasks:
        if len(running) == (os.cpu_count() or 1):
            yield wait_for_one()
        note = mmap(-1, LONGEST)
        running[start(mutant, stages, modules, note)] = mutant, note
    while running:
        yield wait_for_one()


def codes() -> dict[str, CodeType]:
    """Compile every module of the project and of its tests, once for all the processes to come."""
    found = {}
    for folder, start in (("autograd", ""), ("nn", ""), ("tests", ""), ("tests/helpers", "tests/helpers")):
        for file in (ROOT / folder).glob("**/*.py"):
            module = ".".join(file.relative_to(ROOT / start).with_suffix("").parts).removesuffix(".__init__")
            found[module] = compile(file.read_text(encoding="utf-8"), str(file), "exec")
    return found


def start(mutant: Mutant, stages: list[Stage], modules: dict[str, CodeType], note: mmap) -> int:
    """Fork a process that runs the tests on a mutant, and ends with 0 if all of them pass; give its number."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    with contextlib.suppress(BaseException):  # whatever is raised, the mutant was noticed; nobody would hear of it
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        limit()
        replace({**modules, mutant.file.removesuffix(".py").replace("/", "."): mutant.code})
        status = run_stages(stages, note)
    os._exit(status)


def replace(modules: dict[str, CodeType]) -> None:
    """From now on import these modules with this code, also those that were imported before."""
    for name in modules.keys() & sys.modules.keys():
        del sys.modules[name]
    sys.meta_path.insert(0, Hook(modules))


def run_stages(stages: list[Stage], note: mmap) -> int:
    """Run the tests, stage by stage, until one fails: give pytest's exit status then, or 0."""
    for stage in stages:
        note[:] = bytes(LONGEST)
        status = int(pytest.main([*OPTIONS, *OFF, "tests"], [Choice(stage, note)]))
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return status
    return 0


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

    def __init__(self, stage: Stage, note: mmap) -> None:
        self.stage, self.note = stage, note
        self.places = {ROOT / path_of(name): place for place, name in enumerate(stage.files)}

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Choose files: named one by one, each of them would have pytest look through the whole folder again."""
        wanted = collection_path in self.places or any(collection_path in place.parents for place in self.places)
        return None if wanted else True

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Choose tests, and sort them: quick ones, then those that name a word, then one case of each test first."""
        assert {item.path for item in items} == {*self.places}, "a file is missing, or has no test"
        if self.stage.chosen is not None:
            items[:] = [item for item in items if item.nodeid in self.stage.chosen]
            assert {item.nodeid for item in items} == self.stage.chosen, "a test is missing"
        if self.stage.named:
            items[:] = [item for item in items if self.names(item)]
        seen: Counter[tuple[Path, str]] = Counter()
        turns = {}
        for item in items:
            test = item.path, item.name.partition("[")[0]
            turns[item] = seen[test]
            seen[test] += 1
        items.sort(key=lambda item: (slowness(item), not self.names(item), turns[item], self.places[item.path]))

    def names(self, item: pytest.Item) -> bool:
        """Tell whether a test's name has one of the words, whose parts may be apart, and in capitals or not."""
        name = item.name.replace(" ", "_").lower()
        return any(word.lower() in name for word in self.stage.words)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.note[:] = item.nodeid.encode()[:LONGEST].ljust(LONGEST, b"\0")
        limit()


def slowness(item: pytest.Item) -> int:
    """Number the slow tests by the order of their words, above 0; quick ones are 0."""
    return next((number for number, word in enumerate(SLOW, 1) if word in item.name), 0)
