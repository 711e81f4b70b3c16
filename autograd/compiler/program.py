"""Programs: a recorded graph flattened to a frozen list of instructions, and the program of its derivatives.

An instruction applies one op to the results of earlier instructions, which it names by number. Its op is a row of the
rule table, or one of the few below: leaves, comparisons, and the logic of conditions. All calculus is the rule table's:
`Builder` hands out symbols that the rows' `partials` compute with, and notes what they did.

Where the eager engine picks a branch (a `where`, a `maximum`, a `relu`), a program holds both and selects row by row;
a gradient that the engine would not let pass is left out of the sum in just those rows. Contributions are added in the
engine's order, so that each row has the engine's bits.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from autograd.ops import BLOCKED, OPS, Op

LEAVES: Final = ("input", "parameter", "constant")
COMPARISONS: Final = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}
LOGIC: Final = ("both", "either", "negation")

Number = int  # an instruction's place in its program


class Instruction(msgspec.Struct, frozen=True):
    """One step: an op, the numbers of the instructions whose results it takes, and a leaf's value or place."""

    op: str
    inputs: tuple[Number, ...] = ()
    value: float = 0.0


class Guard(msgspec.Struct, frozen=True):
    """A comparison that Python branched on while the function was traced, and the way it went."""

    row: int  # its place among the rows of the program
    holds: bool
    source: str


class Program(msgspec.Struct, frozen=True):
    """A frozen list of instructions: what it takes, what it computes, and which results it gives.

    `rows` are the instructions whose results are written row by row, `sums` those whose results are added up over the
    rows. The last rows are the guards' conditions.
    """

    arguments: tuple[str, ...]
    parameters: int
    code: tuple[Instruction, ...]
    rows: tuple[Number, ...]
    sums: tuple[Number, ...] = ()
    guards: tuple[Guard, ...] = ()

    def __str__(self) -> str:
        lines = [written(number, instruction) for number, instruction in enumerate(self.code)]
        lines.append("rows " + " ".join(f"%{number}" for number in self.rows))
        lines += ["sums " + " ".join(f"%{number}" for number in self.sums)] if self.sums else []
        return "\n".join(lines)


def written(number: Number, instruction: Instruction) -> str:
    if instruction.op in LEAVES:
        value = instruction.value if instruction.op == "constant" else int(instruction.value)
        return f"%{number} = {instruction.op} {value}"
    return f"%{number} = {instruction.op} " + " ".join(f"%{input}" for input in instruction.inputs)


class Symbol:
    """A number that is not known yet: the result of an instruction under construction.

    It takes the place of a float in the rules. `partials` is there because an op records on whatever has it.
    """

    __slots__ = ("builder", "number")
    partials = ()

    def __init__(self, builder: Builder, number: Number) -> None:
        self.builder = builder
        self.number = number

    def record(self, op: Op, *operands: Any) -> Any:
        return self.builder.apply(op.name, operands)

    def __bool__(self) -> bool:
        raise TypeError("a rule branched on a number that is not known yet: choose() selects instead")


def install_operators() -> None:
    """Give `Symbol` the operators that rules are written with."""
    for name in ("add", "mul", "sub", "truediv"):
        op = {"add": "add", "mul": "multiply", "sub": "subtract", "truediv": "divide"}[name]
        setattr(Symbol, f"__{name}__", lambda self, other, op=op: self.builder.apply(op, (self, other)))
        setattr(Symbol, f"__r{name}__", lambda self, other, op=op: self.builder.apply(op, (other, self)))
    for name, op in {"neg": "negative", "abs": "absolute"}.items():
        setattr(Symbol, f"__{name}__", lambda self, op=op: self.builder.apply(op, (self,)))
    for name, op in {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}.items():
        setattr(Symbol, f"__{name}__", lambda self, other, op=op: self.builder.apply(op, (self, other)))


install_operators()
Operand = Any  # float | Symbol: mypy cannot see the operators installed above


class Builder:
    """Collects instructions. What was computed once is not computed again."""

    def __init__(self) -> None:
        self.code: list[Instruction] = []
        self.known: dict[tuple[Any, ...], Number] = {}
        self.live: dict[Number, Operand] = {}  # of a select with BLOCKED in a branch: the condition that anything flows

    def leaf(self, op: str, value: float) -> Symbol:
        key = (op, str(value), value is BLOCKED)  # -0.0 is not 0.0, and a nan is a nan
        if key not in self.known:
            self.known[key] = len(self.code)
            self.code.append(Instruction(op, (), value))
        return Symbol(self, self.known[key])

    def apply(self, op: str, operands: tuple[Operand, ...]) -> Operand:
        simple = simplified(op, operands)
        if simple is not None:
            return simple
        return self.branch(*operands) if op == "where" else self.instruction(op, operands)

    def instruction(self, op: str, operands: tuple[Operand, ...]) -> Symbol:
        inputs = tuple([self.numbered(x) for x in operands])
        key = (op, inputs)
        number = self.known.get(key)
        if number is None:
            number = self.known[key] = len(self.code)
            self.code.append(Instruction(op, inputs))
        return Symbol(self, number)

    def operand(self, number: Number) -> Operand:
        """Give a constant as the number it is, and any other result as a symbol."""
        instruction = self.code[number]
        return instruction.value if instruction.op == "constant" else Symbol(self, number)

    def numbered(self, x: Operand) -> Number:
        return x.number if type(x) is Symbol else self.leaf("constant", x).number

    def branch(self, condition: Symbol, a: Operand, b: Operand) -> Operand:
        """Select between two branches of which one may be BLOCKED, and remember in which rows anything flows."""
        selected = self.instruction("where", (condition, a, b))
        along_a, along_b = self.flows(a), self.flows(b)
        if along_a is not True or along_b is not True:
            taken = self.truth(condition)
            untaken = self.negation(taken)
            self.live[selected.number] = self.either(self.both(taken, along_a), self.both(untaken, along_b))
        return selected

    def flows(self, partial: Operand) -> Operand:
        """Tell where anything flows along an edge with this partial: True, False, or a condition."""
        if type(partial) is Symbol:
            return self.live.get(partial.number, True)
        return partial is not BLOCKED

    def negation(self, condition: Operand) -> Operand:
        return not condition if isinstance(condition, bool) else self.instruction("negation", (condition,))

    def both(self, a: Operand, b: Operand) -> Operand:
        if isinstance(a, bool) or isinstance(b, bool):
            return False if a is False or b is False else (b if a is True else a)
        return a if a.number == b.number else self.instruction("both", (a, b))

    def either(self, a: Operand, b: Operand) -> Operand:
        if isinstance(a, bool) or isinstance(b, bool):
            return True if a is True or b is True else (b if a is False else a)
        return a if a.number == b.number else self.instruction("either", (a, b))

    def truth(self, x: Symbol) -> Operand:
        """Make a condition of a number, as `where` does: everything but zero holds, even nan."""
        if is_condition(self.code[x.number].op):
            return x
        return self.negation(self.both(x <= 0.0, x >= 0.0))  # type: ignore[operator]


def is_condition(op: str) -> bool:
    return op in COMPARISONS or op in LOGIC


def simplified(op: str, operands: tuple[Operand, ...]) -> Operand | None:
    """Give what needs no instruction, or None. Each case has the same bits as the instruction would."""
    if op == "multiply":
        x, z = operands
        if type(z) is float and z in (1.0, -1.0):
            return x if z == 1.0 else -x
        if type(x) is float and x in (1.0, -1.0):
            return z if x == 1.0 else -z
    elif op == "where":
        condition, a, b = operands
        if isinstance(condition, bool | float):
            return a if condition else b
        if a is b:
            return a
    elif op in COMPARISONS and not any(type(x) is Symbol for x in operands):
        return {"less": operator.lt, "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge}[
            op
        ](*operands)
    elif op == "detach":
        return operands[0]
    return None


def replayed(program: Program, builder: Builder) -> list[Operand]:
    """Apply every instruction of a program again, on symbols; what depends on constants alone becomes a float."""
    values: list[Operand] = []
    for op, inputs, value in [(i.op, i.inputs, i.value) for i in program.code]:
        if op == "constant":
            values.append(value)
        elif op in LEAVES:
            values.append(builder.leaf(op, value))
        elif op in OPS:
            values.append(OPS[op](*[values[i] for i in inputs]))
        else:
            values.append(logic(builder, op, [values[i] for i in inputs]))
    return values


def logic(builder: Builder, op: str, operands: Sequence[Operand]) -> Operand:
    if op in COMPARISONS:
        return builder.apply(op, tuple(operands))
    if op == "negation":
        return builder.negation(operands[0])
    return (builder.both if op == "both" else builder.either)(*operands)


def gradient(program: Program, values: list[Operand], root: Number, wrt: str, builder: Builder) -> dict[int, Operand]:
    """Compute d root / d leaf for every leaf of one kind, by the place of the leaf: the backward pass on symbols.

    It goes through the instructions in reverse, as the engine goes through the nodes. With each gradient goes the
    condition under which anything has reached the node at all; where it fails, the node passes nothing on.
    """
    wanted = depends(program, wrt)
    terms: dict[Number, list[Operand]] = {root: [1.0]}
    reached: dict[Number, Operand] = {root: True}
    found: dict[int, Operand] = {}
    for number in range(root, -1, -1):
        if number not in terms or not wanted[number]:
            continue
        gradient, live = total(terms.pop(number)), reached.pop(number)
        instruction = program.code[number]
        if instruction.op in LEAVES:
            found[int(instruction.value)] = gradient
            continue
        if instruction.op not in OPS:
            continue
        partials = OPS[instruction.op].partials(values[number], *[values[input] for input in instruction.inputs])
        for input, partial in zip(instruction.inputs, partials, strict=True):
            if partial is not BLOCKED and wanted[input]:
                flowing = builder.both(live, builder.flows(partial))
                contribution = masked(builder, live, product(builder, gradient, partial))
                terms.setdefault(input, []).append(contribution)
                reached[input] = builder.either(reached.get(input, False), flowing)
    return found


def depends(program: Program, wrt: str) -> list[bool]:
    """Tell of each instruction whether it depends on leaves of a kind."""
    wanted: list[bool] = []
    for instruction in program.code:
        wanted.append(instruction.op == wrt or any(wanted[input] for input in instruction.inputs))
    return wanted


def total(terms: list[Operand]) -> Operand:
    """Add contributions in their order.

    The engine starts from 0.0. To leave that out can only change the sign of a zero, and only until the gradient of a
    leaf is added to a sum that itself starts from 0.0.
    """
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def product(builder: Builder, gradient: Operand, partial: Operand) -> Operand:
    """Multiply; of a choice between numbers, each: then a 1 costs no multiplication and nothing crosses BLOCKED."""
    if type(partial) is Symbol:
        instruction = builder.code[partial.number]
        if instruction.op == "where":
            condition, a, b = [builder.operand(number) for number in instruction.inputs]
            if partial.number in builder.live or 1.0 in (a, b):
                branches = product(builder, gradient, a), product(builder, gradient, b)
                return builder.apply("where", (condition, *branches))
    return 0.0 if partial is BLOCKED else gradient * partial


def masked(builder: Builder, live: Operand, contribution: Operand) -> Operand:
    """Leave a contribution out of the sum in the rows where nothing has reached the node: not even 0 * inf."""
    return contribution if live is True else builder.apply("where", (live, contribution, 0.0))


def finished(
    builder: Builder,
    program: Program,
    rows: Sequence[Operand],
    sums: Sequence[Operand] = (),
    guards: tuple[Guard, ...] = (),
) -> Program:
    """Freeze what a builder collected, without the instructions that no result needs."""
    row_numbers = [builder.numbered(x) for x in rows]
    sum_numbers = [builder.numbered(x) for x in sums]
    needed = [False] * len(builder.code)
    for number in (*row_numbers, *sum_numbers):
        needed[number] = True
    for number in range(len(needed) - 1, -1, -1):
        if needed[number]:
            for input in builder.code[number].inputs:
                needed[input] = True
    place: list[int] = []
    code: list[Instruction] = []
    for (op, inputs, value), kept in zip(map(fields, builder.code), needed, strict=True):
        place.append(len(code))
        if kept:
            code.append(Instruction(op, tuple([place[input] for input in inputs]), 1.0 * value))
    rows_kept, sums_kept = tuple(place[n] for n in row_numbers), tuple(place[n] for n in sum_numbers)
    return Program(program.arguments, program.parameters, tuple(code), rows_kept, sums_kept, guards)


def fields(instruction: Instruction) -> tuple[str, tuple[Number, ...], float]:
    return instruction.op, instruction.inputs, instruction.value
