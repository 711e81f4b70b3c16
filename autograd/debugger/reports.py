"""What the session says, as data that prints itself.

Every report is a frozen struct: a test or a notebook reads its fields, `str` gives the lines the shell shows.
"""

from __future__ import annotations

import linecache

import msgspec

from autograd.debugger.names import Names, plural, short, signed

WINDOW = 8  # contributions shown at a stop, of a node that makes many
WIDEST = 60  # characters given to a formula in a table
FACTORS = 12  # factors shown of a path's product


class Report(msgspec.Struct, frozen=True):
    """What all reports share."""

    def lines(self) -> list[str]:
        """Give the lines that `str` joins."""
        raise TypeError(f"{type(self).__name__} says nothing")

    def __str__(self) -> str:
        return "\n".join(self.lines())


class Gradient(Report, frozen=True):
    """A node's gradient at a position, told apart: partial or complete.

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
        """Say in words how far it is."""
        if not self.reached:
            return "no gradient reaches it"
        return "complete" if self.complete else f"partial, {self.done} of {self.of}"

    def lines(self) -> list[str]:
        return [f"{self.node}.grad = {short(self.value)}  ({self.status})"]


class Printed(Report, frozen=True):
    """The value of an expression, or of a node with its gradient told partial or complete.

    Attributes:
        partial: the gradients that the expression asks for and that are not complete here.
    """

    expression: str
    value: str
    gradient: Gradient | None = None
    partial: tuple[Gradient, ...] = ()

    def lines(self) -> list[str]:
        if self.gradient:
            return [f"{self.value}  ({self.gradient.status})"]
        told = "; ".join(f"{gradient.node}.grad is {gradient.status}" for gradient in self.partial)
        return [f"{self.value}  ({told})" if told else self.value]


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
        status = "complete" if self.done == self.of else f"partial, {self.done} of {self.of}"
        sum_ = f"{short(self.before)} + {signed(self.gradient)} * {signed(self.partial)} = {short(self.after)}"
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
        """Say "step 7/23", "step 7/23, contribution 2/3", or "end"."""
        if self.step > self.steps:
            return "end"
        done = sum(move.when == "done" for move in self.moves)
        within = f", contribution {done + 1}/{len(self.moves)}" if done else ""
        return f"step {self.step}/{self.steps}{within}"

    def lines(self) -> list[str]:
        said = list(self.reasons)
        if self.step > self.steps:
            return [*said, f"> end: {plural(self.steps, 'step')} of {self.steps} done, every gradient is complete"]
        head = f"> {self.position}  {self.formula}"
        if len(head) <= WIDEST:
            said.append(f"{head:<48}  {place(self.source)}".rstrip())
        else:
            said += [head, *([f"  {place(self.source)}"] * bool(self.source))]
        said.append(f"  {self.node}.grad = {short(self.gradient)}  (complete)")
        if not self.moves:
            said.append("  it passes nothing on: its partials are blocked")
        return said + self.window()

    def window(self) -> list[str]:
        done = sum(move.when == "done" for move in self.moves)
        first = max(0, min(done - 2, len(self.moves) - WINDOW))
        shown = [line for move in self.moves[first : first + WINDOW] for line in move.lines()]
        before = [f"  ...   {plural(first, 'contribution')} before"] if first else []
        left = len(self.moves) - first - WINDOW
        return before + shown + ([f"  ...   {plural(left, 'contribution')} more"] if left > 0 else [])


class Row(Report, frozen=True):
    """A node in a listing. `state` is "done", "current" or "pending"; `step` is None for a leaf."""

    state: str
    step: int | None
    formula: str
    gradient: Gradient
    source: str | None = None

    def lines(self, width: int = 0) -> list[str]:
        mark = ">" if self.state == "current" else " "
        number = "leaf" if self.step is None else f"{self.step:>4}"
        gradient = f"grad {short(self.gradient.value):<12}  {self.gradient.status}"
        return [f"{mark} {self.state:<7}  {number}  {cut(self.formula):<{width}}  {gradient}"]


class Listing(Report, frozen=True):
    """Steps in their order, and leaves. `left` counts the leaves not shown."""

    rows: tuple[Row, ...]
    left: int = 0

    def lines(self) -> list[str]:
        width = max((len(cut(row.formula)) for row in self.rows), default=0)
        said = [line for row in self.rows for line in row.lines(width)]
        return [*said, f"  and {self.left:,} leaves: type list leaves"] if self.left else said


class Where(Report, frozen=True):
    """A path from the root, on top, to a node, with the user's lines that made the nodes."""

    rows: tuple[Row, ...]

    def lines(self) -> list[str]:
        rows = self.rows if len(self.rows) <= 16 else (*self.rows[:4], *self.rows[-8:])
        width = max(len(cut(row.formula)) for row in rows)
        said = [f"  {cut(row.formula):<{width}}  {place(row.source)}".rstrip() for row in rows]
        said[-1] = "> " + said[-1][2:]
        if len(rows) < len(self.rows):
            said[4:4] = [f"  ... {len(self.rows) - len(rows)} nodes between"]
        return said if any(row.source for row in rows) else [*said, UNNOTED]


UNNOTED = (
    "  (no lines noted: run python -m autograd.debugger script.py, or record inside autograd.debugger.noted_sources())"
)


class Share(Report, frozen=True):
    """One contribution to the gradient asked about."""

    done: bool
    step: int
    user: str
    gradient: float
    partial: float
    amount: float
    before: float
    after: float

    @property
    def product(self) -> str:
        """Write the contribution as gradient * partial = amount."""
        return f"{self.user}.grad {signed(self.gradient)} * partial {signed(self.partial)} = {short(self.amount)}"

    def lines(self, width: int = 0) -> list[str]:
        when = "done   " if self.done else "pending"
        sum_ = f"{short(self.before)} -> {short(self.after)}"
        return [f"  {when}  step {self.step:<4}  {self.product:<{width}}  {sum_}"]


class Path(Report, frozen=True):
    """One way from the root to the node: the product of the partials along it."""

    nodes: tuple[str, ...]
    partials: tuple[float, ...]
    product: float

    def lines(self) -> list[str]:
        way = " > ".join(elided(list(self.nodes)))
        product = f"{' * '.join(elided([signed(x) for x in self.partials]))} = {short(self.product)}"
        return [f"  path  {way}: {product}"] if len(way) <= 40 else [f"  path  {way}:", f"        {product}"]


def elided(words: list[str]) -> list[str]:
    return words if len(words) <= FACTORS else [*words[: FACTORS - 4], "...", *words[-3:]]


class Why(Report, frozen=True):
    """Why a gradient is what it is.

    Attributes:
        shares: every contribution, in order; they add up to total.
        earlier: what earlier passes left on a leaf, which is added when this one ends.
        paths: the ways from the root, where they are few.
        blocked_at: the formula of a node that the gradient reaches and that does not pass it on this way.
    """

    gradient: Gradient
    shares: tuple[Share, ...]
    total: float
    earlier: float
    paths: tuple[Path, ...]
    blocked_at: str = ""

    def lines(self) -> list[str]:
        now = self.gradient.lines()[0]
        if self.blocked_at:
            return [f"{now}: {self.blocked_at} passes nothing on to it"]
        if not self.shares:
            return [f"{now}: the root, where d root / d root = 1"]
        said = [f"{now}; {plural(len(self.shares), 'contribution')} in all:"]
        width = min(WIDEST, max(len(share.product) for share in self.shares))
        shares = [line for share in self.shares for line in share.lines(width)]
        if len(shares) > 24:
            shares[12:-8] = [f"  ... {len(shares) - 20} more"]
        said += [*shares, f"  sum     {self.total!r}"]
        if self.earlier:
            said.append(f"  plus    {self.earlier!r} from earlier passes, added when this one ends")
        return said + [line for path in self.paths for line in path.lines()]


class Checked(Report, frozen=True):
    """A gradient beside central differences, and what these are uncertain by."""

    gradient: Gradient
    total: float
    difference: float
    uncertainty: float
    agrees: bool

    def lines(self) -> list[str]:
        verdict = "agree" if self.agrees else "DIFFER: a kink, a detach, a wrong partial, or too steep for differences"
        name = self.gradient.node
        said = f"{name}: backward {self.total:.9g}, differences {self.difference:.9g}: {verdict}"
        partial = f"  ({self.gradient.lines()[0]} here; compared when complete)"
        return [said] if self.gradient.complete else [said, partial]


class Changed(Report, frozen=True):
    """A leaf was set: the root before and after."""

    leaf: str
    old: float
    new: float
    root: str
    root_old: float
    root_new: float

    def lines(self) -> list[str]:
        leaf = f"{self.leaf}.data {short(self.old)} -> {short(self.new)}"
        return [f"{leaf}: {self.root}.data {short(self.root_old)} -> {short(self.root_new)}"]


def cut(formula: str) -> str:
    """Cut a formula to the width of a table."""
    return formula if len(formula) <= WIDEST else formula[: WIDEST - 3] + "..."


def row_of(names: Names, number: int, state: str, step: int | None, gradient: Gradient) -> Row:
    return Row(state, step, names.formula(number), gradient, names.nodes[number].source)


def place(source: str | None) -> str:
    """Write `file:line: text` for a source line, or nothing."""
    if source is None:
        return ""
    file, _, line = source.rpartition(":")
    text = linecache.getline(file, int(line)).strip()
    name = file.rpartition("/")[2]
    return f"{name}:{line}: {text}" if text else f"{name}:{line}"
