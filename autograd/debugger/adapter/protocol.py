"""The arguments of the requests that are answered, and the capabilities; names and fields are the protocol's.

Source: the JSON schema of the Debug Adapter Protocol, npm `@vscode/debugprotocol`. What a struct does not name, it
ignores; a test holds the structs to the schema.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct, field


class Arguments(Struct, rename="camel"):
    """What all arguments share: Python's names here, the protocol's on the wire."""


class Nothing(Arguments):
    """A request without arguments, or whose arguments make no difference."""


class Source(Arguments):
    """A file, or code without one by its number."""

    path: str | None = None
    name: str | None = None
    source_reference: int | None = None


class Launch(Arguments):
    """How to run a program; these fields are ours, see docs/debugging.md."""

    program: str | None = None
    module: str | None = None
    args: list[str] = []
    cwd: str | None = None
    env: dict[str, str | None] = {}
    python: str | list[str] | None = None
    stop_on_entry: bool = True
    pass_: int | str = field(default="every", name="pass")
    console: str = "internalConsole"


class Attach(Arguments):
    """Which program to attach to: one that waits in `autograd.debug(loss, listen=port)`."""

    port: int
    host: str = "127.0.0.1"
    stop_on_entry: bool = True
    pass_: int | str = field(default="every", name="pass")


class Breakpoint(Arguments):
    """A breakpoint of any kind: on a line, by name, on a gradient or at an address."""

    line: int | None = None
    name: str | None = None
    data_id: str | None = None
    instruction_reference: str | None = None
    offset: int = 0
    condition: str | None = None
    hit_condition: str | None = None
    log_message: str | None = None


class SetBreakpoints(Arguments):
    """The breakpoints of a file, in place of those it had."""

    source: Source
    breakpoints: list[Breakpoint] = []


class SetStops(Arguments):
    """The breakpoints of another kind, in place of those there were."""

    breakpoints: list[Breakpoint]


class SetExceptionBreakpoints(Arguments):
    """The filters that are on."""

    filters: list[str]


class DataBreakpointInfo(Arguments):
    """What a data breakpoint would be set on."""

    name: str
    variables_reference: int = 0


class Run(Arguments):
    """A thread to run on, forwards or backwards."""

    thread_id: int


class Move(Run):
    """A step; granularity "instruction" is a contribution."""

    granularity: str = "statement"


class GotoTargets(Arguments):
    """A line to go to."""

    source: Source
    line: int


class Goto(Arguments):
    """A target that `gotoTargets` gave."""

    thread_id: int
    target_id: int


class Frame(Arguments):
    """A frame of the stack."""

    frame_id: int


class StackTrace(Arguments):
    """A page of the stack; levels 0 is all of it."""

    thread_id: int
    start_frame: int = 0
    levels: int = 0


class Variables(Arguments):
    """The children of a variable, or a page of them."""

    variables_reference: int
    start: int = 0
    count: int = 0


class SetVariable(Arguments):
    """A new value for a child of a variable."""

    variables_reference: int
    name: str
    value: str


class SetExpression(Arguments):
    """A new value for what an expression names."""

    expression: str
    value: str


class Evaluate(Arguments):
    """An expression; context "repl" is the Debug Console, which takes commands too."""

    expression: str
    context: str = "watch"
    frame_id: int | None = None


class Completions(Arguments):
    """A line typed so far, and the column (from 1) behind what to complete."""

    text: str
    column: int


class SourceText(Arguments):
    """Code to show that is in no file."""

    source_reference: int
    source: Source | None = None


class Disassemble(Arguments):
    """A stretch of the tape of contributions."""

    memory_reference: str
    instruction_count: int
    offset: int = 0
    instruction_offset: int = 0


CAPABILITIES: Final[dict[str, Any]] = {
    **dict.fromkeys(
        (
            "supportsConfigurationDoneRequest",
            "supportsStepBack",
            "supportsConditionalBreakpoints",
            "supportsHitConditionalBreakpoints",
            "supportsLogPoints",
            "supportsFunctionBreakpoints",
            "supportsDataBreakpoints",
            "supportsEvaluateForHovers",
            "supportsSetVariable",
            "supportsSetExpression",
            "supportsExceptionInfoRequest",
            "supportsSteppingGranularity",
            "supportsDisassembleRequest",
            "supportsInstructionBreakpoints",
            "supportsRestartFrame",
            "supportsTerminateRequest",
            "supportsGotoTargetsRequest",
            "supportsCompletionsRequest",
            "supportsLoadedSourcesRequest",
            "supportsDelayedStackTraceLoading",
        ),
        True,
    ),
    "completionTriggerCharacters": [".", "#"],
    "exceptionBreakpointFilters": [
        {"filter": "nan", "label": "nan", "description": "Stop where a number or a gradient is nan"},
        {"filter": "infinity", "label": "infinity", "description": "Stop where a number or a gradient is infinite"},
    ],
}
