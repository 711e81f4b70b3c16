"""What the estimators share: parameters and their checks, training until it stops, and outputs."""

from __future__ import annotations

import warnings
from functools import partial
from math import sqrt
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from nn.estimator_settings import check_settings
from nn.estimator_training import ACTIVATIONS, Solver, blocks, forward, glorot_parameters
from nn.layers import MLP
from nn.tables import is_distributed

SMALLEST_LEARNING_RATE: Final = 1e-6  # below it, learning_rate="adaptive" stops instead of dividing by 5


class BaseMLP(BaseEstimator):
    """What classifier and regressor share.

    Parameters and attributes have the names and meanings of `sklearn.neural_network`; see `MLPClassifier`.
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:  # noqa: N803
        """Train on the rows of X and their targets y; with `warm_start`, go on from the weights of the last fit."""
        return self._fit(X, y, sample_weight, incremental=False)

    @property
    def coefs_(self) -> list[NDArray[np.float64]]:
        """The weights of each layer, as an array of shape (inputs, outputs)."""
        return [block[:, :-1].T.copy() for block in blocks(self._sizes, self._theta)]

    @property
    def intercepts_(self) -> list[NDArray[np.float64]]:
        """The biases of each layer."""
        return [block[:, -1].copy() for block in blocks(self._sizes, self._theta)]

    _model: MLP | None

    @property
    def model_(self) -> MLP:
        """The trained network, which is made when it is first asked for; predictions follow it from then on."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__} has no model_ before it is trained: call fit")
        if self._model is None:
            inputs, *outputs = self._sizes
            self._model = MLP(inputs, outputs, activation=ACTIVATIONS[self._activation], seed=0)  # type: ignore[arg-type]
            self._write(self._parameters)
        return self._model

    @property
    def _theta(self) -> NDArray[np.float64]:
        """The parameters, from the model where there is one, since its numbers may have been changed."""
        if self._model is None:
            return self._parameters
        return np.array([parameter.data for parameter in self._model.parameters()])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_parameters")

    def _fit(self, X: Any, y: Any, sample_weight: Any, incremental: bool) -> Self:  # noqa: N803
        hidden = check_settings(self)
        first = not self.__sklearn_is_fitted__() or not (self.warm_start or incremental)
        X, y, sample_weight = gather(X), gather(y), gather(sample_weight)  # noqa: N806
        inputs, targets = self._checked_data(X, y, first, incremental)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, inputs, dtype=np.float64)
        random_state = check_random_state(self.random_state)
        if first:
            self._start((inputs.shape[1], *hidden, targets.shape[1]), random_state)
        elif self._sizes[1:-1] != hidden:
            raise ValueError(f"hidden_layer_sizes is {hidden}, and the model to go on from has {self._sizes[1:-1]}")
        train = self._fit_lbfgs if self.solver == "lbfgs" else self._fit_stochastic
        train(inputs, targets, weights, random_state, incremental)
        return self

    def _start(self, sizes: tuple[int, ...], random_state: np.random.RandomState) -> None:
        """Draw new weights, and forget what an earlier fit learned."""
        self.n_iter_, self.t_, self.n_layers_, self.n_outputs_ = 0, 0, len(sizes), sizes[-1]
        self.out_activation_ = self._output_activation()
        self._sizes, self._activation = sizes, self.activation  # whatever `set_params` sets later
        self._model = None
        self._write(glorot_parameters(sizes, self.activation, random_state))
        self.loss_curve_: list[float] = []
        self.validation_scores_: Any = [] if self.early_stopping else None
        self.best_validation_score_: Any = -np.inf if self.early_stopping else None
        self.best_loss_: Any = None if self.early_stopping else np.inf
        self._no_improvement_count = 0
        self._solver_state: tuple[NDArray[np.float64] | None, int, float] | None = None

    def _write(self, theta: NDArray[np.float64]) -> None:
        """Keep parameters, in the model too if there is one, or refuse those that are not finite."""
        if not np.isfinite(theta).all():
            raise ValueError(
                "Solver produced non-finite parameter weights: the input data may contain large values and need to be "
                "scaled, as by StandardScaler, or learning_rate_init is too large"
            )
        self._parameters = theta.copy()
        if self._model is not None:
            for parameter, x in zip(self._model.parameters(), theta.tolist(), strict=True):
                parameter.data = x

    def _solver(self, inputs: Any, targets: Any, weights: Any) -> Solver:
        output = self.out_activation_
        return Solver(self._sizes, self._activation, output, self._theta, inputs, targets, weights, float(self.alpha))

    def _fit_lbfgs(self, inputs: Any, targets: Any, weights: Any, random_state: Any, incremental: bool) -> None:
        """Train by L-BFGS on all rows at once."""
        solver = self._solver(inputs, targets, weights)
        theta, result = solver.minimize(self.max_iter, self.max_fun, self.tol, bool(self.verbose))
        self.loss_, self.n_iter_ = float(result.fun), min(int(result.nit), self.max_iter)
        self.loss_curve_.append(self.loss_)
        self._write(theta)
        if result.status != 0:
            warnings.warn(
                f"lbfgs stopped after {self.n_iter_} iterations without converging: {result.message}. Increase "
                "max_iter or max_fun, or scale the data",
                ConvergenceWarning,
                stacklevel=4,
            )

    def _fit_stochastic(self, inputs: Any, targets: Any, weights: Any, random_state: Any, incremental: bool) -> None:
        """Train by steps on batches, until the loss or the validation score no longer improves."""
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True: it holds no rows back")
        held_out = None
        if self.early_stopping:
            inputs, targets, weights, held_out = self._split(inputs, targets, weights, random_state)
        solver = self._solver(inputs, targets, weights)
        batch_size = self._rows_of_batch(len(inputs))
        memory, steps, rate = (incremental and self._solver_state) or (None, 0, float(self.learning_rate_init))
        solver.prepare(self.solver, batch_size, memory, steps)
        best, self.n_iter_ = solver.start.copy(), 0
        try:
            for _ in range(1 if incremental else self.max_iter):
                loss = solver.epoch(batch_size, partial(self._settings, rate), random_state if self.shuffle else None)
                self._note(loss, len(inputs))
                if self._is_best(solver.descent.theta, held_out):
                    best = solver.descent.theta.copy()
                if self.solver == "sgd" and self.learning_rate == "invscaling":
                    rate = float(self.learning_rate_init) / (self.t_ + 1) ** self.power_t
                if self._no_improvement_count > self.n_iter_no_change:
                    if self.learning_rate != "adaptive" or self.solver != "sgd" or rate <= SMALLEST_LEARNING_RATE:
                        break
                    rate, self._no_improvement_count = rate / 5.0, 0
            else:
                self._warn_if_not_converged(incremental)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        self._write(best if self.early_stopping else solver.descent.theta)
        self._solver_state = (solver.descent.memory.copy(), solver.descent.steps, rate)

    def _split(self, inputs: Any, targets: Any, weights: Any, random_state: Any) -> tuple[Any, Any, Any, Any]:
        """Hold rows back for validation; return the others, and those as inputs, targets and weights."""
        stratify = targets if isinstance(self, ClassifierMixin) and self.n_outputs_ == 1 else None
        kept = weights if weights is not None else np.ones(len(inputs))
        parts = train_test_split(
            inputs, targets, kept, random_state=random_state, test_size=self.validation_fraction, stratify=stratify
        )
        if len(parts[1]) < 2:
            raise ValueError(
                f"The validation set is too small: validation_fraction={self.validation_fraction} of {len(inputs)} "
                "rows. Increase 'validation_fraction' or the size of your dataset"
            )
        return parts[0], parts[2], None if weights is None else parts[4], (parts[1], parts[3], parts[5])

    def _rows_of_batch(self, rows: int) -> int:
        if self.batch_size == "auto":
            return min(200, rows)
        if int(self.batch_size) > rows:
            warnings.warn(f"batch_size={self.batch_size} is larger than the {rows} rows: all are taken", stacklevel=5)
        return min(int(self.batch_size), rows)

    def _settings(self, rate: float, step: int) -> list[float]:
        """Return the settings of the solver's rule for a step by its number."""
        if self.solver == "adam":
            beta_1, beta_2 = float(self.beta_1), float(self.beta_2)
            rate = rate * sqrt(1.0 - beta_2**step) / (1.0 - beta_1**step)
            return [rate, beta_1, beta_2, float(self.epsilon)]
        return [rate, float(self.momentum), float(self.nesterovs_momentum and self.momentum > 0)]

    def _note(self, loss: float, rows: int) -> None:
        """Note the loss of an epoch."""
        self.loss_ = loss
        self.n_iter_ += 1
        self.t_ += rows
        self.loss_curve_.append(loss)
        if self.verbose:
            print(f"Iteration {self.n_iter_}, loss = {loss:.8f}")

    def _is_best(self, theta: NDArray[np.float64], held_out: Any) -> Any:
        """Whether an epoch was the best so far; count the epochs without an improvement by more than `tol`."""
        if held_out is None:
            self._count(self.best_loss_ - self.loss_)
            better = self.loss_ < self.best_loss_
            self.best_loss_ = min(self.loss_, self.best_loss_)
            return better
        inputs, targets, weights = held_out
        outputs = forward(self._sizes, self._activation, self.out_activation_, theta, inputs)
        score = self._validation_score(outputs, targets, weights)
        self.validation_scores_.append(score)
        if self.verbose:
            print(f"Validation score: {score:f}")
        self._count(score - self.best_validation_score_)
        better = score > self.best_validation_score_
        self.best_validation_score_ = max(score, self.best_validation_score_)
        return better

    def _count(self, improvement: float) -> None:
        """Count an epoch that improved by less than `tol`; one that improved by more ends the count."""
        self._no_improvement_count = 0 if improvement >= self.tol else self._no_improvement_count + 1

    def _warn_if_not_converged(self, incremental: bool) -> None:
        if not incremental:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization hasn't "
                "converged yet.",
                ConvergenceWarning,
                stacklevel=5,
            )

    def _outputs(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Return the outputs of the trained model for each row of X."""
        check_is_fitted(self)
        inputs = validate_data(self, gather(X), reset=False, dtype=np.float64)
        return forward(self._sizes, self._activation, self.out_activation_, self._theta, inputs)


def gather(data: Any) -> Any:
    """Return Dask's arrays and frames as NumPy's and pandas', which keep the names of columns; others as they are."""
    return data.compute() if is_distributed(data) else data
