"""The table of requests: for each command, the struct of its arguments and the function that answers it."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from autograd.debugger.adapter import protocol, stack, tape, variables
from autograd.debugger.adapter.console import completions, evaluate, set_expression
from autograd.debugger.adapter.protocol import Breakpoint
from autograd.debugger.timeline.names import CommandError

if TYPE_CHECKING:
    from autograd.debugger.adapter.debuggee import Debuggee

Body = Mapping[str, Any]
Answer = Callable[["Debuggee", Any], Body | None]

# Beginning and ending -------------------------------------------------------------------------------------------------


def initialize(debuggee: Debuggee, arguments: protocol.Nothing) -> Body:
    """Return what the adapter can do."""
    debuggee.events.append(("initialized", {}))
    return protocol.CAPABILITIES


def begin(debuggee: Debuggee, options: protocol.Launch | protocol.Attach) -> None:
    """Keep the options of the launch configuration."""
    debuggee.options = options


def configuration_done(debuggee: Debuggee, arguments: protocol.Nothing) -> None:
    """Let the program begin: the breakpoints are set."""
    debuggee.configured.set()


def leave(debuggee: Debuggee, arguments: protocol.Nothing) -> None:
    """Let the program go on without the debugger."""
    debuggee.detach()


def threads(debuggee: Debuggee, arguments: protocol.Nothing) -> Body:
    """List the program's threads that have begun a pass."""
    return {"threads": [{"id": n, "name": name} for n, name in enumerate(debuggee.thread_names, start=1)]}


# Stopping -------------------------------------------------------------------------------------------------------------


def set_line_breakpoints(debuggee: Debuggee, arguments: protocol.SetBreakpoints) -> Body:
    """Replace the breakpoints of a file."""
    path = arguments.source.path or arguments.source.name or ""
    return debuggee.breakpoints.set("line", path, arguments.breakpoints, debuggee.session)


def set_stops(kind: str) -> Answer:
    """Return the function that replaces the breakpoints of another kind."""
    return lambda debuggee, arguments: debuggee.breakpoints.set(kind, "", arguments.breakpoints, debuggee.session)


def set_exception_breakpoints(debuggee: Debuggee, arguments: protocol.SetExceptionBreakpoints) -> Body:
    """Stop, or stop no longer, where a nan or an infinity turns up."""
    wanted = [Breakpoint(name=name) for name in arguments.filters]
    return debuggee.breakpoints.set("exception", "", wanted, debuggee.session)


def data_breakpoint_info(debuggee: Debuggee, arguments: protocol.DataBreakpointInfo) -> Body:
    """Return which gradient a data breakpoint on a variable would watch."""
    session = debuggee.paused
    node = variables.node_of(debuggee, arguments.variables_reference, arguments.name)
    if node is None:
        return {"dataId": None, "description": "only a gradient can be watched: choose grad, or a node"}
    name = session.cursor.names.name(node)
    return {"dataId": name, "description": f"{name}.grad changes", "accessTypes": ["write"], "canPersist": True}


def exception_info(debuggee: Debuggee, arguments: protocol.Nothing) -> Body:
    """Name the node, its operands and its line, at a nan or an infinity."""
    cursor, report = debuggee.paused.cursor, debuggee.report
    node = cursor.timeline.nodes[cursor.selected]
    operands = ", ".join(f"{cursor.names.name(n)} = {cursor.timeline.data[n]!r}" for n in node.inputs)
    about = cursor.names.formula(node.number) + (f", with {operands}" if operands else "")
    return {
        "exceptionId": "; ".join(report.reasons) if report else "nan or infinity",
        "description": f"{about}, made at {node.source}" if node.source else about,
        "breakMode": "always",
        "details": {"message": str(report), "typeName": node.op.name if node.op else node.kind},
    }


# Moving ---------------------------------------------------------------------------------------------------------------


def move_by(method: str, instruction: str = "") -> Answer:
    """Return the function that moves by a method of the session; `instruction` is the one for single contributions."""

    def answer(debuggee: Debuggee, arguments: protocol.Run) -> None:
        single = isinstance(arguments, protocol.Move) and arguments.granularity == "instruction"
        name = instruction if instruction and single else method
        debuggee.move(getattr(debuggee.paused, name))

    return answer


def step_out(debuggee: Debuggee, arguments: protocol.Move) -> None:
    """Run to the end of the module at hand; a node that belongs to none is stepped over."""
    session = debuggee.paused
    try:
        debuggee.report_stop(session.until())
    except CommandError:
        debuggee.move(session.step)


def continue_(debuggee: Debuggee, arguments: protocol.Run) -> Body:
    """Run to the next stop, in this pass or a later one."""
    session = debuggee.paused
    report = None if session.cursor.at_end else session.continue_()
    if report and report.hits:
        debuggee.report_stop(report)
    else:
        debuggee.resume()
    return {"allThreadsContinued": True}


def backwards(method: str, instruction: str = "") -> Answer:
    """Return the function that moves backwards; at the start of the pass it stays there, and says so."""
    forward = move_by(method, instruction)

    def answer(debuggee: Debuggee, arguments: protocol.Run) -> None:
        if debuggee.paused.position:
            forward(debuggee, arguments)
        else:
            debuggee.report_stop(debuggee.paused.here("this is the start of the pass"), "entry")

    return answer


def pause(debuggee: Debuggee, arguments: protocol.Nothing) -> None:
    """Stop at the next `.backward()`."""
    if debuggee.session is None:
        debuggee.pausing = True


def restart_frame(debuggee: Debuggee, arguments: protocol.Frame) -> None:
    """Go to the step of a frame's node."""
    session = debuggee.paused
    debuggee.move(lambda: session.goto(f"#{stack.node_of_frame(session, arguments.frame_id)}"))


def goto_targets(debuggee: Debuggee, arguments: protocol.GotoTargets) -> Body:
    """List the nodes made on a line, the first of them if there are very many."""
    session = debuggee.paused
    nodes = session.cursor.loaded.lines.nodes_at(arguments.source.path or "", arguments.line)
    reached = list(islice((n for n in nodes if n in session.cursor.timeline.step_of), MOST_TARGETS))
    return {"targets": [{"id": n, "label": session.cursor.names.formula(n), "line": arguments.line} for n in reached]}


def goto(debuggee: Debuggee, arguments: protocol.Goto) -> None:
    """Go to before a node's step."""
    session = debuggee.paused
    if arguments.target_id not in session.cursor.timeline.step_of:
        raise CommandError(f"{arguments.target_id} is no target: ask for those of a line with gotoTargets")
    debuggee.report_stop(session.goto(f"#{arguments.target_id}"), "goto")


# Seeing ---------------------------------------------------------------------------------------------------------------


def page(debuggee: Debuggee, arguments: protocol.Nothing) -> Body:
    """Return the player's page of the pass, for the view "Backward pass"; not a request of the protocol's own."""
    text, offset, step = debuggee.paused.page()
    return {"html": text, "offset": offset, "step": step, "pass": debuggee.passes}


# Sources --------------------------------------------------------------------------------------------------------------


def loaded_sources(debuggee: Debuggee, arguments: protocol.Nothing) -> Body:
    """List the files whose lines made nodes, and the code that is in no file."""
    if debuggee.session is None:
        return {"sources": []}
    return {"sources": [stack.source(file) for file in debuggee.session.cursor.loaded.lines.files]}


def source_text(debuggee: Debuggee, arguments: protocol.SourceText) -> Body:
    """Return code that is in no file, such as a notebook's cell."""
    file = stack.SOURCES.get(arguments.source_reference)
    lines = linecache.getlines(file) if file else []
    if not lines:
        raise CommandError(f"the text of {file or 'this source'} is not kept: Python does not keep what -c runs")
    return {"content": "".join(lines), "mimeType": "text/x-python"}


MOST_TARGETS: Final = 1000  # nodes of a line that an editor is offered to go to
REQUESTS: Final[dict[str, tuple[type[Any], Answer]]] = {
    "initialize": (protocol.Nothing, initialize),
    "launch": (protocol.Launch, begin),
    "attach": (protocol.Attach, begin),
    "configurationDone": (protocol.Nothing, configuration_done),
    "disconnect": (protocol.Nothing, leave),
    "terminate": (protocol.Nothing, leave),
    "threads": (protocol.Nothing, threads),
    "setBreakpoints": (protocol.SetBreakpoints, set_line_breakpoints),
    "setFunctionBreakpoints": (protocol.SetStops, set_stops("function")),
    "setDataBreakpoints": (protocol.SetStops, set_stops("data")),
    "setInstructionBreakpoints": (protocol.SetStops, set_stops("instruction")),
    "setExceptionBreakpoints": (protocol.SetExceptionBreakpoints, set_exception_breakpoints),
    "dataBreakpointInfo": (protocol.DataBreakpointInfo, data_breakpoint_info),
    "exceptionInfo": (protocol.Nothing, exception_info),
    "next": (protocol.Move, move_by("step", "stepi")),
    "stepIn": (protocol.Move, move_by("stepi")),
    "stepOut": (protocol.Move, step_out),
    "stepBack": (protocol.Move, backwards("reverse_step", "reverse_stepi")),
    "continue": (protocol.Run, continue_),
    "reverseContinue": (protocol.Run, backwards("reverse_continue")),
    "pause": (protocol.Nothing, pause),
    "restartFrame": (protocol.Frame, restart_frame),
    "gotoTargets": (protocol.GotoTargets, goto_targets),
    "goto": (protocol.Goto, goto),
    "stackTrace": (protocol.StackTrace, stack.stack_trace),
    "scopes": (protocol.Frame, variables.scopes),
    "variables": (protocol.Variables, variables.variables),
    "setVariable": (protocol.SetVariable, variables.set_variable),
    "setExpression": (protocol.SetExpression, set_expression),
    "evaluate": (protocol.Evaluate, evaluate),
    "completions": (protocol.Completions, completions),
    "loadedSources": (protocol.Nothing, loaded_sources),
    "source": (protocol.SourceText, source_text),
    "autograd/page": (protocol.Nothing, page),
    "disassemble": (protocol.Disassemble, tape.disassemble),
}
