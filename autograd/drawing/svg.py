"""A picture and its layout as SVG: classes for what an element means, titles for tooltips, one style sheet.

Classes of groups: `node` with its kind and mark, `edge` perhaps `blocked`, `cluster` for the frame of a module.
"""

from __future__ import annotations

from math import ceil
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from autograd.drawing.cards import Card
from autograd.drawing.layout import Box as Place
from autograd.drawing.layout import Curve, Layout, Point
from autograd.drawing.metrics import is_measured
from autograd.drawing.picture import Box, Edge, Frame, Picture
from autograd.drawing.style import style_sheet, width_of

NAMESPACE: Final = "http://www.w3.org/2000/svg"
BORDER: Final = 4  # points around the whole
CORNER: Final = 6  # radius of rounded corners
FOLD: Final = 7  # length of a note's folded corner
SHORT: Final = 4  # characters, which fit in any font
ARROW: Final = 0.4  # half the width of an arrow's head, in units of its length


def write_svg(picture: Picture, layout: Layout, caption: str) -> str:
    """Return the SVG text. It refers to nothing outside itself."""
    width, height = (ceil(length) + 2 * BORDER for length in layout.size)
    root = Element(
        "svg",
        {
            "xmlns": NAMESPACE,
            "width": f"{width}pt",
            "height": f"{height}pt",
            "viewBox": f"{-BORDER} {-BORDER} {width} {height}",
            "class": "autograd",
            "role": "img",
            "aria-label": caption,
        },
    )
    SubElement(root, "style").text = style_sheet()
    for frame in picture.frames.values():
        add_frame(root, frame, layout)
    for edge in picture.edges:
        add_edge(root, edge, layout.edges[edge.id], picture.dense)
    for box in picture.boxes:
        add_node(root, box, layout.nodes[box.id])
    for element in root:
        element.tail = "\n"
    return tostring(root, encoding="unicode") + "\n"


def add_group(parent: Element, name: str, classes: str, title: str) -> Element:
    """Add an element for one thing, with its id, its classes and its tooltip."""
    group = SubElement(parent, "g", {"id": name, "class": classes})
    SubElement(group, "title").text = title
    return group


def add_text(parent: Element, x: float, y: float, kind: str, text: str, anchor: str = "start") -> None:
    """Add a text. A long one keeps its measured width, so that a wider font is squeezed and overlaps nothing."""
    attributes = {"class": kind, "x": number(x), "y": number(y)}
    if anchor != "start":
        attributes["text-anchor"] = anchor
    if len(text) > SHORT and is_measured(text):
        attributes |= {"textLength": number(width_of(kind, text)), "lengthAdjust": "spacingAndGlyphs"}
    SubElement(parent, "text", attributes).text = text


def add_frame(root: Element, frame: Frame, layout: Layout) -> None:
    """Add the frame of a module with its name."""
    group = add_group(root, frame.id, "cluster module", frame.title)
    name = f"cluster_{frame.id}"
    add_rectangle(group, "frame", layout.frames[name], CORNER)
    middle = layout.labels[name]
    add_text(group, middle.x - width_of("frame-name", frame.name) / 2, middle.y + 3.5, "frame-name", frame.name)


def add_edge(root: Element, edge: Edge, curve: Curve, thin: bool) -> None:
    """Add an edge: its line, its arrow's head, and its label."""
    classes = ["edge", *["blocked"] * edge.blocked, *["thin"] * thin]
    group = add_group(root, edge.id, " ".join(classes), edge.title)
    start, *rest = [point(p) for p in curve.points]
    SubElement(group, "path", {"class": "line", "d": f"M{start}C{' '.join(rest)}"})
    if curve.tip and not thin:  # where arrows are many, heads would be blots
        SubElement(group, "path", {"class": "head", "d": head(curve.points[-1], curve.tip)})
    if edge.label and curve.label:
        add_text(group, curve.label.x, curve.label.y + 3, "partial", edge.label, "middle")


def head(base: Point, tip: Point) -> str:
    """Return the path of an arrow's head."""
    along = Point(tip.x - base.x, tip.y - base.y)
    across = Point(-ARROW * along.y, ARROW * along.x)
    corners = [Point(base.x + sign * across.x, base.y + sign * across.y) for sign in (1, -1)]
    return f"M{point(tip)}L{point(corners[0])} {point(corners[1])}Z"


def add_node(root: Element, box: Box, place: Place) -> None:
    """Add a card where the layout put it."""
    card = box.card
    group = add_group(root, box.id, f"node {card.kind} {card.mark}".strip(), box.title)
    group.set("transform", f"translate({number(place.x + card.rim)} {number(place.y + card.rim)})")
    add_outline(group, card)
    if card.pill:
        add_rectangle(group, "pill", Place(*card.pill), CORNER - 1)
    for text in card.texts:
        add_text(group, text.x, text.y, text.kind, text.text, text.anchor)


def add_outline(group: Element, card: Card) -> None:
    """Add a card's border, whose form tells its kind without colour."""
    width, height = card.width, card.height
    whole = Place(0, 0, width, height)
    if card.kind == "parameter":  # a note with a folded corner
        w, h, fold = number(width), number(height), number(width - FOLD)
        SubElement(group, "path", {"class": "card", "d": f"M0 0H{fold}L{w} {FOLD}V{h}H0Z"})
        SubElement(group, "path", {"class": "detail", "d": f"M{fold} 0V{FOLD}H{w}"})
    elif card.kind == "module":  # a folder with a tab
        w, h, tab = number(width), number(height), number(width / 3)
        SubElement(group, "path", {"class": "card", "d": f"M0 0L2 -4H{tab}L{number(width / 3 + 2)} 0H{w}V{h}H0Z"})
    elif card.kind == "root":  # two borders
        rim = card.rim
        add_rectangle(group, "card", Place(-rim, -rim, width + 2 * rim, height + 2 * rim), CORNER + rim)
        add_rectangle(group, "detail", whole, CORNER)
    else:
        add_rectangle(group, "card", whole, CORNER if card.kind == "computed" else 0)


def add_rectangle(parent: Element, kind: str, place: Place, radius: float) -> None:
    attributes = dict(zip(("x", "y", "width", "height"), map(number, place), strict=True))
    SubElement(parent, "rect", {"class": kind, **attributes, **({"rx": number(radius)} if radius else {})})


def number(x: float) -> str:
    """Write a length to a tenth of a point."""
    return f"{round(x, 1) + 0.0:.1f}".removesuffix(".0")


def point(p: Point) -> str:
    return f"{number(p.x)} {number(p.y)}"
