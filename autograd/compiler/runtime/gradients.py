"""What `value_and_grad` can be asked for: derivatives by parameters, by arguments, or both; values added up or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from numpy.typing import NDArray

from autograd.compiler.runtime.kernel import Results
from autograd.lowering.program import Program

WRT: Final = ("parameters", "arguments")
REDUCTIONS: Final = ("sum", "none")


class Request(NamedTuple):
    """What a call wants: derivatives with respect to `wrt`, and the values as they are or added up.

    The derivatives are a tuple in the order of `wrt`, or an array if `single`.
    """

    wrt: tuple[str, ...]
    single: bool
    reduction: str

    @property
    def kind(self) -> str:
        """Return the program that gives no more than is wanted, where there is one."""
        if self.wrt == ("parameters",):
            return "values_and_grad" if self.reduction == "none" else "value_and_grad"
        return "both_grads"

    def answer(self, ran: Results, arguments: int, sizes: Sequence[int | None]) -> tuple[Any, Any]:
        """Return the value, or values, and the gradients, from what the program of this kind gave."""
        results, sums = ran
        slopes = {"parameters": sums if self.kind == "values_and_grad" else sums[1:]}
        if "arguments" in self.wrt:
            slopes["arguments"] = by_argument(results[1 : 1 + arguments], sizes)
        value = results[0] if self.reduction == "none" else sums[0]
        return value, slopes[self.wrt[0]] if self.single else tuple(slopes[name] for name in self.wrt)


def request(wrt: Any, reduction: Any, parameters: bool) -> Request:
    """Return what is asked for, with the defaults of a function with parameters or without, or refuse it by name."""
    single = wrt is None or isinstance(wrt, str)
    names = (wrt or WRT[not parameters],) if single else tuple(wrt) if isinstance(wrt, list | tuple) else ()
    if not names or len(set(names)) < len(names) or not set(names) <= set(WRT):
        raise ValueError(f'wrt must be "parameters", "arguments", or a tuple of both, got {wrt!r:.60}')
    if "parameters" in names and not parameters:
        raise TypeError('wrt="parameters", and none were given: pass compile(parameters=...)')
    if reduction not in (None, *REDUCTIONS):
        raise ValueError(
            f'reduction must be "sum" (over the rows) or "none" (a value for each row), got {reduction!r:.60}'
        )
    return Request(names, single, reduction or ("sum" if parameters else "none"))


def by_argument(slopes: NDArray[Any], sizes: Sequence[int | None]) -> Any:
    """Return derivatives with respect to each number in the shapes of the arguments, if one of them is a list."""
    if not any(size is not None for size in sizes):
        return slopes
    found: list[NDArray[Any]] = []
    place = 0
    for size in sizes:
        found.append(slopes[place] if size is None else slopes[place : place + size].T)
        place += 1 if size is None else size
    return found


def as_matrix(ran: Results, program: Program, first: int) -> NDArray[Any]:
    """Return second derivatives, or those of each output, as an array of two axes, and one for the rows."""
    results, sums = ran
    count = program.parameters or len(program.arguments)
    found = sums if program.parameters else results[: first * count]
    return found.reshape(first, count, *found.shape[1:])
