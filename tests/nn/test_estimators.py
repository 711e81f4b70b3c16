"""The estimators: scikit-learn's checks and tools, and its own MLPs as the judge of every number."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import neural_network as theirs
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils.estimator_checks import parametrize_with_checks

import nn
from autograd import draw
from nn import MLP, half_squared_error

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS, CANCER, (RAW, PROGRESSION) = (load(return_X_y=True) for load in (load_iris, load_breast_cancer, load_diabetes))
IRIS, CANCER, DIABETES = ((scale(xs)[::3], ys[::3]) for xs, ys in (IRIS, CANCER, (RAW, (PROGRESSION - 150.0) / 80.0)))
SMALL = {"hidden_layer_sizes": (5,), "random_state": 3}


@parametrize_with_checks(
    [nn.MLPClassifier((8,), learning_rate_init=0.02), nn.MLPRegressor((8,), learning_rate_init=0.05)]
)
def test_scikit_learn_accepts_the_estimators(estimator: Any, check: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


def pair(name: str, **settings: Any) -> tuple[Any, Any]:
    """Return scikit-learn's estimator and ours, with the same settings."""
    return getattr(theirs, name)(**SMALL | settings), getattr(nn, name)(**SMALL | settings)


def assert_alike(one: Any, other: Any, rtol: float = 1e-9) -> None:
    """Assert that two estimators learned the same."""
    for mine, expected in zip([*other.coefs_, *other.intercepts_], [*one.coefs_, *one.intercepts_], strict=True):
        assert_allclose(mine, expected, rtol=rtol, atol=10 * rtol)
    assert_allclose(other.loss_, one.loss_, rtol=rtol)
    for name in ("n_iter_", "n_layers_", "n_outputs_", "n_features_in_", "out_activation_"):
        assert getattr(other, name) == getattr(one, name), name
    if one.solver != "lbfgs":
        assert_allclose(other.loss_curve_, one.loss_curve_, rtol=rtol)
        assert other.t_ == one.t_
        if one.early_stopping:
            assert_allclose(other.validation_scores_, one.validation_scores_, rtol=rtol)
            assert_allclose(other.best_validation_score_, one.best_validation_score_, rtol=rtol)
        else:
            assert_allclose(other.best_loss_, one.best_loss_, rtol=rtol)


SETTINGS = [
    {},
    {"solver": "sgd", "activation": "logistic", "batch_size": 16, "learning_rate_init": 0.1, "max_iter": 60},
    {"solver": "sgd", "activation": "tanh", "learning_rate": "adaptive", "nesterovs_momentum": False, "max_iter": 40},
    {"solver": "sgd", "learning_rate": "invscaling", "shuffle": False, "power_t": 0.2, "momentum": 0.0},
    {"early_stopping": True, "batch_size": 7, "validation_fraction": 0.3, "n_iter_no_change": 3, "max_iter": 60},
    {"activation": "identity", "alpha": 1.0, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-4, "tol": 1e-3},
    {"solver": "lbfgs", "max_iter": 20, "activation": "tanh"},
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize(
    ("name", "data"), [("MLPClassifier", IRIS), ("MLPClassifier", CANCER), ("MLPRegressor", DIABETES)]
)
def test_results_are_those_of_scikit_learn(name: str, data: Any, settings: dict[str, Any], weighted: bool) -> None:
    xs, ys = data
    one, other = pair(name, **settings)
    weights = np.random.RandomState(0).uniform(0.0, 2.0, len(xs)) if weighted else None
    one.fit(xs, ys, sample_weight=weights)
    other.fit(xs, ys, sample_weight=weights)
    assert_alike(one, other, 1e-5 if one.solver == "lbfgs" else 1e-9)
    assert_allclose(other.predict(xs), one.predict(xs), rtol=1e-5)
    assert_allclose(other.score(xs, ys), one.score(xs, ys))
    if name == "MLPClassifier":
        assert_allclose(other.predict_proba(xs), one.predict_proba(xs), rtol=1e-5, atol=1e-9)
        assert_allclose(other.predict_log_proba(xs), one.predict_log_proba(xs), rtol=1e-5, atol=1e-7)


def test_several_labels_and_several_numbers() -> None:
    xs, ys = make_multilabel_classification(60, 4, n_classes=3, random_state=0)
    one, other = pair("MLPClassifier", learning_rate_init=0.05)
    assert_alike(one.fit(xs, ys), other.fit(xs, ys))
    assert_array_equal(other.predict(xs), one.predict(xs))
    one, other = pair("MLPRegressor", learning_rate_init=0.01, batch_size=10, early_stopping=True)
    targets = np.column_stack([xs[:, 0] * 2, xs[:, 1]])
    assert_alike(one.fit(xs, targets), other.fit(xs, targets))
    assert other.predict(xs).shape == (60, 2)


@pytest.mark.parametrize(("name", "data"), [("MLPClassifier", IRIS), ("MLPRegressor", DIABETES)])
def test_partial_fit_and_warm_start_go_on(name: str, data: Any) -> None:
    xs, ys = data
    one, other = pair(name, batch_size=10)
    first = {"classes": np.unique(ys)} if name == "MLPClassifier" else {}
    for start in range(0, 40, 20):
        one.partial_fit(xs[start : start + 20], ys[start : start + 20], **first)
        other.partial_fit(xs[start : start + 20], ys[start : start + 20], **first)
    assert_alike(one, other)
    one, other = pair(name, warm_start=True, max_iter=5)
    for _ in range(2):
        one.fit(xs, ys)
        other.fit(xs, ys)
    assert_alike(one, other)
    assert len(other.loss_curve_) == 10
    assert not hasattr(nn.MLPClassifier(solver="lbfgs"), "partial_fit")


def test_labels_of_any_kind() -> None:
    xs, ys = IRIS
    names = np.array(["setosa", "versicolor", "virginica"])[ys]
    classifier = nn.MLPClassifier(**SMALL, learning_rate_init=0.1).fit(xs, names)
    assert classifier.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert classifier.score(xs, names) > 0.9
    one_class = nn.MLPClassifier(**SMALL, max_iter=2).fit(xs, ["all"] * len(xs))
    assert set(one_class.predict(xs)) == {"all"}
    assert one_class.predict_proba(xs).shape == (len(xs), 1)


def test_the_model_is_one_to_look_into() -> None:
    xs, ys = CANCER
    classifier = nn.MLPClassifier((3, 2), activation="tanh", random_state=0, max_iter=30).fit(xs, ys)
    model = classifier.model_
    assert isinstance(model, MLP)
    assert repr(model) == "MLP(inputs=30, outputs=[3, 2, 1], activation='tanh', output_activation='identity')"
    logits = [model(row).data for row in xs[:5]]
    assert_allclose(1 / (1 + np.exp(-np.array(logits))), classifier.predict_proba(xs[:5])[:, 1], rtol=1e-12)
    assert_allclose(classifier.coefs_[1].T, [[w.data for w in n.weights] for n in model.layers[1].neurons])
    assert "layers.0.neurons.2.net_input" in draw(model(xs[0])).svg
    output = half_squared_error(model(xs[0]), 1.0)
    output.backward()
    assert all(np.isfinite(parameter.grad) for parameter in model.parameters())
    before = classifier.predict_proba(xs)
    for parameter in model.parameters():
        parameter.data *= 2.0
    assert np.abs(classifier.predict_proba(xs) - before).max() > 0.1


def test_the_model_is_made_when_it_is_asked_for_and_training_goes_on_from_it() -> None:
    xs, ys = IRIS
    classifier = nn.MLPClassifier(**SMALL, max_iter=3, warm_start=True)
    with pytest.raises(AttributeError, match="no model_ before it is trained"):
        _ = classifier.model_
    coefs = classifier.fit(xs, ys).coefs_
    model = classifier.model_
    assert_allclose(coefs[0].T, [[w.data for w in n.weights] for n in model.layers[0].neurons], rtol=0)
    for parameter in model.parameters():
        parameter.data = 0.0
    assert np.ptp(classifier.predict_proba(xs)) == 0.0
    assert classifier.fit(xs, ys).model_ is model
    assert not any(coefs[0].ravel() == classifier.coefs_[0].ravel())


@pytest.mark.parametrize("there_and_back", [lambda x: pickle.loads(pickle.dumps(x)), None], ids=["pickle", "joblib"])
def test_estimators_travel(there_and_back: Any, tmp_path: Any) -> None:
    xs, ys = IRIS
    classifier = nn.MLPClassifier(**SMALL, batch_size=10, max_iter=5).fit(xs, ys)
    if there_and_back is None:
        joblib.dump(classifier, tmp_path / "classifier.joblib")
        twin = joblib.load(tmp_path / "classifier.joblib")
    else:
        twin = there_and_back(classifier)
    assert_array_equal(twin.predict_proba(xs), classifier.predict_proba(xs))
    assert_alike(classifier.partial_fit(xs, ys), twin.partial_fit(xs, ys))


def test_the_tools_of_scikit_learn() -> None:
    xs, ys = IRIS
    frame = pd.DataFrame(xs, columns=["a", "b", "c", "d"])
    pipeline = make_pipeline(StandardScaler(), nn.MLPClassifier(**SMALL, max_iter=60, learning_rate_init=0.05))
    pipeline.set_output(transform="pandas")
    pipeline.fit(frame, ys)
    assert pipeline[-1].feature_names_in_.tolist() == ["a", "b", "c", "d"]
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [1e-4, 10.0]}, n_jobs=2, cv=3).fit(frame, ys)
    assert search.best_params_ == {"mlpclassifier__alpha": 1e-4}
    assert search.best_score_ > 0.9
    assert cross_val_score(pipeline, frame, ys, cv=3).min() > 0.8
    calibrated = CalibratedClassifierCV(pipeline, cv=3).fit(frame, ys)
    assert calibrated.score(frame, ys) > 0.9
    importance = permutation_importance(pipeline, frame, ys, n_repeats=3, random_state=0).importances_mean
    assert importance[[2, 3]].max() > importance[[0, 1]].max()  # petals tell irises apart, sepals hardly do
    dependence = partial_dependence(pipeline, frame, ["c"], grid_resolution=5)
    assert np.ptp(dependence["average"]) > 0.1


def test_the_same_seed_gives_the_same_bits_in_another_process() -> None:
    code = (
        "import nn, warnings; warnings.simplefilter('ignore'); from sklearn.datasets import load_iris;"
        "m = nn.MLPClassifier((5,), random_state=3, max_iter=5, batch_size=10).fit(*load_iris(return_X_y=True));"
        "print(m.loss_.hex(), [x.hex() for x in m.coefs_[0].ravel().tolist()])"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be an int of at least 1, got 0"),
        ({"hidden_layer_sizes": "ab"}, "hidden_layer_sizes must be an int"),
        ({"activation": "sigmod"}, "activation must be one of identity, logistic, tanh, relu, got 'sigmod'"),
        ({"solver": "newton"}, "solver must be one of adam, sgd, lbfgs"),
        ({"alpha": -1.0}, "alpha must be a number from 0"),
        ({"learning_rate_init": 0.0}, "learning_rate_init must be a number"),
        ({"batch_size": 0}, "batch_size must be an int of at least 1, got 0"),
        ({"max_iter": 2.5}, "max_iter must be an int"),
        ({"early_stopping": "yes"}, "early_stopping must be True or False"),
        ({"early_stopping": True, "validation_fraction": 0.01}, "The validation set is too small"),
        ({"learning_rate_init": 1e300, "solver": "sgd"}, "Solver produced non-finite parameter weights"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        nn.MLPClassifier(**settings).fit(*IRIS)


def test_what_cannot_be_is_refused() -> None:
    xs, ys = IRIS
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        nn.MLPClassifier().partial_fit(xs, ys)
    classifier = nn.MLPClassifier(**SMALL, max_iter=2).fit(xs, ys)
    with pytest.raises(ValueError, match="`y` has classes"):
        classifier.partial_fit(xs, ys + 1)
    with pytest.raises(ValueError, match="is not the same as on last call to partial_fit"):
        classifier.partial_fit(xs, ys, classes=[1, 2])
    with pytest.raises(ValueError, match=r"hidden_layer_sizes is .*, and the model to go on from has"):
        classifier.set_params(hidden_layer_sizes=(4,)).partial_fit(xs, ys)
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        nn.MLPRegressor(early_stopping=True).partial_fit(xs, ys)
    with pytest.raises(NotFittedError):
        nn.MLPRegressor().predict(xs)


@pytest.mark.filterwarnings("error")
def test_training_that_has_not_converged_warns() -> None:
    for settings in ({}, {"solver": "lbfgs"}):
        with pytest.warns(ConvergenceWarning, match="max_iter|Maximum iterations"):
            nn.MLPClassifier(**SMALL, max_iter=2, **settings).fit(*IRIS)


def test_verbose_prints_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    nn.MLPRegressor(**SMALL, max_iter=2, verbose=True, early_stopping=True).fit(*DIABETES)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0].split(":")[0] for line in lines] == [
        "Iteration 1",
        "Validation score",
        "Iteration 2",
        "Validation score",
    ]


def test_the_estimators_are_offered_lazily() -> None:
    code = "import sys, nn; print('sklearn' in sys.modules, 'MLPClassifier' in dir(nn), 'MLPRegressor' in dir(nn))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True True\n"
    code = "import sys; sys.modules['sklearn'] = None; import nn; nn.MLPRegressor"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "nn.MLPRegressor needs sklearn: pip install 'scalar-autograd[sklearn]'" in done.stderr
    with pytest.raises(AttributeError, match="module 'nn' has no attribute 'MLPClasifier'"):
        nn.MLPClasifier  # noqa: B018
