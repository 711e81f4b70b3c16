"""Training on workers: the same bits as on one machine, whatever the workers, the chunks, and who dies on the way."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from autograd import Value
from autograd.lowering.program import BLOCK
from nn import MLP, SGD, Adam, Dropout, EarlyStopping, Layer, Sequential, fit, half_squared_error
from nn.tables import DEATHS, gather_from_dask, table_in_file

dask_array = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

ROWS = 2 * BLOCK + 1234
INPUTS = np.random.default_rng(1).normal(size=(ROWS, 2))
TARGETS = np.sin(INPUTS.sum(axis=1))
WEIGHTS = np.abs(INPUTS[:, 0])


def train(
    inputs: Any = INPUTS, targets: Any = TARGETS, epochs: int = 3, optimizer: Any = Adam, **settings: Any
) -> tuple:
    model = MLP(2, [3, 1], activation="tanh", seed=1)
    trained = optimizer(model.parameters(), 0.02)
    settings = {"loss": half_squared_error, "progress": False, "native": True} | settings
    history = fit(model, inputs, targets, optimizer=trained, epochs=epochs, **settings)
    return list(history), history.validation, model.state_dict(), trained.state_dict()


class Here(Executor):
    """An executor that computes at once, in this process."""

    def submit(self, f: Any, /, *args: Any, **kwargs: Any) -> Future:
        future: Future = Future()
        future.set_result(f(*args, **kwargs))
        return future


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster):
        yield cluster


@pytest.fixture
def client(cluster: Any) -> Any:
    return cluster.get_client()


@pytest.fixture(scope="module")
def expected() -> tuple:
    return train()


def test_blocks_are_added_in_order_eagerly_too():
    """Beyond one block the native sum is by blocks, and so is the eager one."""
    model, twin = (MLP(1, [1], seed=1) for _ in range(2))
    settings = {"loss": half_squared_error, "epochs": 1, "progress": False}
    inputs, targets = INPUTS[: BLOCK + 9, 0], TARGETS[: BLOCK + 9]
    eager = fit(model, inputs, targets, optimizer=SGD(model.parameters(), 0.1), **settings)
    assert fit(twin, inputs, targets, optimizer=SGD(twin.parameters(), 0.1), native=True, **settings) == eager
    assert model.state_dict() == twin.state_dict()


def test_an_executor_has_the_bits_of_one_machine(expected):
    assert train(executor=Here()) == expected


def test_processes_have_the_bits_of_one_machine(expected):
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        assert train(executor=executor) == expected


def test_loky_has_the_bits_of_one_machine(expected):
    loky = pytest.importorskip("loky")
    with loky.ProcessPoolExecutor(2) as executor:
        assert train(executor=executor) == expected


MPI_PROGRAM = """
from mpi4py.futures import MPIPoolExecutor
import test_distributed

if __name__ == "__main__":
    with MPIPoolExecutor(2) as executor:
        print(test_distributed.train(executor=executor) == test_distributed.train())
"""


def test_mpi_has_the_bits_of_one_machine(tmp_path):
    pytest.importorskip("mpi4py")
    if not shutil.which("mpiexec"):
        pytest.skip("no MPI on this machine")
    program = tmp_path / "program.py"
    program.write_text(MPI_PROGRAM)
    path = os.pathsep.join(map(str, (Path(__file__).parent, Path(__file__).parents[2])))
    names = ("ALLOW_RUN_AS_ROOT", "ALLOW_RUN_AS_ROOT_CONFIRM", "MCA_rmaps_base_oversubscribe")
    openmpi = {f"OMPI_{name}": "1" for name in names}  # else it refuses root, and more processes than cores
    command = ["mpiexec", "-n", "3", sys.executable, "-m", "mpi4py.futures", str(program)]
    said = subprocess.run(command, env=os.environ | openmpi | {"PYTHONPATH": path}, capture_output=True, text=True)
    assert said.stdout.strip() == "True", said.stderr


@pytest.mark.parametrize(
    "settings",
    [
        {"sample_weight": WEIGHTS},
        {"reduction": "sum", "optimizer": lambda ps, lr: SGD(ps, lr=1e-6, momentum=0.9)},
        {"clip_norm": 1e-3},
        {"validation": (INPUTS[:50], TARGETS[:50]), "callback": EarlyStopping(2)},
        {"targets": np.stack([TARGETS, TARGETS], axis=1), "loss": lambda o, t: half_squared_error([o, 2.0 * o], t)},
    ],
)
def test_settings_have_the_same_bits(settings):
    assert train(**settings, executor=Here()) == train(**settings)


def test_a_coefficient_that_a_callback_changes_reaches_the_workers():
    def annealed(**settings: Any) -> tuple:
        beta = Value(0.5)

        def anneal(epoch: int, loss: float) -> None:
            beta.data /= 2.0

        return train(loss=lambda o, t: half_squared_error(o, t) + beta * o**2, callback=anneal, **settings)

    assert annealed(executor=Here()) == annealed()


CHUNKS = [4001, BLOCK + 17, ROWS]


@pytest.mark.parametrize("chunks", CHUNKS)
def test_dask_arrays_of_any_chunks(client, chunks, expected):
    inputs = dask_array.from_array(INPUTS, chunks=(chunks, 1))
    assert train(inputs, dask_array.from_array(TARGETS, chunks=5000)) == expected


def test_dask_frames(client, expected):
    frames = pytest.importorskip("dask.dataframe")
    frame = frames.from_pandas(pandas.DataFrame(INPUTS, columns=["a", "b"]).assign(y=TARGETS), npartitions=5)
    assert train(frame[["a", "b"]], frame["y"]) == expected


def test_plain_arrays_on_a_cluster_with_weights(client):
    expected = train(sample_weight=WEIGHTS)
    assert train(client=client, sample_weight=WEIGHTS) == expected
    chunks = [dask_array.from_array(x, chunks=(9999, *x.shape[1:])) for x in (INPUTS, TARGETS, WEIGHTS)]
    assert train(*chunks[:2], sample_weight=chunks[2]) == expected


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_workers_that_are_killed_are_replaced(cluster, client, expected):
    """A worker is killed amid a step, with the data that it held; the run ends with the bits of an undisturbed one.

    `prove/workers.py` kills twenty at random moments.
    """
    inputs, targets = (dask_array.from_array(x, chunks=(10_000, *x.shape[1:])) for x in (INPUTS, TARGETS))
    killed = []

    def kill(epoch: int, loss: float) -> None:
        if not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    assert train(inputs, targets, callback=kill, client=client) == expected
    assert killed


def test_a_nan_names_its_step_and_keeps_the_parameters():
    model = MLP(2, [1], seed=1)
    with pytest.raises(FloatingPointError, match=r"step [23] gave a loss, a parameter"):
        fit(
            model, INPUTS, TARGETS, loss=half_squared_error, optimizer=SGD(model.parameters(), lr=1e200), epochs=9,
            progress=False, native=True, executor=Here(),
        )  # fmt: skip
    assert np.isfinite(list(model.state_dict().values())).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"native": False}, "workers train on compiled code: pass native=True"),
        ({"batch_size": 100}, "workers take all 17618 rows in each step, got batch_size=100"),
        ({"executor": 3}, r"executor must be a concurrent\.futures\.Executor, got 3"),
        ({"executor": None, "client": 3}, r"client must be a dask\.distributed\.Client, got 3"),
        ({"client": 3}, "leave executor out"),
        ({"inputs": INPUTS[:3]}, r"expected as many targets \(and weights\) as rows, got \[3, 17618\]"),
        ({"inputs": np.full((ROWS, 2), np.nan)}, r"inputs, row 0: expected finite numbers, got \[nan, nan\]"),
        ({"targets": ["a"] * ROWS}, "targets must be rows of numbers, got an array of <U1"),
        ({"loss": lambda o, t: (o - t) ** 2 if t > 0 else o * o}, "where"),
    ],
)
def test_what_workers_cannot_do_is_refused(settings, message):
    with pytest.raises((TypeError, ValueError), match=message):
        train(**{"executor": Here()} | settings)


def test_draws_are_refused():
    model = Sequential(Layer(2, 3, seed=1), Dropout(0.5), Layer(3, 1, "identity", seed=1))
    settings = {"loss": half_squared_error, "epochs": 1, "progress": False, "native": True, "executor": Here()}
    with pytest.raises(ValueError, match="Dropout draws random numbers while training, which workers cannot share"):
        fit(model, INPUTS, TARGETS, optimizer=SGD(model.parameters(), 0.1), **settings)


def test_the_temporary_file_goes_with_the_table():
    table = table_in_file(INPUTS, TARGETS, None, True, None, 3)
    path = table.parts[0].path
    assert os.path.exists(path)  # noqa: PTH110
    assert sum(part.read().shape[1] for part in table.parts) == ROWS
    del table
    assert not os.path.exists(path)  # noqa: PTH110


class Deadly:
    """A client whose tasks lose their workers so many times."""

    def __init__(self, deaths: int) -> None:
        self.deaths = deaths

    def gather(self, tasks: list[int]) -> list[int]:
        if self.deaths:
            raise distributed.KilledWorker("task", None, 4)
        return tasks

    def retry(self, tasks: list[int]) -> None:
        self.deaths -= 1


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nn.tables.wait_for_dask", lambda *_: None)


@pytest.mark.usefixtures("no_waiting")
def test_a_task_is_tried_again_after_dask_gave_it_up():
    assert gather_from_dask(Deadly(DEATHS), distributed, [1, 2]) == [1, 2]


@pytest.mark.usefixtures("no_waiting")
def test_a_task_that_always_kills_its_worker_is_given_up():
    with pytest.raises(distributed.KilledWorker):
        gather_from_dask(Deadly(DEATHS + 1), distributed, [1, 2])


def test_a_cluster_that_has_lost_all_its_workers_is_told_of(monkeypatch):
    """Dask itself would wait for ever."""
    monkeypatch.setattr("nn.tables.PATIENCE", 0.2)
    settings = {"n_workers": 1, "processes": False, "dashboard_address": ":0", "silence_logs": 50}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:

        def lose(epoch: int, loss: float) -> None:
            client.retire_workers(list(client.nthreads()))

        with pytest.raises(RuntimeError, match=r"the Dask cluster has had no worker for 0 s: start workers"):
            train(client=client, callback=lose)
