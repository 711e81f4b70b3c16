"""The tests themselves: does a test notice every small wrong in the engine's tables and loops?

Each mutant of `mutator.py` runs in a process of its own (`trial.py`). There the tests of its module run until one
fails: first those that name what was changed, then one case of each test, then the rest. A mutant is killed by a test
that fails, a crash, or a test that does not end; at last, all tests that killed one must pass on the engine as it is.
One that lives shows a test that is missing, or is equivalent: nothing that anybody could see has changed.
`survivors.py` says of which this is known, and why: these are left out, as is usual, so that wrongs are counted alone.
"""

from __future__ import annotations

import ast
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from claims import Claim, share_of, tell
from environments import path_of
from mutator import Mutant, definitions, mutants, original
from survivors import EQUIVALENT, OPEN
from trial import ROOT, Stage, Task, prepare, try_mutants

KILLED: Final = 0.98  # of the mutants, at least
LEAST: Final = 500  # mutants
DEPTH: Final = 2  # a function is noticed by the row that uses it, or that uses what uses it


class Plan(NamedTuple):
    """How one module is tried. `engine/graph` is the file `tests/engine/test_graph.py`; quick files come first."""

    one_in: int  # of its mutants, chosen by their names, this share is tried
    likely: tuple[str, ...]  # where the tests come from that name a mutant's place
    tests: tuple[str, ...]  # all that may notice


EAGER: Final = (
    "engine/backward",
    "engine/ieee",
    "engine/functions",
    "engine/value",
    "engine/derivatives",
    "engine/worked_numbers",
    "debugger/timeline/expressions",
    "engine/graph",
)
TABLE: Final = (
    ("engine/backward", "engine/ops", "engine/edges", "compiler/edges"),
    (*EAGER, "engine/describe", "engine/check", "engine/ops", "engine/edges", "engine/random_graphs", "compiler/edges"),
)
NATIVE: Final = (
    "compiler/edges",
    "compiler/function",
    "compiler/own_ops",
    "compiler/libm",
    "nn/native_training",
    "compiler/fastmath",
    "compiler/layers",
)
LOOPS: Final = ("compiler/layers", *NATIVE[:-1], "compiler/bodies")
TRAINING: Final = ("nn/optimizers", "nn/schedules", "nn/training", "nn/native_training")
PLANS: Final = {
    "autograd/ops.py": Plan(4, *TABLE),
    "autograd/rules.py": Plan(4, *TABLE),
    "autograd/ieee.py": Plan(
        4, ("engine/ieee", "engine/ops", "compiler/edges"), (*EAGER, "engine/ops", "compiler/edges")
    ),
    "autograd/backward.py": Plan(1, ("engine/backward",), (*EAGER, "recording/steps", "engine/random_graphs")),
    "autograd/graph.py": Plan(1, ("engine/graph",), (*EAGER, "recording/steps", "engine/random_graphs")),
    "autograd/lowering/table.py": Plan(2, ("compiler/edges",), NATIVE),
    "autograd/compiler/llvm/block.py": Plan(8, ("compiler/layers",), LOOPS),
    "autograd/compiler/llvm/vector.py": Plan(8, ("compiler/layers",), LOOPS),
    "autograd/lowering/reverse.py": Plan(4, ("compiler/function", "compiler/hessian"), ("compiler/hessian", *NATIVE)),
    "nn/optimizers.py": Plan(4, ("nn/optimizers", "nn/schedules"), TRAINING),
}


def main(share: float) -> int:
    """Try a share of the mutants, then the tests that killed them on the engine as it is; tell what lives."""
    prepare()
    names: set[str] = set()
    found = [mutant for file in PLANS for mutant in draw(file, share, names)]
    alive = [mutant for mutant in found if mutant.key in OPEN]  # that they live is known: it takes long to see
    killers: set[str] = set()
    chosen = [mutant for mutant in found if mutant.key not in EQUIVALENT | OPEN]
    for mutant, lives, test in try_mutants((mutant, stages(mutant)) for mutant in chosen):
        if lives:
            print(f"lives: {mutant.file}:{mutant.line}: {mutant.kind}: {mutant.key!r}", flush=True)
            alive.append(mutant)
        elif test:
            killers.add(test)
    return tell("mutants", [*sanity(killers, names), *claims(found, alive, share)])


def sanity(killers: set[str], names: set[str]) -> Iterator[Claim]:
    """Give the rows about the trial itself: the tests pass without a wrong, and what is left out still exists."""
    files = dict.fromkeys(name for plan in PLANS.values() for name in plan.tests)
    failed = [
        test or "a file is not collected" for _, lives, test in try_mutants(controls(killers, files)) if not lives
    ]
    how = "the tests that killed a mutant, file by file, in the same way"
    yield Claim(
        "the tests pass on the engine as it is", how, len(killers), "; ".join(failed) or "none fails", not failed
    )
    gone = sorted({*EQUIVALENT, *OPEN} - names)
    how = f"{len(EQUIVALENT)} of all possible mutants that it calls equivalent, and {len(OPEN)} open ones"
    yield Claim("survivors.py names mutants that exist", how, len(names), "; ".join(gone) or "none", not gone)


def controls(killers: set[str], files: Iterable[str]) -> Iterator[Task]:
    """Give the engine as it is, once for each file of tests: it must be collected, and those that killed must pass."""
    for name in files:
        chosen = frozenset(test for test in killers if test.startswith(f"{path_of(name)}::"))
        yield original(ROOT, "autograd/ops.py"), [Stage((name,), chosen=chosen)]


def claims(found: list[Mutant], alive: list[Mutant], share: float) -> Iterator[Claim]:
    """Give a row for each module, and the one for all."""
    chosen = [mutant for mutant in found if mutant.key not in EQUIVALENT]
    how = "one expression or statement changed, then the module's tests until one fails"
    for file in PLANS:
        these, lives = [[mutant for mutant in some if mutant.file == file] for some in (chosen, alive)]
        bare = [mutant.key for mutant in lives if mutant.key not in OPEN]
        said = f"{len(lives)} alive, {len(bare)} of them without a reason"
        yield Claim(f"a wrong in {file} is noticed, or there is a reason", how, len(these), said, not bare)
    killed = 1.0 - len(alive) / max(1, len(chosen))
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(mutant.kind for mutant in chosen).most_common())
    kinds += f"; {len(found) - len(chosen)} equivalent left out, each with its reason in tests/prove/survivors.py"
    enough = (killed >= KILLED and len(chosen) >= LEAST) or share < 1.0
    told = [f"{len(alive)} alive: {killed:.1%} killed", *[f"{x.key}: {OPEN.get(x.key, 'no reason')}" for x in alive]]
    yield Claim(f"at least {KILLED:.0%} of the mutants are killed", kinds, len(chosen), "; ".join(told), enough)


def draw(file: str, share: float, names: set[str]) -> Iterator[Mutant]:
    """Draw a module's mutants by their names: the same ones until they themselves change. All names go to `names`."""

    def is_wanted(key: str) -> bool:
        names.add(key)
        number = zlib.crc32(key.encode())
        return number % PLANS[file].one_in == 0 and (number >> 8) % 1000 < 1000 * share

    return mutants(ROOT, file, is_wanted)


def stages(mutant: Mutant) -> list[Stage]:
    """Tell in which order a mutant's tests run: first those that name its place, or what is made with it."""
    plan, words = PLANS[mutant.file], {mutant.place, *mutant.place.split(".")}
    for _ in range(DEPTH):
        words |= {user for word in words for user in users().get(word, ())}
    words |= {"**" for word in words if "power" in word}  # as the tests of edges write it
    return [Stage(plan.likely, tuple(words), named=True), Stage(plan.tests, tuple(words))]


@cache
def users() -> dict[str, set[str]]:
    """Tell of every name in the mutated modules in which functions and rows of tables it stands."""
    found: dict[str, set[str]] = {}
    for file in PLANS:
        for name, node in definitions(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
            for inner in ast.walk(node):
                word = getattr(inner, "id", getattr(inner, "attr", ""))
                found.setdefault(word, set()).add(name)
    return found


if __name__ == "__main__":
    sys.exit(main(share_of("Try how many small wrongs in the engine its tests notice.")))
