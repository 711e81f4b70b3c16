"""`CompiledFunction`: what `compile` returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.frontend.arguments import signature_of
from autograd.compiler.frontend.structure import leaves_like, rebuild
from autograd.compiler.runtime.columns import columns, parameter_array
from autograd.compiler.runtime.gradients import as_matrix, by_argument, request
from autograd.compiler.runtime.guards import check
from autograd.compiler.runtime.kernel import NO_NUMBERS, Kernel, Results
from autograd.compiler.runtime.parameters import Reader
from autograd.compiler.runtime.sparse import Structure, sparse_derivative
from autograd.compiler.runtime.strategy import build_kernel
from autograd.compiler.runtime.strided import strided
from autograd.compiler.tape.kernel import TapeKernel
from autograd.files import as_path, write_atomically
from autograd.lowering.program import Program
from autograd.lowering.programs import PROGRAMS, results_of
from autograd.lowering.source import source
from autograd.value import Value

Array = NDArray[np.float64]
SHOWN: Final = 8  # arguments that a repr names
METHOD: Final = dict.fromkeys(("values_and_grad", "both_grads"), "value_and_grad")  # where it is not the kernel's name
SINGLE: Final = ("value_and_grad", *METHOD, "hessian", "hvp")  # for a function with one output


class CompiledFunction:
    """A function compiled to native code; see `compile`. It pickles as its program, and compiles anew where it lands.

    Every method takes the function's arguments by position or by name. An argument is a column of numbers, one a row,
    or one number for all rows; where the example has a list of n numbers, it is an array of shape (rows, n), or (n,)
    for all rows. From numbers alone, each result is a number.

    Derivatives are with respect to the parameters, and summed over the rows; those of a function without parameters are
    with respect to the arguments, row by row. `theta`, an array of numbers, replaces the parameters' own.

    Attributes:
        program: the traced function as a frozen list of instructions.
        parameters: the `Value`s whose data is read when no `theta` is given.
        threads: how many threads compute many rows; None for one on each core. The bits do not depend on it.
    """

    def __init__(
        self,
        program: Program,
        structure: Any,
        parameters: list[Value],
        fastmath: bool,
        lanes: int | None = None,
        arguments: tuple[Sequence[str], Sequence[int | None]] | None = None,
        description: tuple[str, str | None] = ("compiled", None),
        threads: int | None = None,
    ) -> None:
        self.program = program
        self.structure = structure
        self.parameters = parameters
        self.fastmath = fastmath
        self.lanes = lanes
        self.threads = threads
        self.names, self.sizes = arguments or (program.arguments, [None] * len(program.arguments))
        self.lists = any(size is not None for size in self.sizes)
        self.reader = Reader(parameters)
        self.kernels: dict[str, Kernel | TapeKernel] = {}
        self.structures: dict[str, Structure] = {}  # of sparse derivatives
        self.__name__, self.__doc__ = description
        self.__signature__ = signature_of(self.names)

    def __call__(self, *xs: object, theta: Any = None, **named: object) -> Any:
        """Compute every row: a float64 array, or several in the structure of what the function returns."""
        results, _ = self.run("values", xs, theta, named)
        return rebuild(self.structure, results.__getitem__)

    def value_and_grad(
        self, *xs: object, theta: Any = None, wrt: Any = None, reduction: str | None = None, **named: object
    ) -> tuple[Any, Any]:
        """Compute values and derivatives.

        With parameters: the sum of the values over all rows, and its derivatives in the order of the parameters.
        Without: the values row by row, and their derivatives with respect to each argument, one row an argument. If an
        argument is a list, the derivatives are a list of arrays in the shapes of the arguments.

        `wrt` asks for "parameters" or "arguments", or for a tuple of both gradients: `wrt=("parameters", "arguments")`.
        `reduction="none"` gives the values row by row, and "sum" their sum, whatever the gradients are.

        >>> from autograd import Value, compile
        >>> w = Value(3.0)
        >>> compile(lambda x: w * x, [w]).value_and_grad([1.0, 2.0], wrt=("parameters", "arguments"), reduction="none")
        (array([3., 6.]), (array([3.]), array([[3., 3.]])))
        """
        if wrt is None and reduction is None:
            results, sums = self.run("value_and_grad", xs, theta, named)
            if self.parameters_given:
                return sums[0], sums[1:]
            return results[0], by_argument(results[1 : 1 + len(self.program.arguments)], self.sizes)
        wanted = request(wrt, reduction, self.parameters_given)
        return wanted.answer(self.run(wanted.kind, xs, theta, named), len(self.program.arguments), self.sizes)

    def backward(self, *xs: object, **named: object) -> float:
        """Add the derivatives to each parameter's `.grad`, as `loss.backward()` does; return the sum of the values."""
        if not self.parameters_given:
            raise TypeError(
                "backward() adds to the parameters' .grad, and none were given: pass compile(parameters=...)"
            )
        _, (total, *slopes) = self.run("value_and_grad", xs, None, named)
        for parameter, slope in zip(self.parameters, slopes, strict=True):
            parameter.grad += slope
        return float(total)

    def hessian(self, *xs: object, theta: Any = None, sparse: bool = False, **named: object) -> Any:
        """Compute second derivatives, as an array whose first two axes are the parameters, or the arguments' numbers.

        The rows follow as a third axis unless there are parameters. Without `fastmath`, each row has the bits of
        `autograd.hessian`, whichever branches the row takes. With `sparse`, the result is a `scipy.sparse` array of
        one row's derivatives, found with as few products as the program's structure allows.
        """
        if sparse:
            return sparse_derivative(self, "hessian", xs, theta, named)
        count = self.program.parameters or len(self.program.arguments)
        return as_matrix(self.run("hessian", xs, theta, named), self.program, count)

    def jacobian(self, *xs: object, theta: Any = None, sparse: bool = False, **named: object) -> Any:
        """Compute the derivatives of every output: an array with an axis for the outputs, and then as `value_and_grad`.

        With `sparse`, it is a `scipy.sparse` array, as for `hessian`.

        >>> from autograd import compile
        >>> polar = compile(lambda r, t: [r * t.cos(), r * t.sin()])
        >>> polar.jacobian(2.0, 0.0)
        array([[1., 0.],
               [0., 2.]])
        """
        if sparse:
            return sparse_derivative(self, "jacobian", xs, theta, named)
        found = as_matrix(self.run("jacobian", xs, theta, named), self.program, len(results_of(self.program)))
        return found if self.several else found[0]

    def jvp(self, *xs: object, tangents: Any, theta: Any = None, **named: object) -> Any:
        """Compute how the outputs change as the arguments, or the parameters, move along tangents.

        The tangents are as many as the arguments, in their shapes; with parameters, an array of a number for each. The
        result has the structure of the function's. It takes one pass, whatever the number of arguments.

        >>> from autograd import compile
        >>> product = compile(lambda x, y: x * y)
        >>> product.jvp([3.0, 5.0], 4.0, tangents=[1.0, 0.0])
        array([4., 4.])
        """
        results, _ = self.run_along("jvp", xs, tangents, theta, named)
        return rebuild(self.structure, results.__getitem__)

    def vjp(self, *xs: object, cotangents: Any, theta: Any = None, **named: object) -> Any:
        """Compute the derivatives of the sum of the outputs, each times its cotangent.

        The cotangents have the structure of the function's result: a number or a column for each output.

        >>> from autograd import compile
        >>> compile(lambda x, y: [x * y, x + y]).vjp(3.0, 4.0, cotangents=[1.0, 10.0])
        array([14., 13.])
        """
        weights = leaves_like(self.structure, cotangents)
        names = [*self.names, *[f"cotangents[{k}]" for k in range(len(weights))]]
        arguments = [*self.arrange(xs, named), *weights]
        results, sums = self.run_strided("vjp", arguments, names, [*self.sizes, *[None] * len(weights)], theta)
        return sums if self.parameters_given else by_argument(results[: len(self.program.arguments)], self.sizes)

    def hvp(self, *xs: object, vector: Any, theta: Any = None, **named: object) -> Any:
        """Compute the Hessian times a vector, for a small multiple of the gradient's cost.

        The vector is given as `jvp` takes its tangents, and the result has the form of the gradient.

        >>> from autograd import compile
        >>> compile(lambda x, y: x**2 * y).hvp(3.0, 4.0, vector=[1.0, 0.0])
        array([8., 6.])
        """
        results, sums = self.run_along("hvp", xs, vector, theta, named)
        return sums if self.parameters_given else by_argument(results[: len(self.program.arguments)], self.sizes)

    def save_source(self, path: str | PathLike[str]) -> None:
        """Write a program that computes the function and its derivatives without Python: .c (C99), or .js and .mjs.

        "loss.c" defines `loss_value(x, parameters)` and `loss_value_and_grad(x, parameters, gradient)`, or, for several
        outputs, `loss_values` and `loss_jacobian`; "loss.js" has them as `loss.value` and so on. A call computes a row,
        with the bits of exact mode where libm is the same. Raises ValueError for another suffix, and OSError.
        """
        numbers = [parameter.data for parameter in self.parameters]
        write_atomically(path, source(self.program, numbers, self.several, as_path(path).name).encode())

    def inspect_llvm(self, kind: str = "value_and_grad") -> str:
        """Return the LLVM text of "values", "value_and_grad", "hessian" or another method."""
        return self.kernel(kind).code.text

    def inspect_asm(self, kind: str = "value_and_grad") -> str:
        """Return the machine's assembly of "values", "value_and_grad", "hessian" or another method."""
        return self.kernel(kind).code.assembly()

    @property
    def several(self) -> bool:
        """Whether the function returns outputs in a list or another container."""
        return not isinstance(self.structure, int)

    @property
    def parameters_given(self) -> bool:
        return bool(self.program.parameters)

    def run(self, kind: str, xs: Sequence[Any], theta: Any, named: Mapping[str, object]) -> Results:
        """Run a kernel, and raise GuardError for the rows that it does not hold for."""
        if named:
            xs = self.arrange(xs, named)
        if self.lists:
            return self.run_strided(kind, xs, self.names, self.sizes, theta)
        kernel = self.kernels.get(kind) or self.kernel(kind)
        if theta is None:
            theta = self.numbers()
        first = xs[0] if xs else None
        done = None
        if type(first) is np.ndarray and first.ndim and len(first) <= kernel.rows_alone:
            done = kernel.run_in_place(xs, len(first), theta)
        results, sums = done or self.run_converted(kernel, xs, theta)
        if kernel.guards:
            check(kernel.guards, results, lambda: self.run("guards", xs, theta, {}))
        return results, sums

    def run_converted(self, kernel: Kernel | TapeKernel, xs: Sequence[object], theta: Any) -> Results:
        """Run a kernel on columns and a theta that must be converted first, or else are refused by name."""
        arrays, rows = columns(xs, self.program.arguments)
        theta = parameter_array(theta, self.program.parameters)
        results, sums = kernel.run(arrays, 1 if rows is None else rows, theta, self.threads)
        return (results[:, 0] if rows is None else results), sums

    def run_along(self, kind: str, xs: Sequence[Any], along: Any, theta: Any, named: Mapping[str, object]) -> Results:
        """Run a kernel that takes tangents: further arguments, or further parameters."""
        xs = self.arrange(xs, named)
        if self.parameters_given:
            count = self.program.parameters
            theta = parameter_array(self.numbers() if theta is None else theta, count)
            theta = np.concatenate([theta, parameter_array(along, count, "a vector along the parameters")])
            return self.run_strided(kind, xs, self.names, self.sizes, theta)
        if len(along) != len(self.names):
            raise ValueError(f"expected a tangent for each of {len(self.names)} arguments, got {len(along)}")
        names = [*self.names, *[f"tangent of {name}" for name in self.names]]
        return self.run_strided(kind, [*xs, *along], names, [*self.sizes, *self.sizes], theta)

    def run_strided(
        self, kind: str, xs: Sequence[Any], names: Sequence[str], sizes: Sequence[int | None], theta: Any
    ) -> Results:
        """Run a kernel on arguments that are read where they are."""
        kernel = self.kernel(kind)
        columns = strided(xs, names, sizes)
        theta = parameter_array(self.numbers() if theta is None else theta, kernel.program.parameters)
        results, sums = kernel.run_strided(columns, theta, self.threads)
        if kernel.guards:
            own = slice(None, len(self.names)), slice(None, self.program.parameters)
            check(kernel.guards, results, lambda: self.run("guards", xs[own[0]], theta[own[1]], {}))
        return (results[:, 0] if columns.rows is None else results), sums

    def arrange(self, xs: Sequence[Any], named: Mapping[str, object]) -> list[Any]:
        """Put arguments given by name in their places."""
        missing = self.names[len(xs) :]
        if sorted(missing) != sorted(named) or len(xs) > len(self.names):
            got = f"{len(xs)} by position" + (f" and {', '.join(named)} by name" if named else "")
            raise TypeError(f"{self.__name__}() takes the arguments {', '.join(self.names)}, got {got}")
        return [*xs, *[named[name] for name in missing]]

    def numbers(self) -> Array:
        """Read the parameters."""
        return self.reader.read() if self.parameters else NO_NUMBERS

    def kernel(self, kind: str) -> Kernel | TapeKernel:
        """Compile one of the programs, the first time it is asked for."""
        if kind not in self.kernels:
            if kind not in PROGRAMS:
                raise ValueError(f"expected one of {', '.join(PROGRAMS)}, got {kind!r}")
            if self.several and kind in SINGLE:
                raise TypeError(
                    f"{METHOD.get(kind, kind)} is for a function with one output, and this one gives "
                    f"{len(results_of(self.program))}: use jacobian(), jvp() or vjp()"
                )
            self.kernels[kind] = build_kernel(kind, self.program, self.fastmath, self.lanes)
        return self.kernels[kind]

    def __reduce__(self) -> tuple[Any, ...]:
        arguments, description = (list(self.names), list(self.sizes)), (self.__name__, self.__doc__)
        settings = (self.fastmath, self.lanes, arguments, description, self.threads)
        return CompiledFunction, (self.program, self.structure, self.parameters, *settings)

    def __repr__(self) -> str:
        program, names = self.program, ", ".join(self.names[:SHOWN])
        rest = f", ... {len(self.names)} in all" if len(self.names) > SHOWN else ""
        return (
            f"<compiled function {self.__name__}({names}{rest}): {len(program.code)} instructions, "
            f"{program.parameters} parameters>"
        )
