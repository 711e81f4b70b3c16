"""A Griffe extension: doctests in docstrings become code blocks."""

from __future__ import annotations

import re
from typing import Any

import griffe

DOCTEST = re.compile(r"(?:^[ ]*>>> .*\n?(?:^[ ]*\S.*\n?)*)+", re.MULTILINE)


class Doctests(griffe.Extension):
    """Put the fences of a code block around each run of lines that begins with `>>>`."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of an object that was loaded."""
        if obj.docstring:
            obj.docstring.value = DOCTEST.sub(lambda run: f"```pycon\n{run[0].rstrip()}\n```\n", obj.docstring.value)
