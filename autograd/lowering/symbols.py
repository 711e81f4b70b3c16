"""Symbols: numbers that are not known yet, which the rule table computes with to write a program.

The calculus is the rule table's. A `Builder` hands out symbols, notes what the rows' `partials` do with them, from
which `programs.finish_program` makes a `Program`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, ClassVar, Final, NamedTuple

from autograd.lowering.program import LOGIC, Instruction, Number, Program, is_condition
from autograd.ops import OPS, Op, as_float


class Symbol:
    """A number that is not known yet: the result of an instruction under construction.

    It takes the place of a float in the rules.
    """

    __slots__ = ("builder", "number")

    def __init__(self, builder: Builder, number: Number) -> None:
        self.builder = builder
        self.number = number

    def __autograd_op__(self, op: Op, *operands: Any) -> Any:
        return self.builder.apply(op.name, operands) if OPS.get(op.name) is op else self.builder.apply_own(op, operands)

    def __bool__(self) -> bool:
        raise TypeError("a rule branched on a number that is not known yet: autograd.where() selects instead")

    def __pow__(self, exponent: Any) -> Any:
        op = "power" if type(exponent) is Symbol else "constant_power"
        return self.builder.apply(op, (self, exponent if type(exponent) is Symbol else as_float(exponent)))

    def __rpow__(self, base: Any) -> Any:
        return self.builder.apply("power", (as_float(base), self))


def install_operators() -> None:
    """Give `Symbol` the operators that rules are written with."""
    for name in ("add", "mul", "sub", "truediv"):
        op = {"add": "add", "mul": "multiply", "sub": "subtract", "truediv": "divide"}[name]
        setattr(Symbol, f"__{name}__", lambda self, other, op=op: self.builder.apply(op, (self, other)))
        setattr(Symbol, f"__r{name}__", lambda self, other, op=op: self.builder.apply(op, (other, self)))
    setattr(Symbol, "__neg__", lambda self: self.builder.negate(self))  # noqa: B010 - mypy would look for it
    setattr(Symbol, "__abs__", lambda self: self.builder.apply("absolute", (self,)))  # noqa: B010
    for name, combine in {"and": "both", "or": "either"}.items():
        setattr(
            Symbol,
            f"__{name}__",
            lambda self, other, combine=combine: self.builder.combine_conditions(combine, self, other),
        )
    for name, op in {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}.items():
        setattr(Symbol, f"__{name}__", lambda self, other, op=op: self.builder.apply(op, (self, other)))


install_operators()
Operand = Any  # float | Symbol: mypy cannot see the operators installed above


class Product(NamedTuple):
    """A contribution to a gradient that is not written yet: a gradient times a partial where a condition holds."""

    gradient: Operand
    partial: Operand
    live: Operand  # True or a condition

    @property
    def op(self) -> str:
        """The op that adds up such contributions."""
        return "products" if self.live is True else "live_products"


class Builder:
    """Collects instructions. What was computed once is not computed again."""

    gathers: ClassVar[bool] = True  # what long dots contribute to a gradient, in one instruction

    def __init__(self) -> None:
        self.code: list[Instruction] = []
        self.known: dict[tuple[Any, ...], Number] = {}
        self.conditions: set[Number] = set()
        self.live: dict[Number, Operand] = {}  # where a selection between a partial and None is the partial

    def leaf(self, op: str, value: float) -> Symbol:
        """Return the one symbol of a constant, an input or a parameter; `value` is its number or its place."""
        key = (op, value if value and value == value else str(value))  # -0.0 is not 0.0, and a nan is a nan
        if key not in self.known:
            self.known[key] = len(self.code)
            self.code.append(Instruction(op, (), value))
        return Symbol(self, self.known[key])

    def apply(self, op: str, operands: tuple[Operand, ...]) -> Operand:
        """Apply an op to operands: as a number or a known symbol where it simplifies, and else as an instruction."""
        operands = self.as_numbers(op, operands)
        if op in SIMPLER:
            simple = SIMPLER[op](*operands)
            if simple is not None:
                return simple
        return self.branch(*operands) if op == "where" else self.instruction(op, operands)

    def apply_own(self, op: Op, operands: tuple[Operand, ...]) -> Operand:
        """Apply an op of the user's own: as what it computes."""
        return self.as_number(op.forward(*operands))

    def as_numbers(self, op: str, operands: tuple[Operand, ...]) -> tuple[Operand, ...]:
        """Return an op's operands with numbers in the place of comparisons, but for what `where` selects by."""
        if not self.conditions:
            return operands
        if op == "where":
            return operands[0], *map(self.as_number, operands[1:])
        return tuple(map(self.as_number, operands)) if op not in LOGIC else operands

    def as_number(self, x: Operand) -> Operand:
        """Return 1.0 where a comparison holds and 0.0 elsewhere; anything else as it is."""
        condition = type(x) is Symbol and x.number in self.conditions
        return self.instruction("where", (x, 1.0, 0.0)) if condition else x

    def instruction(self, op: str, operands: tuple[Operand, ...]) -> Symbol:
        """Return the result of an instruction, which is added unless the same one is there."""
        inputs = tuple([x.number if type(x) is Symbol else self.number_of(x) for x in operands])
        key = (op, inputs)
        number = self.known.get(key)
        if number is None:
            number = self.known[key] = len(self.code)
            self.code.append(Instruction(op, inputs))
            if is_condition(op):
                self.conditions.add(number)
        return Symbol(self, number)

    def operand(self, number: Number) -> Operand:
        """Return a constant as the number it is, and any other result as a symbol."""
        instruction = self.code[number]
        return instruction.value if instruction.op == "constant" else Symbol(self, number)

    def number_of(self, x: Operand) -> Number:
        return x.number if type(x) is Symbol else self.leaf("constant", x).number

    def branch(self, condition: Operand, a: Operand, b: Operand) -> Operand:
        """Select between two branches of which one may be None, and remember in which rows anything flows."""
        selected = self.instruction("where", (condition, a, b))
        along_a, along_b = self.flows(a), self.flows(b)
        if along_a is not True or along_b is not True:
            taken = self.truth(condition)
            untaken = self.negation(taken)
            self.live[selected.number] = self.either(self.both(taken, along_a), self.both(untaken, along_b))
        return selected

    def flows(self, partial: Operand) -> Operand:
        """Return where anything flows along an edge with this partial: True, False, or a condition."""
        if type(partial) is Symbol:
            return self.live.get(partial.number, True)
        return partial is not None

    def negation(self, condition: Operand) -> Operand:
        return not condition if isinstance(condition, bool) else self.instruction("negation", (condition,))

    def both(self, a: Operand, b: Operand) -> Operand:
        """Return the condition that both hold; what is known now, True or False, needs no instruction."""
        if isinstance(a, bool) or isinstance(b, bool):
            return False if a is False or b is False else (b if a is True else a)
        return a if a.number == b.number else self.instruction("both", (a, b))

    def either(self, a: Operand, b: Operand) -> Operand:
        """Return the condition that one of them holds; what is known now, True or False, needs no instruction."""
        if isinstance(a, bool) or isinstance(b, bool):
            return True if a is True or b is True else (b if a is False else a)
        return a if a.number == b.number else self.instruction("either", (a, b))

    def negate(self, x: Symbol) -> Operand:
        """Return -x; of a comparison 0.0 where it does not hold, as -False is 0."""
        number = self.as_number(x)
        return self.apply("negative", (x,)) if number is x else 0.0 - number

    def combine_conditions(self, combine: str, a: Symbol, b: Operand) -> Operand:
        """Combine two conditions, of which one may be known."""
        if not (isinstance(b, bool) or (type(b) is Symbol and is_condition(self.code[b.number].op))):
            raise TypeError("& and | are for comparisons: use where() to select by a number")
        result: Operand = getattr(self, combine)(self.truth(a), b)
        return result

    def truth(self, x: Symbol) -> Operand:
        """Make a condition of a number, as `where` does: everything but zero holds, even nan."""
        if is_condition(self.code[x.number].op):
            return x
        return self.negation(self.both(x <= 0.0, x >= 0.0))  # type: ignore[operator]

    def total(self, terms: Sequence[Operand | Product]) -> Operand:
        """Add contributions in their order.

        The engine starts from 0.0. Leaving that out can only change the sign of a zero, and only until the gradient of
        a leaf is added to a sum that itself starts from 0.0.
        """
        result: Operand = None
        for op, run in groupby(terms, lambda term: term.op if type(term) is Product else "add"):
            if op != "add":
                result = self.sum_of_products(op, run, () if result is None else (result,))
                continue
            for term in run:
                result = term if result is None else result + term
        return result

    def sum_of_products(self, op: str, terms: Iterable[Product], start: tuple[Operand, ...]) -> Operand:
        """Add up products in one instruction, on top of a start if there is one."""
        gradients, partials, lives = zip(*terms, strict=True)
        return self.instruction(op, (*gradients, *partials, *(lives if op == "live_products" else ()), *start))


class Recorder(Builder):
    """Continues a program as the engine records: with a node for each op, none merged with an equal one or simplified.

    A node that stands for two equal ones would pass on the sum of their gradients times its partial, where the engine
    adds up two products.
    """

    gathers = False

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.code = list(program.code)
        self.conditions = {n for n, instruction in enumerate(self.code) if is_condition(instruction.op)}

    def apply(self, op: str, operands: tuple[Operand, ...]) -> Operand:
        operands = self.as_numbers(op, operands)
        return self.branch(*operands) if op == "where" else self.instruction(op, operands)

    def apply_own(self, op: Op, operands: tuple[Operand, ...]) -> Operand:
        """Apply an op of the user's own as one node, which has the op's own derivatives."""
        return self.append_instruction(Instruction(op.name, tuple([self.number_of(x) for x in operands]), own=op))

    def instruction(self, op: str, operands: tuple[Operand, ...]) -> Symbol:
        """Return the result of an instruction, which is added; only conditions, through which nothing flows, merge."""
        if op not in OPS:
            return super().instruction(op, operands)
        return self.append_instruction(Instruction(op, tuple([self.number_of(x) for x in operands])))

    def append_instruction(self, instruction: Instruction) -> Symbol:
        self.code.append(instruction)
        return Symbol(self, len(self.code) - 1)


def simpler_product(x: Operand, z: Operand) -> Operand | None:
    """Leave out a factor of 1.0, and write one of -1.0 as a sign."""
    for factor, other in ((z, x), (x, z)):
        if type(factor) is float and factor in (1.0, -1.0):
            return other if factor == 1.0 else -other
    return None


def simpler_power(x: Operand, exponent: Operand) -> Operand | None:
    """Write a square as a product, and leave out an exponent of 1.0, where pow gives x itself."""
    if exponent == 2.0:
        return x * x
    return x if exponent == 1.0 else None


def simpler_where(condition: Operand, a: Operand, b: Operand) -> Operand | None:
    """Leave out a choice that is known."""
    if isinstance(condition, bool | float):
        return a if condition else b
    return a if a is b else None


def known_comparison(compare: Callable[[float, float], bool]) -> Callable[[Operand, Operand], bool | None]:
    return lambda x, z: None if type(x) is Symbol or type(z) is Symbol else compare(x, z)


SIMPLER: Final[dict[str, Callable[..., Operand | None]]] = {  # what needs no instruction; each has the same bits
    "multiply": simpler_product,
    "constant_power": simpler_power,
    "where": simpler_where,
    "less": known_comparison(operator.lt),
    "less_equal": known_comparison(operator.le),
    "greater": known_comparison(operator.gt),
    "greater_equal": known_comparison(operator.ge),
}
