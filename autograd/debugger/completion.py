"""Completing what is typed: labels and numbers of nodes, their fields, ops, functions and the words commands know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autograd.debugger.expressions import FIELDS, FUNCTIONS
from autograd.debugger.names import Names
from autograd.ops import OPS

DELIMITERS: Final = " \t\n;=,()*+/<>!"  # what separates words: labels may contain dots, dashes and #
WORDS: Final = {
    "break": (*OPS, "nan", "inf"),
    "tbreak": (*OPS, "nan", "inf"),
    "goto": ("start", "end"),
    "list": ("all", "leaves"),
    "clear": ("all",),
    "print": tuple(FUNCTIONS),
    "display": tuple(FUNCTIONS),
}


def completed(names: Names, command: str, text: str) -> list[str]:
    """Return the ways to complete a word after a command."""
    found = sorted(names.completions(text))
    head, dot, field = text.rpartition(".")
    if dot and names.matches(head):
        found += [f"{head}.{name}" for name in FIELDS if name.startswith(field)]
    return found + [word for word in WORDS.get(command, ()) if text and word.startswith(text)]


def delimit_completion() -> Callable[[], None] | None:
    """Let a word to complete contain what labels contain, and give a function that takes this back."""
    try:
        import readline
    except ImportError:
        return None
    delimiters = readline.get_completer_delims()
    readline.set_completer_delims(DELIMITERS)
    return lambda: readline.set_completer_delims(delimiters)
