"""A debugger for the backward pass, in pdb's language, that also goes backwards.

`debug(root)` opens its shell; `Session(root)` has all the shell can do as methods, for a notebook or a test;
`python -m autograd.debugger script.py` opens the shell at every `.backward()` of a script.
"""

from autograd.debugger.names import CommandError
from autograd.debugger.session import Session
from autograd.debugger.shell import Shell, debug
from autograd.debugger.sources import noted_sources

__all__ = ["CommandError", "Session", "Shell", "debug", "noted_sources"]
