"""Two isomorphic families, as data: who is who, and every fact about them.

The trees are those of Rumelhart, Hinton and Williams, Learning representations by back-propagating errors (Nature 323,
1986), figure 2: twelve English people, and twelve Italians in the same places of the tree. A fact is a triple of a
person, a relation and a person; there are 112. A case is a person and a relation, with everyone who stands in that
relation to them; there are 104.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

# Six men and six women of each family. An Italian has the number of the English person in the same place, plus 12.
PEOPLE: Final = (
    *("Christopher", "Andrew", "Arthur", "James", "Charles", "Colin"),
    *("Penelope", "Christine", "Margaret", "Victoria", "Jennifer", "Charlotte"),
    *("Roberto", "Pierro", "Emilio", "Marco", "Tomaso", "Alfonso"),
    *("Maria", "Francesca", "Gina", "Lucia", "Angela", "Sophia"),
)
RELATIONS: Final = (
    *("father", "mother", "husband", "wife", "son", "daughter"),
    *("uncle", "aunt", "brother", "sister", "nephew", "niece"),
)
MARRIED: Final = {0: 6, 1: 7, 2: 8, 3: 9, 4: 10}  # husband: wife
PARENTS: Final = {2: (0, 6), 9: (0, 6), 3: (1, 7), 10: (1, 7), 5: (3, 9), 11: (3, 9)}  # child: father and mother

# What nobody tells the network. The branch is that of a couple of grandparents, with their children and whom these
# married in from outside the tree; the youngest two descend from both couples, and have none.
NATIONALITY: Final = (0,) * 12 + (1,) * 12
GENERATION: Final = (0, 0, 1, 1, 1, 2) * 4
BRANCH: Final = (0, 1, 0, 1, 1, None, 0, 1, 0, 0, 1, None) * 2

Fact = tuple[int, str, int]


class Case(NamedTuple):
    """A question, who is the relation of the person?, and everyone who answers it, all by number."""

    person: int
    relation: int
    answers: tuple[int, ...]

    @property
    def inputs(self) -> list[float]:
        """One of 24 units is on, for the person, and one of 12, for the relation."""
        return [float(k == self.person) for k in range(24)] + [float(k == self.relation) for k in range(12)]

    @property
    def targets(self) -> list[float]:
        """Of 24 units, those of all who answer are on."""
        return [float(k in self.answers) for k in range(24)]


def facts() -> Iterator[Fact]:
    """Yield every fact about both families: (3, "wife", 9) says that James has the wife Victoria."""
    for first in (0, 12):
        for a, relation, b in (*close_facts(), *distant_facts()):
            yield a + first, relation, b + first


def close_facts() -> Iterator[Fact]:
    """Yield the facts of the English family within a household."""
    for husband, wife in MARRIED.items():
        yield wife, "husband", husband
        yield husband, "wife", wife
    for child, (father, mother) in PARENTS.items():
        yield child, "father", father
        yield child, "mother", mother
        yield father, by_sex(child, "son", "daughter"), child
        yield mother, by_sex(child, "son", "daughter"), child
        yield from ((child, by_sex(other, "brother", "sister"), other) for other in siblings(child))


def distant_facts() -> Iterator[Fact]:
    """Yield the facts between children and their parents' siblings, and between them and whom these married."""
    wedded = MARRIED | {wife: husband for husband, wife in MARRIED.items()}
    for child, parents in PARENTS.items():
        for sibling in [s for parent in parents for s in siblings(parent)]:
            for elder in (sibling, wedded[sibling]):
                yield child, by_sex(elder, "uncle", "aunt"), elder
                yield elder, by_sex(child, "nephew", "niece"), child


def siblings(person: int) -> list[int]:
    """List the other children of a person's parents, of which the tree knows if they are children."""
    parents = PARENTS.get(person)
    return [other for other, theirs in PARENTS.items() if parents and theirs == parents and other != person]


def by_sex(person: int, male: str, female: str) -> str:
    return male if person < 6 else female


def cases() -> list[Case]:
    """Gather the facts by what is asked, in the order of people and relations."""
    answers: dict[tuple[int, int], list[int]] = {}
    for a, relation, b in facts():
        answers.setdefault((a, RELATIONS.index(relation)), []).append(b)
    return [Case(*asked, tuple(sorted(found))) for asked, found in sorted(answers.items())]
