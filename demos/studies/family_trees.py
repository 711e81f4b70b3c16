"""Family trees: a network learns who is whose aunt, and finds out by itself that there are two nations.

The setting is that of Rumelhart, Hinton and Williams, Learning representations by back-propagating errors (Nature 323,
1986), figures 2 to 4: two isomorphic families, 104 cases of a person and a relation, four of them held out. A case is
right if the units of all who answer are above 0.5 and all others below: what Hinton counted as correct in Learning
distributed representations of concepts (1986), on the same trees.

First their recipe to the letter, from several ranges of initial weights, since the paper states none. Here its decay
lets nothing begin: the answers to all questions stay the same. What is known already, it keeps. Then a recipe that is
adapted: `--search 8` shows what led to it, on other splits than those that the figures come from. A network that does
not learn its 100 cases is started anew; what is held out has no say in that. Last, what the six units that see the
person tell apart. Training is native. Writes out/family-trees.svg.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import binomtest
from tqdm import tqdm  # type: ignore[import-untyped]

from autograd import Value
from demos.common import style
from demos.common.command import at_least_one, parser
from demos.common.inside import look_inside
from demos.common.style import Row, print_table
from demos.studies.family.net import ADAPTED, HELD_OUT, PAPER, SEARCH, FamilyNet, Outcome, Recipe, learn
from demos.studies.family.people import PEOPLE, RELATIONS, cases
from demos.studies.family.units import FEATURES, by_chance, draw_unit, name_people, separation
from nn import half_squared_error

BOUNDS = (0.1, 0.3, 1.0, 2.0)  # ranges of initial weights for the paper's recipe
ELSEWHERE = 1000  # the first seed of the splits that the search looks at


def main(argv: Sequence[str] | None = None) -> None:
    """Train by the paper's recipe and by the adapted one, and publish both; with --search, only show what was tried."""
    options_of = parser(
        __doc__,
        "the first seed of weights and splits",
        splits=(50, "how many splits for the adapted recipe"),
        runs=(3, "how many runs of the paper's recipe, for each range of weights"),
    )
    options_of.add_argument(
        "--search", type=at_least_one, metavar="SPLITS", help="show what was tried, on other splits"
    )
    options = options_of.parse_args(argv)
    if options.search:
        search(options.search)
        return

    literal = {
        bound: run(PAPER._replace(bound=bound), options.seed, options.runs, f"the paper's, ±{bound}")
        for bound in BOUNDS
    }
    adapted = run(ADAPTED, options.seed, options.splits, "adapted")
    some = range(min(options.runs, options.splits))
    resumed = [learn(PAPER, options.seed + k, known=adapted[k].network) for k in some]
    style.publish(
        "family_trees",
        "Family trees",
        "Six units that see only a person come to stand for nation, generation and branch, of which nothing is given.",
        [*literal_rows(literal, resumed), *adapted_rows(adapted), *unit_rows(adapted)],
        {"family-trees": "Weights from 24 people to six units as squares; below, how many of four cases were right"},
        look_inside("family_trees", "the first network asked for Colin's aunts", ask(adapted[0].network)),
    )
    style.save(picture(adapted), "family-trees")


def run(recipe: Recipe, first: int, splits: int, name: str) -> list[Outcome]:
    """Train once for each split, from different weights each time."""
    return [learn(recipe, seed) for seed in tqdm(range(first, first + splits), unit="split", desc=name)]


def ask(network: FamilyNet) -> Value:
    """Record the network's answer to the paper's example, and its error: Colin has two aunts."""
    (aunts,) = [case for case in cases() if (PEOPLE[case.person], RELATIONS[case.relation]) == ("Colin", "aunt")]
    return half_squared_error(network(aunts.inputs), aunts.targets)


def search(splits: int) -> None:
    """Print how each recipe that was tried does on splits which no reported figure comes from."""
    rows = [Row("recipe", "learned", "held out", "parts of 1; runs with 99 % learned")]
    for name, recipe in SEARCH.items():
        outcomes = run(recipe, ELSEWHERE, splits, name)
        solved = sum(share(outcome.learned) >= 0.99 for outcome in outcomes)
        learned, held_out = mean_learned(outcomes), share(pool(outcomes))
        rows.append(Row(name, f"{learned:.1%}", f"{held_out:.1%}", f"{solved} of {splits}"))
    print_table(rows)


def share(right: Sequence[bool]) -> float:
    return sum(right) / len(right)


def mean_learned(outcomes: Sequence[Outcome]) -> float:
    return sum(share(outcome.learned) for outcome in outcomes) / len(outcomes)


def pool(outcomes: Sequence[Outcome]) -> list[bool]:
    return [right for outcome in outcomes for right in outcome.held_out]


def literal_rows(literal: dict[float, list[Outcome]], resumed: list[Outcome]) -> list[Row]:
    """Say what the paper's recipe gives from each range of initial weights, and from weights that were learned."""
    named = {f"the paper's recipe, weights ±{bound}": outcomes for bound, outcomes in literal.items()}
    rows = [Row(name, "100% and 100%", *describe_outcomes(outcomes)) for name, outcomes in named.items()]
    return [*rows, Row("the same, from the adapted one's weights", "", *describe_outcomes(resumed))]


def describe_outcomes(outcomes: Sequence[Outcome]) -> tuple[str, str]:
    right = f"{mean_learned(outcomes):.0%} and {share(pool(outcomes)):.0%}"
    return right, f"of learned and held-out cases right; {len(outcomes)} runs"


def adapted_rows(adapted: Sequence[Outcome]) -> list[Row]:
    """Say what the adapted recipe gets right, over all splits, with an interval for the held-out cases."""
    right = pool(adapted)
    low, high = binomtest(sum(right), len(right)).proportion_ci(method="wilson")
    full = sum(all(outcome.held_out) for outcome in adapted)
    again = sum(outcome.starts - 1 for outcome in adapted)
    note = f"{len(adapted)} splits; {again} networks did not learn and were started anew"
    return [
        Row("adapted, learned cases right", "100%", f"{mean_learned(adapted):.1%}", note),
        Row(
            "adapted, held-out cases right",
            "4 of 4",
            f"{share(right):.1%}",
            f"{sum(right)} of {len(right)}; 95 % interval {low:.1%} to {high:.1%}",
        ),
        Row("all four held out right", "1 of 1", f"{full} of {len(adapted)}"),
    ]


def unit_rows(adapted: Sequence[Outcome]) -> list[Row]:
    """Say how well a single unit tells each feature apart, over all networks, and what shuffled labels would give."""
    units = [person_weights(outcome.network) for outcome in adapted]
    rows = []
    for feature, labels in FEATURES.items():
        shares = [separation(weights, labels).share for weights in units]
        chance = by_chance(units[0], labels)
        note = f"of people, by the best unit of six, the median; {chance:.0%} with labels shuffled"
        rows.append(Row(f"{feature}, told apart", "", f"{median(shares):.0%}", note))
    return rows


def person_weights(network: FamilyNet) -> list[list[float]]:
    """Return each person unit's weights, one for each person."""
    return [[weight.data for weight in unit.weights] for unit in network.people.neurons]


def picture(adapted: Sequence[Outcome]) -> Figure:
    """Draw the person units of the first network that got all held-out cases right, and count right cases by split."""
    shown = next((outcome for outcome in adapted if all(outcome.held_out)), adapted[0])
    figure = Figure(figsize=(9.0, 6.6))
    above, below = figure.subfigures(2, 1, height_ratios=[5.0, 1.6])  # type: ignore[misc]
    draw_units(above.subplots(3, 2).flat, person_weights(shown.network))
    draw_counts(below.subplots(), adapted)
    return figure


def draw_units(panels: Sequence[Axes], units: Sequence[Sequence[float]]) -> None:
    """Draw each unit's weights, and name the feature that it separates best."""
    best = {feature: separation(units, labels) for feature, labels in FEATURES.items()}
    largest = max(abs(weight) for weights in units for weight in weights)
    for k, (axes, weights) in enumerate(zip(panels, units, strict=True)):
        draw_unit(axes, weights, largest)
        if k < 2 or k >= len(units) - 2:
            name_people(axes, above=k < 2)
        told = [f"{feature} {found.share:.0%}" for feature, found in best.items() if found.unit == k]
        axes.set_title(": ".join([f"unit {k + 1}", ", ".join(told)]) if told else f"unit {k + 1}", loc="left")


def draw_counts(axes: Axes, adapted: Sequence[Outcome]) -> None:
    """Draw how many splits had none, one, ... and all of their held-out cases right."""
    counts = [sum(sum(outcome.held_out) == k for outcome in adapted) for k in range(HELD_OUT + 1)]
    bars = axes.barh(range(HELD_OUT + 1), counts, color=style.BLUE)
    axes.bar_label(bars, padding=3)
    axes.set(yticks=range(HELD_OUT + 1), xticks=(), title=f"splits, of {len(adapted)}, by held-out cases right")
    axes.spines["bottom"].set_visible(False)


if __name__ == "__main__":
    main()
