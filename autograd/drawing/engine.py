"""Run Graphviz on DOT text: the one inside pygraphviz's wheel if it is there, else a `dot` on the PATH.

Small graphs are laid out in this process. Large ones go to a child process, because Graphviz cannot be interrupted and
its time grows steeply; so do graphs with frames, for which a failed assertion of Graphviz can end its process.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Final

SMALL: Final = 40_000  # characters of DOT, some 100 nodes: laid out within half a second
FRAMED: Final = "subgraph"
MISSING: Final = (
    "no Graphviz to lay the graph out: pip install 'scalar-autograd[draw]' brings one "
    "(or put Graphviz's `dot` on the PATH); Drawing.source, the DOT text, needs neither"
)
CHILD: Final = """
import sys, pygraphviz
graph = pygraphviz.AGraph(sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="dot"))
"""
one_at_a_time: Final = threading.Lock()  # Graphviz keeps global state


def run_graphviz(source: str, form: str, time_limit: float) -> bytes:
    """Return what Graphviz's `dot` makes of DOT text, in one of its output formats.

    Raises ModuleNotFoundError where there is no Graphviz, TimeoutError after time_limit seconds, and RuntimeError with
    Graphviz's own words where it fails.
    """
    if importlib.util.find_spec("pygraphviz"):
        if len(source) <= SMALL and FRAMED not in source:
            return run_here(source, form)
        path = os.pathsep.join([entry for entry in sys.path if entry])
        return run([sys.executable, "-P", "-c", CHILD, form], source, time_limit, {**os.environ, "PYTHONPATH": path})
    if dot := shutil.which("dot"):
        return run([dot, f"-T{form}"], source, time_limit)
    raise ModuleNotFoundError(MISSING, name="pygraphviz")


def run_here(source: str, form: str) -> bytes:
    """Lay DOT text out in this process, one at a time, without a time limit."""
    pygraphviz = importlib.import_module("pygraphviz")
    with one_at_a_time, pygraphviz.AGraph(source) as graph:
        output: bytes = graph.draw(format=form, prog="dot")
        return output


def run(command: list[str], source: str, time_limit: float, environment: Mapping[str, str] | None = None) -> bytes:
    """Return what a command writes when it reads the DOT text; raise as `run_graphviz` says if it fails."""
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
