"""What a task found, of each claim: how often it was tried, how often it failed, and the worst case."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Tally:
    """How often something was tried, how often it failed, and the worst case: a number, and the graph's seed."""

    tried: int = 0
    failed: int = 0
    worst: tuple[float, str] = (0.0, "")

    def note(self, error: float, place: str) -> None:
        """Note one trial: 0 is right, more than 1 is wrong."""
        self.tried += 1
        if not error <= 1.0:
            self.failed += 1
        if not error <= self.worst[0]:
            self.worst = error, place

    def add(self, other: Tally) -> None:
        self.tried += other.tried
        self.failed += other.failed
        self.worst = max(self.worst, other.worst)


@dataclass
class Report:
    """What a task found, by claim."""

    graphs: int = 0
    nodes: int = 0
    passed_over: int = 0
    used: set[str] = field(default_factory=set)
    tallies: dict[str, Tally] = field(default_factory=dict)

    def note(self, claim: str, error: float, place: str) -> None:
        self.tallies.setdefault(claim, Tally()).note(error, place)

    def add(self, other: Report) -> None:
        self.graphs += other.graphs
        self.nodes += other.nodes
        self.passed_over += other.passed_over
        self.used |= other.used
        for claim, tally in other.tallies.items():
            self.tallies.setdefault(claim, Tally()).add(tally)
