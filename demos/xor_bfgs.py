"""XOR by BFGS: a compiled loss is an objective for SciPy as it stands.

Run it with `python -m demos.xor_bfgs --seed 1`. It needs SciPy and the extra `scalar-autograd[native]`. The 2-2-1
network of `demos/xor.py` is compiled once; `value_and_grad` then gives BFGS the summed error and its gradient, and
the curvature that BFGS gathers takes it where momentum needs hundreds of sweeps in a few dozen. From some starts it
ends on a plateau (see `demos/landscape.py`): then it starts again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

import autograd
from demos.common.command import parser
from nn import MLP, half_squared_error, uniform

X1, X2 = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
TARGETS = np.array([0.0, 1.0, 1.0, 0.0])
SOLVED = 0.002  # the error at which every output is within 0.07 of its target
ATTEMPTS = 20


def main(argv: Sequence[str] | None = None) -> int:
    """Minimize from one start after another until XOR is learned; return 1 if it never is."""
    seed = parser(__doc__, first=1).parse_args(argv).seed
    for attempt in range(ATTEMPTS):
        network = MLP(2, [2, 1], "sigmoid", "sigmoid", initialization=uniform(1.0), seed=seed + attempt)
        if solve(network):
            show_truth_table(network)
            return 0
    print(f"Not learned after {ATTEMPTS} attempts: try another --seed.")
    return 1


def solve(network: MLP) -> bool:
    """Minimize the error over all four rows from the network's weights, and write the result back."""
    parameters = network.parameters()
    error = autograd.compile(lambda x1, x2, t: half_squared_error(network([x1, x2]), t), parameters)
    start = [parameter.data for parameter in parameters]
    found = minimize(lambda theta: error.value_and_grad(X1, X2, TARGETS, theta=theta), start, jac=True, method="BFGS")
    for parameter, x in zip(parameters, found.x.tolist(), strict=True):
        parameter.data = x
    solved = bool(found.fun < SOLVED)
    print(f"BFGS: error {found.fun:.2g} after {found.nfev} evaluations{'' if solved else ', on a plateau'}")
    return solved


def show_truth_table(network: MLP) -> None:
    """Print each row with the network's output and its target."""
    print("x1 x2  output  target")
    for x1, x2, target in zip(X1.tolist(), X2.tolist(), TARGETS.tolist(), strict=True):
        print(f"{x1:2.0f} {x2:2.0f}  {network([x1, x2]).data:6.3f}  {target:6.0f}")


if __name__ == "__main__":
    sys.exit(main())
