"""What a drawing shows: boxes with their cards, edges and frames, each with a tooltip, before anything has a place.

Ids are the same in every process: n7 is the node with number 7 in topological order, n7-0 the edge from its first
input, g2 a group, g2-g3 an arrow between groups and m1 the frame of a module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autograd.drawing.cards import SIGNS, Card, Row, make_card, shorten
from autograd.drawing.folding import DEEPEST, symbol
from autograd.drawing.layout import reading_order
from autograd.drawing.subject import Subject
from autograd.labels import module_path
from autograd.op import kind
from autograd.text import format_number, show_controls
from autograd.value import Value


@dataclass(frozen=True)
class Box:
    """A node, or a group of nodes; `frame` is the id of the innermost frame around it, or ""."""

    id: str
    frame: str
    card: Card
    title: str


@dataclass(frozen=True)
class Edge:
    """An edge, or all edges from one group to another.

    Attributes:
        tail, head: the ids of the boxes it goes from and to.
        label: the text beside it, or "".
        blocked: whether no gradient flows along it.
        afloat: whether the label takes no room of its own in the layout.
        long: whether it spans two ranks, which keeps frames beside each other.
    """

    id: str
    tail: str
    head: str
    title: str
    label: str = ""
    blocked: bool = False
    afloat: bool = False
    long: bool = False


@dataclass(frozen=True)
class Frame:
    """The frame around the boxes of a module; `parent` is the id of the frame around it, or ""."""

    id: str
    parent: str
    name: str
    title: str


@dataclass
class Picture:
    """Boxes, edges and frames.

    Attributes:
        direction: "LR" or "TB".
        frames: by the dotted name of the module.
        folded: whether boxes stand for groups.
        dense: whether arrows are so many that they are drawn straight and thin.
    """

    direction: str
    boxes: list[Box] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    frames: dict[str, Frame] = field(default_factory=dict)
    folded: bool = False
    dense: bool = False

    def add_frames(self, paths: Iterable[tuple[str, ...]]) -> None:
        """Add the frames of these module paths in their natural order, so that Graphviz keeps it where it can."""
        for path in sorted(paths, key=lambda path: [natural_key(module) for module in path]):
            self.frame_around(path)

    def frame_around(self, modules: Sequence[str]) -> str:
        """Return the id of the frame of the innermost module, and add the frames that are missing."""
        parent = ""
        for depth, module in enumerate(modules):
            if module not in self.frames:
                name = shorten(show_controls(local_name(module, modules[:depth])))
                self.frames[module] = Frame(f"m{len(self.frames) + 1}", parent, name, show_controls(module))
            parent = self.frames[module].id
        return parent


def picture_of_nodes(subject: Subject, shown: Sequence[Value], direction: str) -> Picture:
    """Show every node, and every edge between two of them."""
    picture = Picture(direction)
    ids = {value: f"n{subject.number[value]}" for value in shown}
    picture.add_frames({module_path(value.label)[:DEEPEST] for value in shown})
    for value in in_reading_order(shown, subject.number):
        name = ids[value]
        modules = module_path(value.label)[:DEEPEST]
        card = card_of_node(subject, value, modules)
        picture.boxes.append(Box(name, picture.frame_around(modules), card, subject.node_title(value)))
        for place, operand in enumerate(value.inputs):
            if operand in ids:
                picture.edges.append(edge_of_node(subject, value, place, ids[operand], name))
    return picture


def in_reading_order(shown: Sequence[Value], number: Mapping[Value, int]) -> list[Value]:
    """Return the nodes as an expression names them; Graphviz then puts a first operand above a second."""
    place = {value: n for n, value in enumerate(shown)}
    inputs = [[place[operand] for operand in value.inputs if operand in place] for value in shown]
    return [shown[n] for n in reading_order(inputs)]


def card_of_node(subject: Subject, value: Value, modules: Sequence[str]) -> Card:
    """Return the card of one node inside the frames of these modules."""
    what = subject.kind(value)
    rows = [Row("data", format_number(value.data), "data")]
    if what != "constant":
        known = subject.has_gradient(value)
        rows.append(Row("grad", format_number(value.grad), "gradient") if known else WAITING)
    tags = [] if what == "computed" else [what]
    sign = SIGNS.get(symbol(value), symbol(value))
    return make_card(what, subject.marks.get(value, ""), sign, local_name(value.label, modules), tags, rows)


WAITING = Row("grad", "not run yet", "waiting")


def edge_of_node(subject: Subject, value: Value, place: int, tail: str, head: str) -> Edge:
    """Return the edge from one input, with its local derivative or "blocked"; of a constant, only dashes say so."""
    operand, partial = value.inputs[place], value.partials[place]
    label = "" if kind(operand) == "constant" else "blocked"
    module = module_path(value.label)
    return Edge(
        id=f"{head}-{place}",
        tail=tail,
        head=head,
        title=subject.edge_title(value, place),
        label=label if partial is None else format_number(partial),
        blocked=partial is None,
        long=bool(module) and module != module_path(operand.label),
    )


def local_name(name: str, modules: Sequence[str]) -> str:
    """Leave out of a dotted name what the frame around it already says."""
    return name.removeprefix(f"{modules[-1]}.") if modules else name


def natural_key(name: str) -> list[tuple[int, str]]:
    """Sort neurons.10 after neurons.9."""
    return [(len(part) if part.isdecimal() else 0, part) for part in name.split(".")]
