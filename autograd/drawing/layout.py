"""DOT text to SVG, PNG or PDF by whichever Graphviz is there, and SVG made fit for light and dark pages.

The Graphviz inside pygraphviz's wheel is taken first, then a `dot` on the PATH. Small graphs are laid out in this
process. Large ones go to a child process, because Graphviz cannot be interrupted and its time grows steeply.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree

SMALL: Final = 80_000  # characters of DOT, some 100 nodes: laid out within half a second
DPI: Final = "-Gdpi=144"  # of a PNG; twice Graphviz's 72 points an inch, for today's screens
MISSING: Final = (
    "no Graphviz to lay the graph out: pip install 'scalar-autograd[draw]' brings one "
    "(or put Graphviz's `dot` on the PATH); Drawing.source, the DOT text, needs neither"
)
CHILD: Final = """
import sys, pygraphviz
graph = pygraphviz.AGraph(sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot", args=" ".join(sys.argv[2:])))
"""
SVG: Final = "http://www.w3.org/2000/svg"
UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
one_at_a_time: Final = threading.Lock()  # Graphviz keeps global state


def rendered(source: str, form: str, time_limit: float) -> bytes:
    """Lay DOT text out as "svg", "png" or "pdf".

    Raises ModuleNotFoundError where there is no Graphviz, TimeoutError after time_limit seconds, and RuntimeError with
    Graphviz's own words where it fails.
    """
    options = [DPI] if form == "png" else []
    if importlib.util.find_spec("pygraphviz"):
        if len(source) <= SMALL:
            return rendered_here(source, form, options)
        path = os.pathsep.join([entry for entry in sys.path if entry])
        return run(
            [sys.executable, "-P", "-c", CHILD, form, *options], source, time_limit, {**os.environ, "PYTHONPATH": path}
        )
    if dot := shutil.which("dot"):
        return run([dot, f"-T{form}", *options], source, time_limit)
    raise ModuleNotFoundError(MISSING, name="pygraphviz")


def rendered_here(source: str, form: str, options: list[str]) -> bytes:
    """Lay DOT text out in this process, one at a time, without a time limit."""
    pygraphviz = importlib.import_module("pygraphviz")
    with one_at_a_time, pygraphviz.AGraph(source) as graph:
        image: bytes = graph.draw(format=form, prog="dot", args=" ".join(options))
        return image


def run(command: list[str], source: str, time_limit: float, environment: Mapping[str, str] | None = None) -> bytes:
    """Give what a command makes of the DOT text; raise as `rendered` says, after time_limit seconds or if it fails."""
    try:
        done = subprocess.run(
            command, input=source.encode(), capture_output=True, timeout=time_limit, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(
            f"Graphviz took more than {time_limit:g} s: pass a smaller limit to draw() to fold the graph, "
            "around=value to draw a neighbourhood, or a larger time_limit"
        ) from None
    if done.returncode:
        raise RuntimeError(
            f"Graphviz failed with code {done.returncode}: {done.stderr.decode(errors='replace').strip()}"
        )
    return done.stdout


def finished_svg(svg: bytes, titles: Mapping[str, str], caption: str, style: str) -> str:
    """Make Graphviz's SVG fit for a page: our style sheet in it, our tooltips, and a name for screen readers.

    Titles are by element id. They do not travel through DOT, where a backslash in a tooltip is read once or twice,
    depending on what bears it.
    """
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    root.attrib |= {"xmlns": SVG, "class": "autograd", "role": "img", "aria-label": visible(caption)}
    sheet = ElementTree.Element("style")
    sheet.text = style
    root.insert(0, sheet)
    for group in root.iter("g"):
        title = group.find("title")
        if title is not None and group.get("id") in titles:
            title.text = visible(titles[group.attrib["id"]], keep="\n")
        elif title is not None:
            group.remove(title)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def visible(text: str, keep: str = "") -> str:
    """Replace what XML or UTF-8 cannot hold, and control characters but those to keep, by something to see.

    >>> visible("a\\n\\0b\\ud800")
    'a␊␀b\\\\ud800'
    """
    return UNSEEN.sub(lambda match: match[0] if match[0] in keep else picture(ord(match[0])), text)


def picture(code: int) -> str:
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else f"\\u{code:04x}"
