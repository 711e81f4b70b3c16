"""An optimizer's rule as machine code.

What is the same for all parameters, such as Adam's corrections 1 - beta**step, is computed once a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from autograd.compiler.runtime.columns import Column
from autograd.compiler.runtime.compiling import compile
from autograd.compiler.runtime.kernel import NO_NUMBERS, Kernel
from autograd.lowering.invariant import split_invariant
from autograd.lowering.program import Program
from autograd.lowering.programs import values_program

Rule = Callable[..., tuple[Any, tuple[Any, ...]]]  # rule(data, grad, memory, step, *settings) -> data, memory


class Update(NamedTuple):
    """Two kernels on the same columns: data, grad, memory, step, divisor and settings.

    Attributes:
        prepare: computes what no parameter changes, or None if that is nothing.
        prepared: how many numbers that is.
        move: takes these as further columns; gives the new data, then the new memory.
    """

    prepare: Kernel | None
    prepared: int
    move: Kernel

    def run(self, columns: Sequence[Column], rows: int) -> NDArray[np.float64]:
        """Compute so many rows, each with its own step and settings."""
        prepared = self.prepare.run(columns, rows, NO_NUMBERS)[0] if self.prepare else ()
        return self.move.run([*columns, *prepared], rows, NO_NUMBERS)[0]


def compile_update(rule: Rule, memory: int, settings: int, fast: bool) -> Update:
    """Compile an optimizer's rule with so many numbers of memory a parameter, and so many settings.

    The rule is traced each time, since it may read what changes between two trainings; machine code is kept.
    """

    def update(*xs: Any) -> list[Any]:
        """Apply the rule to one parameter, its gradient divided by `divisor`; give its number, then its memory."""
        data, grad, *rest = xs
        step, divisor, *numbers = rest[memory:]
        moved, remembered = rule(data, grad / divisor, tuple(rest[:memory]), step, *numbers)
        return [moved, *remembered]

    rule_function = compile(update, example=[0.5] * (4 + memory + settings), fastmath=fast)
    guards = rule_function.program.guards
    if guards:
        raise TypeError(
            f"an optimizer's rule must not branch on numbers, and it does at {guards[0].source}: use where()"
        )
    program = values_program(rule_function.program)
    once, rest = split_invariant(program, varying=set(range(2 + memory)))
    prepare = cached_kernel(msgspec.msgpack.encode(once), fast) if once.outputs else None
    return Update(prepare, len(once.outputs), cached_kernel(msgspec.msgpack.encode(rest), fast))


@lru_cache(maxsize=32)
def cached_kernel(encoded: bytes, fast: bool) -> Kernel:
    """Compile a program of values, or return the kernel of one compiled lately."""
    return Kernel(msgspec.msgpack.decode(encoded, type=Program), fast)
