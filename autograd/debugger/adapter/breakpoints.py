"""The editor's breakpoints, of all kinds, as stops of a session.

An editor sets all breakpoints of a kind, or of a file, anew at every change, and before there is any pass to set them
in. So they are kept here, and given to each session that opens.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from autograd.debugger.adapter.protocol import Breakpoint
from autograd.debugger.adapter.wire import Wire
from autograd.debugger.session import Session
from autograd.debugger.stops import Stop
from autograd.debugger.timeline.names import CommandError, plural

FILTERS: Final = {"nan": "nan", "infinity": "inf"}
HIT: Final = re.compile(r"\s*(==|>=|<=|>|<|%|)\s*(\d{1,9})\s*")
COUNTS: Final[dict[str, Callable[[int, int], bool]]] = {
    "": operator.eq,
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "%": lambda hits, n: hits % n == 0,
}
PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
KINDS: Final = {"data": "watch", "instruction": "address"}
TAPE: Final = 2**20  # the address of the first contribution
NOT_YET: Final = "no pass has been recorded yet"


class Breakpoints:
    """The stops by group: a kind ("line", "function", "data", "exception", "instruction"), and of lines the file."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.groups: dict[tuple[str, str], list[Stop]] = {}
        self.errors: dict[int, str] = {}  # what is wrong with a breakpoint in any pass
        self.descriptions: dict[int, dict[str, Any]] = {}
        self.say = say
        self.count = 0

    def stops(self) -> list[Stop]:
        """Return the stops of all groups."""
        return [stop for group in self.groups.values() for stop in group]

    def set(
        self, kind: str, path: str, wanted: Sequence[Breakpoint], session: Session | None
    ) -> dict[str, list[dict[str, Any]]]:
        """Replace the stops of a group, and describe the new ones as the protocol has it."""
        old = self.groups.pop((kind, path), [])
        if session:
            for stop in old:
                session.stops.by_number.pop(stop.number, None)
        self.groups[kind, path] = [self.make_stop(kind, path, one) for one in wanted]
        for stop in self.groups[kind, path]:
            self.descriptions[stop.number] = self.place_stop(stop, session)
        return {"breakpoints": [self.descriptions[stop.number] for stop in self.groups[kind, path]]}

    def make_stop(self, kind: str, path: str, wanted: Breakpoint) -> Stop:
        """Make the stop that a breakpoint asks for."""
        self.count += 1
        stop = Stop(self.count, KINDS.get(kind, "breakpoint"), target_of(kind, path, wanted))
        stop.condition = (wanted.condition or "").strip()
        if wanted.hit_condition and wanted.hit_condition.strip():
            counted = HIT.fullmatch(wanted.hit_condition)
            if counted and (counted[1] != "%" or int(counted[2])):
                stop.counts = counter(counted[1], int(counted[2]))
            else:
                self.errors[stop.number] = f"expected a number of hits, such as 3, >= 3 or % 3: {wanted.hit_condition}"
                stop.enabled = False
        if wanted.log_message:
            stop.message = wanted.log_message
        return stop

    def place_stop(self, stop: Stop, session: Session | None) -> dict[str, Any]:
        """Place a stop in the session, and say whether and where it is."""
        error = self.errors.get(stop.number, "")
        if session:
            error = session.stops.carry(stop) or error
            stop.log = partial(self.log, session)
        about: dict[str, Any] = {"id": stop.number, "verified": session is not None and not error}
        if not session or error:
            about["message"] = error or NOT_YET
        elif not stop.test:
            about["message"] = plural(len(stop.places), "contribution" if stop.kind == "watch" else "step")
        if stop.target.rpartition(":")[2].isdecimal() and stop.kind == "breakpoint":
            about["line"] = int(stop.target.rpartition(":")[2])
        return about

    def announce(self, session: Session, wire: Wire) -> None:
        """Place every stop in a new session, and tell the editor which have changed."""
        for stop in self.stops():
            now = self.place_stop(stop, session)
            if now != self.descriptions.get(stop.number):
                self.descriptions[stop.number] = now
                wire.event("breakpoint", reason="changed", breakpoint=now)

    def log(self, session: Session, message: str, subject: int, position: int) -> None:
        """Write a log point's message, with what stands between braces evaluated."""

        def value(found: re.Match[str]) -> str:
            try:
                return str(session.value(found[1], subject, position))
            except CommandError as error:
                return f"({error})"

        self.say(PLACEHOLDER.sub(value, message))


def target_of(kind: str, path: str, wanted: Breakpoint) -> str:
    """Return what a breakpoint names, as the session's stops have it."""
    if kind == "line":
        return f"{path}:{wanted.line}"
    if kind == "instruction":
        return str(address(wanted.instruction_reference or "", wanted.offset))
    if kind == "exception":
        return FILTERS.get(wanted.name or "", wanted.name or "")
    return (wanted.data_id if kind == "data" else wanted.name) or ""


def address(reference: str, offset: int = 0) -> int:
    """Return the position of an address of the tape."""
    try:
        return int(reference, 0) - TAPE + offset
    except ValueError:
        raise CommandError(f"expected an address such as {hex(TAPE)}, got {reference!r:.40}") from None


def counter(comparison: str, n: int) -> Callable[[int], bool]:
    return lambda hits: COUNTS[comparison](hits, n)
