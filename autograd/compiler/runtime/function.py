"""`compile`, and the function that it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.frontend.trace import traced
from autograd.compiler.runtime.columns import columns, parameter_array
from autograd.compiler.runtime.kernel import NO_NUMBERS, Kernel, Results
from autograd.compiler.runtime.strategy import build_kernel
from autograd.compiler.tape.kernel import TapeKernel
from autograd.lowering.program import Guard, Program
from autograd.lowering.reverse import PROGRAMS
from autograd.value import Value

Array = NDArray[np.float64]


class GuardError(ValueError):
    """Rows would have gone another way through the function's Python branches than the example it was traced on."""


def compile(
    function: Callable[..., Any],
    parameters: Iterable[Value] = (),
    *,
    example: Sequence[float] | None = None,
    fastmath: bool = False,
) -> CompiledFunction:
    """Trace a scalar function once, and compile it, with its derivatives, to native code over columns of data.

    Python control flow is frozen as the one call on `example` went: loops are unrolled, and of an `if` on anything but
    the function's own numbers only the branch taken is there. An `if` on a comparison of `Value`s is checked for every
    row, and rows that would have gone the other way raise `GuardError`; `where`, `maximum` and `relu` need no check.

    Args:
        function: takes one number an argument and gives a `Value`, or a list of them. It is called once, with `Value`s.
        parameters: the `Value`s to differentiate with respect to, read at every call. Without any, derivatives are
            with respect to the arguments. Other numbers that the function uses are frozen.
        example: the numbers to trace on, 0.5 each if not given.
        fastmath: allow fused multiply-add, reassociation and vector versions of libm (within 4 ulp a call). Without
            it, each row has the bits of the eager engine.

    >>> fast = compile(lambda x, y: (x * y).exp())
    >>> fast([0.0, 1.0], 2.0)
    array([1.       , 7.3890561])
    >>> value, (by_x, by_y) = fast.value_and_grad([0.0, 1.0], 2.0)
    >>> by_x
    array([ 2.       , 14.7781122])
    """
    parameters = checked_parameters(parameters)
    program, several, _ = traced(function, parameters, example)
    return CompiledFunction(program, several, parameters, fastmath)


def checked_parameters(parameters: Iterable[Value]) -> list[Value]:
    """Return the parameters as a list, or say what is wrong with them."""
    if hasattr(parameters, "parameters"):
        raise TypeError(
            f"compile expects parameters= as a list of Values, got the {type(parameters).__name__} itself: pass "
            "parameters=model.parameters()"
        )
    if not isinstance(parameters, Iterable):
        raise TypeError(
            f"compile expects parameters= as a list of Values, got {type(parameters).__name__} {parameters!r:.60}"
        )
    listed = list(parameters)
    for parameter in listed:
        if type(parameter) is not Value or parameter.inputs:
            raise TypeError(f"parameters must be leaf Values, got {parameter!r:.60}")
    if len(set(listed)) != len(listed):
        raise ValueError("a parameter is given twice")
    return listed


class CompiledFunction:
    """A function compiled to native code; see `compile`. It pickles as its program, and compiles anew where it lands.

    Attributes:
        program: the traced function as a frozen list of instructions.
        parameters: the `Value`s whose data is read when no `theta` is given.
    """

    def __init__(
        self, program: Program, several: bool, parameters: list[Value], fastmath: bool, lanes: int | None = None
    ) -> None:
        self.program = program
        self.several = several
        self.parameters = parameters
        self.fastmath = fastmath
        self.lanes = lanes
        self.packing = Struct(f"{program.parameters}d")  # three times as quick as np.array
        self.kernels: dict[str, Kernel | TapeKernel] = {}

    def __call__(self, *xs: object, theta: Any = None) -> Any:
        """Compute every row: a float64 array, or a list of arrays if the function gives a list.

        Each argument is a column of numbers, or one number for all rows; from numbers alone each result is a number.
        """
        results, _ = self.run("values", xs, theta)
        outputs = len(self.program.rows) - len(self.program.guards)
        return list(results[:outputs]) if self.several else results[0]

    def value_and_grad(self, *xs: object, theta: Any = None) -> tuple[Any, Array]:
        """Compute values and derivatives.

        With parameters: the sum of the values over all rows, and its derivatives in the order of the parameters.
        Without: the values row by row, and their derivatives with respect to each argument, one row an argument.
        """
        results, sums = self.run("value_and_grad", xs, theta)
        if self.parameters_given:
            return sums[0], sums[1:]
        return results[0], results[1 : 1 + len(self.program.arguments)]

    def backward(self, *xs: object) -> float:
        """Add the derivatives to each parameter's `.grad`, as `loss.backward()` does; give the sum of the values."""
        if not self.parameters_given:
            raise TypeError(
                "backward() adds to the parameters' .grad, and none were given: pass compile(parameters=...)"
            )
        total, slopes = self.value_and_grad(*xs)
        for parameter, slope in zip(self.parameters, slopes.tolist(), strict=True):
            parameter.grad += slope
        return float(total)

    def hessian(self, *xs: object, theta: Any = None) -> Array:
        """Compute second derivatives: with parameters, of the sum over all rows; without, of each row's value.

        Its first two axes are the parameters, or the arguments; without parameters the rows follow. Without `fastmath`,
        each row has the bits of `autograd.hessian`, whichever branches the row takes.
        """
        results, sums = self.run("hessian", xs, theta)
        if self.parameters_given:
            count = len(self.parameters)
            return sums.reshape(count, count)
        count = len(self.program.arguments)
        return results[: count * count].reshape(count, count, *results.shape[1:])

    def inspect_llvm(self, kind: str = "value_and_grad") -> str:
        """Give the LLVM text of "values", "value_and_grad" or "hessian"."""
        return self.kernel(kind).code.text

    def inspect_asm(self, kind: str = "value_and_grad") -> str:
        """Give the machine's assembly of "values", "value_and_grad" or "hessian"."""
        return self.kernel(kind).code.assembly()

    @property
    def parameters_given(self) -> bool:
        return bool(self.program.parameters)

    def run(self, kind: str, xs: Sequence[Any], theta: Any) -> Results:
        """Run a kernel, and raise GuardError for the rows that it does not hold for."""
        kernel = self.kernels.get(kind) or self.kernel(kind)
        if theta is None:
            theta = self.numbers()
        first = xs[0] if xs else None
        done = kernel.run_in_place(xs, len(first), theta) if type(first) is np.ndarray and first.ndim else None
        results, sums = done or self.run_converted(kernel, xs, theta)
        for guard in kernel.guards:
            check(guard, results[guard.row])
        return results, sums

    def run_converted(self, kernel: Kernel | TapeKernel, xs: Sequence[object], theta: Any) -> Results:
        """Run a kernel on columns and a theta that must be converted first, or else are refused by name."""
        arrays, rows = columns(xs, self.program.arguments)
        theta = parameter_array(theta, self.program.parameters)
        results, sums = kernel.run(arrays, 1 if rows is None else rows, theta)
        return (results[:, 0] if rows is None else results), sums

    def numbers(self) -> Array:
        """Read the parameters."""
        numbers = [parameter.data for parameter in self.parameters]
        return np.frombuffer(self.packing.pack(*numbers)) if numbers else NO_NUMBERS

    def kernel(self, kind: str) -> Kernel | TapeKernel:
        """Compile one of the programs, the first time it is asked for."""
        if kind not in self.kernels:
            if kind not in PROGRAMS:
                raise ValueError(f"expected one of {', '.join(PROGRAMS)}, got {kind!r}")
            if kind != "values" and self.several:
                raise TypeError(f"{kind} is for a function with one output, and this one gives a list")
            self.kernels[kind] = build_kernel(kind, self.program, self.fastmath, self.lanes)
        return self.kernels[kind]

    def __reduce__(self) -> tuple[Any, ...]:
        return CompiledFunction, (self.program, self.several, self.parameters, self.fastmath, self.lanes)

    def __repr__(self) -> str:
        program = self.program
        return (
            f"<compiled function of {', '.join(program.arguments) or 'no arguments'}: "
            f"{len(program.code)} instructions, {program.parameters} parameters>"
        )


def check(guard: Guard, condition: Array) -> None:
    """Raise GuardError if a comparison went another way in some row than when the function was traced."""
    wrong = np.flatnonzero((condition != 0.0) != guard.holds)
    if wrong.size:
        shown = ", ".join(map(str, wrong[:8].tolist())) + (", ..." if wrong.size > 8 else "")
        raise GuardError(
            f"the comparison at {guard.source} was {guard.holds} when the function was traced, and is "
            f"{not guard.holds} in {wrong.size} of {condition.size} rows: {shown}. Use where(condition, a, b), "
            "maximum(), softmax() or another function that selects row by row, or compile on an example that goes "
            "their way"
        )
