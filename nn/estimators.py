"""`MLPClassifier` and `MLPRegressor`: multi-layer perceptrons with scikit-learn's interface, trained on compiled code.

Names, defaults and results are those of `sklearn.neural_network`. What they add is `model_`, the trained `nn.MLP`:
draw it, step through it, debug it, or save it. Needs the extra `scalar-autograd[sklearn]`. The loss is compiled once
for each architecture in a process, which takes from a tenth of a second to seconds; every further fit reuses it.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import validate_data

from nn.estimator_base import BaseMLP


class MLPClassifier(ClassifierMixin, BaseMLP):
    """A multi-layer perceptron that classifies, by minimizing the log-loss.

    Parameters have the names, defaults and meanings of `sklearn.neural_network.MLPClassifier`, and the same
    `random_state` gives the same model, up to rounding. Classes may be two, several, or several at once (multilabel).

    Attributes:
        model_: the trained `nn.MLP`. It returns the logits: what is before the softmax, or the logistic function.
        classes_: the labels, in the order of the columns of `predict_proba`.
        coefs_, intercepts_: the weights and biases of each layer, as arrays; they follow `model_`.
        loss_curve_, loss_, best_loss_: the loss of each epoch, the last and the least.
        validation_scores_, best_validation_score_: the accuracy on the rows held back for `early_stopping`.
        n_iter_, t_: the epochs, and the rows that training has seen.
        n_features_in_, feature_names_in_, n_outputs_, n_layers_, out_activation_: the shape.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = MLPClassifier((8,), learning_rate_init=0.05, max_iter=500, random_state=0).fit(X, y)
    >>> classifier.score(X, y) > 0.95
    True
    >>> classifier.model_
    MLP(inputs=4, outputs=[8, 3], activation='relu', output_activation='identity')
    """

    def _checked_data(self, X: Any, y: Any, first: bool, incremental: bool) -> tuple[Any, Any]:  # noqa: N803
        """Return inputs and targets as arrays of numbers: a column for each output, 0 or 1."""
        inputs, y = validate_data(self, X, y, reset=first, dtype=np.float64, multi_output=True)
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        if type_of_target(y) not in ("binary", "multiclass", "multilabel-indicator"):
            raise ValueError(f"Unknown label type: {type_of_target(y)}: a classifier takes the labels of classes")
        if first and not incremental:
            self._binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._binarizer.classes_
        found = set(unique_labels(y).tolist())
        if found - set(self.classes_.tolist()):
            raise ValueError(f"`y` has classes {sorted(found)}, and the model was made for {self.classes_.tolist()}")
        return inputs, self._binarizer.transform(y).astype(np.float64)

    def _output_activation(self) -> str:
        return "softmax" if self._binarizer.y_type_ == "multiclass" and len(self.classes_) > 2 else "logistic"

    def _validation_score(self, outputs: Any, targets: Any, weights: Any) -> float:
        return float(accuracy_score(self._labels(targets), self._labels(outputs), sample_weight=weights))

    def _labels(self, outputs: NDArray[np.float64]) -> NDArray[Any]:
        """Return the labels of the likeliest classes."""
        outputs = outputs.ravel() if self.n_outputs_ == 1 else outputs
        return self._binarizer.inverse_transform(outputs)  # type: ignore[no-any-return]

    @available_if(lambda self: self.solver != "lbfgs")  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: ArrayLike,  # noqa: N803
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Go over the rows once, from the weights and the solver's memory as they are.

        The first call needs `classes`, the labels of all classes that later calls may bring.
        """
        if not self.__sklearn_is_fitted__():
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            self._binarizer = LabelBinarizer().fit(y if type_of_target(y).startswith("multilabel") else classes)
            self.classes_ = self._binarizer.classes_
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(f"`classes={classes!r}` is not the same as on last call to partial_fit: {self.classes_!r}")
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Return the label of each row's likeliest class."""
        return self._labels(self._outputs(X))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the probability of each class, in the order of `classes_`, for each row."""
        outputs = self._outputs(X)
        if outputs.shape[1] > 1:
            return outputs
        return (
            np.hstack([1.0 - outputs, outputs])[:, -len(self.classes_) :] if len(self.classes_) > 1 else 1.0 - outputs
        )

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the logarithm of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class MLPRegressor(RegressorMixin, BaseMLP):
    """A multi-layer perceptron that predicts one or several numbers, by minimizing the squared error.

    Parameters have the names, defaults and meanings of `sklearn.neural_network.MLPRegressor`, and the same
    `random_state` gives the same model, up to rounding. The attributes are those of `MLPClassifier`, apart from
    `classes_`; `validation_scores_` are values of R2.

    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = MLPRegressor((8,), learning_rate_init=0.05, max_iter=1000, random_state=0).fit(X, y)
    >>> regressor.score(X, y) > 0.45
    True
    """

    def _checked_data(self, X: Any, y: Any, first: bool, incremental: bool) -> tuple[Any, Any]:  # noqa: N803
        """Return inputs and targets as arrays of numbers, with a column for each output."""
        inputs, y = validate_data(self, X, y, reset=first, dtype=np.float64, multi_output=True, y_numeric=True)
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        targets = np.asarray(y, dtype=np.float64).reshape(len(inputs), -1)
        if not first and targets.shape[1] != self.n_outputs_:
            raise ValueError(f"`y` has {targets.shape[1]} columns, and the model was made for {self.n_outputs_}")
        return inputs, targets

    def _output_activation(self) -> str:
        return "identity"

    def _validation_score(self, outputs: Any, targets: Any, weights: Any) -> float:
        return float(r2_score(targets, outputs, sample_weight=weights))

    @available_if(lambda self: self.solver != "lbfgs")  # type: ignore[untyped-decorator]
    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:  # noqa: N803
        """Go over the rows once, from the weights and the solver's memory as they are."""
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return the predicted numbers for each row: one, or one for each column of the targets."""
        outputs = self._outputs(X)
        return outputs.ravel() if outputs.shape[1] == 1 else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
