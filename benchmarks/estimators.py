"""The estimators beside scikit-learn's MLPs: what they score on held-out rows, and how long they train.

Run it with `python benchmarks/estimators.py`. Each data set is split ten times, by ten seeds; both train on the same
rows from the same seed with the same settings, in turn. Scores are means and standard deviations over the seeds, times
are medians. Ours compiles once for each architecture in a process: "first fit" has that in it. scikit-learn is timed
with all threads of its linear algebra and with a single one, as ours has; the ratio is to the better of the two.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from statistics import mean, median, stdev
from typing import Any, Final

from sklearn import datasets, neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import nn

SEEDS: Final = range(10)
GOAL: Final = 3.0  # times faster than scikit-learn
DATA: Final[dict[str, tuple[Callable[..., Any], str, dict[str, Any]]]] = {
    "iris": (datasets.load_iris, "MLPClassifier", {}),
    "wine": (datasets.load_wine, "MLPClassifier", {}),
    "breast cancer": (datasets.load_breast_cancer, "MLPClassifier", {}),
    "digits": (datasets.load_digits, "MLPClassifier", {}),
    "diabetes": (datasets.load_diabetes, "MLPRegressor", {"learning_rate_init": 0.02, "alpha": 1.0}),
}


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    head = f"{'data':<14} {'score, ours':>16} {'score, sklearn':>16}"
    print(
        f"{head} {'first fit':>10} {'fit, ours':>10} {'sklearn, all':>13} {'one thread':>11} {'ratio':>6} {'goal':>5}"
    )
    for name, (load, kind, settings) in DATA.items():
        row(name, *load(return_X_y=True), kind, settings)


def row(name: str, inputs: Any, targets: Any, kind: str, settings: dict[str, Any]) -> None:
    """Run one data set over all seeds, and print its line."""
    ours, many, single, first = [], [], [], 0.0
    for seed in SEEDS:
        parts = train_test_split(inputs, targets, test_size=0.3, random_state=seed)
        settings = settings | {"random_state": seed}
        one = run(getattr(nn, kind)(**settings), *parts)
        if seed == SEEDS[0]:
            first, one = one[1], run(getattr(nn, kind)(**settings), *parts)
        ours.append(one)
        many.append(run(getattr(neural_network, kind)(**settings), *parts))
        with threadpool_limits(1):
            single.append(run(getattr(neural_network, kind)(**settings), *parts))
    mine, on_all, on_one = (median([seconds for _, seconds in runs]) for runs in (ours, many, single))
    print(
        f"{name:<14} {spread(ours):>16} {spread(many):>16} {first:>9.2f}s {mine:>9.3f}s {on_all:>12.3f}s "
        f"{on_one:>10.3f}s {min(on_all, on_one) / mine:>6.1f} {GOAL:>5.1f}",
        flush=True,
    )


def run(estimator: Any, train: Any, test: Any, train_targets: Any, test_targets: Any) -> tuple[float, float]:
    """Train an estimator behind a scaler; return its score on the held-out rows, and the seconds it took."""
    model = make_pipeline(StandardScaler(), estimator)
    start = time.perf_counter()
    model.fit(train, train_targets)
    seconds = time.perf_counter() - start
    return model.score(test, test_targets), seconds


def spread(runs: list[tuple[float, float]]) -> str:
    scores = [score for score, _ in runs]
    return f"{mean(scores):.4f} ± {stdev(scores):.4f}"


if __name__ == "__main__":
    main()
