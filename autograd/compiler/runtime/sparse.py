"""Sparse Jacobians and Hessians: a few products with vectors, by the structure that the program shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.runtime.columns import parameter_array
from autograd.compiler.runtime.guards import check
from autograd.compiler.runtime.strided import Strided, strided
from autograd.lowering.program import Program
from autograd.lowering.programs import results_of, wanted_numbers
from autograd.lowering.reverse import recorded_slopes
from autograd.lowering.sparsity import dependencies, groups

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from autograd.compiler.runtime.function import CompiledFunction

Array = NDArray[np.float64]


class Structure:
    """Where a matrix of derivatives may be other than 0, and which columns are computed together."""

    def __init__(self, rows: Sequence[Sequence[int]], columns: int) -> None:
        self.shape = (len(rows), columns)
        self.group_of = np.array(groups(rows, columns), dtype=np.int64)
        self.starts = np.cumsum([0, *map(len, rows)])
        self.columns = np.array([column for row in rows for column in row], dtype=np.int64)
        self.rows = np.repeat(np.arange(len(rows)), np.diff(self.starts))

    def seeds(self) -> Array:
        """Return the vectors to multiply with, a row for each group: 1 for its columns and 0 for others."""
        count = int(self.group_of.max(initial=-1)) + 1
        seeds = np.zeros((count, self.shape[1]))
        seeds[self.group_of, np.arange(self.shape[1])] = 1.0
        return seeds

    def matrix(self, products: Array) -> csr_array:
        """Return the matrix from its products with the seeds, of shape (groups, rows)."""
        csr_array = sparse_arrays()
        entries = products[self.group_of[self.columns], self.rows]
        return csr_array((entries, self.columns, self.starts), shape=self.shape)


def jacobian_structure(program: Program) -> Structure:
    leaves = wanted_numbers(program)
    return Structure(dependencies(program, results_of(program), leaves), len(leaves))


def hessian_structure(program: Program) -> Structure:
    """Return the structure of the Hessian: which slopes depend on which leaves."""
    first, slopes = recorded_slopes(program)
    leaves = wanted_numbers(first)
    return Structure(dependencies(first, slopes, leaves), len(leaves))


STRUCTURES: dict[str, Callable[[Program], Structure]] = {
    "jacobian": jacobian_structure,
    "hessian": hessian_structure,
}


def sparse_arrays() -> Any:
    """Return SciPy's class of sparse arrays, or say how to install it."""
    try:
        from scipy.sparse import csr_array
    except ImportError as error:
        raise ImportError("sparse=True needs SciPy, which is not installed: pip install scipy", name="scipy") from error
    return csr_array


def sparse_derivative(
    fast: CompiledFunction, kind: str, xs: Sequence[Any], theta: Any, named: Mapping[str, object]
) -> csr_array:
    """Compute a Jacobian or Hessian from products with vectors: of one row, or with parameters of the sum over rows."""
    sparse_arrays()
    arguments = fast.arrange(xs, named)
    columns = strided(arguments, fast.names, fast.sizes)
    if columns.rows is not None and not fast.parameters_given:
        raise ValueError(
            f"{kind}(sparse=True) computes one row at a time, and takes numbers, got columns of {columns.rows} rows"
        )
    if kind not in fast.structures:
        fast.structures[kind] = STRUCTURES[kind](fast.program)
    structure = fast.structures[kind]
    kernel = fast.kernel({"jacobian": "jvp", "hessian": "hvp"}[kind])
    numbers = parameter_array(fast.numbers() if theta is None else theta, fast.program.parameters)
    seeds = structure.seeds()

    def refuse() -> object:
        return fast.run("guards", xs, theta, named)

    if not len(seeds):
        return structure.matrix(np.zeros((0, structure.shape[0])))
    if fast.parameters_given:
        thetas = [np.concatenate([numbers, seed]) for seed in seeds]
        products = [product_along(kernel, columns, each, structure.shape[0], refuse) for each in thetas]
        return structure.matrix(np.array(products))
    along = strided([*arguments, seeds], [*fast.names, "seeds"], [*fast.sizes, seeds.shape[1]])
    results, _ = kernel.run_strided(along, numbers)
    check(kernel.guards, results, refuse)
    return structure.matrix(results[: structure.shape[0]].T)


def product_along(kernel: Any, columns: Strided, theta: Array, count: int, refuse: Callable[[], object]) -> Array:
    """Return a product with one vector along the parameters, summed over the rows."""
    results, sums = kernel.run_strided(columns, theta)
    check(kernel.guards, results, refuse)
    return sums if len(sums) else results[:count].sum(axis=1)  # type: ignore[no-any-return]
