"""Tracing: call a function once on `Value`s, and flatten the graph it records to a program."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock, get_ident
from typing import Any, Final

import msgspec

from autograd import value as engine
from autograd.check import note_source, place
from autograd.graph import computed_order
from autograd.lowering.program import COMPARISONS, Guard, Instruction, Program
from autograd.lowering.reverse import replayed
from autograd.lowering.symbols import Builder
from autograd.ops import PARAMETER, Op
from autograd.value import Value, new_node

HOLDS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}
# Comparisons are no rows of the rule table: nothing flows through them. They exist as ops only in a traced graph.
COMPARING: Final[dict[Callable[[Any, Any], Any], Op]] = {
    HOLDS[name]: Op(name, symbol, lambda x, z, name=name: float(HOLDS[name](x, z)), lambda y, x, z: (None, None))
    for name, symbol in COMPARISONS.items()
}
one_at_a_time: Final = RLock()


class Condition:
    """What a comparison of `Value`s gives while it is traced. `where` selects by it; Python branching is noted."""

    __slots__ = ("guards", "recorded")

    def __init__(self, recorded: Value, guards: list[Value]) -> None:
        self.recorded = recorded
        self.guards = guards

    def __bool__(self) -> bool:
        if self.recorded.source is None:
            note_source(self.recorded)
            self.guards.append(self.recorded)
        return self.recorded.data != 0.0


class Comparisons:
    """The comparisons of a trace, each a node that has no inputs yet, and those of them that Python branched on."""

    def __init__(self) -> None:
        self.sides: dict[Value, tuple[Value, Value]] = {}
        self.guards: list[Value] = []

    def compare(self, holds: Callable[[Any, Any], Any], left: Value, right: Value) -> Condition:
        """Record a comparison as a node, whose inputs wait for `connect`, and give it as a condition."""
        recorded = new_node(float(holds(left.data, right.data)), "", 0.0, COMPARING[holds])
        self.sides[recorded] = left, right
        return Condition(recorded, self.guards)

    def connect(self) -> None:
        """Give each comparison its inputs."""
        for recorded, sides in self.sides.items():
            recorded.inputs, recorded.partials = sides, (None, None)


def argument_names(function: Callable[..., Any], example: Sequence[float] | None) -> list[str]:
    """Name the columns that a function takes; `example` says how many where its signature does not."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    named = [p.name for p in parameters if p.kind in positional and p.default is inspect.Parameter.empty]
    starred = [p.name for p in parameters if p.kind is inspect.Parameter.VAR_POSITIONAL]
    if starred and example is None:
        raise TypeError(f"cannot tell how many columns *{starred[0]} takes: pass example=, one number for each")
    extra = len(example) - len(named) if example is not None else 0
    if extra < 0 or (extra > 0 and not starred):
        raise ValueError(f"expected {len(named)} numbers in example, one for each argument, got {len(named) + extra}")
    return named + [f"{starred[0]}[{k}]" for k in range(extra)] if starred else named


def traced(
    function: Callable[..., Any],
    parameters: Sequence[Value],
    example: Sequence[float] | None,
) -> tuple[Program, bool]:
    """Call the function once, and give the program of what it recorded, and whether it gives several outputs."""
    names = argument_names(function, example)
    arguments = [Value(x, name) for x, name in zip(example or [0.5] * len(names), names, strict=True)]
    with comparisons_recorded() as comparisons:
        result = function(*arguments)
    outputs = list(result) if isinstance(result, list | tuple) else [result]
    for output in outputs:
        if type(output) is not Value and (isinstance(output, bool) or not isinstance(output, int | float)):
            raise TypeError(
                f"the function must give a Value or a list of them, got {type(output).__name__} {output!r:.60}"
            )
    roots = [x if type(x) is Value else engine.constant(x) for x in outputs]
    return flattened(arguments, parameters, roots, comparisons), isinstance(result, list | tuple)


@contextmanager
def comparisons_recorded() -> Iterator[Comparisons]:
    """Let comparisons in this thread give conditions, and collect them."""
    comparisons = Comparisons()
    thread = get_ident()

    def compare(holds: Callable[[Any, Any], Any], left: Value, right: Value) -> Any:
        """Record a comparison made by the thread that traces; in any other thread, give its plain answer."""
        if get_ident() != thread:
            return holds(left.data, right.data)
        return comparisons.compare(holds, left, right)

    with one_at_a_time:
        engine.comparers.append(compare)
        try:
            yield comparisons
        finally:
            engine.comparers.remove(compare)


def flattened(
    arguments: Sequence[Value], parameters: Sequence[Value], roots: Sequence[Value], comparisons: Comparisons
) -> Program:
    """Write the graph below the roots as a program.

    In the engine a comparison is no node, so its order of the backward pass is taken before comparisons get their
    inputs; the program computes in an order that has them.
    """
    passes = computed_order(list(roots[:1]), set())
    comparisons.connect()
    code = [Instruction("input", (), float(k)) for k in range(len(arguments))]
    code += [Instruction("parameter", (), float(k)) for k in range(len(parameters))]
    place_of = {leaf: number for number, leaf in enumerate([*arguments, *parameters])}
    seen: set[Value] = set()
    for root in [*roots, *comparisons.guards]:
        for value in computed_order([root], seen) if root.inputs else [root]:
            for leaf in value.inputs:
                if leaf not in place_of:
                    place_of[leaf] = len(code)
                    code.append(frozen(leaf))
            if value not in place_of:
                place_of[value] = len(code)
                made = value.op.name if value.inputs and value.op else None
                inputs = tuple([place_of[input] for input in value.inputs])
                code.append(Instruction(made, inputs) if made else frozen(value))
    numbers = tuple([place_of[root] for root in roots])
    order = tuple([place_of[value] for value in passes]) if comparisons.sides else ()
    program = Program(tuple(x.label for x in arguments), len(parameters), tuple(code), numbers, order=order)
    return guarded(program, [(place_of[guard], guard.data != 0.0, place(guard)) for guard in comparisons.guards])


def frozen(leaf: Value) -> Instruction:
    """A leaf that is neither argument nor parameter is a number like any other in the function's text."""
    if leaf.op is PARAMETER:
        raise ValueError(
            f"the function uses the parameter {leaf.label or leaf.data!r}, whose value would be frozen: "
            "pass parameters=model.parameters()"
        )
    return Instruction("constant", (), 1.0 * leaf.data)


def guarded(program: Program, notes: Sequence[tuple[int, bool, str]]) -> Program:
    """Add each condition that Python branched on as one more row, unless it hangs on constants alone."""
    builder = Builder()
    kept: list[Guard] = []
    rows: list[int] = []
    code = list(program.code)
    values = replayed(program, builder) if notes else []
    for number, holds, source in notes:
        if isinstance(values[number], bool | float):
            continue
        one, zero = len(code), len(code) + 1
        code += [Instruction("constant", (), 1.0), Instruction("constant", (), 0.0)]
        rows.append(len(code))
        code.append(Instruction("where", (number, one, zero)))
        kept.append(Guard(len(program.rows) + len(kept), holds, source))
    return msgspec.structs.replace(program, code=tuple(code), rows=(*program.rows, *rows), guards=tuple(kept))
