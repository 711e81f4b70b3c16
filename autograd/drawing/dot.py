"""A graph's nodes, or the groups it is folded to, as DOT text with a tooltip for every element."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import graphviz

from autograd.drawing.cards import FONT, INK, MARKS, PAGE, card, digits, outline, shortened
from autograd.drawing.folding import DEEPEST, KINDS, Folding, Group, kind, module_path, symbol
from autograd.ops import BLOCKED
from autograd.value import Value

GRAPH: Final = {"bgcolor": "transparent", "fontname": FONT, "fontsize": "10", "nodesep": "0.2", "ranksep": "0.35"}
NODE: Final = {"shape": "box", "fontname": FONT, "fontsize": "11", "margin": "0.06,0.04", "fontcolor": INK[0]}
EDGE: Final = {"fontname": FONT, "fontsize": "9", "color": PAGE, "fontcolor": PAGE, "arrowsize": "0.6"}
FRAME: Final = {"style": "rounded", "color": PAGE, "fontcolor": PAGE, "labeljust": "l", "penwidth": "0.6", "margin": "10"}

Box = tuple[tuple[str, ...], str, dict[str, str]]  # the modules it is in, its id, its attributes


@dataclass
class Picture:
    """DOT text while it grows. Ids are numbers of nodes in topological order: the same in every process."""

    number: Mapping[Value, int]
    roots: Sequence[Value]
    direction: str
    marks: Mapping[Value, str]
    titles: dict[str, str] = field(default_factory=dict)  # element id -> tooltip
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
        self.add_boxes([(module_path(value.label)[:DEEPEST], *self.value_box(value)) for value in shown])
        drawn = set(shown)
        for value in shown:
            for place, input in enumerate(value.inputs):
                if input in drawn:
                    self.add_edge(value, place)

    def value_box(self, value: Value) -> tuple[str, dict[str, str]]:
        name = f"n{self.number[value]}"
        what, mark = self.kind(value), self.marks.get(value)
        tags = [] if what == "computed" else [what]
        tags += [MARKS[mark]] if mark else []
        rows = [("data", digits(value.data))]
        if what != "constant":
            rows.append(("grad", digits(value.grad) if self.known(value) else "not run yet"))
        self.titles[name] = self.title(value)
        return name, {"label": card(symbol(value), shortened(value.label), tags, rows), **outline(what, mark)}

    def kind(self, value: Value) -> str:
        return "root" if value in self.roots else kind(value)

    def known(self, value: Value) -> bool:
        """Tell whether a gradient of 0 was computed. Leaves may still hold the sum of earlier passes."""
        return self.has_run or value.grad != 0.0

    def title(self, value: Value) -> str:
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
        return value.label or f"#{self.number[value]}"

    def add_edge(self, value: Value, place: int) -> None:
        input, partial = value.inputs[place], value.partials[place]
        name = f"e{self.number[value]}-{place}"
        ends = f"∂{self.name(value)} / ∂{self.name(input)}"
        if partial is not BLOCKED:
            look = {"label": digits(partial)}
            self.titles[name] = f"{ends} = {partial!r}"
            if self.has_run:
                self.titles[name] += f"\ncontribution {value.grad!r} × {partial!r} = {value.grad * partial!r}"
        elif kind(input) == "constant":
            look = {"style": "dashed", "class": "blocked"}
            self.titles[name] = f"{ends}: blocked, a constant takes no gradient"
        else:
            look = {"style": "dashed", "class": "blocked", "label": "blocked", "arrowhead": "empty"}
            self.titles[name] = f"{ends}: blocked, nothing flows along the branch not taken"
        self.dot.edge(f"n{self.number[input]}", f"n{self.number[value]}", id=name, **look)
        self.arrows += 1

    # Folded

    def add_groups(self, folding: Folding) -> None:
        """Draw a card for every group, and an arrow for all edges from one to another, with their number."""
        names = [f"g{i}" for i in range(len(folding.groups))]
        boxes: list[Box] = []
        for name, group in zip(names, folding.groups, strict=True):
            if len(group.members) == 1:
                self_name, attributes = self.value_box(group.members[0])
                self.titles[name] = self.titles.pop(self_name)
                boxes.append((group.module, name, attributes))
            else:
                boxes.append((group.module[:-1], name, self.group_box(name, group)))
        self.add_boxes(boxes)
        for (tail, head), (count, blocked) in folding.edges.items():
            name = f"{names[tail]}-{names[head]}"
            look = {"style": "dashed", "class": "blocked"} if count == blocked else {}
            self.titles[name] = f"{count:,} edges" + (f", {blocked:,} of them blocked" if blocked else "")
            self.dot.edge(names[tail], names[head], id=name, label=f"×{count:,}" if count > 1 else "", **look)
            self.arrows += 1

    def group_box(self, name: str, group: Group) -> dict[str, str]:
        first = group.members[0]
        counts = Counter([kind(value) for value in group.members])
        what = "root" if any(root in group.members for root in self.roots) else max(counts, key=lambda k: counts[k])
        told = [f"{counts[k]:,} {k}" for k in KINDS if counts[k]]
        pill = f"×{len(group.members):,}" if group.module or not first.inputs else symbol(first)
        same = all(value.label == first.label for value in group.members)
        title = group.module[-1] if group.module else first.label if same else ""
        mark = self.group_mark(group)
        tags = (["root"] if what == "root" else []) + ([MARKS[mark]] if mark else [])
        self.titles[name] = "\n".join([title or f"{told[0]} nodes", *told])
        return {"label": card(pill, shortened(title), tags, [("", line) for line in told]), **outline(what, mark)}

    def group_mark(self, group: Group) -> str | None:
        marks = {self.marks.get(value) for value in group.members}
        return next((mark for mark in ("current", "pending", "done") if mark in marks), None)

    # Frames

    def add_boxes(self, boxes: Sequence[Box]) -> None:
        self.frame(self.dot, boxes, 0)
        self.boxes = len(boxes)

    def frame(self, into: graphviz.Digraph, boxes: Iterable[Box], depth: int) -> None:
        """Place boxes, those of one module inside a frame; nested frames are at most DEEPEST deep."""
        framed: dict[str, list[Box]] = {}
        for box in boxes:
            modules, name, attributes = box
            if len(modules) > depth:
                framed.setdefault(modules[depth], []).append(box)
            else:
                into.node(name, id=name, **attributes)
        for module, inside in framed.items():
            outer = inside[0][0][depth - 1] + "." if depth else ""
            name = f"m{len([title for title in self.titles if title.startswith('m')])}"
            self.titles[name] = module
            attributes = {**FRAME, "label": module.removeprefix(outer), "id": name, "class": "module"}
            with into.subgraph(name=f"cluster_{name}", graph_attr=attributes) as inner:
                self.frame(inner, inside, depth + 1)
