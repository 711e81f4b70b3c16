"""A graph's nodes, or the groups it is folded to, as DOT text with a tooltip for every element."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

import graphviz  # type: ignore[import-untyped]

from autograd.drawing.cards import FONT, INK, MARKS, PAGE, card, digits, outline, shortened
from autograd.drawing.folding import DEEPEST, KINDS, Folding, Group, module_path, symbol
from autograd.drawing.layout import visible
from autograd.steps import kind
from autograd.value import Value

GRAPH: Final = {"bgcolor": "transparent", "fontname": FONT, "fontsize": "10", "nodesep": "0.2", "ranksep": "0.35"}
NODE: Final = {"shape": "box", "fontname": FONT, "fontsize": "11", "margin": "0.06,0.04", "fontcolor": INK[0]}
EDGE: Final = {"fontname": FONT, "fontsize": "9", "color": PAGE, "fontcolor": PAGE, "arrowsize": "0.6"}
FRAME: Final = {
    "style": "rounded",
    "color": PAGE,
    "fontcolor": PAGE,
    "labeljust": "l",
    "penwidth": "0.6",
    "margin": "10",
    "class": "module",
}
BLOCKED_LOOK: Final = {"style": "dashed", "class": "blocked", "arrowhead": "empty"}
MANY: Final = 200  # boxes; beyond it Graphviz settles for less order in less time
HASTE: Final = {"nslimit": "1", "mclimit": "0.3"}
FAN: Final = 4  # arrows side by side that have room for their numbers
DENSE: Final = 3  # arrows a box, beyond which they are straight and thin
LINES: Final = {"splines": "line", "ranksep": "1.4"}
THIN: Final = {"penwidth": "0.5", "arrowsize": "0.4"}
PORTS: Final = {"LR": {"tailport": "e", "headport": "w"}, "TB": {"tailport": "s", "headport": "n"}}

Box = tuple[tuple[str, ...], str, dict[str, str]]  # the modules it is in, its id, its attributes


@dataclass
class Picture:
    """DOT text while it grows.

    Ids are the same in every process: n7 is the node with number 7 in topological order, n7-0 the edge from its first
    input, g2 a group, g2-g3 an arrow between groups and m1 the frame of a module.
    """

    number: Mapping[Value, int]
    roots: Set[Value]
    direction: str
    marks: Mapping[Value, str]
    titles: dict[str, str] = field(default_factory=dict)  # element id -> tooltip
    frames: int = 0
    boxes: int = 0
    arrows: int = 0

    def __post_init__(self) -> None:
        self.has_run = any(value.grad != 0.0 for value in self.number if value.inputs or value in self.roots)
        self.dot = graphviz.Digraph(
            "autograd", graph_attr={**GRAPH, "rankdir": self.direction}, node_attr=NODE, edge_attr=EDGE
        )

    # Node by node

    def add_values(self, shown: Sequence[Value]) -> None:
        """Draw every node, and every edge between two of them."""
        names = {value: f"n{self.number[value]}" for value in shown}
        modules = {value: module_path(value.label)[:DEEPEST] for value in shown}
        self.add_boxes(
            [(modules[value], name, self.value_box(name, value, modules[value])) for value, name in names.items()]
        )
        for value, name in names.items():
            for place, input in enumerate(value.inputs):
                if input in names:
                    edge = f"{name}-{place}"
                    self.titles[edge] = self.edge_title(value, place)
                    self.dot.edge(names[input], name, id=edge, **edge_look(value, place))
                    self.arrows += 1

    def value_box(self, name: str, value: Value, modules: Sequence[str]) -> dict[str, str]:
        """Give the attributes of a node's box, and note its tooltip; `modules` are the frames around it."""
        self.titles[name] = self.title(value)
        what, mark = self.kind(value), self.marks.get(value)
        tags = [] if what == "computed" else [what]
        tags += [MARKS[mark]] if mark else []
        rows = [f"data {digits(value.data)}"]
        if what != "constant":
            rows.append(f"grad {digits(value.grad)}" if self.known(value) else "grad not run yet")
        label = card(symbol(value), shortened(local(value.label, modules)), tags, rows)
        return {"label": label, **outline(what, mark)}

    def kind(self, value: Value) -> str:
        return "root" if value in self.roots else kind(value)

    def known(self, value: Value) -> bool:
        """Tell whether a gradient of 0 was computed. Leaves may still hold the sum of earlier passes."""
        return self.has_run or value.grad != 0.0

    def title(self, value: Value) -> str:
        """Write a node's tooltip: how it was computed, its kind, its numbers in full, and its source line."""
        op = ""
        if value.op and value.inputs:
            operands = [*map(self.name, value.inputs[:8]), *["…"] * (len(value.inputs) > 8)]
            op = f" = {value.op.name}({', '.join(operands)})"
        grad = f"\ngrad {value.grad!r}" if self.known(value) else "\ngrad not run yet"
        if kind(value) == "constant":
            grad = "\ntakes no gradient"
        source = f"\n{value.source}" if value.source else ""
        return f"{self.name(value)}{op}\n{self.kind(value)}\ndata {value.data!r}{grad}{source}"

    def name(self, value: Value) -> str:
        return visible(value.label) or f"#{self.number[value]}"

    def edge_title(self, value: Value, place: int) -> str:
        """Write the tooltip of the edge from the input at `place`: its partial, and after a pass the contribution."""
        input, partial = value.inputs[place], value.partials[place]
        ends = f"∂{self.name(value)} / ∂{self.name(input)}"
        if partial is not None:
            product = f"\ncontribution {value.grad!r} × {partial!r} = {value.grad * partial!r}"
            return f"{ends} = {partial!r}{product if self.has_run else ''}"
        constant = kind(input) == "constant"
        return f"{ends}: blocked, {'a constant takes no gradient' if constant else 'nothing flows along this edge'}"

    # Folded

    def add_groups(self, folding: Folding) -> None:
        """Draw a card for every group, and an arrow for all edges from one to another, with their number.

        Where many arrows fan out or in, only the tooltips have the numbers.
        """
        dense = len(folding.edges) > DENSE * len(folding.groups)
        self.dot.attr("graph", **(LINES if dense else {"ranksep": "0.8"}))
        self.dot.attr("edge", **({**THIN, **PORTS[self.direction]} if dense else {}))
        names = [f"g{i}" for i in range(len(folding.groups))]
        self.add_boxes(
            [
                (group.module[:-1], name, self.group_box(name, group))
                for name, group in zip(names, folding.groups, strict=True)
            ]
        )
        leaving = Counter([tail for tail, _ in folding.edges])
        entering = Counter([head for _, head in folding.edges])
        for (tail, head), (count, blocked) in folding.edges.items():
            name = f"{names[tail]}-{names[head]}"
            look = BLOCKED_LOOK if count == blocked else {}
            fan = sorted([leaving[tail], entering[head]])
            if count > 1 and fan[0] == 1 and fan[1] <= FAN:
                # A label takes a rank of its own and bends every arrow; beside the arrow it takes none.
                look = {**look, "label" if (head, tail) in folding.edges else "xlabel": f"×{count:,}"}
            told = f", {blocked:,} of them blocked" if blocked else ""
            self.titles[name] = f"{plural(count, 'edge', 'edges')}{told}"
            self.dot.edge(names[tail], names[head], id=name, **look)
            self.arrows += 1

    def group_box(self, name: str, group: Group) -> dict[str, str]:
        """Give the attributes of a group's box, and note its tooltip; a group of one looks like the node it is."""
        first = group.members[0]
        if len(group.members) == 1:
            return self.value_box(name, first, group.module[:-1])
        counts = Counter([kind(value) for value in group.members])
        told = [plural(counts[what], *KINDS[what]) for what in KINDS if counts[what]]
        same = all(value.label == first.label for value in group.members)
        title = group.module[-1] if group.module else first.label if same else ""
        mark = self.group_mark(group)
        tags = ["root"] if any(value in self.roots for value in group.members) else []
        look = "root" if tags else "module" if group.module else kind(first)
        tags += [MARKS[mark]] if mark else []
        self.titles[name] = "\n".join([visible(title) or symbol(first) or "unlabelled", *told])
        shown = shortened(local(title, group.module[:-1]))
        label = card("" if group.module else symbol(first), shown, tags, told)
        return {"label": label, **outline(look, mark)}

    def group_mark(self, group: Group) -> str | None:
        marks = {self.marks.get(value) for value in group.members}
        return next((mark for mark in ("current", "pending", "done") if mark in marks), None)

    # Frames

    def add_boxes(self, boxes: Sequence[Box]) -> None:
        """Draw all boxes in their frames; where there are many, Graphviz is told to take less time."""
        self.boxes = len(boxes)
        if self.boxes > MANY:
            self.dot.attr("graph", **HASTE)
        self.frame(self.dot, boxes, 0)

    def frame(self, into: graphviz.Digraph, boxes: Iterable[Box], depth: int) -> None:
        """Place boxes, those of one module inside a frame; nested frames are at most DEEPEST deep."""
        framed: dict[str, list[Box]] = {}
        for box in boxes:
            modules, name, attributes = box
            if len(modules) > depth:
                framed.setdefault(modules[depth], []).append(box)
            else:
                into.node(name, id=name, **attributes)
        for module, inside in sorted(framed.items(), key=natural):
            self.frames += 1
            name = f"m{self.frames}"
            self.titles[name] = module
            title = shortened(local(module, inside[0][0][:depth]))
            with into.subgraph(name=f"cluster_{name}", graph_attr={**FRAME, "label": title, "id": name}) as inner:
                self.frame(inner, inside, depth + 1)


def edge_look(value: Value, place: int) -> dict[str, str]:
    """Give an edge's attributes: its local derivative, or "blocked" (of a constant, only dashes say so)."""
    input, partial = value.inputs[place], value.partials[place]
    module = module_path(value.label)
    look = {"minlen": "2"} if module and module != module_path(input.label) else {}  # keeps frames beside each other
    if partial is not None:
        return {**look, "label": digits(partial)}
    if kind(input) == "constant":
        return {**look, **BLOCKED_LOOK}
    return {**look, **BLOCKED_LOOK, "label": "blocked"}


def local(name: str, modules: Sequence[str]) -> str:
    """Leave out of a dotted name what the frame around it already says."""
    return name.removeprefix(f"{modules[-1]}.") if modules else name


def natural(framed: tuple[str, object]) -> list[tuple[int, str]]:
    """Sort neurons.10 after neurons.9."""
    return [(len(part) if part.isdecimal() else 0, part) for part in framed[0].split(".")]


def plural(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
