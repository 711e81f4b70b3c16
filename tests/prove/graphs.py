"""Try the whole engine on 100,000 random graphs: against the truth, and every way of computing against every other.

A graph has 2 to 200 nodes besides its leaves, small ones far more often (a size n has a chance of about 1 / n**2), of
every op: shared and repeated inputs, constants, n-ary nodes. What nothing else uses is summed up, so that every node
bears on the root.

- Of each graph, each node's number and gradient are held to the truth, within the error bound of `condition.py`, which
  is computed from the graph. A graph is passed over if that bound says that rounding may carry an operand across a kink
  or out of its domain, or that its terms of third order matter.
- Floats, recorded `Value`s, `backward`, `grad`, `create_graph` and `record_steps` agree bit for bit (but for the sign
  of zero). So does the compiler in exact mode: every graph is in one of 20 programs of 5,000 graphs, which its tape
  runs, and 20 of each 5,000 are compiled by LLVM to straight-line code too, the small ones of 10 to second order.
- Second derivatives, in graphs of up to 30 nodes, are held to the truth too (`curvature.py`).
- With fastmath, all of them are compiled once more: within the bound for any order of sums, and 4 ulps a libm call.
"""

from __future__ import annotations

import math
import random
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from itertools import islice
from operator import add
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "helpers"))

from claims import Claim, share_of, tell
from condition import backward, beyond, forward, truths
from curvature import true_curvatures, with_bounds
from strategies import MARGIN, Recipe, Step, random_recipe
from tallies import Report, Tally
from truth import Row

import autograd
from autograd import Value, grad, record_steps, topological_order
from autograd.compiler import CompiledFunction
from autograd.compiler.tape.kernel import TapeKernel
from autograd.lowering.program import Program
from autograd.ops import CONSTANT, OPS
from autograd.recording.steps import BackwardStep

GRAPHS = 100_000
BATCH = 5_000  # graphs a task: one program on the tape
STRAIGHT, BENT = 20, 10  # of each batch: compiled to straight-line code too, and to second order
FIFTH, CURVED = 5, 30  # of which graphs second derivatives are tried, and up to how many nodes
SMALL, LARGE = 2, 200  # nodes; a fifth of the largest graphs sums up the others
TRUSTED = 1e-7  # errors below it have no terms of third order worth counting, and carry no operand across a kink
assert TRUSTED < MARGIN


CLAIMS = {  # each claim, and how it is tried
    "forward": ("every node's number is within its error bound", "MPFR at 72 digits; the bound follows from the graph"),
    "gradient": ("every node's gradient is within its error bound", "the same, through the backward pass"),
    "recorded": ("floats and Values compute the same bits", "each node of each graph, forward"),
    "grad": ("grad gives the bits of backward", "each node of each graph"),
    "create_graph": ("create_graph gives the bits of backward", "each leaf of each graph"),
    "second": (
        "second derivatives through create_graph are within their error bound",
        "those of one slope, in each fifth graph of up to 30 nodes; the bound is of the recorded slope's own graph",
    ),
    "steps": ("a recorded pass has the bits of the pass", "each node of each graph, forward and backward"),
    "on_tape": (
        "compiled exact gives the eager bits, on a tape",
        "each root, and its slope by each leaf, of 5,000 graphs",
    ),
    "straight": ("compiled exact gives the eager bits, as straight-line code", "LLVM; 20 graphs of 5,000, the same"),
    "bent": (
        "compiled exact second derivatives have the eager bits",
        "LLVM; those of 10 in 5,000 that have up to 30 nodes: each second derivative",
    ),
    "loose on_tape": (
        "fastmath is within its error bound, on a tape",
        "each root, and its slope by each leaf, where the bound says anything",
    ),
    "loose straight": ("fastmath is within its error bound, as straight-line code", "20 graphs of 5,000, the same"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the graphs on both cores, and tell."""
    count = max(1, round(GRAPHS * share_of("Try random graphs in every way.", arguments)))
    found = Report()
    with ProcessPoolExecutor() as pool:
        for report in pool.map(try_graphs, [range(k, min(k + BATCH, count)) for k in range(0, count, BATCH)]):
            found.add(report)
    return tell("graphs", list(claims_of(found)))


def claims_of(found: Report) -> Iterator[Claim]:
    """Make the rows of the report."""
    size = f"{found.graphs:,} graphs of {found.nodes:,} nodes"
    missing = sorted({*OPS} - found.used)
    yield Claim("every op takes part", size, len(OPS), f"missing: {', '.join(missing) or 'none'}", not missing)
    for name, (claim, how) in CLAIMS.items():
        tally = found.tallies.get(name, Tally())
        error, place = tally.worst
        if name in ("forward", "gradient"):
            how += f"; {size}, and {found.passed_over:,} passed over, whose bound reaches {TRUSTED:g}"
        if math.isinf(error) or tally.failed:
            worst = f"{tally.failed:,} wrong, one of them {place}"
        elif "bound" in claim:
            worst = f"{error:.2g} of the bound, {place}"
        else:
            worst = "none differs"
        yield Claim(claim, how, tally.tried, worst, bool(tally.tried) and not tally.failed)


def graph_of(seed: int) -> Recipe:
    """Make a graph from its seed; what no step uses is summed up at the end, five at a time."""
    rng = random.Random(f"graph {seed}")
    recipe = random_recipe(seed, int(1.0 / rng.uniform(1.0 / (0.8 * LARGE), 1.0 / SMALL)), tuple(OPS))
    count, steps = len(recipe.leaves), list(recipe.steps)
    used = {i for step in steps for i in step.operands if isinstance(i, int)}
    unused = [i for i in range(count + len(steps)) if i not in used]
    while len(unused) > 1:
        steps.append(Step("sum", tuple(unused[:5])))
        unused = [*unused[5:], count + len(steps) - 1]
    return Recipe(recipe.leaves, tuple(steps))


def try_graphs(seeds: range) -> Report:
    """Try a batch of graphs, one by one and compiled together."""
    report = Report()
    recipes = [graph_of(seed) for seed in seeds]
    eager, bounds = [], []
    for seed, recipe in zip(seeds, recipes, strict=True):
        report.graphs += 1
        report.nodes += len(recipe.steps)
        report.used |= {step.op for step in recipe.steps}
        rows = truths(recipe)
        eager.append(try_eager(report, recipe, rows, f"in graph {seed}"))
        bounds.append(loose_bounds(recipe, rows))
        if seed % FIFTH == 0 and len(recipe.steps) <= CURVED:
            try_second(report, recipe, rows, seed)
    for way, few in ((on_tape, recipes), (straight, recipes[:STRAIGHT])):
        exact, loose = together(few, way, False, True)
        for seed, expected, got in zip(seeds, eager, exact, strict=False):
            report.note(way.__name__, apart(got, expected), f"in graph {seed}")
        for seed, true, got in zip(seeds, bounds, loose, strict=False):
            if true is not None:
                report.note(f"loose {way.__name__}", beyond(true, got), f"in graph {seed}")
    try_compiled_second(report, seeds, recipes[:BENT])
    return report


def try_eager(report: Report, recipe: Recipe, rows: Sequence[Row], place: str) -> list[float]:
    """Try a graph in each eager way, hold it to the truth, and give its root and the slope by each leaf."""
    leaves = [Value(x) for x in recipe.leaves]
    values = recipe.run(leaves, lambda step, operands: Value.record(OPS[step.op], *operands))
    report.note("recorded", apart([x.data for x in values], recipe.numbers()), place)
    gradients = grad(values[-1], values)
    slopes = grad(values[-1], leaves, create_graph=True)
    report.note("create_graph", apart([x.data for x in slopes], gradients[: len(leaves)]), place)
    values[-1].backward()
    report.note("grad", apart([x.grad for x in values], gradients), place)
    report.note("steps", compare_recording(values, gradients), place)
    nodes, edges = forward(recipe, rows)
    if max([node.error for node in nodes]) < TRUSTED:
        report.note("forward", beyond([(x.value, x.error) for x in nodes], [x.data for x in values]), place)
        report.note("gradient", beyond(backward(recipe, edges), gradients), place)
    else:
        report.passed_over += 1
    return [values[-1].data, *gradients[: len(leaves)]]


def loose_bounds(recipe: Recipe, rows: Sequence[Row]) -> list[tuple[Any, float]] | None:
    """Give the truth of the root, and of its slope by each leaf, and what fastmath may put each off by."""
    nodes, edges = forward(recipe, rows, fast=True)
    if not max([node.error for node in nodes]) < TRUSTED:
        return None
    return [(nodes[-1].value, nodes[-1].error), *backward(recipe, edges, fast=True)[: len(recipe.leaves)]]


def try_second(report: Report, recipe: Recipe, rows: Sequence[Row], seed: int) -> None:
    """Hold the second derivatives by one leaf and each to the truth."""
    leaves = [Value(x) for x in recipe.leaves]
    place = seed % len(leaves)
    slope = grad(recipe.root(*leaves), leaves, create_graph=True)[place]
    bounds = with_bounds(slope, leaves, TRUSTED)
    if bounds is not None:
        true = list(zip(true_curvatures(recipe, rows, place), bounds, strict=True))
        report.note("second", beyond(true, grad(slope, leaves)), f"in graph {seed}")


def apart(got: Sequence[float], expected: Sequence[float]) -> float:
    """Tell whether two lists of numbers have the same bits, but for the sign of zero: 0 or inf."""
    left, right = [array("d", [x + 0.0 for x in numbers]) for numbers in (got, expected)]
    return 0.0 if left.tobytes() == right.tobytes() else math.inf


def compare_recording(values: Sequence[Value], gradients: Sequence[float]) -> float:
    """Tell whether a recorded pass has the numbers and the gradients of the graph: 0 or inf."""
    recorded, order = record_steps(values[-1]).passes[0], topological_order(values[-1])
    expected = dict(zip(values, gradients, strict=True))
    passed = [step for step in recorded.steps if isinstance(step, BackwardStep)]
    sums = {c.input: c.after for step in passed for c in step.contributions}
    told = [*[node.data for node in recorded.nodes], *[step.gradient for step in passed]]
    known = [*[x.data for x in order], *[expected[order[step.node]] for step in passed]]
    free = [n for n in sums if order[n].op is not CONSTANT]
    return apart([*told, *[sums[n] for n in free]], [*known, *[expected[order[n]] for n in free]])


Way = Callable[[Program, bool], CompiledFunction]


def together(recipes: Sequence[Recipe], way: Way, *fastmath: bool) -> Iterator[list[list[float]]]:
    """Compile many graphs as one function, without or with fastmath; give of each its root, and its slope by each leaf.

    The roots are added up, each times a leaf of its own that is 1: the slope by that leaf is the root itself. They are
    added two by two: as one node they would be a case of the interpreter that takes LLVM most of the time.
    """

    def whole(*xs: Any) -> Any:
        given = iter(xs)
        return reduce(add, [next(given) * recipe.root(*islice(given, len(recipe.leaves))) for recipe in recipes])

    xs = [x for recipe in recipes for x in (1.0, *recipe.leaves)]
    program = autograd.compile(whole, example=xs).program
    for fast in fastmath:
        slopes = iter(way(program, fast).value_and_grad(*xs)[1].tolist())
        yield [[*islice(slopes, 1 + len(recipe.leaves))] for recipe in recipes]


def on_tape(program: Program, fast: bool) -> CompiledFunction:
    """Compile for the tape, whatever the size."""
    compiled = straight(program, fast)
    compiled.kernels["value_and_grad"] = TapeKernel(program, fast, differentiate=True)
    return compiled


def straight(program: Program, fast: bool) -> CompiledFunction:
    """Compile to straight-line code, which a program of a few graphs is short enough for."""
    return CompiledFunction(program, structure=0, parameters=[], fastmath=fast)


def try_compiled_second(report: Report, seeds: range, recipes: Sequence[Recipe]) -> None:
    """Hold the second derivatives of small graphs, compiled, to the bits of `autograd.hessian`."""
    for seed, recipe in zip(seeds, recipes, strict=False):
        if len(recipe.steps) <= CURVED:
            got = autograd.compile(recipe.root, example=recipe.leaves).hessian(*recipe.leaves)
            expected = autograd.hessian(recipe.root, recipe.leaves)
            report.note("bent", max(map(apart, got.tolist(), expected)), f"in graph {seed}")


if __name__ == "__main__":
    sys.exit(main())
