"""The settings of modules: what makes a file that of another model, and what does not."""

from __future__ import annotations

import copy
import enum
import functools
import pickle
import random
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from autograd import Value, leaky_relu, relu, tanh
from nn import MLP, Module, load, parameter, save
from nn.settings import settings


class Line(Module):
    def __init__(self) -> None:
        self.weight = parameter(1.0)


class Net(Line):
    def __init__(self, item: object) -> None:
        super().__init__()
        self.item = item


class Power(Line):
    """Its numbers stand under other names."""

    def __init__(self, power: float, scale: float = 1.0, *, start: float = 0.5, steps: int = 0, seed: int = 0) -> None:
        super().__init__()
        self.exponent, self.factors = Value(power), scale
        self.weight.data = start
        self.seed, self._steps, self.calls = seed, steps, 0


class Kind(enum.Enum):
    ONE = 1
    TWO = 2


@dataclass
class Config:
    power: float
    mode: str = "a"


class Scale:
    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, x: Value) -> Value:
        return x * self.factor


class Options:
    def __init__(self, factor: float) -> None:
        self.factor, self._cache = factor, random.random()


Pair = namedtuple("Pair", "name factor")


def times(factor: float) -> Callable[[Value], Value]:
    def scaled(x: Value) -> Value:
        return x * factor

    return scaled


OTHERS = [
    (Power(2.0), Power(3.0)),
    (Power(2.0, 1.5), Power(2.0, 3.0)),
    (Power(2.0), Power(2.0, scale=3.0)),
    (Power(np.float64(2.0)), Power(np.float64(3.0))),
    *[
        (Net(one), Net(other))
        for one, other in [
            (lambda x: x.tanh(), lambda x: x.relu()),
            (lambda x: x**2, lambda x: x**3),
            (lambda x: x * x, lambda x: x + x),
            (times(2.0), times(3.0)),
            (functools.partial(leaky_relu, slope=0.1), functools.partial(leaky_relu, slope=0.2)),
            (functools.partial(tanh), functools.partial(relu)),
            (tanh, relu),
            (Value.tanh, Value.relu),
            (["tanh", None], ["relu", None]),
            (None, "relu"),
            ({"kind": "tanh"}, {"kind": "relu"}),
            ({"layers": [{"power": 2}]}, {"layers": [{"power": 3}]}),
            (Kind.ONE, Kind.TWO),
            (Config(2.0), Config(3.0)),
            (Config(2.0), Config(2.0, "b")),
            (Pair("a", 1), Pair("b", 1)),
            ({"a", "b"}, {"a", "c"}),
            (Scale(2.0), Scale(3.0)),
            (Scale(2.0).__call__, Scale(3.0).__call__),
            (Options(2.0), Options(3.0)),
            (np.array([1.0, 2.0]), np.array([1.0, 3.0])),
            (list(range(100)), [*range(99), 0]),
            (np.float32(2.0), np.float32(3.0)),
            (Value(2.0), Value(3.0)),
            (range(3), range(4)),
            (b"a", b"b"),
            (2j, 3j),
            (Config, Kind),
        ]
    ],
]


@pytest.mark.parametrize(("saved", "model"), OTHERS)
def test_a_file_of_another_model_is_refused(saved: Module, model: Module, tmp_path: Path):
    save(saved, tmp_path / "m.safetensors")
    with pytest.raises(ValueError, match=r"the model has (item|exponent|factors)=.* in the file and .* here$"):
        load(tmp_path / "m.safetensors", model)


ALIKE = [
    (Power(2.0, steps=3), Power(2.0, steps=4)),
    (Power(2.0, seed=3), Power(2.0, seed=4)),
    (Power(2), Power(power=2.0)),
    (Power(2.0, start=1.5), Power(2.0, start=2.5)),
    *[
        (Net(one), Net(other))
        for one, other in [
            (lambda x: x.tanh(), lambda z: z.tanh()),
            (times(2.0), times(2.0)),
            (functools.partial(leaky_relu, slope=0.1), functools.partial(leaky_relu, slope=0.1)),
            (Options(2.0), Options(2.0)),
            ({"a", "b"}, {"b", "a"}),
            ({"power": 2, "function": tanh}, {"power": 2.0, "function": tanh}),
            (np.array([1.0, 2.0]), [1, 2]),
            (float("nan"), float("nan")),
            (random.Random(1), random.Random(2)),
            (Line(), Line()),
        ]
    ],
]


@pytest.mark.parametrize(("saved", "model"), ALIKE)
def test_a_file_of_the_same_model_is_read(saved: Module, model: Module, tmp_path: Path):
    save(saved, tmp_path / "m.safetensors")
    assert load(tmp_path / "m.safetensors", model).state_dict() == saved.state_dict()


def test_what_changes_in_use_is_no_setting(tmp_path: Path):
    called = Power(0)
    called.calls = 5
    save(called, tmp_path / "m.safetensors")
    load(tmp_path / "m.safetensors", Power(0))
    saved, model = Net("a"), Net("a")
    saved.losses, saved.epoch, saved.counts = [0.5] * 100, 3, {"calls": 3}
    saved.optimizer, saved.best = Options(1.0), Value(2.0)
    for one, other in ((saved, model), (model, saved)):
        save(one, tmp_path / "m.safetensors")
        load(tmp_path / "m.safetensors", other)


def test_a_subclass_of_an_mlp_adds_its_own_settings(tmp_path: Path):
    class Scaled(MLP):
        def __init__(self, power: float) -> None:
            super().__init__(2, [1], seed=0)
            self.exponent = power

    save(Scaled(2.0), tmp_path / "m.safetensors")
    load(tmp_path / "m.safetensors", Scaled(2.0))
    with pytest.raises(ValueError, match=r"exponent=2\.0 in the file and 3\.0 here"):
        load(tmp_path / "m.safetensors", Scaled(3.0))


def test_copies_keep_the_numbers_that_they_were_made_with():
    model = Power(2.0, 3.0)
    for again in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert settings(again) == settings(model)
        assert settings(again).items() >= {"exponent": 2.0, "factors": 3.0}.items()


def test_a_class_without_init_takes_no_arguments():
    class Empty(Module):
        pass

    assert settings(Empty()) == {}
    with pytest.raises(TypeError, match=r"^Empty\(\) takes no arguments$"):
        Empty(5)
