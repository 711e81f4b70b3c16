"""The parameters of the estimators: which values they may have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from nn.arguments import flag, real_number, whole_number
from nn.estimator_training import ACTIVATIONS

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "activation": tuple(ACTIVATIONS),
    "solver": ("adam", "sgd", "lbfgs"),
    "learning_rate": ("constant", "invscaling", "adaptive"),
}
REALS: Final = {  # the least value of each number, and what it must stay below
    "alpha": (0.0, np.inf),
    "learning_rate_init": (5e-324, np.inf),
    "power_t": (0.0, np.inf),
    "momentum": (0.0, 1.0 + 1e-15),
    "validation_fraction": (0.0, 1.0),
    "beta_1": (0.0, 1.0),
    "beta_2": (0.0, 1.0),
    "epsilon": (5e-324, np.inf),
}
FLAGS: Final = ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping")


def check_settings(estimator: Any) -> tuple[int, ...]:
    """Check the parameters of an estimator, and return the sizes of the hidden layers."""
    for name, choices in CHOICES.items():
        if getattr(estimator, name) not in choices:
            raise ValueError(f"{name} must be one of {', '.join(choices)}, got {getattr(estimator, name)!r:.60}")
    for name, (low, high) in REALS.items():
        real_number(name, getattr(estimator, name), low, high)
    for name in ("max_iter", "n_iter_no_change", "max_fun"):
        if getattr(estimator, name) != np.inf:
            whole_number(name, getattr(estimator, name))
    for name in FLAGS:
        flag(name, getattr(estimator, name))
    real_number("tol", estimator.tol, -np.inf)
    if estimator.batch_size != "auto":
        whole_number("batch_size", estimator.batch_size)
    sizes = estimator.hidden_layer_sizes
    listed = tuple(sizes) if isinstance(sizes, Iterable) and not isinstance(sizes, str) else (sizes,)
    return tuple([whole_number("hidden_layer_sizes", n) for n in listed])
