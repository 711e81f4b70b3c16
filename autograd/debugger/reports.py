"""What the session says, as data that prints itself.

Every report is a frozen struct: a test reads its fields; `str`, and what a notebook shows, are the shell's lines.
"""

from __future__ import annotations

import linecache

import msgspec

from autograd.debugger.timeline.names import plural, short, signed

WINDOW = 8  # contributions shown at a stop, of a node that makes many
WIDTH = 80  # columns of a terminal
MARGIN = 8  # columns that the rest of a broken line is indented by
SOURCE_COLUMN = 48  # columns given to a step, if there is room, beside its source line


def fold(line: str) -> list[str]:
    """Break a line that is wider than a terminal: between columns in its second half if it has any, or between words.

    Columns are two spaces apart. What follows is indented; a word that is too long stays whole.

    >>> fold("  next  a.very.long.label.of.a.weight.in.some.layer.grad  0 + 1 * 0.5 = 0.5  (partial, 1 of 2)")
    ['  next  a.very.long.label.of.a.weight.in.some.layer.grad  0 + 1 * 0.5 = 0.5', '        (partial, 1 of 2)']
    """
    parts = []
    while len(line) > WIDTH:
        column = line.rfind("  ", WIDTH // 2, WIDTH + 2)
        at = column if column > 0 else line.rfind(" ", MARGIN + 1, WIDTH + 1)
        if at < 0:
            break
        parts.append(line[:at].rstrip())
        line = " " * MARGIN + line[at:].lstrip()
    return [*parts, line]


class Report(msgspec.Struct, frozen=True):
    """What all reports share."""

    def lines(self) -> list[str]:
        """Return the lines that `str` joins, each broken where it is wider than a terminal."""
        raise TypeError(f"{type(self).__name__} says nothing")

    def __str__(self) -> str:
        return "\n".join(part for line in self.lines() for part in fold(line))

    __repr__ = __str__  # what a notebook shows


class Gradient(Report, frozen=True):
    """A node's gradient at a position, and whether it is partial or complete.

    Attributes:
        done, of: how many of its contributions have arrived.
        reached: False where no gradient ever comes: behind a branch not taken, or a constant.
    """

    node: str
    value: float
    done: int
    of: int
    reached: bool

    @property
    def complete(self) -> bool:
        """Whether nothing more will come."""
        return self.done == self.of

    @property
    def status(self) -> str:
        """Return in words how far it is."""
        if not self.reached:
            return "no gradient reaches it"
        return "complete" if self.complete else f"partial, {self.done} of {self.of}"

    def lines(self) -> list[str]:
        return [f"{self.node}.grad = {short(self.value)}  ({self.status})"]


class Printed(Report, frozen=True):
    """The value of an expression, or of a node with its gradient, partial or complete.

    Attributes:
        partial: the gradients that the expression asks for and that are not complete here.
    """

    expression: str
    value: str
    gradient: Gradient | None = None
    partial: tuple[Gradient, ...] = ()

    def lines(self) -> list[str]:
        """Return the value, and how far the gradients in it are, in one line."""
        if self.gradient:
            return [f"{self.value}  ({self.gradient.status})"]
        partial = "; ".join(f"{gradient.node}.grad is {gradient.status}" for gradient in self.partial)
        return [f"{self.value}  ({partial})" if partial else self.value]


class Move(Report, frozen=True):
    """One contribution of the step at hand.

    Attributes:
        when: "done", "next" or "then".
        done, of: how many contributions its input has got after this one.
    """

    when: str
    input: str
    before: float
    gradient: float
    partial: float
    after: float
    done: int
    of: int

    def lines(self) -> list[str]:
        """Return one line: the input's gradient before, plus gradient * partial, and after."""
        status = "complete" if self.done == self.of else f"partial, {self.done} of {self.of}"
        sum_ = sum_text(self.before, self.gradient, self.partial, self.after)
        return [f"  {self.when}  {self.input}.grad  {sum_}  ({status})"]


class Stopped(Report, frozen=True):
    """Where a move ended.

    Attributes:
        reasons: what stopped it, or what happened on the way.
        step, steps: the number of the step that is next, and of all; steps + 1 at the end.
        moves: the contributions of this step.
        hits: the numbers of the stops that were hit.
        commands: what those stops want a shell to run.
    """

    reasons: tuple[str, ...]
    step: int
    steps: int
    node: str = ""
    formula: str = ""
    source: str | None = None
    gradient: float = 0.0
    moves: tuple[Move, ...] = ()
    hits: tuple[int, ...] = ()
    commands: tuple[str, ...] = ()

    @property
    def position(self) -> str:
        """Return "step 7/23", "step 7/23, contribution 2/3", or "end"."""
        if self.step > self.steps:
            return "end"
        done = sum(move.when == "done" for move in self.moves)
        within = f", contribution {done + 1}/{len(self.moves)}" if done else ""
        return f"step {self.step}/{self.steps}{within}"

    def lines(self) -> list[str]:
        """Return the reasons, the step that is next with its gradient and contributions, or that it is the end."""
        said = list(self.reasons)
        if self.step > self.steps:
            return [*said, f"> end: {plural(self.steps, 'step')} of {self.steps} done, every gradient is complete"]
        head, line = f"> {self.position}  {self.formula}", place(self.source)
        room = WIDTH - len(line) - 2
        if line and len(head) <= room:
            said.append(f"{head:<{min(SOURCE_COLUMN, room)}}  {line}")
        else:
            said += [head, *[cut(f"  {line}", WIDTH)] * bool(line)]
        said.append(f"  {self.node}.grad = {short(self.gradient)}  (complete)")
        if not self.moves:
            said.append("  it passes nothing on: its partials are blocked")
        return said + self.window()

    def window(self) -> list[str]:
        """Return at most WINDOW contributions around the next one, and how many are left out before and after."""
        done = sum(move.when == "done" for move in self.moves)
        first = max(0, min(done - 2, len(self.moves) - WINDOW))
        shown = [line for move in self.moves[first : first + WINDOW] for line in move.lines()]
        before = [f"  ...   {plural(first, 'contribution')} before"] if first else []
        left = len(self.moves) - first - WINDOW
        return before + shown + ([f"  ...   {plural(left, 'contribution')} more"] if left > 0 else [])


def cut(text: str, width: int) -> str:
    """Cut a text to a width."""
    return text if len(text) <= width else text[: width - 3] + "..."


def sum_text(before: float, gradient: float, partial: float, after: float) -> str:
    """Write a contribution as before + gradient * partial = after."""
    return f"{short(before)} + {signed(gradient)} * {signed(partial)} = {short(after)}"


def place(source: str | None) -> str:
    """Write `file:line: text` for a source line, or nothing."""
    if source is None:
        return ""
    file, _, line = source.rpartition(":")
    text = linecache.getline(file, int(line)).strip()
    name = file.rpartition("/")[2]
    return f"{name}:{line}: {text}" if text else f"{name}:{line}"
