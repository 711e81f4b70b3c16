"""What looking finds: listings, paths, reasons and comparisons, as data that prints itself."""

from __future__ import annotations

from typing import Final

from autograd.debugger.reports import WIDTH, Gradient, Report, cut, place
from autograd.debugger.timeline.names import Names, plural, short, signed

COLUMN: Final = 38  # characters given to a formula in a table
PRODUCT: Final = 40  # characters given to a contribution in a table
FACTORS: Final = 12  # factors shown of a path's product


class Row(Report, frozen=True):
    """A node in a listing. `state` is "done", "current" or "pending"; `step` is None for a leaf."""

    state: str
    step: int | None
    formula: str
    gradient: Gradient
    source: str | None = None

    def lines(self, width: int = 0) -> list[str]:
        """Return one line: a mark at the current step, state, step, formula (padded to `width`) and gradient.

        It has at most 80 characters, as a terminal has.
        """
        mark = ">" if self.state == "current" else " "
        number = "leaf" if self.step is None else f"{self.step:>4}"
        status = self.gradient.status.removeprefix("partial, ").replace("no gradient reaches it", "none")
        gradient = f"{short(self.gradient.value):<12}  {status}"
        return [f"{mark} {self.state:<7}  {number}  {cut(self.formula, COLUMN):<{width}}  {gradient}"]


class Input(Report, frozen=True):
    """An input of a node: its number, the local derivative by it (None where no gradient flows), and its gradient."""

    data: float
    partial: float | None
    gradient: Gradient

    def lines(self) -> list[str]:
        """Return one line."""
        slope = "blocked" if self.partial is None else short(self.partial)
        return [f"  {self.gradient.node}.data = {short(self.data)}, partial {slope}, {self.gradient.lines()[0]}"]


class Inputs(Report, frozen=True):
    """The inputs of a node, in order."""

    formula: str
    rows: tuple[Input, ...]

    def lines(self) -> list[str]:
        """Return the node's formula, and a line for each input."""
        return [self.formula, *[line for row in self.rows for line in row.lines()]]


class Listing(Report, frozen=True):
    """Steps in their order, and leaves. `left` counts the leaves not shown."""

    rows: tuple[Row, ...]
    left: int = 0

    def lines(self) -> list[str]:
        """Return a line for each row, their formulas in a column, and one for the leaves not shown."""
        width = max((len(cut(row.formula, COLUMN)) for row in self.rows), default=0)
        said = [line for row in self.rows for line in row.lines(width)]
        return [*said, f"  and {self.left:,} leaves: type list leaves"] if self.left else said


class Layer(Report, frozen=True):
    """The leaves of a layer: the largest gradient among them here, and how many gradients are complete."""

    name: str
    largest: Gradient
    complete: int
    leaves: int

    def lines(self, width: int = 0) -> list[str]:
        """Return one line, the layer's name padded to `width`."""
        gradient = f"{short(self.largest.value):<12}  at {self.largest.node}"
        return [f"  {cut(self.name, COLUMN):<{width}}  {gradient}  ({self.complete} of {self.leaves} complete)"]


class Layers(Report, frozen=True):
    """The layers, in the order in which they were made."""

    rows: tuple[Layer, ...]

    def lines(self) -> list[str]:
        """Return a line for each layer, their names in a column."""
        width = max(len(cut(row.name, COLUMN)) for row in self.rows)
        return [
            "the largest gradient of each layer's leaves:",
            *[line for row in self.rows for line in row.lines(width)],
        ]


class Where(Report, frozen=True):
    """A path from the root, on top, to a node, with the user's lines that made the nodes."""

    rows: tuple[Row, ...]

    def lines(self) -> list[str]:
        """Return a line for each node of the path, the last one marked; of more than 16 the first 4 and the last 8."""
        rows = self.rows if len(self.rows) <= 16 else (*self.rows[:4], *self.rows[-8:])
        width = max(len(cut(row.formula, COLUMN)) for row in rows)
        said = [cut(f"  {cut(row.formula, COLUMN):<{width}}  {place(row.source)}".rstrip(), WIDTH) for row in rows]
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
        """Return one line: done or pending, the step, the product (padded to `width`), and the sum before and after."""
        when = "done   " if self.done else "pending"
        sum_ = f"{short(self.before)} -> {short(self.after)}"
        return [f"  {when}  step {self.step:<4}  {self.product:<{width}}  {sum_}"]


class Path(Report, frozen=True):
    """One way from the root to the node: the product of the partials along it."""

    nodes: tuple[str, ...]
    partials: tuple[float, ...]
    product: float

    def lines(self) -> list[str]:
        """Return the nodes and the product of the partials along them, on one line or, if long, on two."""
        way = " > ".join(shorten(list(self.nodes)))
        product = f"{' * '.join(shorten([signed(x) for x in self.partials]))} = {short(self.product)}"
        line = f"  path  {way}: {product}"
        return [line] if len(line) <= WIDTH else [f"  path  {way}:", f"        {product}"]


def shorten(words: list[str]) -> list[str]:
    return words if len(words) <= FACTORS else [*words[: FACTORS - 4], "...", *words[-3:]]


class Why(Report, frozen=True):
    """Why a gradient is what it is.

    Attributes:
        shares: the contributions, in order; they add up to total.
        left: how many are left out in the middle of `shares`, where there are very many.
        earlier: what earlier passes left on a leaf, which is added when this one ends.
        paths: the ways from the root, where they are few.
        blocker: the formula of a node that the gradient reaches and that does not pass it on this way.
    """

    gradient: Gradient
    shares: tuple[Share, ...]
    left: int
    total: float
    earlier: float
    paths: tuple[Path, ...]
    blocker: str = ""

    def lines(self) -> list[str]:
        """Return the gradient, its contributions with their sum (20 of more than 24), and the paths."""
        now = self.gradient.lines()[0]
        if self.blocker:
            return [f"{now}: {self.blocker} passes nothing on to it"]
        if not self.shares:
            return [f"{now}: the root, where d root / d root = 1"]
        said = [f"{now}; {plural(len(self.shares) + self.left, 'contribution')} in all:"]
        width = min(PRODUCT, max(len(share.product) for share in self.shares))
        shares = [line for share in self.shares for line in share.lines(width)]
        if len(shares) > 24:
            shares[12:-8] = [f"  ... {self.left + len(shares) - 20:,} more"]
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
        """Return both numbers and the verdict; if the gradient is partial here, a second line says how far it is."""
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


def row_of(names: Names, number: int, state: str, step: int | None, gradient: Gradient) -> Row:
    return Row(state, step, names.formula(number), gradient, names.nodes[number].source)
