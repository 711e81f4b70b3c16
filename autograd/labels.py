"""Module paths in labels: `layers.0.neurons.1.weights.2` is a number of the module `layers.0.neurons.1`.

The one parser of such labels; drawings fold by it, and the debugger's breakpoints and `finish` go by it.
"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=10_000)
def module_path(label: str) -> tuple[str, ...]:
    """Return the paths of the modules that a label names, outermost first.

    A path consists of names and indices between dots. What a label names last is an attribute, with its indices, which
    do not belong to the path. Any other label names no module.

    >>> module_path("layers.0.neurons.1.weights.2")
    ('layers.0', 'layers.0.neurons.1')
    >>> module_path("encoder.table.0.1"), module_path("table.0.1"), module_path("x"), module_path("Dr. Who")
    (('encoder',), (), (), ())
    """
    parts = label.split(".")
    if len(parts) == 1 or not parts[0].isidentifier():
        return ()
    for part in parts:  # a loop, since graphs have many labels: `all` takes twice the time
        if not (part.isidentifier() or is_index(part)):
            return ()
    while is_index(parts[-1]):
        parts.pop()
    owner = parts[:-1]
    ends = [end for end in range(1, len(owner) + 1) if end == len(owner) or not is_index(owner[end])]
    return tuple([".".join(owner[:end]) for end in ends])


def module_of(label: str) -> str:
    """Return the path of the innermost module that a label names, or "" for none.

    >>> module_of("layers.0.neurons.1.bias"), module_of("loss")
    ('layers.0.neurons.1', '')
    """
    return (module_path(label) or ("",))[-1]


def is_index(part: str) -> bool:
    return part.isascii() and part.isdecimal()
