"""Loops: programs that repeat themselves, compiled as loops, against the engine and against code written out.

A program is a body of a few random ops, applied turn after turn: 0, 1, 7, 8, 9 or 1,000 of them. What an op reads is of
the same turn or of one before, from before the loop, or from a place of its own in each turn: an argument or a
parameter that moves on by a stride, a constant, or one at random. Some bodies hold a loop, some ops are left out of
every third turn, some choose between branches, and some programs return what is computed amid the loop.

The compiler rolls only what is long enough to be worth it: here its thresholds are lowered, so that nearly all is.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from unittest.mock import patch

import numpy as np
from claims import Claim, share_of, tell
from graphs import apart
from numpy.typing import NDArray
from tallies import Report, Tally

import autograd
from autograd import Value, where
from autograd.compiler import CompiledFunction
from autograd.compiler.llvm.find_loops import loops
from autograd.compiler.llvm.repeats import Steps, repeats
from autograd.compiler.runtime import strategy
from autograd.compiler.runtime.kernel import Kernel
from autograd.lowering.program import BLOCK
from autograd.value import parameter

PROGRAMS: Final = 120
BATCH: Final = 12  # programs a task
TURNS: Final = (7, 8, 9, 0, 1)
LONG: Final = 1_000  # turns of each twelfth program
EACH: Final = 12
ARGUMENTS: Final = 5
ROWS: Final = (1, 2, 7, 8, 9, 33)
LANES: Final = (None, 1, 2, 4, 8)
THREADS: Final = range(1, 17)
KINDS: Final = ("values", "value_and_grad", "hessian", "jacobian", "vjp", "jvp", "hvp")
OF_LISTS: Final = ("values", "jacobian", "vjp", "jvp")  # what a function of several results has
SOURCES: Final = ("turn", "turn", "turn", "before", "argument", "constant", "random")
MOST: Final = 0.8  # of the programs of seven equal turns or more must be loops, or little is tried here
ROLLED: Final = {  # thresholds of the compiler under which all that repeats is a loop
    "autograd.compiler.runtime.strategy": {"ROLLED": -1},
    "autograd.compiler.llvm.repeats": {"SAVED": 2, "TURNS": 3, "WINDOWS": (2, 4, 8, 32)},
}
WRITTEN_OUT: Final = {"autograd.compiler.runtime.strategy": {"ROLLED": sys.maxsize}}

OPS: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "mean": lambda a, b: 0.5 * (a + b),
    "damped": lambda a, b: a.tanh() * b,
    "wave": lambda a, b: (a - b).sin(),
    "quotient": lambda a, b: a / (2.0 + b * b),
    "maximum": autograd.maximum,
    "choice": lambda a, b: where(a > b, 0.9 * a, 0.1 + b),
    "guarded": lambda a, b: 0.5 * a if b > -1e6 else b,
    "sum": lambda a, b: autograd.sum([a, 0.3 * b, b.sigmoid()]) * 0.4,
}


Line = tuple[str, tuple[str, int], tuple[str, int]]  # an op, and where each operand comes from


@dataclass(frozen=True)
class Program:
    """A loop: its body, as ops on two operands each, and what is around it."""

    seed: int
    turns: int
    body: tuple[Line, ...]
    inner: int  # turns of the loop within the body, over the first half of its ops
    skips: bool  # whether the last op is left out of every third turn
    several: bool  # whether results amid the loop are returned too
    weights: tuple[Value, ...]  # the parameters

    def __call__(self, *xs: Value) -> Any:
        """Run the loop on numbers of any kind."""
        places = random.Random(self.seed)
        pool = [*xs, *[x * x for x in xs], *self.weights]
        known, kept = list(pool), []

        def read(source: str, place: int, turn: int) -> Any:
            if source == "turn":
                return known[-1 - place]
            if source == "before":
                return pool[place]
            if source == "argument":
                moving = self.weights or xs
                return moving[(turn * (1 + place % 3) + place) % len(moving)]
            return 1.0 / (turn + 2 + place) + xs[0] if source == "constant" else places.choice(pool)

        def apply(ops: Sequence[Line], turn: int) -> None:
            known.extend(OPS[op](read(*a, turn), read(*b, turn)) for op, a, b in ops)

        half = len(self.body) // 2
        for turn in range(self.turns):
            for _ in range(self.inner):
                apply(self.body[:half], turn)
            apply(self.body[half : len(self.body) - (self.skips and turn % 3 == 0)], turn)
            if turn % 3 == 0:
                kept.append(known[-1])
        result = autograd.sum(known[-3:])
        return [*kept[:20], result] if self.several else result


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the programs on both cores, and say what was seen."""
    count = max(1, round(PROGRAMS * share_of("Try loops in every way.", arguments)))
    found = Report()
    with ProcessPoolExecutor() as pool:
        for report in pool.map(try_programs, [range(k, min(k + BATCH, count)) for k in range(0, count, BATCH)]):
            found.add(report)
    for seed in range(max(1, count // 30)):
        try_threads(found, seed)
    for seed in range(count):
        try_scattered(found, seed)
    return tell("loops", [*claims_of(found), makes_loops(found)])


def claims_of(found: Report) -> Iterator[Claim]:
    """Make the rows of the report, but for the one about how many programs are loops."""
    lines = f"1 to {ROWS[-1]} rows on 1 to 8 lanes"
    rows = {
        "engine": ("loops have the bits of the engine", "values, gradients, second derivatives of 0 to 1,000 turns"),
        **{kind: (f"loops have the bits of code written out: {kind}", lines) for kind in KINDS},
        "threads": ("loops have the same bits on 1 to 16 threads", "value_and_grad of 17 blocks of rows"),
        "scattered": ("operands at places without a rule make no loop", "of 100 turns, at the compiler's thresholds"),
    }
    for name, (claim, how) in rows.items():
        tally = found.tallies.get(name, Tally())
        worst = f"{tally.failed:,} wrong, one of them {tally.worst[1]}" if tally.failed else "none differs"
        yield Claim(claim, how, tally.tried, worst, bool(tally.tried) and not tally.failed)


def makes_loops(found: Report) -> Claim:
    """Say how many of the programs that repeat themselves are compiled as loops."""
    tally = found.tallies["rolled"]
    loops = tally.tried - tally.failed
    claim = f"at least {MOST:.0%} of the programs of seven equal turns or more are compiled as loops"
    return Claim(claim, "with lowered thresholds", tally.tried, f"{loops} are", loops >= MOST * tally.tried)


def program_of(seed: int) -> Program:
    """Make a program from its seed."""
    rng = random.Random(f"loop {seed}")
    turns = LONG if seed % EACH == 0 else TURNS[seed % len(TURNS)]
    count = rng.randrange(2, 6)

    def operand() -> tuple[str, int]:
        source = rng.choice(SOURCES if rng.random() < 0.5 else SOURCES[:-1])
        return source, rng.randrange(ARGUMENTS)

    body = tuple((rng.choice([*OPS]), operand(), operand()) for _ in range(count))
    weights = tuple(parameter(rng.uniform(-1.0, 1.0)) for _ in range(ARGUMENTS)) if rng.random() < 0.25 else ()
    inner = rng.choice((0, 1, 1, 3))
    return Program(seed, turns, body, inner, rng.random() < 0.2, rng.random() < 0.2, weights)


def try_programs(seeds: range) -> Report:
    """Try a batch of programs."""
    report = Report()
    for program in map(program_of, seeds):
        points = points_of(program.seed, random.Random(program.seed).choice(ROWS))
        with thresholds(ROLLED):
            rolled = compile_program(program)
            compare_with_engine(report, program, rolled, points)
        if program.turns < LONG:
            compare_with_written_out(report, program, points)
        if program.turns >= min(TURNS[:3]) and not program.skips:
            looped = any(kernel.repeats for kernel in rolled.kernels.values() if isinstance(kernel, Kernel))
            report.note("rolled", 0.0 if looped else math.inf, f"in program {program.seed}")
    return report


def points_of(seed: int, rows: int) -> NDArray[np.float64]:
    """Draw so many rows of arguments."""
    return np.random.default_rng(seed).uniform(-1.5, 1.5, size=(ARGUMENTS, rows))


@contextmanager
def thresholds(settings: dict[str, dict[str, Any]]) -> Iterator[None]:
    """Set the compiler's thresholds, and forget what was compiled with others."""
    with ExitStack() as stack:
        for module, names in settings.items():
            stack.enter_context(patch.multiple(module, **names))
        strategy.cached_kernel.cache_clear()
        yield
    strategy.cached_kernel.cache_clear()


def compile_program(program: Program, lanes: int | None = None, threads: int | None = None) -> CompiledFunction:
    """Compile a program for vectors of so many lanes."""
    example = [0.1 * k + 0.2 for k in range(ARGUMENTS)]
    compiled = autograd.compile(program, program.weights, example=example, threads=threads)
    compiled.lanes = lanes
    return compiled


def flat(result: Any) -> list[float]:
    """Return all numbers of a result in one list."""
    if isinstance(result, list | tuple):
        return [x for each in result for x in flat(each)]
    return np.asarray(result).ravel().tolist()


def compare_with_engine(
    report: Report, program: Program, compiled: CompiledFunction, points: NDArray[np.float64]
) -> None:
    """Compare values and derivatives with those of `Value`s, a row at a time."""
    for row in points.T.tolist()[:3]:
        xs = [Value(x) for x in row]
        got, results = flat(compiled(*row)), program(*xs)
        expected = [x.data for x in (results if program.several else [results])]
        if not program.several:
            leaves = program.weights or xs
            expected += autograd.grad(results, leaves)
            got += flat(compiled.value_and_grad(*row)[1])
        if not program.several and not program.weights:
            expected += flat(autograd.hessian(program, row))
            got += flat(compiled.hessian(*row))
        report.note("engine", apart(got, expected), f"in program {program.seed}")


def compare_with_written_out(report: Report, program: Program, points: NDArray[np.float64]) -> None:
    """Compare every derivative with that of the same program written out."""
    lanes = random.Random(program.seed).choice(LANES)
    for kind in OF_LISTS if program.several else KINDS:
        results = []
        for settings in (ROLLED, WRITTEN_OUT):
            with thresholds(settings):
                results.append(flat(derive(kind, compile_program(program, lanes), program, points)))
        report.note(kind, apart(*results), f"in program {program.seed}")


def derive(kind: str, compiled: CompiledFunction, program: Program, points: NDArray[np.float64]) -> Any:
    """Compute one kind of derivative."""
    along = [0.3 * k - 0.5 for k in range(ARGUMENTS)]
    if kind == "values":
        return compiled(*points)
    if kind == "jvp":
        return compiled.jvp(*points, tangents=along)
    if kind == "hvp":
        return compiled.hvp(*points, vector=along)
    if kind == "vjp":
        count = len(compiled(*points[:, :1])) if program.several else 0
        return compiled.vjp(*points, cotangents=[0.7 - 0.1 * k for k in range(count)] if program.several else 0.7)
    return getattr(compiled, kind)(*points)


def try_threads(report: Report, seed: int) -> None:
    """Compute more blocks of rows than there are threads, on each number of threads."""
    program = replace(program_of(seed), turns=9, several=False)
    points = points_of(seed, (THREADS[-1] + 1) * BLOCK)
    with thresholds(ROLLED):
        one, *others = [flat(compile_program(program, threads=k).value_and_grad(*points)) for k in THREADS]
    for threads, other in zip(THREADS[1:], others, strict=True):
        report.note("threads", apart(other, one), f"program {seed} on {threads} threads")


def try_scattered(report: Report, seed: int) -> None:
    """See that products of operands drawn at random, which no loop could read without tables, are no loop."""

    def scattered(x: Value, v: Value) -> Value:
        rng = random.Random(f"scattered {seed}")
        pool = [(x * k + v).sin() for k in range(1, 40)]
        return autograd.sum([rng.choice(pool) * rng.choice(pool) for _ in range(100)])

    program = autograd.compile(scattered).program
    looped = {int(n) for repeat in repeats(Steps(program, loops(program))) for n in repeat.looped.ravel()}
    sines = {n for n, instruction in enumerate(program.code) if instruction.op == "sin"}
    products = {n for n, x in enumerate(program.code) if x.op == "multiply" and sines.issuperset(x.inputs)}
    report.note("scattered", 0.0 if products and not products & looped else math.inf, f"in program {seed}")


if __name__ == "__main__":
    sys.exit(main())
