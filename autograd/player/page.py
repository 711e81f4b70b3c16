"""One self-contained web page: a template, a style sheet, scripts and data in a single file that needs no network.

The page's content security policy lets nothing run or load but what is in it: its own script and style sheet, by their
SHA-256. The data are JSON in an element that no browser runs.
"""

from __future__ import annotations

import base64
import hashlib
import html
from importlib.resources import files
from os import PathLike
from pathlib import Path
from string import Template
from typing import Final

from autograd.files import write_atomically
from autograd.player.encoding import encoded
from autograd.recording import Recording
from autograd.text import show_controls

SCRIPTS: Final = ("record.js", "notation.js", "elements.js", "picture.js", "panel.js", "curve.js", "player.js")
POLICY: Final = "default-src 'none'; script-src {script}; style-src {style}; base-uri 'none'; form-action 'none'"
TITLE: Final = "The chain rule, step by step"


def save(recording: Recording, path: str | PathLike[str], step: int = 0, title: str = "") -> None:
    """Write a recording as a page that plays it, opened at a step; see `Recording.save_html`."""
    write_atomically(Path(path), page(recording, step, title).encode())


def page(recording: Recording, step: int = 0, title: str = "") -> str:
    """Give the text of the page that plays a recording."""
    steps = sum(len(made.steps) for made in recording.passes)
    if isinstance(step, bool) or not isinstance(step, int) or not 0 <= step <= steps:
        raise ValueError(f"expected a step from 0 to {steps}, got {step!r}")
    title = title or TITLE
    data = encoded(recording, step, title)
    return self_contained(part("template.html"), title, part("player.css"), "\n".join(map(part, SCRIPTS)), data)


def part(name: str) -> str:
    """Read one of the player's own files: a script, the style sheet or the template."""
    return files("autograd.player").joinpath(name).read_text("utf-8")


def self_contained(template: str, title: str, style: str, script: str, data: str) -> str:
    """Fill a template that has $policy, $title, $style, $script and $data; data must be JSON without any "<"."""
    style, script = f"\n{style}", f'\n"use strict";\n(() => {{\n{script}\n}})();\n'
    return Template(template).substitute(
        policy=POLICY.format(script=fingerprint(script), style=fingerprint(style)),
        title=html.escape(show_controls(title)),
        style=style,
        script=script,
        data=data,
    )


def fingerprint(text: str) -> str:
    """Name an inline script or style sheet in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def frame(recording: Recording) -> str:
    """Give the page as a frame for a notebook, which cannot reach the notebook around it."""
    page_text = html.escape(page(recording))
    return (
        f'<iframe srcdoc="{page_text}" sandbox="allow-scripts" title="{TITLE}" width="100%" height="720" '
        'style="border: 0"></iframe>'
    )
