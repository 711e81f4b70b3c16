"""The words after a command: reading them (what cannot be read is refused with an example) and completing them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from autograd.debugger.stops import Stop
from autograd.debugger.timeline.expressions import FIELDS, FUNCTIONS
from autograd.debugger.timeline.names import CommandError, Names, escape_controls
from autograd.ops import OPS

CONDITION = re.compile(r"(.*\S)(?:\s*,\s*|\s+if\s+)(.+)", re.DOTALL)
PART = re.compile(r"""(?:[^,()'"]|\([^)]*\)|'[^']*'|"[^"]*")+""")
LARGEST = 10**12
DELIMITERS: Final = " \t\n;=,()*+/<>!"  # what separates words: labels may contain dots, dashes and #
WORDS: Final = {
    "break": (*OPS, "nan", "inf"),
    "tbreak": (*OPS, "nan", "inf"),
    "goto": ("start", "end", "step"),
    "until": ("step",),
    "list": ("all", "leaves"),
    "clear": ("all",),
    "print": tuple(FUNCTIONS),
    "display": tuple(FUNCTIONS),
}


def count(arg: str) -> int:
    """Read how often."""
    if not arg:
        return 1
    if not arg.isdecimal() or not 1 <= int(arg[:13]) <= LARGEST:
        raise CommandError(f"expected how often, got {escape_controls(arg):.40}: type a number from 1, or leave it out")
    return int(arg[:13])


def number(arg: str, example: str) -> int:
    """Read a number from 0, of at most 12 digits; `example` is the command that a refusal shows."""
    if not arg.isdecimal() or len(arg) > 12:
        given = escape_controls(arg) or "nothing"
        raise CommandError(f"expected a number, got {given:.40}: type for example {example}")
    return int(arg)


def numbers(arg: str) -> list[int]:
    """Read numbers of stops."""
    return [number(word, "disable 1 2") for word in arg.split()]


def first_number(arg: str, example: str) -> tuple[int, str]:
    """Read a number, and give the rest."""
    word, _, rest = arg.partition(" ")
    return number(word, example), rest.strip()


def refuse_argument(arg: str, command: str) -> None:
    """Refuse an argument."""
    if arg:
        raise CommandError(f"{command} takes no argument, got {escape_controls(arg):.40}: type {command}")


def split_condition(arg: str) -> tuple[str, str]:
    """Split `place, condition` and `place if condition`, as pdb and gdb have it.

    >>> split_condition("relu, grad == 0"), split_condition("max(grad, 0) > 1"), split_condition("w if grad > 1")
    (('relu', 'grad == 0'), ('max(grad, 0) > 1', ''), ('w', 'grad > 1'))
    """
    found = CONDITION.fullmatch(arg)
    if not found or found[1].count("(") != found[1].count(")") or any(found[1].count(quote) % 2 for quote in "\"'"):
        return arg, ""
    return found[1], found[2]


def parts(arg: str) -> list[str]:
    """Split at the commas that stand between neither brackets nor quotes.

    >>> parts("a, max(b.grad, 0), 'c, d'")
    ['a', 'max(b.grad, 0)', "'c, d'"]
    """
    found = [part.strip() for part in PART.findall(arg)]
    return [part for part in found if part] or [arg]


def if_(stop: Stop) -> str:
    return f" if {stop.condition}" if stop.condition else ""


# Completing -----------------------------------------------------------------------------------------------------------


def complete_word(names: Names, command: str, text: str) -> list[str]:
    """Return the ways to complete a word after a command."""
    found = sorted(names.completions(text))
    head, dot, field = text.rpartition(".")
    if dot and names.matches(head):
        found += [f"{head}.{name}" for name in FIELDS if name.startswith(field)]
    return found + [word for word in WORDS.get(command, ()) if text and word.startswith(text)]


def delimit_completion() -> Callable[[], None] | None:
    """Let a word to complete contain what labels contain; return a function that takes this back."""
    try:
        import readline
    except ImportError:
        return None
    delimiters = readline.get_completer_delims()
    readline.set_completer_delims(DELIMITERS)
    return lambda: readline.set_completer_delims(delimiters)
