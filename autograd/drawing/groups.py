"""The picture of a folded graph: a card for every group, and one arrow for all edges from one group to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from autograd.drawing.cards import SIGNS, Card, Row, make_card
from autograd.drawing.folding import KINDS, Folding, Group, symbol
from autograd.drawing.picture import Box, Edge, Picture, card_of_node, local_name, natural_key
from autograd.drawing.subject import Subject
from autograd.op import kind
from autograd.text import show_controls

FAN: Final = 4  # arrows side by side that have room for their numbers
DENSE: Final = 3  # arrows a box, beyond which they are straight and thin
SYMBOLS: Final = 4  # ops of one group that its pill names


def picture_of_groups(subject: Subject, folding: Folding, direction: str) -> Picture:
    """Show every group, and the arrows between them with their numbers of edges."""
    groups = folding.groups
    picture = Picture(direction, folded=True, dense=len(folding.edges) > DENSE * len(groups))
    picture.add_frames({group.module[:-1] for group in groups})
    for i, group in sorted(enumerate(groups), key=lambda pair: [natural_key(name) for name in pair[1].module]):
        frame = picture.frame_around(group.module[:-1])
        picture.boxes.append(Box(f"g{i}", frame, card_of_group(subject, group), title_of_group(subject, group)))
    picture.edges.extend(arrows(folding))
    return picture


def arrows(folding: Folding) -> Iterable[Edge]:
    """Yield the arrows. Where many fan out or in, only the tooltips have the numbers."""
    leaving = Counter([tail for tail, _ in folding.edges])
    entering = Counter([head for _, head in folding.edges])
    for (tail, head), (count, blocked) in folding.edges.items():
        narrow, wide = sorted([leaving[tail], entering[head]])
        numbered = count > 1 and narrow == 1 and wide <= FAN
        share = f", {blocked:,} of them blocked" if blocked else ""
        yield Edge(
            id=f"g{tail}-g{head}",
            tail=f"g{tail}",
            head=f"g{head}",
            title=f"{plural(count, 'edge', 'edges')}{share}",
            label=f"×{count:,}" if numbered else "",
            blocked=count == blocked,
            # A label takes a rank of its own and bends every arrow; afloat it takes none.
            afloat=(head, tail) not in folding.edges,
        )


def card_of_group(subject: Subject, group: Group) -> Card:
    """Return the card of a group; a group of one looks like the node it is."""
    first = group.members[0]
    if len(group.members) == 1:
        return card_of_node(subject, first, group.module[:-1])
    has_root = any(value in subject.roots for value in group.members)
    look = "root" if has_root else "module" if group.module else kind(first)
    rows = [Row("", text, "count") for text in counts(group)]
    name = local_name(name_of_group(subject, group), group.module[:-1])
    return make_card(look, mark_of_group(subject, group), symbols(group), name, ["root"] if has_root else [], rows)


def title_of_group(subject: Subject, group: Group) -> str:
    """Return the tooltip of a group: its name in full, and what it holds."""
    if len(group.members) == 1:
        return subject.node_title(group.members[0])
    name = show_controls(name_of_group(subject, group)) or symbols(group) or "unlabelled"
    return "\n".join([name, *counts(group)])


def name_of_group(subject: Subject, group: Group) -> str:
    """Return the module's name, the label that the members share, or their first and last label.

    Leaves without a label go by their numbers, as everywhere.
    """
    if group.module:
        return group.module[-1]
    labels = list(dict.fromkeys([value.label for value in group.members if value.label]))
    if not labels and kind(group.members[0]) == "leaf":
        labels = [subject.name(value) for value in group.members]
    return " … ".join(dict.fromkeys([*labels[:1], *labels[-1:]]))


def symbols(group: Group) -> str:
    """Return the symbols of the ops in a group outside modules."""
    if group.module:
        return ""
    found = list(dict.fromkeys([SIGNS.get(symbol(value), symbol(value)) for value in group.members]))
    return " ".join([*found[:SYMBOLS], *["…"] * (len(found) > SYMBOLS)])


def counts(group: Group) -> list[str]:
    """Say how many nodes of each kind a group has."""
    number = Counter([kind(value) for value in group.members])
    return [plural(number[what], *KINDS[what]) for what in KINDS if number[what]]


def mark_of_group(subject: Subject, group: Group) -> str:
    """Return the most urgent mark of a group's members."""
    marks = {subject.marks.get(value) for value in group.members}
    return next((mark for mark in ("current", "pending", "done") if mark in marks), "")


def plural(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
