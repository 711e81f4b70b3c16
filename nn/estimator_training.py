"""How the estimators train: the loss of an MLP as compiled code, and the solvers that run on it.

The solvers take scikit-learn's steps, in its order and with its draws: the same `random_state` gives the weights that
`sklearn.neural_network` gives, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, softmax

from autograd.compiler import compile
from autograd.compiler.runtime.function import CompiledFunction
from autograd.compiler.runtime.training_loop import Descent
from autograd.compiler.runtime.update import Update, compile_update
from autograd.functions import sum as sum_values
from autograd.ops import softplus, sqrt
from nn.layers import MLP
from nn.losses import cross_entropy, half_squared_error

Array = NDArray[np.float64]
ACTIVATIONS: Final = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}  # to nn's names
FORWARD: Final[dict[str, Callable[[Array], Array]]] = {
    "identity": lambda z: z,
    "logistic": expit,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
    "softmax": lambda z: softmax(z, axis=1),
}
LOSSES: Final[dict[str, Callable[[list[Any], list[Any]], Any]]] = {  # by output activation, summed over the outputs
    "identity": half_squared_error,
    "logistic": lambda zs, ts: sum_values([softplus(z) - t * z for z, t in zip(zs, ts, strict=True)]),
    "softmax": lambda zs, ts: cross_entropy(zs, ts[0]),
}


def adam(data: Any, grad: Any, memory: Sequence[Any], step: Any, *settings: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a parameter after a step of Adam, and what to remember; decay is that of a weight, not of a bias.

    `lr` is corrected for the step already, which is the same number for all parameters.
    """
    (m, v, is_weight), (lr, beta_1, beta_2, epsilon, decay) = memory, settings
    grad = grad + decay * is_weight * data
    m = beta_1 * m + (1.0 - beta_1) * grad
    v = beta_2 * v + (1.0 - beta_2) * (grad * grad)
    return data - lr * m / (sqrt(v) + epsilon), (m, v, is_weight)


def sgd(data: Any, grad: Any, memory: Sequence[Any], step: Any, *settings: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a parameter after a step of gradient descent, and what to remember; `ahead` is 1 for Nesterov's method."""
    (velocity, is_weight), (lr, momentum, ahead, decay) = memory, settings
    change = -lr * (grad + decay * is_weight * data)
    velocity = momentum * velocity + change
    return data + velocity + ahead * (momentum * velocity + change - velocity), (velocity, is_weight)


RULES: Final[dict[str, tuple[Callable[..., Any], int, int]]] = {  # the rule, its memory and its settings
    "adam": (adam, 3, 5),
    "sgd": (sgd, 2, 4),
}


@lru_cache(maxsize=16)
def compile_loss(sizes: tuple[int, ...], activation: str, output: str, weighted: bool) -> CompiledFunction:
    """Compile the loss of one row as a function of its inputs, targets, weight (if `weighted`) and the parameters.

    With fastmath: there is no eager run whose bits it would have to have, and wide layers take a third less time.
    """
    inputs, *outputs = sizes
    model = MLP(inputs, outputs, activation=ACTIVATIONS[activation], seed=0)  # type: ignore[arg-type]
    targets = 1 if output == "softmax" else outputs[-1]

    def loss(*xs: Any) -> Any:
        zs = model(list(xs[:inputs]))
        row_loss = LOSSES[output](zs if isinstance(zs, list) else [zs], list(xs[inputs : inputs + targets]))
        return row_loss * xs[-1] if weighted else row_loss

    example = [0.01 * (k % 7 - 3) for k in range(inputs)] + [0.0] * targets + [1.0] * weighted
    return compile(loss, model.parameters(), example=example, fastmath=True)


@lru_cache(maxsize=len(RULES))
def compile_rule(rule: Callable[..., Any], remembered: int, settings: int) -> Update:
    """Compile a solver's rule, once: unlike an optimizer's, it reads nothing that changes."""
    return compile_update(rule, remembered, settings, fast=True)


def blocks(sizes: Sequence[int], theta: Array) -> Iterator[Array]:
    """Yield the parameters of each layer as a view on theta: a row for each neuron, its weights and then its bias."""
    start = 0
    for fan_in, fan_out in pairwise(sizes):
        size = fan_out * (fan_in + 1)
        yield theta[start : start + size].reshape(fan_out, fan_in + 1)
        start += size


def glorot_parameters(sizes: Sequence[int], activation: str, random_state: np.random.RandomState) -> Array:
    """Draw weights and biases as scikit-learn does."""
    theta = np.empty(sum((n + 1) * m for n, m in pairwise(sizes)))
    for block in blocks(sizes, theta):
        fan_out, fan_in = block.shape[0], block.shape[1] - 1
        bound = np.sqrt((2.0 if activation == "logistic" else 6.0) / (fan_in + fan_out))
        block[:, :-1] = random_state.uniform(-bound, bound, (fan_in, fan_out)).T
        block[:, -1] = random_state.uniform(-bound, bound, fan_out)
    return theta


def forward(sizes: Sequence[int], activation: str, output: str, theta: Array, inputs: Array) -> Array:
    """Return the outputs for each row of inputs."""
    rows = inputs
    layers = list(blocks(sizes, theta))
    for block, name in zip(layers, [activation] * (len(layers) - 1) + [output], strict=True):
        rows = FORWARD[name](rows @ block[:, :-1].T + block[:, -1])
    return rows


class Solver:
    """Training of one MLP on given rows: parameters, memory of the solver, and the columns of the data."""

    def __init__(
        self,
        sizes: tuple[int, ...],
        activation: str,
        output: str,
        theta: Array,
        inputs: Array,
        targets: Array,
        weights: Array | None,
        alpha: float,
    ) -> None:
        self.sizes, self.output, self.alpha = sizes, output, alpha
        self.function = compile_loss(sizes, activation, output, weights is not None)
        targets = targets.argmax(axis=1)[:, None] if output == "softmax" else targets
        columns = [inputs, targets, *([] if weights is None else [weights[:, None]])]
        self.by_row = np.ascontiguousarray(np.hstack(columns), dtype=np.float64)
        self.weights, self.rows, self.order = weights, len(inputs), np.arange(len(inputs))
        self.is_weight = np.ones_like(theta)
        for block in blocks(sizes, self.is_weight):
            block[:, -1] = 0.0
        self.start = theta

    @cached_property
    def columns(self) -> Array:
        """The data with the rows of each column beside each other, for steps that take all rows."""
        return np.ascontiguousarray(self.by_row.T)

    def prepare(self, solver: str, batch_size: int, memory: Array | None, steps: int) -> None:
        """Prepare for steps on batches of so many rows, from the memory of earlier steps, if any."""
        rule, remembered, settings = RULES[solver]
        if memory is None:
            memory = np.vstack([np.zeros((remembered - 1, len(self.start))), self.is_weight])
        update = compile_rule(rule, remembered, settings)
        self.descent = Descent(self.function, rule, self.start, memory, settings, batch_size, steps, update=update)

    def epoch(
        self, batch_size: int, settings: Callable[[int], list[float]], random_state: np.random.RandomState | None
    ) -> float:
        """Take a step on each batch, in an order that `random_state` draws if given; return the mean loss.

        `settings` gives the rule's settings for a step by its number, which starts at 1.
        """
        if random_state is not None:  # the draws of sklearn.utils.shuffle, whose checks take longer than small epochs
            places = np.arange(self.rows)
            random_state.shuffle(places)
            self.order = self.order[places]
        data = self.columns if batch_size >= self.rows else self.by_row[self.order].T
        total = 0.0
        for start in range(0, self.rows, batch_size):
            places = self.order[start : start + batch_size]
            divisor = float(len(places) if self.weights is None else self.weights[places].sum()) or 1.0
            penalty = self.penalty(self.descent.theta)
            step_settings = [*settings(self.descent.steps + 1), self.alpha / divisor]
            (loss,) = self.descent.run(data[:, start : start + batch_size], 1, step_settings, divisor)
            total += (self.reported(float(loss)) + penalty) / divisor * len(places)
        return total / self.rows

    def penalty(self, theta: Array) -> float:
        """Return the loss that large weights cost, before it is divided by the number of rows."""
        with np.errstate(over="ignore"):  # training that diverges is refused at its end
            weights = theta * self.is_weight
            return 0.5 * self.alpha * float(weights @ weights)

    def reported(self, loss: float) -> float:
        """Return a summed loss as scikit-learn reports it: the squared error is the mean over the outputs."""
        return loss / self.sizes[-1] if self.output == "identity" else loss

    def minimize(self, max_iter: int, max_fun: int, tol: float, verbose: bool) -> tuple[Array, Any]:
        """Minimize the loss on all rows by L-BFGS; return the parameters and SciPy's result."""
        divisor = float(self.rows if self.weights is None else self.weights.sum()) or 1.0
        columns = list(self.columns)

        def loss_and_gradient(theta: Array) -> tuple[float, Array]:
            values, gradient = self.function.value_and_grad(*columns, theta=theta)
            loss = (float(np.sum(values)) + self.penalty(theta)) / divisor
            return loss, (gradient + self.alpha * self.is_weight * theta) / divisor

        options = {"maxfun": max_fun, "maxiter": max_iter, "gtol": tol}
        result = minimize(loss_and_gradient, self.start, method="L-BFGS-B", jac=True, options=options)
        if verbose:
            print(f"L-BFGS: {result.nit} iterations, {result.nfev} evaluations, loss = {result.fun:.8f}")
        return np.asarray(result.x, dtype=np.float64), result
