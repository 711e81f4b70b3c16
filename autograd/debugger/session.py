"""A debugging session: everything the shell can do, as ordinary methods that do no input or output.

>>> from autograd import Value
>>> a = Value(2.0, "a")
>>> b = a + a
>>> b.label = "b"
>>> session = Session(b * b)
>>> print(session.step())
> step 2/2  b = a + a
  b.grad = 8  (complete)
  next  a.grad  0 + 8 * 1 = 8  (partial, 1 of 2)
  then  a.grad  8 + 8 * 1 = 16  (complete)
>>> session.stepi().position
'step 2/2, contribution 2/2'
>>> print(session.show("a"))
a.data = 2.0, a.grad = 8.0  (partial, 1 of 2)
>>> session.reverse_step(2).step
1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, update_wrapper
from types import FrameType
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from autograd.debugger import looking, pictures
from autograd.debugger.cursor import Cursor
from autograd.debugger.findings import Changed
from autograd.debugger.stops import Stop, Stops
from autograd.debugger.timeline.loaded import LoadedPass
from autograd.debugger.timeline.names import CommandError
from autograd.debugger.timeline.whatif import values_of
from autograd.graph import topological_order
from autograd.ops import CONSTANT, as_float
from autograd.recording.steps import Pass
from autograd.value import Value


class Before(NamedTuple):
    """What a change replaced, and the change: the number `data` at a leaf."""

    loaded: LoadedPass
    leaf: int
    data: float


Part = TypeVar("Part")
P = ParamSpec("P")
R = TypeVar("R")


def part(name: str, method: Callable[Concatenate[Part, P], R]) -> Callable[Concatenate[Session, P], R]:
    """Return a method of a session that calls a method, or a function, of one of its parts."""

    def call(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return method(getattr(session, name), *args, **kwargs)

    update_wrapper(call, method)
    return call


class Session:
    """A backward pass that was run and recorded, and a cursor that goes back and forth in it.

    Opening a session runs the pass: the `Value`s have their complete gradients from then on, wherever the cursor is.
    `abandon` gives them back what they had before.

    Args:
        root: the `Value` to differentiate.
        stops: breakpoints and watches of an earlier session, to use here too.
        frame: the Python frame at whose line the pass runs; its variables name nodes too.

    Attributes:
        originals: the program's `Value`s, in topological order.
        stops: the breakpoints and watches.
        cursor: the recorded pass, with its timeline and names, and the place in it.
        displays: the expressions shown at every stop, by number.
    """

    def __init__(self, root: Value, stops: Iterable[Stop] = (), frame: FrameType | None = None) -> None:
        self.originals = topological_order(root)
        self._before = [value.grad for value in self.originals]
        self._undo: list[Before] = []
        self.displays: dict[int, str] = {}
        self._number = {value.serial: n for n, value in enumerate(self.originals) if value.op is not CONSTANT}
        scope = {**frame.f_globals, **frame.f_locals} if frame else {}
        file = frame.f_code.co_filename if frame else ""
        self._namespace: dict[str, Any] = dict(scope)
        self._namespace_is_old = True
        loaded = LoadedPass(Pass(root), self._variables(scope), scope, file)
        self.stops = Stops(loaded, stops)
        self.cursor = Cursor(loaded, self.stops)

    # Stopping
    break_ = part("stops", Stops.break_)
    watch = part("stops", Stops.watch)
    condition = part("stops", Stops.condition)
    ignore = part("stops", Stops.ignore)
    commands = part("stops", Stops.commands)
    enable = part("stops", Stops.enable)
    disable = part("stops", Stops.disable)
    clear = part("stops", Stops.clear)
    stop = part("stops", Stops.stop)
    # Moving
    step = part("cursor", Cursor.step)
    stepi = part("cursor", Cursor.stepi)
    next = part("cursor", Cursor.next)
    finish = part("cursor", Cursor.finish)
    continue_ = part("cursor", Cursor.continue_)
    run_from_start = part("cursor", Cursor.run_from_start)
    until = part("cursor", Cursor.until)
    goto = part("cursor", Cursor.goto)
    restart = part("cursor", Cursor.restart)
    reverse_step = part("cursor", Cursor.reverse_step)
    reverse_next = part("cursor", Cursor.reverse_next)
    reverse_stepi = part("cursor", Cursor.reverse_stepi)
    reverse_continue = part("cursor", Cursor.reverse_continue)
    here = part("cursor", Cursor.here)
    # Looking
    gradient = part("cursor", Cursor.gradient)
    show = part("cursor", looking.show)
    value = part("cursor", looking.value)
    listing = part("cursor", looking.listing)
    leaves = part("cursor", looking.leaves)
    layers = part("cursor", looking.layers)
    where = part("cursor", looking.where)
    why = part("cursor", looking.why)
    check = part("cursor", looking.check)
    inputs = part("cursor", looking.inputs)
    graph, html, page = pictures.graph, pictures.html, pictures.page
    up = part("cursor", looking.up)
    down = part("cursor", looking.down)

    @cached_property
    def values(self) -> list[Value]:
        """The `Value`s of the pass, in topological order: the program's, or after `assign` copies with its numbers."""
        if not self._undo:
            return self.originals
        line = self.cursor.timeline
        return values_of(line.nodes, [line.gradient(n, line.end) for n in range(len(line.nodes))])

    @property
    def position(self) -> int:
        """How many contributions are done."""
        return self.cursor.position

    def _load(self, loaded: LoadedPass) -> None:
        """Take another record of the same graph, and stay at the same step."""
        self.__dict__.pop("values", None)
        self._namespace_is_old = True
        self.stops.load(loaded)
        self.cursor.load(loaded)

    def _variables(self, scope: Mapping[str, object]) -> dict[str, int]:
        found = ((name, self.number_of(value)) for name, value in scope.items() if isinstance(value, Value))
        return {name: n for name, n in found if n is not None}

    @property
    def namespace(self) -> dict[str, Any]:
        """What Python statements see: the variables at the `.backward()`, each `Value` by its label, their own."""
        if self._namespace_is_old:
            self._namespace_is_old = False
            self._namespace.update(self._labelled())
        return self._namespace

    def _labelled(self) -> dict[str, Value]:
        nodes = self.cursor.loaded.recorded.nodes
        return {node.label: self.values[node.number] for node in nodes if node.label.isidentifier()}

    def number_of(self, value: Value) -> int | None:
        """Return the number of the node that a `Value` of the program is in this pass, or None."""
        n = self._number.get(value.serial)
        return n if n is not None and self.originals[n] is value else None

    def abandon(self) -> None:
        """Restore every `.grad` to what it was before the session."""
        for value, gradient in zip(self.originals, self._before, strict=True):
            value.grad = gradient

    def display(self, expression: str) -> int:
        """Show an expression at every stop from now on; return its number.

        >>> session = Session(Value(2.0, "w") * 3.0)
        >>> number = session.display("w.grad")
        >>> report = session.step()
        >>> session.displayed()
        [('w.grad', '3.0')]
        """
        self.show(expression)
        number = max(self.displays, default=0) + 1
        self.displays[number] = expression
        return number

    def undisplay(self, *numbers: int) -> None:
        """Stop showing expressions, by their numbers; all of them where no number is given."""
        for n in numbers or list(self.displays):
            if n not in self.displays:
                raise CommandError(f"there is no display {n}: type display to list them")
            del self.displays[n]

    def displayed(self) -> list[tuple[str, str]]:
        """Evaluate what is displayed; where a later pass, or `set`, has no such node, the error is shown."""
        return [(text, self._display_text(text)) for text in self.displays.values()]

    def _display_text(self, text: str) -> str:
        try:
            return str(self.show(text))
        except CommandError as error:  # this pass has no such node, or several
            return f"({error})"

    # Doubting ---------------------------------------------------------------------------------------------------------

    def assign(self, name: str, data: float) -> Changed:
        """Ask what would be if a leaf had another number: compute forward anew, record anew, stay at the same step.

        The program's own `Value`s keep their numbers and gradients. `undo` takes it back.

        >>> w = Value(2.0, "w")
        >>> session = Session(w * w)
        >>> print(session.assign("w", 5))
        w.data 2 -> 5: #1.data 4 -> 25
        >>> print(session.undo())
        w.data 5 -> 2: #1.data 25 -> 4
        >>> w
        Value(data=2.0, grad=4.0, label='w')
        """
        leaf = self.cursor.names.resolve(name)
        node = self.cursor.timeline.nodes[leaf]
        if node.inputs:
            raise CommandError(
                f"{self.cursor.names.name(leaf)} is computed: set a leaf it depends on, {self._example_leaf(leaf)}"
            )
        old_root = self.cursor.timeline.nodes[-1]
        loaded = self.cursor.loaded.with_leaf(leaf, as_float(data))
        self._undo.append(Before(self.cursor.loaded, leaf, as_float(data)))
        self._load(loaded)
        new_root = self.cursor.timeline.nodes[-1]
        return Changed(self.cursor.names.name(leaf), node.data, float(data), self.cursor.names.name(new_root.number),
                       old_root.data, new_root.data)  # fmt: skip

    def _example_leaf(self, node: int) -> str:
        while self.cursor.timeline.nodes[node].inputs:
            node = self.cursor.timeline.nodes[node].inputs[0]
        return f"for example set {self.cursor.names.name(node)} = {self.cursor.timeline.nodes[node].data:.6g}"

    def undo(self) -> Changed:
        """Take the last `assign` back."""
        if not self._undo:
            raise CommandError("there is nothing to undo: set changes a leaf, undo takes it back")
        changed = self._undo[-1]
        now = self.cursor.timeline.nodes[-1]
        self._undo.pop()
        self._load(changed.loaded)
        then, leaf = self.cursor.timeline.nodes[-1], self.cursor.timeline.nodes[changed.leaf]
        name, root = self.cursor.names.name(leaf.number), self.cursor.names.name(then.number)
        return Changed(name, changed.data, leaf.data, root, now.data, then.data)

    @contextmanager
    def gradients_of_here(self) -> Iterator[None]:
        """Lend the `Value`s the gradients they have at the cursor."""
        complete = [value.grad for value in self.values]
        try:
            for n, value in enumerate(self.values):
                value.grad = self.cursor.timeline.gradient(n, self.position)
            yield
        finally:
            for value, gradient in zip(self.values, complete, strict=True):
                value.grad = gradient

    def __repr__(self) -> str:
        name, steps = self.cursor.names.name(len(self.cursor.timeline.nodes) - 1), len(self.cursor.timeline.steps)
        return f"<Session of {name}: step {min(self.cursor.step_number, steps)} of {steps}>"
