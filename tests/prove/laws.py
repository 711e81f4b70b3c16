"""Hold the engine to laws that need no truth: what must come out the same, twice as large, or not at all.

The laws are tried on the random graphs of `graphs.py`. Six are exact, to the bit (but for the sign of zero). Linearity
and the sum of losses add the same path products in another order; their bound is what the additions and
multiplications of the backward passes may round, by `condition.py` with the partials taken as they are.
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "helpers"))

from claims import Claim, share_of, tell
from condition import Edge, backward
from gmpy2 import mpfr
from graphs import apart, beyond, graph_of, on_tape, together
from oracle import bits
from strategies import Recipe, Step
from tallies import Report, Tally

from autograd import Value, grad
from autograd.ops import OPS
from nn import MLP, half_squared_error

GRAPHS = 10_000
BATCH = 250
NETWORKS = 200
# Processes to compute in: a hash seed, and roughly how much memory to take before, which moves what follows.
PROCESSES = {"0": 0, "1": 10_000, "2": 123_457, "random": 1_000_003}

CLAIMS = {  # each law, and how it is tried
    "scaled": ("2**k * f has 2**k times the gradients of f, exactly", "k from -60 to 60; every node of each graph"),
    "linear": (
        "a * f + b * g has a times f's and b times g's gradients",
        "f and g share a graph; a, b from 1e-3 to 1e3",
    ),
    "losses": (
        "passes over f and g leave the gradients of f plus those of g, exactly",
        "every leaf; f and g share a graph",
    ),
    "sum": ("f + g has the gradients of f plus those of g", "the same"),
    "order": (
        "built in another order, a graph has the same numbers, and gradients that differ by what additions round",
        "each graph built in another topological order, leaves too",
    ),
    "twice": ("two passes give exactly twice the gradient", "every leaf of each graph"),
    "unused": ("an unused leaf has gradient 0 and keeps its .grad", "backward, grad and create_graph; in each graph"),
    "zero_grad": ("zero_grad twice is zero_grad once, and the next pass is the first", "MLPs of random shape"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the laws on both cores, and tell."""
    share = share_of("Hold the engine to its laws.", arguments)
    count = max(1, round(GRAPHS * share))
    found = Report()
    with ProcessPoolExecutor() as pool:
        batches = [range(k, min(k + BATCH, count)) for k in range(0, count, BATCH)]
        networks = pool.submit(try_networks, range(max(1, round(NETWORKS * share))))
        for report in [*pool.map(try_laws, batches), networks.result()]:
            found.add(report)
    return tell("laws", [*claims_of(found), same_everywhere(max(2, count // 20))])


def claims_of(found: Report) -> Iterator[Claim]:
    """Make the rows of the report."""
    for name, (claim, how) in CLAIMS.items():
        tally = found.tallies.get(name, Tally())
        error, place = tally.worst
        worst = f"{error:.2g} of the bound, {place}" if name in ("linear", "sum") else "none differs"
        if tally.failed:
            worst = f"{tally.failed:,} wrong, one of them {place}"
        yield Claim(claim, how, tally.tried, worst, bool(tally.tried) and not tally.failed)


def try_laws(seeds: range) -> Report:
    """Try each law on each graph."""
    report = Report()
    for seed in seeds:
        recipe, rng = graph_of(seed), random.Random(f"law {seed}")
        for name, law in LAWS.items():
            report.note(name, law(recipe, rng), f"in graph {seed}")
    return report


def record_graph(recipe: Recipe) -> tuple[list[Value], list[Value]]:
    """Record a graph: its leaves, and all its numbers."""
    leaves = [Value(x) for x in recipe.leaves]
    return leaves, recipe.run(leaves, lambda step, operands: Value.record(OPS[step.op], *operands))


def two_roots(recipe: Recipe, rng: random.Random) -> tuple[list[Value], Value, Value, int]:
    """Record a graph, and give its leaves, its root, another of its numbers, and the place of that."""
    leaves, values = record_graph(recipe)
    other = rng.randrange(len(leaves), len(values))
    return leaves, values[-1], values[other], other


def scaling(recipe: Recipe, rng: random.Random) -> float:
    _, values = record_graph(recipe)
    factor = 2.0 ** rng.randint(-60, 60)
    expected = [factor * x for x in grad(values[-1], values)]
    return apart(grad(values[-1] * factor, values), expected)


def linear(recipe: Recipe, rng: random.Random) -> float:
    """Beside its bound, how far the gradients of a * f + b * g are from a times f's and b times g's."""
    a, b = [rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(-3.0, 3.0) for _ in range(2)]
    return combination(recipe, rng, a, b)


def addition(recipe: Recipe, rng: random.Random) -> float:
    return combination(recipe, rng, 1.0, 1.0)


def combination(recipe: Recipe, rng: random.Random, a: float, b: float) -> float:
    """Compare the pass over a * f + b * g with those over f and over g, beside what all three may round."""
    leaves, f, g, place = two_roots(recipe, rng)
    end = len(leaves) + len(recipe.steps)
    joint = (Step("multiply", (end - 1, a)), Step("multiply", (place, b)), Step("add", (end, end + 1)))
    whole = Recipe(recipe.leaves, (*recipe.steps, *joint))
    parts = [recipe, Recipe(recipe.leaves, recipe.steps[: place - len(leaves) + 1])]
    allowed = [rounding(part) for part in (whole, *parts)]
    got, by_f, by_g = [grad(root, leaves) for root in (a * f + b * g, f, g)]
    expected = [mpfr(a) * mpfr(x) + mpfr(b) * mpfr(z) for x, z in zip(by_f, by_g, strict=True)]
    bounds = [one + abs(a) * x + abs(b) * z for one, x, z in zip(*allowed, strict=True)]
    return beyond(list(zip(expected, bounds, strict=True)), got)


def rounding(recipe: Recipe) -> list[float]:
    """What the backward pass over a graph may round, by leaf, if its partials are taken as they are."""
    leaves, values = record_graph(recipe)
    edges = [
        [
            Edge(i, mpfr(partial), 0.0)
            for i, partial in zip(step.operands, value.partials, strict=True)
            if isinstance(i, int) and partial is not None
        ]
        for step, value in zip(recipe.steps, values[len(leaves) :], strict=True)
    ]
    return [error for _, error in backward(recipe, edges)[: len(leaves)]]


def losses(recipe: Recipe, rng: random.Random) -> float:
    leaves, f, g, _ = two_roots(recipe, rng)
    expected = [by_f + by_g for by_f, by_g in zip(grad(f, leaves), grad(g, leaves), strict=True)]
    f.backward()
    g.backward()
    return apart([leaf.grad for leaf in leaves], expected)


def order(recipe: Recipe, rng: random.Random) -> float:
    """Build the graph again, each time from any of the steps whose operands are there."""
    leaves, values = record_graph(recipe)
    count = len(leaves)
    again: dict[int, Value] = {k: Value(recipe.leaves[k]) for k in rng.sample(range(count), count)}
    waiting = [*range(len(recipe.steps))]
    while waiting:
        ready = [k for k in waiting if all(i in again for i in recipe.steps[k].operands if isinstance(i, int))]
        k = rng.choice(ready[:5])
        waiting.remove(k)
        step = recipe.steps[k]
        again[count + k] = Value.record(OPS[step.op], *[again[i] if isinstance(i, int) else i for i in step.operands])
    values[-1].backward()
    again[len(values) - 1].backward()
    bounds = [(mpfr(leaf.grad), 2.0 * error) for leaf, error in zip(leaves, rounding(recipe), strict=True)]
    same = apart([again[k].data for k in range(len(values))], [x.data for x in values])
    return max(same, beyond(bounds, [again[k].grad for k in range(count)]))


def numbers(values: Sequence[Value]) -> list[float]:
    return [*[x.data for x in values], *[x.grad for x in values]]


def twice(recipe: Recipe, rng: random.Random) -> float:
    leaves, values = record_graph(recipe)
    values[-1].backward()
    once = [leaf.grad for leaf in leaves]
    values[-1].backward()
    return apart([leaf.grad for leaf in leaves], [2.0 * x for x in once])


def unused(recipe: Recipe, rng: random.Random) -> float:
    leaves, values = record_graph(recipe)
    idle = Value(rng.uniform(-1.0, 1.0))
    idle.grad = kept = rng.uniform(-1.0, 1.0)
    plain = grad(values[-1], [idle])
    recorded = [x.data for x in grad(values[-1], [*leaves, idle], create_graph=True)[-1:]]
    values[-1].backward()
    return apart([*plain, *recorded, idle.grad], [0.0, 0.0, kept])


LAWS: dict[str, Callable[[Recipe, random.Random], float]] = {
    "scaled": scaling,
    "linear": linear,
    "losses": losses,
    "sum": addition,
    "order": order,
    "twice": twice,
    "unused": unused,
}


def try_networks(seeds: range) -> Report:
    """Try `zero_grad` on networks."""
    report = Report()
    for seed in seeds:
        rng = random.Random(f"network {seed}")
        sizes = [rng.randint(1, 5) for _ in range(rng.randint(1, 3))]
        model = MLP(2, [*sizes, 1], activation=rng.choice(("tanh", "sigmoid", "relu")), seed=seed)
        row = [rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)]

        def slopes(model: MLP = model, row: list[float] = row) -> list[float]:
            half_squared_error(model(row), 0.3).backward()
            return [p.grad for p in model.parameters()]

        first = slopes()
        model.zero_grad()
        zero = [p.grad for p in model.parameters()]
        model.zero_grad()
        zero += [p.grad for p in model.parameters()]
        report.note("zero_grad", max(apart(zero, [0.0] * len(zero)), apart(slopes(), first)), f"in network {seed}")
    return report


def same_everywhere(count: int) -> Claim:
    """Compute the same in processes of their own, with other hash seeds and other addresses."""
    digests = {}
    for seed, padding in PROCESSES.items():
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, __file__, "--digest", str(count), str(padding)]
        digests[seed] = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    same = len(set(digests.values())) == 1
    return Claim(
        "results depend on no hash seed, no address and no process",
        f"{count:,} graphs in {len(PROCESSES)} processes: numbers, gradients, second derivatives, and compiled ones",
        count * len(PROCESSES),
        "none differs" if same else f"{len(set(digests.values()))} different results",
        same,
    )


def digest(count: int, padding: int) -> str:
    """Compute graphs in every way, and give a digest of all bits."""
    taken = [bytearray(1 + k % 4096) for k in range(padding // 64)]
    recipes = [graph_of(seed) for seed in range(count)]
    told = hashlib.sha256()
    for recipe in recipes:
        leaves, values = record_graph(recipe)
        slopes = grad(values[-1], leaves, create_graph=True)
        curves = [x for slope in slopes[:2] for x in grad(slope, leaves)]
        values[-1].backward()
        told.update(b"".join(map(bits, [*numbers(values), *curves])))
    (found,) = together(recipes, on_tape, False)
    told.update(b"".join(map(bits, chain.from_iterable(found))))
    del taken
    return told.hexdigest()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--digest"]:
        print(digest(int(sys.argv[2]), int(sys.argv[3])))
        sys.exit(0)
    sys.exit(main())
