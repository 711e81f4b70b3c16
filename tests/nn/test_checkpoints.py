"""Checkpoints: a run that is saved, killed and resumed in another process ends with the bits of one that was not."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import nn
from nn import (
    MLP,
    SGD,
    Adam,
    AdamW,
    BatchNorm,
    Dropout,
    History,
    Layer,
    Sequential,
    fit,
    half_squared_error,
    load,
    parameter,
    piecewise_constant,
    save,
    warmup_cosine,
)

INPUTS = [[0.1 * k, (0.3 * k) % 1.0] for k in range(14)]
TARGETS = [(0.7 * k) % 1.0 for k in range(14)]
HELD_OUT = ([[0.2, 0.3]], [0.4])

MODELS = {
    "MLP": lambda: MLP(2, [4, 1], activation="tanh", seed=1),
    "dropout": lambda: Sequential(Layer(2, 6, "tanh", seed=1), Dropout(0.3), Layer(6, 1, "identity", seed=1)),
    "batch norm": lambda: Sequential(Layer(2, 4, "identity", seed=1), BatchNorm(4), Layer(4, 1, "identity", seed=2)),
}
OPTIMIZERS = {
    "momentum": lambda ps: SGD(ps, lr=0.1, momentum=0.9),
    "Adam": lambda ps: Adam(ps, lr=0.01),
    "AdamW with schedules": lambda ps: AdamW(ps, lr=warmup_cosine(0.05, 150, 10), weight_decay=1e-3),
    "schedules": lambda ps: SGD(ps, lr=piecewise_constant({0: 0.1, 60: 0.02}), momentum=lambda step: 0.5),
}


def train(path: Path, model: str, optimizer: str, epochs: int, settings: dict[str, Any]) -> tuple[list[float], Any]:
    """Train up to so many epochs in all, from the checkpoint if there is one."""
    network = MODELS[model]()
    trained, history = OPTIMIZERS[optimizer](network.parameters()), History()
    if path.exists():
        load(path, network, optimizer=trained, history=history)
    fit(
        network, INPUTS, TARGETS, loss=half_squared_error, optimizer=trained, history=history, validation=HELD_OUT,
        epochs=epochs - len(history), progress=False, checkpoint=path, every=10, **settings,
    )  # fmt: skip
    return [*history, *history.validation], network.state_dict()


def in_another_process(*arguments: Any) -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(train, arguments)


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize(
    ("model", "optimizer", "native"),
    [(model, optimizer, False) for model in MODELS for optimizer in ("Adam",)]
    + [("MLP", optimizer, native) for optimizer in OPTIMIZERS for native in (False, True)]
    + [("dropout", "momentum", True)],
)
def test_two_parts_end_as_one(tmp_path, model, optimizer, native, batch_size):
    settings = {"native": native, "batch_size": batch_size, "seed": 3}
    whole = train(tmp_path / "whole", model, optimizer, 30, settings)
    train(tmp_path / "parts", model, optimizer, 12, settings)
    assert train(tmp_path / "parts", model, optimizer, 30, settings) == whole
    if batch_size == 4:
        assert (tmp_path / "parts").read_bytes() == (tmp_path / "whole").read_bytes()


def test_native_training_goes_on_where_eager_training_stopped(tmp_path):
    whole = train(tmp_path / "whole", "MLP", "Adam", 20, {"batch_size": 4})
    train(tmp_path / "parts", "MLP", "Adam", 10, {"batch_size": 4})
    assert train(tmp_path / "parts", "MLP", "Adam", 20, {"batch_size": 4, "native": True}) == whole


def test_another_process_ends_with_the_same_bits(tmp_path):
    settings = {"batch_size": 4, "native": True}
    whole = train(tmp_path / "whole", "MLP", "AdamW with schedules", 50, settings)
    in_another_process(tmp_path / "parts", "MLP", "AdamW with schedules", 20, settings)
    assert in_another_process(tmp_path / "parts", "MLP", "AdamW with schedules", 50, settings) == whole


KILLED = """
import sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from test_checkpoints import train
print("ready", flush=True)
train(Path({path!r}), "MLP", "Adam", 400, dict(batch_size=4))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_runs_are_resumed_to_the_same_bits(tmp_path):
    """Kill a process again and again, at random moments, and resume from what it left."""
    whole = train(tmp_path / "whole", "MLP", "Adam", 400, {"batch_size": 4})
    path, draws, kills = tmp_path / "killed", random.Random(1), 0
    code = KILLED.format(tests=str(Path(__file__).parent), path=str(path))
    environment = os.environ | {"PYTHONPATH": str(Path(nn.__file__).parent.parent)}
    for _ in range(12):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(draws.uniform(0.01, 0.15))
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if path.exists():
            model = MODELS["MLP"]()
            load(path, model, optimizer=Adam(model.parameters()), history=(history := History()))
            if len(history) >= 400:
                break
    assert kills > 2
    if not path.exists() or len(history) < 400:
        train(path, "MLP", "Adam", 400, {"batch_size": 4})
    model = MODELS["MLP"]()
    load(path, model, history=(history := History()))
    assert ([*history, *history.validation], model.state_dict()) == whole


def saved(tmp_path: Path) -> tuple[Path, MLP, SGD, History]:
    model = MODELS["MLP"]()
    optimizer, path = SGD(model.parameters(), lr=0.1, momentum=0.9), tmp_path / "model.safetensors"
    history = fit(model, INPUTS, TARGETS, loss=half_squared_error, optimizer=optimizer, epochs=3, progress=False)
    save(path, model, optimizer=optimizer, history=history)
    return path, model, optimizer, history


def test_everything_comes_back(tmp_path):
    path, model, optimizer, history = saved(tmp_path)
    other = MLP(2, [4, 1], activation="tanh", seed=7)
    its_optimizer, its_history = SGD(other.parameters(), lr=0.5), History([9.0], [9.0])
    assert load(path, other, optimizer=its_optimizer, history=its_history) is other
    assert other.state_dict() == model.state_dict()
    assert its_optimizer.state_dict() == optimizer.state_dict()
    assert (its_history, its_history.validation) == (history, [])


def test_a_checkpoint_is_a_model_file(tmp_path):
    path, model, *_ = saved(tmp_path)
    assert load(path).state_dict() == model.state_dict()


def test_model_and_path_come_in_either_order(tmp_path):
    model = MODELS["MLP"]()
    save(model, tmp_path / "one")
    save(tmp_path / "other", model)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    for arguments in [(tmp_path / "x", tmp_path / "y"), ("x", None)]:
        with pytest.raises(TypeError, match="expected a Module to save"):
            save(*arguments)


def test_what_does_not_fit_changes_nothing(tmp_path):
    path, model, *_ = saved(tmp_path)
    save(model, tmp_path / "plain")
    other = MLP(2, [4, 1], activation="tanh", seed=7)
    cases = [
        (path, Adam(other.parameters()), "holds the state of SGD, and this is Adam"),
        (path, SGD(other.parameters()[:3], 0.1), "is of 17 parameters, and this SGD has 3"),
        (path, SGD(other.parameters(), lambda step: 0.1), "lr is a number in the state and a schedule here"),
        (tmp_path / "plain", SGD(other.parameters(), 0.1), "holds no optimizer: it was saved without optimizer="),
    ]
    before = other.state_dict()
    for file, optimizer, message in cases:
        with pytest.raises(ValueError, match=message):
            load(file, other, optimizer=optimizer)
        assert (other.state_dict(), optimizer.steps) == (before, 0)
    with pytest.raises(ValueError, match="holds no history: it was saved without history="):
        load(tmp_path / "plain", other, history=History())


def test_a_damaged_checkpoint_is_refused(tmp_path):
    """Every byte of the numbers counts: parameters, memory and history."""
    path, *_ = saved(tmp_path)
    raw = path.read_bytes()
    for place in range(len(raw) - 8 * (17 + 17 + 3), len(raw), 5):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises(ValueError, match="damaged"):
            load(path, MODELS["MLP"]())


def test_files_of_older_versions_still_load(tmp_path):
    """Version 0.1 wrote parameters and a digest of them, and nothing else."""
    import hashlib

    import numpy as np
    from safetensors.numpy import save_file

    state = {"bias": 0.25, "weights.0": -1.5}
    architecture = {"kind": "Neuron", "config": {"inputs": 1, "activation": "tanh"}}
    numbers = {name: x.hex() for name, x in state.items()}
    sha256 = hashlib.sha256(json.dumps([architecture, numbers], sort_keys=True).encode()).hexdigest()
    metadata = {"scalar-autograd": json.dumps({"architecture": architecture, "sha256": sha256})}
    save_file({name: np.array(x) for name, x in state.items()}, tmp_path / "old", metadata)
    assert load(tmp_path / "old").state_dict() == state


def test_checkpoints_are_written_as_training_goes(tmp_path):
    model, path, seen = MODELS["MLP"](), tmp_path / "run.safetensors", []

    def look(epoch: int, loss: float) -> None:
        history = History()
        if path.exists():
            load(path, history=history)
        seen.append(len(history))

    settings = {"loss": half_squared_error, "progress": False, "checkpoint": path, "callback": look}
    fit(model, INPUTS, TARGETS, optimizer=SGD(model.parameters(), 0.1), epochs=8, every=3, **settings)
    assert seen == [0, 0, 0, 3, 3, 3, 6, 6]  # before that of their own epoch
    look(0, 0.0)
    assert seen[-1] == 8
    assert [file.name for file in tmp_path.iterdir()] == ["run.safetensors"]


def test_an_interrupt_within_an_epoch_leaves_the_last_checkpoint(tmp_path):
    calls, model = [], MODELS["MLP"]()

    def interrupted(output: Any, target: float) -> Any:
        calls.append(target)
        if len(calls) == 2 * 14 + 14 + 7:
            raise KeyboardInterrupt
        return half_squared_error(output, target)

    with pytest.warns(RuntimeWarning, match="interrupted in epoch 3"):
        fit(
            model, INPUTS, TARGETS, loss=interrupted, optimizer=SGD(model.parameters(), 0.1), epochs=8, batch_size=4,
            progress=False, checkpoint=tmp_path / "run",
        )  # fmt: skip
    load(tmp_path / "run", history=(history := History()))
    assert len(history) == 2


@pytest.mark.parametrize("settings", [{"checkpoint": "/nowhere/run"}, {"checkpoint": "."}])
def test_a_path_that_cannot_be_written_is_refused_before_the_first_step(settings):
    model = MODELS["MLP"]()
    before = model.state_dict()
    with pytest.raises(OSError, match="cannot write checkpoints to"):
        fit(
            model, INPUTS, TARGETS, loss=half_squared_error, optimizer=SGD(model.parameters(), 0.1), epochs=1,
            progress=False, **settings,
        )  # fmt: skip
    assert model.state_dict() == before


def test_a_memory_is_read_into_the_parameters_it_is_of(tmp_path: Path):
    path = tmp_path / "checkpoint.safetensors"
    model, other = MLP(2, [2, 1], seed=1), MLP(2, [2, 1], seed=2)
    optimizer = Adam(model.parameters(), lr=0.1)
    save(model, path, optimizer=optimizer)
    with pytest.raises(ValueError, match="has other parameters than when it was saved, or in another order"):
        load(path, other, optimizer=Adam(other.parameters()[::-1], lr=0.1))
    for made in (
        lambda: save(model, path, optimizer=Adam(other.parameters())),
        lambda: load(path, optimizer=optimizer),
    ):
        with pytest.raises(ValueError, match="the optimizer holds none of the model's parameters"):
            made()


def test_an_optimizer_of_some_parameters_and_others_besides_is_saved_and_read(tmp_path: Path):
    path = tmp_path / "checkpoint.safetensors"
    for part in (slice(0, 3), slice(None, None, -1)):
        model, again = MLP(2, [2, 1], seed=1), MLP(2, [2, 1], seed=2)
        optimizer, its = (Adam([*m.parameters()[part], parameter(0.5)], lr=0.1) for m in (model, again))
        optimizer.memory[0] = (0.25, 0.5)
        save(model, path, optimizer=optimizer)
        load(path, again, optimizer=its)
        assert its.memory == optimizer.memory


@pytest.mark.parametrize("model", [MLP, "model", len])
def test_what_is_no_module_cannot_be_read_into(model: object, tmp_path: Path):
    with pytest.raises(TypeError, match=r"^load\(path, model\) takes a Module to read into, got "):
        load(tmp_path / "model", model)  # type: ignore[arg-type]
