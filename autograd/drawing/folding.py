"""What to show of a graph: a neighbourhood of one node, or boxes that each stand for many nodes.

A *module* is a neuron or a layer; it is read from labels. A *group* is the nodes that one box stands for. Folding tries
levels of detail from fine to coarse and takes the first that is small enough: modules at full depth, then their
parents; nodes outside any module by what they are computed from, then by op alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Final, NamedTuple

from autograd.labels import module_path
from autograd.op import kind
from autograd.value import Value

DEEPEST: Final = 6  # modules nested deeper than this are folded into their ancestor
ARROWS_PER_BOX: Final = 4  # more arrows than this for each box allowed: a drawing nobody can read
FEW_ROOTS: Final = 8  # so many roots keep boxes of their own in a folded drawing
TERMS: Final = 4  # what a step of a running total adds up, at most
KINDS: Final = {  # what `kind` says, in the singular and the plural
    "leaf": ("leaf", "leaves"),
    "parameter": ("parameter", "parameters"),
    "constant": ("constant", "constants"),
    "computed": ("computed node", "computed nodes"),
}


def neighbourhood(order: Sequence[Value], centre: Value, radius: int) -> list[Value]:
    """Keep the nodes of a topological order that are at most `radius` edges away from centre, either way."""
    consumers: dict[Value, list[Value]] = {node: [] for node in order}
    if centre not in consumers:
        raise ValueError(f"around={centre!r} is not in the graph of the root: pass a Value that the root depends on")
    for node in order:
        for operand in node.inputs:
            consumers[operand].append(node)
    near = {centre}
    ring = [centre]
    for _ in range(radius):
        beyond = [other for node in ring for other in (*node.inputs, *consumers[node])]
        ring = [node for node in dict.fromkeys(beyond) if node not in near]
        near.update(ring)
    return [node for node in order if node in near]


@dataclass
class Group:
    """The nodes behind one box, in topological order."""

    module: tuple[str, ...]  # the path of module names, or () for nodes outside any module
    members: list[Value] = field(default_factory=list)


@dataclass
class Folding:
    """Groups, and how many edges (all of them, and the blocked ones among them) run from one group to another."""

    groups: list[Group]
    edges: dict[tuple[int, int], tuple[int, int]]


class Level(NamedTuple):
    """How fine to fold."""

    depth: int  # how many names of a module path count
    structure: bool  # tell nodes outside modules apart by what they are computed from, or else by op alone
    labels: bool  # tell nodes outside modules apart by label


def fold(order: Sequence[Value], limit: int, roots: Set[Value] = frozenset()) -> Folding | None:
    """Fold a topological order to at most `limit` groups; None if it is small enough to be drawn node by node.

    A few roots keep boxes of their own, which show their numbers, where the limit allows it. Raises ValueError if even
    the coarsest level has more groups.
    """
    drawn = set(order)
    edges = sum(operand in drawn for node in order for operand in node.inputs)
    if len(order) <= limit and edges <= limit * ARROWS_PER_BOX:
        return None
    folding = Folding([], {})
    for keys, depth in ways_to_group(order, limit, roots):
        folding = join_groups(order, keys, depth)
        if len(folding.groups) <= limit and len(folding.edges) <= limit * ARROWS_PER_BOX:
            return folding
    needed = max(len(folding.groups), -(-len(folding.edges) // ARROWS_PER_BOX))
    raise ValueError(
        f"a graph of {len(order):,} nodes folds to {needed} boxes at the least, more than limit={limit}: "
        f"pass limit={needed}, or around=value to draw the neighbourhood of one node"
    )


def ways_to_group(order: Sequence[Value], limit: int, roots: Set[Value]) -> Iterator[tuple[dict[Value, Hashable], int]]:
    """Yield the keys of groups, and the depth of modules, from the finest level to the coarsest."""
    deepest = min(DEEPEST, max(len(module_path(node.label)) for node in order))
    details = [(True, True), (True, False), (False, False)]
    levels = [Level(depth, *detail) for depth in range(deepest, -1, -1) for detail in details]
    for apart in [roots, frozenset[Value]()] if 0 < len(roots) <= FEW_ROOTS else [frozenset[Value]()]:
        for level in levels:
            keys = group_keys(order, level, limit, apart)
            if keys is not None:
                yield keys, level.depth


def group_keys(order: Sequence[Value], level: Level, limit: int, apart: Set[Value]) -> dict[Value, Hashable] | None:
    """Return the key of each node's group; None as soon as the operations alone make more groups than the limit."""
    keys: dict[Value, Hashable] = {}
    operations = Operations()
    for node in order:
        label = node.label if level.labels else ""
        if node in apart:
            keys[node] = ("apart", node)
        elif path := module_path(node.label)[: level.depth]:
            keys[node] = path
        elif not node.inputs:
            keys[node] = (kind(node), label, ())
        elif level.structure:
            operands = [keys[operand] for operand in node.inputs if operand in keys]
            keys[node] = operations.key(symbol(node), label, operands)
        else:
            keys[node] = symbol(node)
        if len(operations.made) > limit:
            return None
    return with_users(order, keys)


def with_users(order: Sequence[Value], keys: dict[Value, Hashable]) -> dict[Value, Hashable]:
    """Put unlabelled leaves outside modules beside the group that uses them first."""
    users: dict[Value, Hashable] = {}
    for node in order:
        for operand in node.inputs:
            users.setdefault(operand, keys[node])
    for leaf, user in users.items():
        if not leaf.inputs and keys.get(leaf) == (kind(leaf), "", ()):
            keys[leaf] = (kind(leaf), "", user)
    return keys


class Operations:
    """Keys of computed nodes by structure: those that apply one op to the same groups share one.

    So the losses of a batch fold into one group. A running total, whose every node adds to the one before, folds too.
    """

    def __init__(self) -> None:
        self.keys: dict[Hashable, int] = {}
        self.made: list[tuple[str, frozenset[Hashable]]] = []  # of each key, the op and the groups it is applied to

    def key(self, op: str, label: str, inputs: Iterable[Hashable]) -> int:
        """Return the key of an op on inputs with these keys; a running total keeps that of the node it adds to."""
        below = tuple(dict.fromkeys(inputs))
        for key in below if len(below) <= TERMS else ():
            if isinstance(key, int) and self.made[key][0] == op and self.made[key][1].issuperset(set(below) - {key}):
                return key
        key = self.keys.setdefault((op, label, below), len(self.made))
        if key == len(self.made):
            self.made.append((op, frozenset(below)))
        return key


def symbol(node: Value) -> str:
    """Return the symbol of a computed node's op, and nothing for a leaf."""
    return node.op.symbol if node.op and node.inputs else ""


def join_groups(order: Sequence[Value], keys: Mapping[Value, Hashable], depth: int) -> Folding:
    """Collect the groups, and make one of those that depend on each other in a circle."""
    folding = collect_groups(order, keys, depth)
    merged = merge_circles(folding)
    if not merged:
        return folding
    numbers = {value: merged.get(i, i) for i, group in enumerate(folding.groups) for value in group.members}
    return collect_groups(order, numbers, depth)


def collect_groups(order: Sequence[Value], keys: Mapping[Value, Hashable], depth: int) -> Folding:
    """Collect the groups, numbered by their first members, and count the edges between them."""
    groups: list[Group] = []
    number: dict[Hashable, int] = {}
    edges: dict[tuple[int, int], tuple[int, int]] = {}
    for node in order:
        here = number.setdefault(keys[node], len(groups))
        if here == len(groups):
            groups.append(Group(module_path(node.label)[:depth]))
        groups[here].members.append(node)
        for operand, partial in zip(node.inputs, node.partials, strict=True):
            there = number[keys[operand]] if operand in keys else here  # an input outside the drawn part has no group
            if there != here:
                count, blocked = edges.get((there, here), (0, 0))
                edges[there, here] = (count + 1, blocked + (partial is None))
    return Folding(groups, edges)


def merge_circles(folding: Folding) -> dict[int, int]:
    """Return, for the groups outside modules that depend on each other in a circle, the group to join.

    A picture of them would run in circles where the graph does not. A module that is used again and again may do so.
    """
    edges = [pair for pair in folding.edges if not any(folding.groups[i].module for i in pair)]
    merged: dict[int, int] = {}
    while True:
        dependencies: dict[int, set[int]] = {}
        for tail, head in edges:
            if merged.get(tail, tail) != merged.get(head, head):
                dependencies.setdefault(merged.get(head, head), set()).add(merged.get(tail, tail))
        try:
            TopologicalSorter(dependencies).prepare()
        except CycleError as error:
            circle = set(error.args[1])
            merged = {i: min(circle) if merged.get(i, i) in circle else merged[i] for i in (*merged, *circle)}
        else:
            return merged
