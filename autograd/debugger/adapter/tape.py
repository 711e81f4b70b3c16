"""The Disassembly view: the tape of contributions, an address each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.debugger.adapter.breakpoints import TAPE, address
from autograd.debugger.adapter.protocol import Disassemble
from autograd.debugger.adapter.stack import source
from autograd.debugger.reports import sum_text
from autograd.debugger.session import Session
from autograd.debugger.timeline.timeline import NOTHING

if TYPE_CHECKING:
    from autograd.debugger.adapter.debuggee import Debuggee

MOST = 10_000  # instructions in one answer


def disassemble(debuggee: Debuggee, arguments: Disassemble) -> dict[str, Any]:
    """Return a stretch of the tape, as many instructions as were asked for; before and behind it they are invalid."""
    session = debuggee.paused
    first = address(arguments.memory_reference, arguments.offset) + arguments.instruction_offset
    count = min(max(arguments.instruction_count, 0), MOST)
    return {"instructions": [instruction(session, k) for k in range(first, first + count)]}


def instruction(session: Session, k: int) -> dict[str, Any]:
    """Describe the k-th contribution."""
    timeline = session.cursor.timeline
    if not 0 <= k < timeline.end:
        return {
            "address": hex(max(TAPE + k, 0)),
            "instruction": "end of the pass" if k == timeline.end else "",
            "presentationHint": "normal" if k == timeline.end else "invalid",
        }
    index, node = timeline.step_at(k), timeline.owners[k]
    text = "passes nothing on"
    if timeline.inputs[k] != NOTHING:
        c = timeline.contribution(k)
        sum_ = sum_text(c.before, timeline.gradients[index], c.partial, c.after)
        text = f"{session.cursor.names.name(c.input)}.grad  {sum_}"
    about = {"address": hex(TAPE + k), "instruction": text, "symbol": session.cursor.names.formula(node)}
    if source_line := timeline.nodes[node].source:
        file, _, line = source_line.rpartition(":")
        return {**about, "location": source(file), "line": int(line)}
    return about
