"""How long the debug adapter takes to answer in a pass of 100,000 nodes.

    python benchmarks/debugger.py [NODES]

prints a Markdown table: how long it takes to open the pass, and to answer each request of an editor, the worst of
three. The goals: 3 s to open, 50 ms for an answer. The requests go to the adapter's own handlers, without a wire.
Times are the processor's, which other work on the machine changes little.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from autograd import Value
from autograd.debugger.adapter.debuggee import Debuggee
from autograd.debugger.programs import noted_sources

NODES: Final = 100_000
TURNS: Final = 3
Request = Callable[[], object]
FILE: Final = str(Path(__file__).resolve())


class Answers:
    """Stands in for the wire to the editor, and keeps what is answered."""

    def __init__(self) -> None:
        self.last: Any = None

    def respond(self, request: dict[str, Any], body: Any = None) -> None:
        self.last = body

    def refuse(self, request: dict[str, Any], message: str) -> None:
        raise SystemExit(f"{request['command']} was refused: {message}")

    def event(self, name: str, **body: Any) -> None:
        pass


def record_graph(nodes: int) -> tuple[Value, int]:
    """Record a network of labelled weights, of so many nodes; return its loss, and the line that made most of them."""
    line, width = 0, 50
    with noted_sources():
        gain = Value(1.0, "gain")
        xs = [gain * Value(0.01 * k, f"x{k}") for k in range(width)]
        for layer in range(nodes // (4 * width)):
            ws = [Value(0.5, f"layers.{layer}.neurons.{k}.weight") for k in range(width)]
            products = [w * x for w, x in zip(ws, xs, strict=True)]
            line = sys._getframe().f_lineno + 1
            xs = [(product + 0.1).tanh() for product in products]
        loss = sum(xs, Value(0.0, "start"))
    loss.label = "loss"
    return loss, line


def request(debuggee: Debuggee, command: str, **arguments: Any) -> Request:
    """Return the function that makes a request."""
    message = {"type": "request", "seq": 1, "command": command, "arguments": arguments}
    return lambda: debuggee.answer(message)


def requests(debuggee: Debuggee, line: int) -> Iterator[tuple[str, Request]]:
    """Yield each request by its name, ready to be made."""
    ask = partial(request, debuggee)
    evaluate = partial(ask, "evaluate", context="repl")
    scopes = [
        scope["variablesReference"] for scope in answer(debuggee, "scopes", frameId=debuggee.paused.cursor.selected)
    ]
    yield "stackTrace", ask("stackTrace", threadId=1, startFrame=0, levels=20)
    yield "scopes", ask("scopes", frameId=debuggee.paused.cursor.selected)
    for reference in scopes:
        yield "variables of a scope", ask("variables", variablesReference=reference)
    yield from stops(ask, line)
    yield from moves(ask, evaluate)
    yield from looks(debuggee, ask, evaluate, line)


def stops(ask: Callable[..., Request], line: int) -> Iterator[tuple[str, Request]]:
    """Yield requests that set stops; the last of them stay."""
    yield "a line breakpoint", ask("setBreakpoints", source={"path": FILE}, breakpoints=[{"line": line}])
    yield (
        "a breakpoint with a condition",
        ask("setBreakpoints", source={"path": FILE}, breakpoints=[{"line": line, "condition": "grad > 1e9"}]),
    )
    yield "no line breakpoint", ask("setBreakpoints", source={"path": FILE}, breakpoints=[])
    yield "a predicate", ask("setFunctionBreakpoints", breakpoints=[{"name": "abs(grad) > 1e9"}])
    yield "a module", ask("setFunctionBreakpoints", breakpoints=[{"name": "layers.3"}])
    yield "an op", ask("setFunctionBreakpoints", breakpoints=[{"name": "tanh"}])
    yield "no function breakpoint", ask("setFunctionBreakpoints", breakpoints=[])
    yield "nan and infinity", ask("setExceptionBreakpoints", filters=["nan", "infinity"])
    yield "a data breakpoint", ask("setDataBreakpoints", breakpoints=[{"dataId": "layers.1.neurons.3.weight"}])


def moves(ask: Callable[..., Request], evaluate: Callable[..., Request]) -> Iterator[tuple[str, Request]]:
    """Yield requests that move, and end at the start of the pass."""
    yield "next", ask("next", threadId=1)
    yield "stepIn", ask("stepIn", threadId=1)
    yield "stepOut", ask("stepOut", threadId=1)
    yield "stepBack", ask("stepBack", threadId=1)
    yield "continue", ask("continue", threadId=1)
    yield "reverseContinue", ask("reverseContinue", threadId=1)
    yield "no data breakpoint", ask("setDataBreakpoints", breakpoints=[])
    yield "a predicate", ask("setFunctionBreakpoints", breakpoints=[{"name": "abs(grad) > 1e9"}])
    yield "goto the end", evaluate(expression="goto end")
    yield "reverseContinue, past a predicate at every step", ask("reverseContinue", threadId=1)
    yield "no function breakpoint", ask("setFunctionBreakpoints", breakpoints=[])


def looks(
    debuggee: Debuggee, ask: Callable[..., Request], evaluate: Callable[..., Request], line: int
) -> Iterator[tuple[str, Request]]:
    """Yield requests that look, and change leaves."""
    middle = debuggee.paused.cursor.timeline.steps[len(debuggee.paused.cursor.timeline.steps) // 2]
    yield "gotoTargets", ask("gotoTargets", source={"path": FILE}, line=line)
    yield (
        "disassemble",
        ask("disassemble", memoryReference=hex(2**20), instructionOffset=-50, instructionCount=200, offset=0),
    )
    yield "loadedSources", ask("loadedSources")
    yield "hover", ask("evaluate", expression="loss", context="hover")
    yield "why", evaluate(expression="why layers.1.neurons.3.weight")
    yield "print an expression", evaluate(expression="abs(layers.1.neurons.3.weight.grad) * 2")
    yield "list", evaluate(expression="list")
    yield "set a late leaf", evaluate(expression="set start = 0.25")
    yield "undo", evaluate(expression="undo")
    yield "set one of 50 inputs", evaluate(expression="set x3 = 0.25")
    yield "undo", evaluate(expression="undo")
    yield "set a leaf that everything depends on", evaluate(expression="set gain = 1.25")
    yield "undo", evaluate(expression="undo")
    yield "why of a node in the middle", evaluate(expression=f"why #{middle}")
    yield "completions", ask("completions", text="p layers.1.neu", column=15)
    yield "restart", evaluate(expression="restart")


def answer(debuggee: Debuggee, command: str, **arguments: Any) -> Any:
    debuggee.answer({"type": "request", "seq": 1, "command": command, "arguments": arguments})
    return next(iter(debuggee.wire.last.values()))  # type: ignore[attr-defined]


def main() -> None:
    loss, line = record_graph(int(sys.argv[1]) if len(sys.argv) > 1 else NODES)
    gc.collect()
    debuggee = Debuggee(Answers())  # type: ignore[arg-type]
    debuggee.stepping = True  # stop at the first pass
    started = time.process_time()
    program = threading.Thread(target=lambda: debuggee.open(loss, sys._getframe()), daemon=True)
    program.start()
    while debuggee.session is None:
        time.sleep(0.001)
    answer(debuggee, "stackTrace", threadId=1)
    print(f"| request, in a pass of {len(debuggee.paused.originals):,} nodes | ms |\n|---|--:|")
    print(f"| open the pass and show its stack (goal 3,000) | {1e3 * (time.process_time() - started):,.0f} |")
    worst: dict[str, float] = {}
    for _ in range(TURNS):
        for name, ask in requests(debuggee, line):
            begun = time.thread_time()
            ask()
            worst[name] = max(worst.get(name, 0.0), 1e3 * (time.thread_time() - begun))
    for name, milliseconds in worst.items():
        print(f"| {name} | {milliseconds:.1f} |")
    debuggee.detach()


if __name__ == "__main__":
    main()
