"""What `inputs.py` passes: numbers at every edge, things that are no numbers, functions, sizes, rows of data."""

from __future__ import annotations

import copy
import math
import operator
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np

import autograd
import nn
from autograd import Value

NUMBERS: Final = (
    *(0, 1, -1, 3, 0.0, -0.0, 0.5, 2.5, -3.7, math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, True, 10**400),
    *(Fraction(1, 3), Decimal("1.5"), np.float64(0.3), np.float32(0.3), np.int64(2), np.array([1.0, 2.0]), 1j),
)
ODD: Final = (
    *(None, "text", "", "\x1b[31m\ud800", b"x", (), [], [1.0], [None], [[]]),
    *({}, {"x": 1.0}, object(), float, len),
)
FUNCTIONS: Final = (
    lambda *xs: sum(xs),
    lambda *xs: autograd.tanh(autograd.sum(xs)),
    lambda *xs: [x * 2.0 for x in xs],
    lambda *xs: 3.0,
    lambda *xs: None,
    lambda x, y: x / y,
)
BINARY: Final = (
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.floordiv, operator.mod),
    *(operator.matmul, operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.iadd, operator.and_),
)
UNARY: Final = (
    *(operator.neg, operator.pos, operator.abs, operator.invert, float, int, bool, hash, repr, round, math.floor, len),
    *(copy.copy, copy.deepcopy, list, np.asarray, np.exp, np.sqrt, lambda x: pickle.loads(pickle.dumps(x))),
)
# `debug` talks to a terminal, and LLVM takes its time: the tests of each have fuzzers of their own. Those of OWN have
# rules of their own in the machine, where sizes, paths and settings come from shorter lists.
SLOW: Final = {"debug", "compile", "ACTIVATIONS"}
OWN: Final = {"load_recording", "fit", "load", "save", "MLP", "Layer", "Neuron", "LayerNorm", "he", "glorot", "uniform"}
PUBLIC: Final = [
    getattr(module, name) for module in (autograd, nn) for name in module.__all__ if name not in SLOW | OWN
]
METHODS: Final = [name for name in dir(Value) if not name.startswith("_") and name != "record"]
MADE: Final = (nn.MLP, nn.Layer, nn.Neuron, nn.LayerNorm)
SIZES: Final = (0, 1, 2, 3, -1, 2.0, True, "2", None, [2], [2, 1], [], [0], ["2"], (3, 2), nn.Neuron(2))
WORDS: Final = ("tanh", "relu", "identity", "sigmoid", "", "nothing", None, 3, nn.he, nn.uniform, nn.glorot)
GOOD: Final = ([[1.0, 2.0], [0.5, -1.0]], [[1.0], [2.0]], [1, 0])
ROWS: Final = (*GOOD, *GOOD, [[1.0], [2.0, 3.0]], [], None, 3, [["x"]], [math.nan, 1])
ROUNDS: Final = (1, 2, 1, 2, 0, -1, 1.0, True, None, "1")
LOSSES: Final = (nn.half_squared_error, nn.hinge_loss, nn.mean_squared_error, len)
