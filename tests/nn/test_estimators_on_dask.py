"""Estimators take Dask's arrays and frames, and learn what they learn from NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

from nn import MLPClassifier, MLPRegressor

array = pytest.importorskip("dask.array")
CASES = [(MLPClassifier, load_iris), (MLPRegressor, load_diabetes)]
SETTINGS = {"hidden_layer_sizes": (5,), "max_iter": 8, "tol": -1.0, "random_state": 0}


def learned(estimator: Any, inputs: Any, targets: Any, **weights: Any) -> list[list[Any]]:
    """Train, and return all parameters, and what is predicted from the same inputs."""
    estimator.fit(inputs, targets, **weights)
    return [x.tolist() for x in (*estimator.coefs_, *estimator.intercepts_, estimator.predict(inputs))]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("kind", "load"), CASES)
@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"solver": "lbfgs"}])
def test_dask_arrays_teach_what_numpy_arrays_do(kind, load, settings):
    inputs, targets = load(return_X_y=True)
    weights = np.linspace(0.5, 1.5, len(inputs))
    chunks = [array.from_array(x, chunks=(40, *x.shape[1:])) for x in (inputs, targets, weights)]
    estimators = [kind(**SETTINGS, **settings) for _ in range(2)]
    expected = learned(estimators[0], inputs, targets, sample_weight=weights)
    assert learned(estimators[1], *chunks[:2], sample_weight=chunks[2]) == expected
    assert estimators[1].score(*chunks[:2]) == estimators[0].score(inputs, targets)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("kind", "load"), CASES)
def test_dask_frames_teach_what_pandas_frames_do(kind, load):
    frames = pytest.importorskip("dask.dataframe")
    inputs, targets = load(return_X_y=True, as_frame=True)
    expected = learned(kind(**SETTINGS), inputs, targets)
    estimator = kind(**SETTINGS)
    assert learned(estimator, *(frames.from_pandas(x, npartitions=3) for x in (inputs, targets))) == expected
    assert list(estimator.feature_names_in_) == list(inputs.columns)
