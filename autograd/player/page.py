"""One self-contained web page: a template, a style sheet, scripts and data in a single file that needs no network.

The page's content security policy lets nothing run or load but what is in it: its own script and style sheet, by their
SHA-256. The data are JSON in an element that no browser runs.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from itertools import cycle
from os import PathLike
from pathlib import Path
from string import Template
from typing import Any, Final

from autograd.files import write_atomically
from autograd.lowering.javascript import helpers_source, number, row_source
from autograd.ops import OPS
from autograd.player.drawn import first_pass_svg
from autograd.player.encoding import encode, node_row
from autograd.player.plane import plane_of
from autograd.recording import Recording
from autograd.text import show_controls

SCRIPTS: Final = (
    "record.js",
    "notation.js",
    "elements.js",
    "cards.js",
    "picture.js",
    "moving.js",
    "panel.js",
    "curve.js",
)
EXPLORING: Final = ("engine.js", "explore.js")
POLICY: Final = "default-src 'none'; script-src {script}; style-src {style}; base-uri 'none'; form-action 'none'"
# A line that is a comment, the margin of a line, and the line for node at the end of a script.
COMMENT: Final = re.compile(
    r"^ *(?://.*\n|/\*.*\*/\n|/\*\*(?:.|\n)*?\*/\n|\n)|^ +| +// .*$|^if \(typeof module(?:.|\n)*\Z", re.MULTILINE
)
SPACES: Final = re.compile(r"(?<=[^\w$]) +| +(?=[^\w$])")  # that separate no words
TITLE: Final = "The chain rule, step by step"


def save(recording: Recording, path: str | PathLike[str], **options: Any) -> None:
    """Write a recording as a page that plays it, opened at a step; see `Recording.save_html`."""
    write_atomically(Path(path), page(recording, **options).encode())


def page(
    recording: Recording,
    step: int = 0,
    title: str = "",
    explore: bool = False,
    about: str = "",
    axes: tuple[str, str] | None = None,
    framed: bool = False,
) -> str:
    """Return the text of the page that plays a recording, with `explore` computes it anew, and may live in a frame."""
    steps = sum(len(made.steps) for made in recording.passes)
    if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step <= steps:
        raise ValueError(f"expected a step from 0 to {steps}, got {step!r}")
    for name, text in (("title", title), ("about", about)):
        if not isinstance(text, str):
            raise TypeError(f"save_html({name}=...) takes a str, got {text!r:.60}")
    if not isinstance(explore, bool):
        raise TypeError(f"save_html(explore=...) takes True or False, got {explore!r:.60}")
    plane = find_plane(recording, axes, explore)
    title = title or TITLE
    data = encode(recording, step, title, plane)
    scripts = [
        *map(part, SCRIPTS),
        *(explorer_parts(recording) if explore else ()),
        *([part("plane.js")] if plane else ()),
    ]
    scripts += [*([part("notebook.js")] if framed else ()), part("player.js")]
    return self_contained(
        part("template.html"),
        title,
        part("player.css"),
        "\n".join(scripts),
        data,
        about=f'<p id="about">{html.escape(show_controls(about))}</p>' if about else "",
        change=part("change.html") if explore else "",
        effect=part("effect.html") if explore else "",
        drawn=first_pass_svg(json.loads(data)),
    )


def find_plane(recording: Recording, axes: object, explore: bool) -> dict[str, Any] | None:
    """Return the plane of a page that computes, if its model has two inputs; see `plane_of`."""
    if axes is not None and not explore:
        raise ValueError("save_html(axes=...) needs explore=True: only a page that computes has a map of the output")
    return plane_of([node_row(node) for node in recording.passes[0].nodes], axes) if explore else None


def explorer_parts(recording: Recording) -> list[str]:
    """Return the scripts of a page that computes: the rows of the rule table that its graph needs, and what runs them.

    Raises ValueError for an op outside the rule table, of which no lowering is known.
    """
    rows: dict[str, str] = {}
    for node in recording.passes[0].nodes:
        if node.op is None:
            continue
        if OPS.get(node.op.name) is not node.op:
            raise ValueError(
                f"save_html(explore=True) cannot compute {show_controls(node.name)}: {node.op} is not in the rule table"
            )
        count, constants = len(node.inputs), {}
        key = f'"{node.op.name}/{count}"'
        if node.op.name == "constant_power":  # which has a row for each exponent, as JavaScript writes it
            constants = {1: recording.passes[0].nodes[node.inputs[1]].data}
            key = f"[{key}+{number(constants[1])}]"
        if key not in rows:
            rows[key] = row_source(node.op.name, count, constants)
    table = ",\n".join([f"{key}:{row}" for key, row in rows.items()])
    return [helpers_source(table), f"const ROWS = {{\n{table}\n}};", *map(part, EXPLORING)]


def part(name: str) -> str:
    """Read one of the player's own files without comments and margins, and a script without the spaces around signs."""
    text = COMMENT.sub("", files("autograd.player").joinpath(name).read_text("utf-8"))
    return "\n".join(map(tighten, text.split("\n"))) if name.endswith(".js") else text


def tighten(line: str) -> str:
    """Take the spaces around signs off a line of a script; a line with a template or a pattern stays as it is.

    >>> tighten('return x === "a - b" ? { y: 1 } : z / 2;'), tighten("const words = /a - b/.exec(x);")
    ('return x==="a - b"?{y:1}:z/2;', 'const words = /a - b/.exec(x);')
    """
    if "`" in line or "/" in line.replace(" / ", ""):
        return line
    return '"'.join([text if quoted else SPACES.sub("", text) for text, quoted in zip(line.split('"'), cycle([0, 1]))])


def self_contained(template: str, title: str, style: str, script: str, data: str, **more: str) -> str:
    """Fill a template that has $policy, $title, $style, $script and $data; data must be JSON without any "<".

    `more` is further HTML, by the names that the template gives it.
    """
    style, script = f"\n{style}", f'\n"use strict";\n(() => {{\n{script}\n}})();\n'
    return Template(template).substitute(
        policy=POLICY.format(script=fingerprint(script), style=fingerprint(style)),
        title=html.escape(show_controls(title)),
        style=style,
        script=script,
        data=data,
        **more,
    )


def fingerprint(text: str) -> str:
    """Name an inline script or style sheet in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def frame(recording: Recording) -> str:
    """Return the page as a frame for a notebook: as high as the page, in the notebook's theme, unable to reach it."""
    inside = html.escape(page(recording, framed=True))
    return Template(part("notebook.html")).substitute(page=inside, title=TITLE)
