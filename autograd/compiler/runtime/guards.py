"""Guards: every row must go the way that Python went when the function was traced."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from autograd.lowering.program import Guard


class GuardError(ValueError):
    """Rows would have gone another way through the function's Python branches than the example it was traced on.

    Attributes:
        rows: the numbers of these rows.
        source: the file and line of the branch, with its text.
    """

    def __init__(self, message: str, rows: tuple[int, ...] = (), source: str = "") -> None:
        super().__init__(message)
        self.rows = rows
        self.source = source

    def __reduce__(self) -> tuple[object, ...]:
        return GuardError, (str(self), self.rows, self.source)


def check(guards: Sequence[Guard], results: NDArray[np.float64], run_each: Callable[[], object]) -> None:
    """Raise GuardError if a comparison went another way in some row than when the function was traced.

    Where one condition stands for several guards, `run_each` computes each of them and checks it in turn.
    """
    for guard in guards:
        if guard.source:
            check_one(guard, results[guard.output])
        elif not np.all(results[guard.output]):
            run_each()


def check_one(guard: Guard, condition: NDArray[np.float64]) -> None:
    wrong = np.flatnonzero((condition != 0.0) != guard.holds)
    if wrong.size:
        shown = ", ".join(map(str, wrong[:8].tolist())) + (", ..." if wrong.size > 8 else "")
        raise GuardError(
            f"the comparison at {guard.source} was {guard.holds} when the function was traced, and is "
            f"{not guard.holds} in {wrong.size} of {condition.size} rows: {shown}. Use where(condition, a, b) "
            "for an if, maximum(a, b) for max(), and softmax(xs) or logsumexp(xs) where the largest of xs is "
            "subtracted first: they select row by row. Or compile on an example that goes their way",
            tuple(wrong.tolist()),
            guard.source,
        )
