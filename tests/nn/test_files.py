"""Files: a model comes back exactly, or not at all."""

from __future__ import annotations

import json
import math
import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from autograd import Value
from nn import (
    MLP,
    BatchNorm,
    Dropout,
    Layer,
    LayerNorm,
    Module,
    Neuron,
    Residual,
    Sequential,
    load,
    parameter,
    save,
)
from nn.architecture import architecture_of, difference
from nn.files import KEY, digest


class Own(Module):
    def __init__(self, x: float = 0.0) -> None:
        self.part = [parameter(x), Neuron(1)]


MODELS = [
    Neuron(3, "gelu", seed=1),
    Layer(2, 3, "tanh", seed=1),
    Layer(2, 1, seed=1),
    MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=1),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_a_model_comes_back(model: Module, path: Path):
    save(model, path)
    back = load(path)
    assert type(back) is type(model)
    assert repr(back) == repr(model)
    assert list(back.state_dict().items()) == list(model.state_dict().items())


def test_every_float_comes_back_exactly(path: Path):
    model = Neuron(7)
    for p, x in zip(model.parameters(), [math.pi, -0.0, 5e-324, 1.8e308, math.inf, -1e-300, 0.1, 3], strict=True):
        p.data = x
    save(model, str(path))
    back = load(str(path)).state_dict()
    assert [x.hex() for x in back.values()] == [float(x).hex() for x in model.state_dict().values()]


def test_the_file_is_safetensors_with_the_names_of_state_dict(path: Path):
    model = MODELS[3]
    save(model, path)
    with safe_open(path, framework="np") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        ours = json.loads(file.metadata()[KEY])
    assert {name: float(x) for name, x in tensors.items()} == model.state_dict()
    assert {(x.dtype, x.shape) for x in tensors.values()} == {(np.dtype("float64"), ())}
    assert ours["architecture"]["config"]["outputs"] == [2, 1]


def test_the_same_model_gives_the_same_bytes(path: Path):
    save(MODELS[3], path)
    first = path.read_bytes()
    save(MODELS[3], path)
    assert path.read_bytes() == first


def test_a_class_of_your_own_is_loaded_into_a_model(path: Path):
    saved = Own(2.5)
    save(saved, path)
    with pytest.raises(ValueError, match=r"holds Own\(\): make such a model, and pass it"):
        load(path)
    model = Own()
    assert load(path, model) is model
    assert model.state_dict() == saved.state_dict()


@pytest.mark.parametrize(
    ("saved", "model"),
    [
        (MLP(2, [2, 1], seed=1), MLP(2, [3, 1])),
        (MLP(2, [2, 1], seed=1), MLP(2, [2, 1], activation="tanh")),
        (MLP(2, [2, 1], seed=1), Own()),
        (Own(1.0), MLP(2, [2, 1])),
    ],
)
def test_a_model_of_another_shape_stays_as_it_was(saved: Module, model: Module, path: Path):
    save(saved, path)
    before = model.state_dict()
    with pytest.raises(ValueError, match="which does not fit") as caught:
        load(path, model)
    assert type(saved).__name__ in str(caught.value)
    assert model.state_dict() == before


def test_a_model_with_other_names_stays_as_it_was(path: Path):
    class Own(Module):
        def __init__(self) -> None:
            self.other = parameter(7.0)

    save(globals()["Own"](1.0), path)
    model = Own()
    with pytest.raises(ValueError, match=r"missing other; unexpected part\.0, part\.1\.bias, part\.1\.weights\.0$"):
        load(path, model)
    assert model.other.data == 7.0


def written_by_hand(path: Path, architecture: object, state: dict[str, float], **changes: object) -> None:
    ours = {"architecture": architecture, "sha256": digest(architecture, state)} | changes
    arrays = {name: np.array(x) for name, x in state.items()}
    save_file(arrays, path, {KEY: json.dumps(ours)})


LINE = {"weights.0": 1.0, "bias": 2.0}


def neuron(**config: object) -> dict[str, object]:
    return {"kind": "Neuron", "config": {"inputs": 1, "activation": "tanh"} | config}


def test_a_file_written_by_hand_loads(path: Path):
    written_by_hand(path, neuron(), LINE)
    assert load(path).state_dict() == LINE


@pytest.mark.parametrize(
    ("architecture", "message"),
    [
        (neuron(inputs=10**12), "it has 2 numbers, and such a model has 1000000000001"),
        ({"kind": "MLP", "config": {"inputs": 10**6, "outputs": [10**6] * 3}}, "it has 2 numbers"),
        (neuron(inputs="1"), "cannot be made"),
        (neuron(inputs=-1), "cannot be made"),
        (neuron(inputs=1.0), "inputs must be an int"),
        (neuron(activation="__import__"), "activation must be one of"),
        (neuron(initialization="x", color=1), "Neuron has no argument .color."),
        ({"kind": "Module", "config": {}}, "make such a model, and pass it"),
        ({"kind": ["MLP"], "config": {}}, "none that nn.save wrote"),
        ({"kind": "MLP", "config": [1]}, "none that nn.save wrote"),
        ({"kind": "MLP"}, "none that nn.save wrote"),
        (neuron() | {"modules": {"": 3}}, "none that nn.save wrote"),
        (neuron() | {"modules": [1]}, "none that nn.save wrote"),
        (neuron() | {"modules": {}}, "the model is not in the file"),
        (None, "none that nn.save wrote"),
    ],
)
def test_a_hostile_architecture_is_refused(architecture, message: str, path: Path):
    written_by_hand(path, architecture, LINE)
    with pytest.raises(ValueError, match=message):
        load(path)


def test_foreign_files_are_refused(path: Path):
    save_file({"weight": np.zeros(3)}, path)
    with pytest.raises(ValueError, match=r"is a safetensors file, but none that nn\.save wrote"):
        load(path)
    written_by_hand(path, neuron(), LINE, sha256="0" * 64)
    with pytest.raises(ValueError, match="is damaged: its numbers are not those that were saved"):
        load(path)
    for foreign in (b"", b"GIF89a" * 100, b"\x80\x04K\x01.", struct.pack("<Q", 2**63) + b"{}"):
        path.write_bytes(foreign)
        with pytest.raises(ValueError, match="is damaged, or no safetensors file"):
            load(path)


@pytest.mark.parametrize("array", [np.zeros(1), np.zeros((), dtype="float32"), np.zeros((), dtype="int64")])
def test_what_is_not_one_float64_is_refused(array: np.ndarray, path: Path):
    ours = {"architecture": neuron(), "sha256": digest(neuron(), {"bias": 0.0, "weights.0": 0.0})}
    save_file({"bias": np.zeros(()), "weights.0": array}, path, {KEY: json.dumps(ours)})
    with pytest.raises(ValueError, match=r"none that nn\.save wrote"):
        load(path)


def test_a_missing_file_is_an_oserror(path: Path):
    with pytest.raises(FileNotFoundError):
        load(path)
    with pytest.raises(FileNotFoundError):
        save(MODELS[0], path.parent / "missing" / "model.safetensors")


def test_every_truncation_is_refused(path: Path):
    save(MODELS[3], path)
    whole, model = path.read_bytes(), MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=9)
    before = model.state_dict()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=path.name):
            load(path, model)
    assert model.state_dict() == before


def test_a_damaged_byte_gives_the_right_model_or_an_error(path: Path):
    """Bytes changed at random, in the header and in the numbers: 2,000 damaged files."""
    save(MODELS[3], path)
    whole, expected, generator = path.read_bytes(), MODELS[3].state_dict(), random.Random(1)
    refused = 0
    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(generator.randint(1, 3)):
            damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
        path.write_bytes(damaged)
        try:
            back = load(path)
        except ValueError:
            refused += 1
        else:
            assert back.state_dict() == expected
            assert repr(back) == repr(MODELS[3])
    assert refused > 1900


@pytest.mark.parametrize("missing", ["safetensors", "numpy"])
def test_without_the_extra_the_error_says_what_to_install(missing: str, path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "safetensors.numpy", raising=False)
    with pytest.raises(ImportError, match=r"nn\.save needs .*: pip install 'scalar-autograd\[nn\]'"):
        save(MODELS[0], path)
    assert not path.exists()


def test_importing_nn_imports_none_of_its_extras():
    code = "import sys, nn; print([name for name in ('numpy', 'safetensors', 'tqdm') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


class Scaled(Module):
    """A class of one's own: its settings are its public attributes."""

    def __init__(self, scale: float = 1.0, function=Value.tanh, steps: int = 0) -> None:
        self.weight, self.scale, self.function, self._steps = parameter(0.5), scale, function, steps

    def forward(self, x):
        return self.function(self.weight * x) * self.scale


def deep(*activations: str, epsilon: float = 1e-5, p: float = 0.5) -> Module:
    inner = Residual(Sequential(Layer(2, 2, activations[0]), LayerNorm(2, epsilon)))
    return Sequential(inner, Dropout(p), Layer(2, 1, activations[1]))


@pytest.mark.parametrize(
    ("saved", "model", "message"),
    [
        (deep("tanh", "identity"), deep("relu", "identity"), r"module.layers.0 .*activation='tanh' .* 'relu' here"),
        (deep("tanh", "identity"), deep("tanh", "sigmoid"), r"layers.2 .*='identity' in the file and 'sigmoid' here"),
        (deep("tanh", "relu"), deep("tanh", "relu", epsilon=1e-3), "epsilon=1e-05 in the file and 0.001 here"),
        (deep("tanh", "relu"), deep("tanh", "relu", p=0.1), r"layers.1 has p=0.5 in the file and 0.1 here"),
        (Sequential(Layer(2, 2, "relu")), Sequential(Layer(2, 2, "relu"), Dropout()), "layers.1 is not in the file"),
        (Sequential(BatchNorm(1)), Sequential(BatchNorm(1, momentum=0.5)), "momentum=0.1 in the file and 0.5 here"),
        (Scaled(2.0), Scaled(3.0), "the model has scale=2.0 in the file and 3.0 here"),
        (Scaled(), Scaled(function=Value.relu), r"function='.*tanh' in the file and '.*relu' here"),
        (Sequential(Scaled()), Sequential(Layer(1, 1)), "layers.0"),
    ],
)
def test_a_model_with_other_settings_stays_as_it_was(saved: Module, model: Module, message: str, path: Path):
    save(saved, path)
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        load(path, model)
    assert model.state_dict() == before


@pytest.mark.parametrize(
    "make", [lambda: deep("tanh", "gelu"), lambda: Scaled(2.0, Value.relu), lambda: MLP(2, [3, 1])]
)
def test_the_same_settings_load(make, path: Path):
    saved, model = make(), make()
    save(saved, path)
    assert load(path, model).state_dict() == saved.state_dict()


def test_private_attributes_are_no_settings(path: Path):
    save(Scaled(steps=5), path)
    load(path, Scaled(steps=7))


class Counting(Scaled):
    """A class whose public attributes change in use."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self.calls, self.seen = 0, [0.0]

    def forward(self, x):
        self.calls += 1
        self.seen.append(x)
        return super().forward(x)


def test_what_a_class_counts_is_no_setting(path: Path):
    saved = Counting(2.0)
    saved(1.0)
    save(saved, path)
    assert load(path, Counting(2.0)).calls == 0
    with pytest.raises(ValueError, match=r"scale=2\.0 in the file and 1\.0 here"):
        load(path, Counting())


def test_a_count_in_a_file_of_an_earlier_version_is_not_compared(path: Path):
    saved = architecture_of(Counting(2.0))
    saved["modules"][""]["calls"] = 5
    assert difference(saved, architecture_of(Counting(2.0))) == ""
    saved["modules"][""]["mode"] = "fast"
    assert "mode='fast' in the file" in difference(saved, architecture_of(Counting(2.0)))


def test_an_activation_changed_inside_an_mlp_is_not_lost(path: Path):
    saved = MLP(2, [2, 1], activation="tanh")
    saved.layers[0].neurons[1].activation = "relu"
    save(saved, path)
    with pytest.raises(ValueError, match=r"layers\.0\.neurons\.1 has activation='relu' in the file"):
        load(path)
    model = MLP(2, [2, 1], activation="tanh")
    model.layers[0].neurons[1].activation = "relu"
    assert load(path, model).state_dict() == saved.state_dict()


@pytest.mark.parametrize("config", [None, {"inputs": 1, "activation": "tanh"}])
def test_files_of_version_0_1_load(config: dict | None, path: Path):
    model = Own(1.0) if config is None else Neuron(1, "tanh")
    architecture = {"kind": type(model).__name__, "config": config}
    written_by_hand(path, architecture, model.state_dict())
    fresh = type(model)() if config is None else Neuron(1, "tanh")
    assert load(path, fresh).state_dict() == model.state_dict()


def test_a_model_without_parameters_is_not_saved(path: Path):
    class Plain(Module):
        def __init__(self) -> None:
            self.weight = Value(2.0)

    with pytest.raises(ValueError, match=r"this Plain has no parameters to save: make them by nn\.parameter"):
        save(Plain(), path)
    assert not path.exists()


def test_a_model_in_the_style_of_micrograd_is_saved(path: Path):
    class Perceptron(Module):
        def __init__(self, x: float) -> None:
            self.w, self.b = [Value(x), Value(-x)], Value(0.5)

        def parameters(self) -> list[Value]:
            return [*self.w, self.b]

    saved, model = Sequential(Perceptron(2.0)), Sequential(Perceptron(3.0))
    save(saved, path)
    assert load(path, model).state_dict() == {"layers.0.w.0": 2.0, "layers.0.w.1": -2.0, "layers.0.b": 0.5}


def test_what_other_readers_of_safetensors_give_can_be_loaded(path: Path):
    save(MODELS[3], path)
    model = MLP(2, [2, 1])
    model.load_state_dict(load_file(path))
    assert model.state_dict() == MODELS[3].state_dict()
