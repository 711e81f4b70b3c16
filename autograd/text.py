"""Text that can be shown: escaping of what a terminal or XML cannot hold."""

from __future__ import annotations


def escape_controls(text: str) -> str:
    """Return the text with control characters and lone surrogates as escapes, so that it is safe to print.

    >>> print(escape_controls("a\\x1b[31m"))
    a\\x1b[31m
    """
    return text if text.isprintable() else repr(text)[1:-1]
