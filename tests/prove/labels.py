"""Labels made to do harm, through pictures, pages, the shell and error messages: they come out as text, and only so.

Whatever the labels, a picture or a page has the same elements with the same attributes as with plain ones, and what a
terminal is sent holds no character that it would obey.
"""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html.parser import HTMLParser
from typing import Final
from xml.etree import ElementTree

from claims import Claim

from autograd import Value, debug, detect_anomaly, draw, record_steps
from autograd.player.page import page
from nn import Module, parameter

PIECES: Final = (
    *("<script>alert(1)</script>", "</script>", "<b>", "</title></svg>", "<!--", "-->", "]]>", "<![CDATA[", "<?xml"),
    *(
        '"',
        "'",
        '" onload="alert(1)',
        "javascript:alert(1)",
        "&",
        "&lt;",
        "&#0;",
        "&#x1b;",
        "`",
        "${x}",
        "$title",
        "{{x}}",
    ),
    *("\\", "\\N", "\\n", "{a|b}", "<<TABLE>", '"]; evil [label="', "%s", "%(x)s", "{0}", "\u202e", "\u2028", "\u200b"),
    *(
        "\x1b[31m",
        "\x1b]0;title\x07",
        "\x9b2J",
        "\r",
        "\n",
        "\t",
        "\0",
        "\x7f",
        "\ud800",
        "\udfff\ud800",
        "\ufffe",
        "🧠",
        "é",
    ),
    *("#0", "all", "x.grad", "q", "1e999", "nan", "-", "", " ", "w" * 400),
)
AT_ONCE: Final = 12  # labels in one graph: enough that Graphviz is not started too often


def labels_are_text(rounds: int) -> list[Claim]:
    """Try so many graphs of labels made from the pieces, and each piece alone."""
    r = random.Random(1)
    alone = [PIECES[k : k + AT_ONCE] for k in range(0, len(PIECES), AT_ONCE)]
    mixed = [["".join(r.choices(PIECES, k=r.randint(1, 4))) for _ in range(AT_ONCE)] for _ in range(rounds)]
    lots = [[*lot, *["plain"] * (AT_ONCE - len(lot))] for lot in (*alone, *mixed)]
    return [compare_labels(where, sees, lots) for where, sees in PLACES.items()]


def graph(labels: Sequence[str]) -> Value:
    """Make a graph whose leaves and computed nodes bear the labels."""
    values = [Value(1.0 + k, label) for k, label in enumerate(labels)]
    total = values[0]
    for value in values[1:]:
        total = total * value
        total.label = value.label
    return total


def compare_labels(
    where: str, sees: Callable[[Sequence[str]], Iterable[object]], lots: Sequence[Sequence[str]]
) -> Claim:
    """Compare what comes of each lot of labels with what comes of plain ones: nothing may be more."""
    plain = Counter(sees(["plain"] * AT_ONCE)) | Counter(sees([""] * AT_ONCE))
    wrong: list[str] = []
    for lot in lots:
        try:
            if Counter(sees(lot)) - plain:
                wrong.append(f"{lot!r:.200}")
        except Exception as error:  # whatever leaves is what is looked for
            wrong.append(f"{error!r:.100} for {lot!r:.100}")
    return Claim(
        f"labels made to do harm are text in {where}",
        "markup, entities, escapes of dot, of terminals and of templates, lone surrogates, mixed at random",
        len(lots) * AT_ONCE,
        "; ".join(wrong[:2]) or "nothing more than with plain labels, no control character",
        not wrong,
    )


def svg_elements(labels: Sequence[str]) -> set[object]:
    """Give the kinds of a picture's elements, with the names of their attributes."""
    return {(item.tag, *sorted(item.attrib)) for item in ElementTree.fromstring(draw(graph(labels)).svg).iter()}


class Elements(HTMLParser):
    """Lists a page's elements, the names of their attributes, and its comments."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *[name for name, _ in attrs]))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((tag,))

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data))


def html_elements(labels: Sequence[str]) -> list[tuple[str, ...]]:
    """List the elements of a recording's page, which bears a label as its title too."""
    parser = Elements()
    parser.feed(page(record_steps(graph(labels)), title=f"title {labels[0]}"))
    parser.close()
    return parser.found


def shell_controls(labels: Sequence[str]) -> list[str]:
    """Look at everything by number in the shell."""
    said = io.StringIO()
    commands = "list\nstep\nwhere\nwhy #0\nprint #1\nstepi\ndisplay #2\nuntil #3\nwatch #4\ncontinue\nreverse-step\nq\n"
    debug(graph(labels), stdin=io.StringIO(commands), stdout=said)
    return controls(said.getvalue())


def error_controls(labels: Sequence[str]) -> list[str]:
    """Raise what names nodes, weights and states."""
    holder = Module()
    holder.weights = {label: parameter(float(k)) for k, label in enumerate(labels)}
    said = [repr(graph(labels)), caught(lambda: holder.load_state_dict({}))]
    said.append(caught(lambda: holder.load_state_dict({**holder.state_dict(), **dict.fromkeys(labels, "x")})))
    with detect_anomaly():
        for label in labels:
            said.append(caught(lambda label=label: Value(-1.0, label).log()))
    return controls("".join(said))


def caught(f: Callable[[], object]) -> str:
    try:
        f()
    except (ValueError, TypeError, FloatingPointError) as error:
        return str(error)
    raise AssertionError("it was not refused")


def controls(text: str) -> list[str]:
    """List the characters that a terminal would obey, or that no text should hold."""
    return [c for c in text if not c.isprintable() and c != "\n"]


PLACES: Final[dict[str, Callable[[Sequence[str]], Iterable[object]]]] = {
    "SVG": svg_elements,
    "HTML": html_elements,
    "the shell": shell_controls,
    "error messages": error_controls,
}
