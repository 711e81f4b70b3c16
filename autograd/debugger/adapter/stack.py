"""The call stack: the path from the current node to the root, and below it Python's own frames."""

from __future__ import annotations

from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from autograd.debugger.adapter.breakpoints import TAPE
from autograd.debugger.adapter.protocol import StackTrace
from autograd.debugger.programs import spans
from autograd.debugger.session import Session
from autograd.debugger.timeline.names import CommandError

if TYPE_CHECKING:
    from autograd.debugger.adapter.debuggee import Debuggee

PYTHON: Final = 2**30  # the number of the first of Python's frames
SOURCES: Final[dict[int, str]] = {}  # the names of code that is in no file, by the number that the editor knows it by


def stack_trace(debuggee: Debuggee, page: StackTrace) -> dict[str, Any]:
    """Return a page of the stack."""
    session = debuggee.paused
    path = session.cursor.timeline.path_to_root(session.cursor.selected)
    callers = python_frames(debuggee.frame)
    total = len(path) + len(callers)
    last = page.start_frame + page.levels if page.levels else total
    frames = [node_frame(session, n) for n in path[page.start_frame : last]]
    frames += [
        python_frame(k, caller) for k, caller in enumerate(callers, start=len(path)) if page.start_frame <= k < last
    ]
    return {"stackFrames": frames, "totalFrames": total}


def node_frame(session: Session, node: int) -> dict[str, Any]:
    """Describe a node as a frame that stands on the code that made it."""
    timeline = session.cursor.timeline
    here = session.position if node == session.cursor.selected else timeline.starts[timeline.step_of.get(node, 0)]
    frame = {"id": node, "name": session.cursor.names.formula(node), "instructionPointerReference": hex(TAPE + here)}
    source_line = timeline.nodes[node].source
    if source_line is None:
        return {**frame, "line": 0, "column": 0, "presentationHint": "subtle"}
    file, _, line = source_line.rpartition(":")
    span = spans.get(session.originals[node].serial)
    if span and span[0] == int(line):
        frame |= {"endLine": span[1], "endColumn": span[3] + 1}
    return {**frame, "line": int(line), "column": span[2] + 1 if span else 1, "source": source(file)}


def python_frames(frame: FrameType | None) -> list[FrameType]:
    """List the program's frames, the innermost first."""
    frames = []
    while frame and not frame.f_code.co_filename.startswith("<frozen"):
        frames.append(frame)
        frame = frame.f_back
    return frames


def python_frame(k: int, frame: FrameType) -> dict[str, Any]:
    """Describe a frame of Python's."""
    code = frame.f_code
    return {
        "id": PYTHON + k,
        "name": code.co_name,
        "line": frame.f_lineno,
        "column": 1,
        "source": source(code.co_filename),
    }


def source(file: str) -> dict[str, Any]:
    """Describe a file, or code that is in none."""
    name = file.rpartition("/")[2]
    if not file.startswith("<"):
        return {"name": name, "path": file}
    number = next((n for n, known in SOURCES.items() if known == file), len(SOURCES) + 1)
    SOURCES[number] = file
    return {"name": name, "sourceReference": number}


def node_of_frame(session: Session, frame: int) -> int:
    """Return the node of a frame."""
    if not 0 <= frame < len(session.cursor.timeline.nodes):
        raise CommandError("this frame is Python's: choose one of a node, further up")
    return frame


def frame_at(debuggee: Debuggee, frame: int) -> FrameType:
    """Return one of Python's frames by its number."""
    session = debuggee.paused
    frames = python_frames(debuggee.frame)
    k = frame - PYTHON - len(session.cursor.timeline.path_to_root(session.cursor.selected))
    if not 0 <= k < len(frames):
        raise CommandError(f"there is no frame {frame}: ask for the stack first")
    return frames[k]
