"""Neural networks of scalar `Value`s: modules, losses, optimizers, training, files."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd.value import parameter
from nn.blocks import BatchNorm, LayerNorm, Residual, Sequential
from nn.callbacks import EarlyStopping
from nn.describe import summary
from nn.extras import extra
from nn.files import load, save
from nn.history import History
from nn.initialization import glorot, he, manual_seed, uniform
from nn.layers import ACTIVATIONS, MLP, Layer, Neuron
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge_loss,
    mean_squared_error,
)
from nn.module import Module
from nn.noise import Dropout, GaussianNoise, Noise
from nn.optimizers import SGD, Adam, AdamW, Optimizer
from nn.schedules import piecewise_constant, warmup_cosine
from nn.training import fit

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "BatchNorm",
    "Dropout",
    "EarlyStopping",
    "GaussianNoise",
    "History",
    "Layer",
    "LayerNorm",
    "Module",
    "Neuron",
    "Noise",
    "Optimizer",
    "Residual",
    "Sequential",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "fit",
    "glorot",
    "half_squared_error",
    "he",
    "hinge_loss",
    "load",
    "manual_seed",
    "mean_squared_error",
    "parameter",
    "piecewise_constant",
    "save",
    "summary",
    "uniform",
    "warmup_cosine",
]

if TYPE_CHECKING:
    from nn.estimators import MLPClassifier as MLPClassifier
    from nn.estimators import MLPRegressor as MLPRegressor

ESTIMATORS = ("MLPClassifier", "MLPRegressor")  # imported when they are first asked for: they need an extra


def __getattr__(name: str) -> Any:
    if name not in ESTIMATORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for package in ("sklearn", "scipy", "llvmlite"):
        extra(package, f"nn.{name}", name="sklearn")
    return getattr(import_module("nn.estimators"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *ESTIMATORS])
