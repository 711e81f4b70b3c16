"""The family trees: the facts, what is held out, what counts as right, and what the units are said to tell apart."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from demos.studies import family_trees as trees
from demos.studies.family import net, units
from demos.studies.family import people as family


def named(facts) -> set[tuple[str, str, str]]:
    return {(family.PEOPLE[a], relation, family.PEOPLE[b]) for a, relation, b in facts}


def test_there_are_as_many_as_in_the_paper():
    facts = list(family.facts())
    assert (len(family.PEOPLE), len(family.RELATIONS)) == (24, 12)
    assert (len(facts), len(set(facts)), len(family.cases())) == (112, 112, 104)


@pytest.mark.parametrize(
    "fact",
    [
        ("Colin", "aunt", "Jennifer"),  # the paper's own example: Colin has two aunts
        ("Colin", "aunt", "Margaret"),
        ("Colin", "father", "James"),
        ("Colin", "mother", "Victoria"),
        ("James", "wife", "Victoria"),
        ("Charlotte", "uncle", "Charles"),
        ("Charles", "niece", "Charlotte"),
        ("Arthur", "sister", "Victoria"),
        ("Christopher", "daughter", "Victoria"),
        ("Alfonso", "sister", "Sophia"),
        ("Gina", "nephew", "Alfonso"),
        ("Emilio", "mother", "Maria"),
    ],
)
def test_facts_that_anyone_can_read_off_figure_2(fact):
    assert fact in named(family.facts())


def test_relations_have_their_inverses():
    facts = named(family.facts())
    sex = dict(zip(family.PEOPLE, ("m" * 6 + "f" * 6) * 2, strict=True))
    inverse = {
        "father": "sd", "mother": "sd", "son": "fm", "daughter": "fm", "husband": "w", "wife": "h", "uncle": "nn",
        "aunt": "nn", "nephew": "ua", "niece": "ua", "brother": "bs", "sister": "bs",
    }  # fmt: skip
    names = {
        "sd": ("son", "daughter"), "fm": ("father", "mother"), "w": ("", "wife"), "h": ("husband", ""),
        "nn": ("nephew", "niece"), "ua": ("uncle", "aunt"), "bs": ("brother", "sister"),
    }  # fmt: skip
    for a, relation, b in facts:
        assert (b, names[inverse[relation]][sex[a] == "f"], a) in facts


def test_the_families_are_isomorphic_and_apart():
    facts = set(family.facts())
    assert all((a < 12) == (b < 12) for a, _, b in facts)
    assert {(a + 12, relation, b + 12) for a, relation, b in facts if a < 12} == {f for f in facts if f[0] >= 12}


def test_a_case_turns_two_inputs_on_and_its_answers():
    (aunts,) = [case for case in family.cases() if (case.person, case.relation) == (5, 7)]
    assert [k for k, x in enumerate(aunts.inputs) if x] == [5, 24 + 7]
    assert [family.PEOPLE[k] for k, x in enumerate(aunts.targets) if x] == ["Margaret", "Jennifer"]
    assert (len(aunts.inputs), len(aunts.targets)) == (36, 24)


def test_labels_are_the_trees():
    """Parents are one generation above; the branch is inherited, and the youngest have two."""
    for labels in (family.NATIONALITY, family.GENERATION, family.BRANCH):
        assert len(labels) == 24
    for child, (father, mother) in family.PARENTS.items():
        assert family.GENERATION[father] == family.GENERATION[mother] == family.GENERATION[child] - 1
        branches = {family.BRANCH[father], family.BRANCH[mother]}
        assert family.BRANCH[child] == (None if len(branches) == 2 else branches.pop())


def test_what_is_held_out_is_not_learned_from():
    for seed in range(20):
        learned, held_out = net.split(seed)
        assert (len(learned), len(held_out)) == (100, 4)
        assert sorted(learned + held_out) == family.cases()
    assert net.split(0) == net.split(0) != net.split(1)


def test_the_papers_recipe_is_the_papers():
    assert net.PAPER._replace(bound=0.0) == net.Recipe(
        0.0, None, {0: 0.005, 20: 0.01}, {0: 0.5, 20: 0.9}, {0: 0.002}, 0.2, None, 1500
    )


def test_the_network_has_the_papers_layers():
    network = net.FamilyNet()
    layers = [network.people, network.relations, network.central, network.penultimate, network.outputs]
    assert [len(layer.neurons) for layer in layers] == [6, 6, 12, 6, 24]
    assert [len(layer.neurons[0].weights) for layer in layers] == [24, 12, 12, 12, 6]


def test_right_is_every_unit_on_its_side():
    network, some = net.start(net.PAPER, Random(0)), family.cases()[:3]
    for unit in network.outputs.neurons:
        unit.bias.data = -50.0
        for weight in unit.weights:
            weight.data = 0.0
    assert net.right(network, some) == [False] * 3  # all off: the answers are missing
    (answer,) = some[0].answers
    network.outputs.neurons[answer].bias.data = 50.0
    assert net.right(network, some) == [case.answers == (answer,) for case in some] == [True, False, False]
    network.outputs.neurons[answer - 1].bias.data = 50.0
    assert net.right(network, some) == [False] * 3  # one too many is on


def test_the_adapted_recipe_learns_its_cases_and_separates_the_nations():
    outcome = net.learn(net.ADAPTED, seed=0)
    assert sum(outcome.learned) >= 99
    learned, held_out = net.split(0)
    for cases, found in ((learned, outcome.learned), (held_out, outcome.held_out)):  # eager, where training was native
        for case, right in list(zip(cases, found, strict=True))[:5]:
            outputs = [y.data for y in outcome.network(case.inputs)]
            assert right == all((y > 0.5) == (t > 0.5) for y, t in zip(outputs, case.targets, strict=True))
    weights = trees.person_weights(outcome.network)
    assert units.separation(weights, family.NATIONALITY).share == 1.0


def test_a_unit_separates_what_it_orders():
    labels = [0, 0, 1, 1, None, 2, 2]
    assert units.separation_of([-3.0, -2.0, 5.0, 6.0, 0.0, 1.0, 2.0], labels) == 1.0  # in any order of the classes
    assert units.separation_of([-3.0, 5.5, 5.0, 6.0, 0.0, 1.0, 2.0], labels) == 5 / 6
    assert units.separation_of([1.0] * 6 + [2.0], [0, 1, 0, 1, 0, 1, 1]) >= 4 / 7
    assert units.separation([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0]], [1, 0, 1]) == (1, 1.0)


def test_ties_are_not_separated():
    assert units.separation_of([0.0] * 24, family.NATIONALITY) == 0.5


def test_shuffled_labels_are_worse_than_a_unit_made_for_them():
    random = Random(0)
    weights = [[random.gauss(0.0, 1.0) for _ in range(24)] for _ in range(5)]
    made = [2.0 * label + random.uniform(-0.5, 0.5) for label in family.NATIONALITY]
    assert units.separation([*weights, made], family.NATIONALITY) == (5, 1.0)
    assert 0.6 < units.by_chance([*weights, made], family.NATIONALITY) < 0.85


def test_it_tells_and_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trees, "ADAPTED", net.ADAPTED._replace(sweeps=30))
    monkeypatch.setattr(trees, "PAPER", net.PAPER._replace(sweeps=30))
    monkeypatch.setattr(units, "SHUFFLES", 3)
    trees.main(["--splits", "2", "--runs", "1"])
    rows = json.loads((tmp_path / "out" / "family_trees.json").read_text("utf-8"))["rows"]
    assert [row["what"] for row in rows][:4] == [f"the paper's recipe, weights ±{bound}" for bound in trees.BOUNDS]
    assert next(row for row in rows if row["what"].startswith("all four"))["ours"].endswith(" of 2")
    assert (tmp_path / "out" / "family-trees.svg").exists()


def test_the_search_looks_at_other_splits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    seeds = []

    def learn(recipe, seed):
        seeds.append(seed)
        return net.Outcome(net.FamilyNet(), [True] * 100, [True, True, True, False])

    monkeypatch.setattr(trees, "learn", learn)
    trees.main(["--search", "2"])
    assert set(seeds) == {1000, 1001}
    told = capsys.readouterr().out
    assert all(name in told for name in net.SEARCH)
    assert "75.0%" in told
    assert list(net.SEARCH.values()).count(net.ADAPTED) == 1
