"""Workers: processes of a Dask cluster that are killed amid training, one after the other.

Each kill is of a random worker at a random moment, with the data that it holds, once its forerunner was replaced: a
cluster without any worker has nothing to go on with. Training goes on until all kills are done, run after run.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

import dask
import dask.array
import distributed
import numpy as np
from claims import Claim, share_of, tell

from nn import MLP, Adam, fit, half_squared_error

KILLS: Final = 20
WORKERS: Final = 2
PATIENCE: Final = 120.0  # seconds for a new worker to start, on a machine with other work
INPUTS: Final = np.random.default_rng(1).normal(size=(200_000, 2))
TARGETS: Final = np.sin(INPUTS.sum(axis=1))
SETTINGS: Final = {
    "distributed.worker.multiprocessing-method": "forkserver",  # a new worker starts in a third of the time
    # By default a worker that is absent for 15 s after an earlier kill is taken off the cluster for good.
    "distributed.deploy.lost-worker-timeout": "1h",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill workers while they train."""
    return tell("workers", [survives_kills(max(1, int(KILLS * share_of("Kill Dask's workers.", arguments))))])


def survives_kills(kills: int) -> Claim:
    """Train on Dask's arrays until so many workers were killed; every run must end as one on one machine does."""
    expected, outcomes, killed = train(INPUTS, TARGETS), [], []
    settings = {"n_workers": WORKERS, "threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}
    with (
        dask.config.set(SETTINGS),
        distributed.LocalCluster(**settings) as cluster,
        distributed.Client(cluster) as client,
    ):
        killer = threading.Thread(target=kill_workers, args=(client, kills, killed), daemon=True)
        killer.start()
        while killer.is_alive() or not outcomes:
            data = (dask.array.from_array(x, chunks=(10_000, *x.shape[1:])) for x in (INPUTS, TARGETS))
            outcomes.append(train(*data, client=client) == expected)
            say(f"run {len(outcomes)} ended with {'the same' if outcomes[-1] else 'OTHER'} bits")
    return Claim(
        "training whose Dask workers are killed ends with the bits of one machine",
        f"SIGKILL at a random moment to one of {WORKERS} workers, with the data it holds, in runs of 100 steps",
        len(killed),
        f"{outcomes.count(False)} of {len(outcomes)} runs ended with other bits",
        all(outcomes) and len(killed) == kills,
    )


def train(inputs: Any, targets: Any, **settings: Any) -> tuple[Any, ...]:
    """Return the history, the parameters and the optimizer's state after 100 steps."""
    model = MLP(2, [3, 1], activation="tanh", seed=1)
    optimizer = Adam(model.parameters(), 0.02)
    settings |= {"loss": half_squared_error, "epochs": 100, "progress": False, "native": True}
    history = fit(model, inputs, targets, optimizer=optimizer, **settings)
    return list(history), model.state_dict(), optimizer.state_dict()


def kill_workers(client: Any, kills: int, killed: list[int]) -> None:
    """Kill random workers, each when all are there, and note their process ids."""
    r = random.Random(5)
    for _ in range(kills):
        client.wait_for_workers(WORKERS, timeout=PATIENCE)
        time.sleep(r.uniform(0.0, 2.0))
        killed.append(r.choice(list(client.run(os.getpid).values())))
        os.kill(killed[-1], signal.SIGKILL)
        say(f"killed worker {len(killed)} of {kills}, process {killed[-1]}")
        time.sleep(1.0)  # until the scheduler knows


def say(text: str) -> None:
    """Print at once, since the verdict comes only at the end."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
