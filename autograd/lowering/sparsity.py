"""Sparsity: which results of a program depend on which leaves, and which leaves can share a derivative along them.

Two leaves that no result depends on together can be moved at once: what each changes is told apart by the result. So
few products with a vector give a whole sparse matrix (Curtis, Powell and Reid, On the estimation of sparse Jacobian
matrices, 1974).
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.lowering.program import Number, Program


def dependencies(program: Program, results: Sequence[Number], leaves: Sequence[Number]) -> list[list[int]]:
    """Return for each result the places of the leaves that it depends on, in order."""
    needed = [False] * len(program.code)
    for number in results:
        needed[number] = True
    for number in range(len(needed) - 1, -1, -1):
        if needed[number]:
            for input in program.code[number].inputs:
                needed[input] = True
    place_of = {number: place for place, number in enumerate(leaves)}
    found: dict[Number, frozenset[int]] = {}
    for number, instruction in enumerate(program.code):
        if needed[number]:
            own = [place_of[number]] if number in place_of else []
            sets = [found[input] for input in instruction.inputs if found[input]]
            found[number] = sets[0] if len(sets) == 1 and not own else frozenset(own).union(*sets)
    return [sorted(found[number]) for number in results]


def groups(rows: Sequence[Sequence[int]], columns: int) -> list[int]:
    """Return each column a group, such that no row has two columns of a group; greedily, so there are few."""
    users: list[list[int]] = [[] for _ in range(columns)]
    for row, members in enumerate(rows):
        for column in members:
            users[column].append(row)
    taken: list[set[int]] = [set() for _ in rows]
    group_of: list[int] = []
    for column in range(columns):
        blocked = set().union(*[taken[row] for row in users[column]])
        group = next(k for k in range(len(blocked) + 1) if k not in blocked)
        group_of.append(group)
        for row in users[column]:
            taken[row].add(group)
    return group_of
