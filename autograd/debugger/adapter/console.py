"""Expressions and commands from the editor: watches, hovers and the Debug Console."""

from __future__ import annotations

import io
from types import FrameType
from typing import TYPE_CHECKING, Any

from autograd.debugger.adapter import stack
from autograd.debugger.adapter.protocol import Completions, Evaluate, SetExpression
from autograd.debugger.adapter.variables import assign, node_variable, value_variable
from autograd.debugger.session import Session
from autograd.debugger.shell.shell import Shell
from autograd.debugger.timeline.names import CommandError

if TYPE_CHECKING:
    from autograd.debugger.adapter.debuggee import Debuggee

RESULT = {"name", "evaluateName"}


def evaluate(debuggee: Debuggee, arguments: Evaluate) -> dict[str, Any]:
    """Evaluate an expression: a node, the shell's expression, or Python's; in the Debug Console a command first."""
    session, text = debuggee.paused, arguments.expression.strip()
    frame = debuggee.frame
    if arguments.frame_id is not None and arguments.frame_id >= stack.PYTHON:
        frame = stack.frame_at(debuggee, arguments.frame_id)
    elif arguments.frame_id is not None:
        session.cursor.selected = stack.node_of_frame(session, arguments.frame_id)
    if arguments.context == "repl" and is_command(session, text):
        return {"result": run_command(debuggee, text), "variablesReference": 0}
    return look_at(session, text, frame)


def look_at(session: Session, text: str, frame: FrameType | None) -> dict[str, Any]:
    """Look at a node, an expression over nodes, or a Python expression at the line of the `.backward()`."""
    found = session.cursor.names.matches(text)
    if len(found) == 1:
        return result(node_variable(session, found[0]))
    try:
        return {"result": str(session.show(text)), "variablesReference": 0}
    except CommandError as error:
        if frame is None:
            raise
        refusal = error
    try:
        value = eval(text, frame.f_globals, frame.f_locals)
    except Exception as error:
        raise CommandError(f"{refusal}; and in Python: {type(error).__name__}: {error}") from None
    return result(value_variable(session, text, value))


def result(variable: dict[str, Any]) -> dict[str, Any]:
    """Turn the description of a variable into that of a result."""
    return {"result": variable["value"], **{k: v for k, v in variable.items() if k not in RESULT | {"value"}}}


def shell_on(session: Session) -> tuple[Shell, io.StringIO]:
    out = io.StringIO()
    shell = Shell(io.StringIO(), out)
    shell.session = session
    shell.echoes = False
    return shell, out


def is_command(session: Session, text: str) -> bool:
    """Whether a line of the Debug Console begins with a command of the shell."""
    shell, _ = shell_on(session)
    try:
        return not text or bool(shell.command(text.split()[0]))
    except CommandError:
        return True  # an ambiguous beginning: the shell says so


def run_command(debuggee: Debuggee, text: str) -> str:
    """Run a line of the shell's commands; where one moves the cursor, the editor follows."""
    session = debuggee.paused
    before, position = session.cursor.loaded, session.position
    shell, out = shell_on(session)
    shell.in_program = True
    shell.cmdqueue = [text]
    leaves = False
    while shell.cmdqueue and not leaves:
        leaves = shell.onecmd(shell.precmd(shell.cmdqueue.pop(0)))
    if leaves:
        debuggee.resume()
        debuggee.events.append(("continued", {"threadId": debuggee.thread, "allThreadsContinued": True}))
    elif session.position != position:
        debuggee.report_stop(session.here(), "step")
    elif session.cursor.loaded is not before:
        debuggee.events.append(("invalidated", {"areas": ["all"]}))
    return out.getvalue().rstrip()


def set_expression(debuggee: Debuggee, arguments: SetExpression) -> dict[str, Any]:
    """Set a leaf's number by its name."""
    leaf = debuggee.paused.cursor.names.resolve(arguments.expression.strip().removesuffix(".data"))
    return assign(debuggee, leaf, arguments.value)


def completions(debuggee: Debuggee, arguments: Completions) -> dict[str, Any]:
    """Complete the word before the cursor: commands, labels, fields, ops and functions."""
    shell, _ = shell_on(debuggee.paused)
    typed = arguments.text[: max(arguments.column - 1, 0)]
    before, _, word = typed.rpartition(" ")
    found = dict.fromkeys([*shell.completions(before.split(), word), *shell.completions(["print"], word)])
    start, length = len(typed) - len(word), len(word)
    return {"targets": [{"label": text, "start": start, "length": length} for text in [*found][:200]]}
