"""The positions that labels, lines, ops, modules and predicates name, and the run to the next of them.

The places of a stop are one sorted list, so that a run finds the next by bisection, forwards and backwards alike: going
back visits the places of going forward, in the opposite order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Final, Protocol, TypeVar

from autograd.debugger.timeline.expressions import Evaluate
from autograd.debugger.timeline.loaded import LoadedPass
from autograd.debugger.timeline.names import CommandError, Names, escape_controls, plural
from autograd.debugger.timeline.timeline import Timeline

LINE: Final = re.compile(r"(?:(?P<file>.*):)?(?P<line>\d{1,9})", re.DOTALL)  # 12, :12, train.py:12
STEP: Final = re.compile(r"step\s+(?P<step>\d{1,12})(?:\.(?P<contribution>\d{1,12}))?")  # step 3, step 3.2
SPECIAL: Final = {"nan": math.isnan, "inf": math.isinf}


class Stopping(Protocol):
    """What a run asks of a stop."""

    kind: str
    enabled: bool
    test: Evaluate | None

    def hit(self, subject: int, position: int) -> bool:
        """Count an arrival, and return whether to stop."""

    def between(self, start: int, target: int) -> Iterator[int]:
        """Return the places after start up to target, in the order of going there."""


AnyStop = TypeVar("AnyStop", bound=Stopping)


def run(stops: Iterable[AnyStop], timeline: Timeline, start: int, target: int) -> tuple[int, list[AnyStop]]:
    """Go from start towards target, and give where a run stops and what stopped it."""
    streams = [arrivals(stop, timeline, start, target) for stop in stops if stop.enabled]
    for place, group in groupby(merge(*streams, key=itemgetter(0), reverse=target < start), key=itemgetter(0)):
        hit = [stop for _, subject, stop in group if stop.hit(subject, place)]
        if hit:
            return place, hit
    return target, []


def arrivals(stop: AnyStop, timeline: Timeline, start: int, target: int) -> Iterator[tuple[int, int, AnyStop]]:
    """Yield the places of a stop on the way, of a predicate those where it holds, each with the node it is about."""
    test = stop.test
    if test and stop.kind != "watch":  # there may be very many places
        owners = timeline.owners
        found = ((place, owners[place], stop) for place in stop.between(start, target) if test(owners[place], place))
        yield from found
        return
    for place in stop.between(start, target):
        subject = subject_of(stop, timeline, place)
        if test is None or test(subject, place):
            yield place, subject, stop


def subject_of(stop: Stopping, timeline: Timeline, place: int) -> int:
    """Return the node that a stop's conditions are about: the one at its step, or the one just contributed to."""
    if stop.kind == "watch":
        return timeline.inputs[place - 1]
    return timeline.owners[place]


def step_places(timeline: Timeline, nodes: Iterable[int]) -> list[int]:
    """Return the positions before the steps of the nodes, as far as a gradient reaches them."""
    return sorted(timeline.starts[timeline.step_of[n]] for n in nodes if n in timeline.step_of)


def contribution_places(timeline: Timeline, nodes: Iterable[int]) -> list[int]:
    """Return the positions after each contribution into the nodes."""
    return sorted(moment + 1 for n in nodes for moment in timeline.contributions_into.get(n, ()))


def targets(names: Names, text: str) -> list[int] | None:
    """Return the computed nodes that a breakpoint names: by name, by op, by module; None where it names nothing."""
    if found := names.matches(text):
        computed = [n for n in found if names.nodes[n].inputs]
        if not computed:
            raise CommandError(f"{text} is a leaf and makes no step: type watch {text}")
        return computed
    return names.by_op.get(text) or names.by_module.get(text)


def places_with(timeline: Timeline, kind: Callable[[float], bool]) -> list[int]:
    """Return the positions before the steps that have, or make, a number of a kind: for `break nan` and `break inf`."""
    return [timeline.starts[index] for index in timeline.not_finite if any(map(kind, numbers_of(timeline, index)))]


def numbers_of(timeline: Timeline, index: int) -> Iterator[float]:
    """Yield the numbers that a step has and makes."""
    yield timeline.data[timeline.steps[index]]
    yield timeline.gradients[index]
    for c in timeline.contributions(index):
        yield from (c.partial, c.amount, c.after)


def find_places(loaded: LoadedPass, text: str) -> list[int]:
    """Return the positions that a text names: of a node, of a line's steps, or of one step."""
    if not loaded.names.matches(text):
        if step := STEP.fullmatch(text):
            return [place_of_step(loaded.timeline, int(step["step"]), int(step["contribution"] or 1))]
        if line := LINE.fullmatch(text):
            return places_on_line(loaded, line["file"] or "", int(line["line"]))
    return [place_of_node(loaded, text)]


def place_of_node(loaded: LoadedPass, name: str) -> int:
    """Return the position where a node's gradient is complete: for a computed node, before its step."""
    timeline, node = loaded.timeline, loaded.names.resolve(name)
    if node in timeline.step_of:
        return timeline.starts[timeline.step_of[node]]
    if moments := timeline.contributions_into.get(node):
        return moments[-1] + 1
    shown = escape_controls(name)
    raise CommandError(f"no gradient reaches {shown}: type where {shown} to see why")


def place_of_step(timeline: Timeline, step: int, contribution: int = 1) -> int:
    """Return the position before a contribution of a step; both count from 1."""
    count = len(timeline.steps)
    if not 1 <= step <= count:
        raise CommandError(f"there is no step {step}: type goto step 1 to goto step {count}, or goto end")
    start, end = timeline.starts[step - 1 : step + 1]
    if not 1 <= contribution <= end - start:
        last = f" to goto step {step}.{end - start}" if end - start > 1 else ""
        raise CommandError(f"step {step} has {plural(end - start, 'contribution')}: type goto step {step}{last}")
    return start + contribution - 1


def places_on_line(loaded: LoadedPass, file: str, line: int) -> list[int]:
    """Return the positions before the steps of the nodes that a line made."""
    try:
        return step_places(loaded.timeline, loaded.nodes_on_line(file, line))
    except CommandError as error:
        if file or line > len(loaded.timeline.steps):
            raise
        raise CommandError(f"{error}; for the step of that number type goto step {line}") from None
