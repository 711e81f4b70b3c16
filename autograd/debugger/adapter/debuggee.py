"""The side of the adapter that runs inside the program: it opens sessions and answers the editor's requests.

The program's thread waits in `open` while its pass is stopped; a thread of the adapter's own reads requests and answers
them, one at a time. A lock keeps the two apart.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import msgspec

from autograd.debugger.adapter.breakpoints import Breakpoints
from autograd.debugger.adapter.protocol import Attach, Launch
from autograd.debugger.adapter.requests import REQUESTS
from autograd.debugger.adapter.wire import Wire
from autograd.debugger.reports import Stopped
from autograd.debugger.session import Session
from autograd.debugger.timeline.names import CommandError, place_name
from autograd.value import Value

Events = list[tuple[str, dict[str, Any]]]
REASONS = {  # the protocol's, by the kind of a stop that was hit; of several kinds the first counts
    "exception": "exception",
    "watch": "data breakpoint",
    "address": "instruction breakpoint",
    "breakpoint": "breakpoint",
}
RUNNING = "the program is running: press Pause to stop at its next .backward()"


class Debuggee:
    """What is being debugged, and the wire to the editor.

    Attributes:
        session: the pass that is stopped, or None while the program runs.
        frame: the Python frame of its `.backward()`.
        events: what to send after the answer to the request at hand.
        passes: how many passes the program has begun.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.breakpoints = Breakpoints(self.say)
        self.options: Launch | Attach = Launch()
        self.session: Session | None = None
        self.frame: FrameType | None = None
        self.report: Stopped | None = None
        self.events: Events = []
        self.passes = 0
        self.pausing = self.stepping = self.detached = self.over = False
        self.configured = threading.Event()
        self.released = threading.Event()
        self.lock = threading.RLock()
        self.thread = 1
        self.thread_names = [threading.main_thread().name]

    # The program's side -----------------------------------------------------------------------------------------------

    def open(self, root: Value, frame: FrameType) -> None:
        """Run the pass below root, and wait while the editor has it stopped."""
        with self.lock:
            self.passes += 1
            self.note_thread(threading.current_thread().name)
            if self.detached or not self.may_stop():
                root.backward()
                return
            session = Session(root, self.breakpoints.stops(), frame)
            session.cursor.loaded.prepare()
            self.breakpoints.announce(session, self.wire)
            stop = self.first_stop(session)
            if stop is None:
                return
            self.session, self.frame = session, frame
            self.pausing = self.stepping = False
            self.released.clear()
            self.report_stop(*stop)
            self.flush()
        self.released.wait()
        with self.lock:
            self.session = self.frame = None

    def note_thread(self, name: str) -> None:
        """Note the program's thread that has begun a pass, under a small number: editors keep it in 32 bits."""
        if name not in self.thread_names:
            self.thread_names.append(name)
        self.thread = self.thread_names.index(name) + 1

    def may_stop(self) -> bool:
        """Whether anything can stop the next pass."""
        entry = self.options.stop_on_entry and not (
            isinstance(self.options.pass_, int) and self.options.pass_ != self.passes
        )
        return entry or self.pausing or self.stepping or bool(self.breakpoints.stops())

    def first_stop(self, session: Session) -> tuple[Stopped, str] | None:
        """Return where a pass stops first and the reason, or None where it runs through."""
        if self.pausing or self.stepping:
            return session.here(), "pause" if self.pausing else "step"
        if self.options.stop_on_entry and self.selects_pass(session):
            return session.here(), "entry"
        report = session.run_from_start()
        return (report, "breakpoint") if report.hits else None

    def selects_pass(self, session: Session) -> bool:
        """Whether the option `pass` selects this pass: every one, the n-th, or those where a condition holds."""
        which = self.options.pass_
        if which == "every":
            return True
        if isinstance(which, int) or which.isdecimal():
            return self.passes == int(which)
        try:
            return bool(session.value(which))
        except CommandError as error:
            self.say(f'"pass": {error}', "important")
            return True

    # The editor's side ------------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Answer requests until the wire ends, and let the program go then."""
        while message := self.wire.read():
            if message.get("type") == "request":
                with self.lock:
                    self.answer(message)
        with self.lock:
            self.detach()

    def answer(self, message: dict[str, Any]) -> None:
        """Answer a request; a bad one is refused in a sentence."""
        command = message.get("command")
        if command not in REQUESTS:
            self.wire.refuse(message, f"{command!r:.60} is no request that this adapter answers")
            return
        arguments, handle = REQUESTS[command]
        try:
            body = handle(self, msgspec.convert(message.get("arguments") or {}, arguments))
            self.wire.respond(message, body)
        except (CommandError, ValueError, ImportError, OSError) as error:
            self.wire.refuse(message, str(error))
        except Exception as error:  # a fault of the adapter must not end the user's session
            self.wire.refuse(message, f"{type(error).__name__}: {error}")
            self.say(traceback.format_exc(), "stderr")
        self.flush()

    def flush(self) -> None:
        """Send the events that waited for an answer."""
        for name, body in self.events:
            self.wire.event(name, **body)
        self.events = []

    @property
    def paused(self) -> Session:
        """The pass that is stopped; refused while the program runs."""
        if self.session is None:
            raise CommandError(RUNNING)
        return self.session

    def report_stop(self, report: Stopped, reason: str = "step") -> None:
        """Send the editor the place and the reason of a stop, after the answer to its request."""
        session = self.paused
        self.report = report
        hit = [session.stops.by_number[n] for n in report.hits if n in session.stops.by_number]
        kinds = {"exception" if stop.target in ("nan", "inf") else stop.kind for stop in hit}
        reason = next((name for kind, name in REASONS.items() if kind in kinds), reason)
        where = f"pass {self.passes} at {place_name(self.frame)}, {report.position}"
        text = "; ".join(report.reasons)
        about = {"threadId": self.thread, "allThreadsStopped": True, "hitBreakpointIds": list(report.hits)}
        self.events.append(("stopped", {"reason": reason, "description": text or where, "text": text, **about}))
        self.events.append(("autograd/position", self.position()))

    def position(self) -> dict[str, int]:
        """Return the pass and the step, for the view "Backward pass"."""
        session = self.paused
        return {"pass": self.passes, "step": session.cursor.step_number, "steps": len(session.cursor.timeline.steps)}

    def move(self, act: Callable[[], Stopped]) -> None:
        """Move in the pass; what would go beyond its end lets the program go on."""
        session = self.paused
        try:
            self.report_stop(act())
        except CommandError:
            if not session.cursor.at_end:
                raise
            self.resume(stepping=True)

    def resume(self, stepping: bool = False) -> None:
        """Let the program go on; after a step, it stops at the start of its next pass."""
        self.stepping = stepping
        self.session = None
        self.released.set()

    def detach(self) -> None:
        """Let the program go on for good: every `.grad` is as after a completed pass."""
        self.detached = True
        self.configured.set()
        self.resume()

    def say(self, text: str, category: str = "console") -> None:
        """Write a line to the Debug Console."""
        self.events.append(("output", {"category": category, "output": text.rstrip("\n") + "\n"}))


def serve_in_thread(debuggee: Debuggee, on_end: Callable[[], object] | None = None) -> None:
    """Answer requests in a thread of their own; call `on_end` where the wire ends before the program does."""

    def run() -> None:
        debuggee.serve()
        if on_end and not debuggee.over:
            on_end()

    threading.Thread(target=run, name="autograd debug adapter", daemon=True).start()
