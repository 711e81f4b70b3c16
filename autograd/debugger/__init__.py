"""A debugger for the backward pass, in pdb's language, that also goes backwards.

`debug(root)` opens its shell; `Session(root)` has all the shell can do as methods, for a notebook or a test;
`python -m autograd.debugger script.py` opens the shell at every `.backward()` of a script.

What debugs does no input or output; two faces show it to people and decide nothing of their own:

    session     everything one can do, as methods: of the cursor, of the stops, and functions that look
    cursor      a place in a pass, and the moves from it        stops      breakpoints and watches
    places      where labels, lines and predicates are          looking    expressions, listings, paths, reasons
    reports     what a move says, as data that prints itself    findings   what looking says, as data too
    pictures    the graph and the player's page from here       programs   noting lines, stopping at .backward()
    timeline/   the recorded pass: its moments, names, lines, expressions, and other numbers at its leaves
    shell/      the commands that people type: to add one, begin in its docstring
    adapter/    the Debug Adapter Protocol, for VS Code and other editors
    start       debug(root), the way in from a running program
    __main__    the command line
"""

from autograd.debugger.programs import noted_sources
from autograd.debugger.session import Session
from autograd.debugger.shell.shell import Shell
from autograd.debugger.start import debug
from autograd.debugger.timeline.names import CommandError

__all__ = ["CommandError", "Session", "Shell", "debug", "noted_sources"]
