"""Files: damaged ones, hostile ones, and processes killed while they write.

A damaged file is what was saved, with bytes changed, lost, doubled or mixed with another file's. It must load as what
was saved, or be refused with a ValueError. A hostile one has its content changed and a digest that fits: it must load
as exactly what it says, or be refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from claims import Claim, share_of, tell
from damage import DAMAGES, forge, forged_state
from safetensors.numpy import save_file

from autograd import load_recording, record_steps
from autograd.recording import Recording
from autograd.recording.file import File, store
from nn import MLP, SGD, Adam, History, Layer, Module, Neuron, fit, half_squared_error, load, save
from nn.files import KEY, digest

DAMAGED: Final = 10_000
KILLS: Final = 300
SECONDS: Final = 1.0  # the longest that one load may take
MEMORY: Final = 64e6  # bytes that all the loads may add to the most that was ever resident


def main(arguments: Sequence[str] | None = None) -> int:
    """Damage files, forge files, and kill writers."""
    share = share_of("Damage and forge files, and kill processes that write them.", arguments)
    damaged, kills = max(20, int(share * DAMAGED)), max(3, int(share * KILLS))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        claims = [
            withstands("damaged model", damaged_models(path, damaged), damaged),
            withstands("forged model", forged_models(path, damaged // 5), damaged // 5),
            withstands("damaged step record", damaged_records(path, damaged), damaged),
            withstands("forged step record", forged_records(path, damaged // 5), damaged // 5),
            survives_kills("model", path, MODELS[2:], save, load, kills),
            survives_kills("checkpoint", path, CHECKPOINTS, Checkpoint.save, Checkpoint.read, kills),
            survives_kills("step record", path, RECORDINGS, Recording.save, load_recording, kills // 3),
        ]
    return tell("files", claims)


# What is saved


def record_two_steps(seed: int) -> Recording:
    """Record two training steps of a small network."""
    model = MLP(2, [2, 1], activation="tanh", seed=seed)
    optimizer = SGD(model.parameters(), lr=0.1)
    return record_steps(lambda: half_squared_error(model([1.0, -1.0]), 1.0), optimizer.step, times=2)


MODELS: Final[list[Module]] = [
    Neuron(3, "gelu", seed=1),
    Layer(2, 3, "tanh", seed=1),
    MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=1),
    MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=2),
]
RECORDINGS: Final = [record_two_steps(1), record_two_steps(2)]


class Checkpoint(NamedTuple):
    """A model amid its training, with the optimizer and the history."""

    model: MLP
    optimizer: Adam
    history: History

    @classmethod
    def untrained(cls) -> Checkpoint:
        model = MLP(2, [2, 1], activation="tanh", seed=1)
        return cls(model, Adam(model.parameters(), lr=0.1), History())

    @classmethod
    def after(cls, epochs: int) -> Checkpoint:
        model, optimizer, history = made = cls.untrained()
        settings: dict[str, Any] = {"loss": half_squared_error, "progress": False, "history": history}
        fit(model, [[1.0, -1.0], [0.5, 2.0]], [1.0, 0.0], optimizer=optimizer, epochs=epochs, **settings)
        return made

    def save(self, path: Path) -> None:
        save(self.model, path, optimizer=self.optimizer, history=self.history)

    @classmethod
    def read(cls, path: Path) -> Checkpoint:
        model, optimizer, history = made = cls.untrained()
        load(path, model, optimizer=optimizer, history=history)
        return made


CHECKPOINTS: Final = [Checkpoint.after(3), Checkpoint.after(40)]


def facts(thing: Module | Recording | Checkpoint) -> str:
    """Write all there is to what was saved, as text that tells -0.0 from 0.0 and takes nan for nan."""
    if isinstance(thing, Checkpoint):
        return f"{facts(thing.model)} {thing.optimizer.state_dict()} {list(thing.history)}"
    if isinstance(thing, Module):
        return f"{thing!r} {thing.state_dict()}"
    return repr([(made.nodes, made.steps, made.earlier_gradients) for made in thing.passes])


# Trials: each yields how a file came to be, how to load it, and what it may load as.

Trial = tuple[str, Callable[[], Any], set[str]]


def damaged_models(path: Path, count: int) -> Iterator[Trial]:
    """Damage files of models."""
    yield from damage_files(path, count, MODELS, save, load)


def damaged_records(path: Path, count: int) -> Iterator[Trial]:
    """Damage files of recordings."""
    yield from damage_files(path, count, RECORDINGS, Recording.save, load_recording)


def damage_files(
    path: Path, count: int, things: Sequence[Any], write: Callable[[Any, Path], None], read: Callable[[Path], Any]
) -> Iterator[Trial]:
    """Write each thing once, then damage what was written, over and over."""
    files = []
    for thing in things:
        write(thing, path)
        files.append(path.read_bytes())
    r, right = random.Random(1), {facts(thing) for thing in things}
    for k in range(count):
        damage = DAMAGES[k % len(DAMAGES)]
        raw = damage(r, r.choice(files), r.choice(files))
        path.write_bytes(raw)
        yield f"{damage.__name__}, number {k}", lambda: read(path), right


def forged_models(path: Path, count: int) -> Iterator[Trial]:
    """Write files whose digest fits what they say, and which say what no model says."""
    r = random.Random(2)
    for k in range(count):
        model = r.choice(MODELS)
        architecture, state = forged_state(r, type(model).__name__, model.config(), model.state_dict())  # type: ignore[attr-defined]
        metadata = json.dumps({"architecture": architecture, "sha256": digest(architecture, state)})
        save_file({name: np.array(x) for name, x in state.items()}, path, {KEY: metadata})
        says = f"{said(architecture)} {state}"
        yield f"model {k}, {architecture}", lambda: load(path), {says}


def said(architecture: Any) -> str:
    """Write the model that an architecture stands for, as its `repr` does; none where it stands for none we wrote."""
    config = architecture["config"]
    try:
        kind = {"Neuron": Neuron, "Layer": Layer, "MLP": MLP}[architecture["kind"]]
        sizes = [config["inputs"], *np.atleast_1d(config.get("outputs", 1)).tolist()]
        return repr(kind(**config)) if max(sizes) < 100 else "nothing"
    except (TypeError, ValueError, KeyError, AttributeError):
        return "nothing"


def forged_records(path: Path, count: int) -> Iterator[Trial]:
    """Write recordings whose digest fits, and whose nodes and updates were changed; what loads must say the same."""
    r = random.Random(3)
    for k in range(count):
        one = msgspec.msgpack.decode(msgspec.msgpack.encode(store(r.choice(RECORDINGS).passes[0])))
        for _ in range(r.randint(1, 2)):
            forge(r, one)
        passes = msgspec.msgpack.encode([one])
        path.write_bytes(msgspec.msgpack.encode(File(hashlib.sha256(passes).digest(), passes)))
        yield f"record {k}", lambda: read_again(path), {repr(floats(one))}


def read_again(path: Path) -> str:
    """Load a recording, go through its steps, save it again, and give what the new file says."""
    recording = load_recording(path)
    facts(recording)
    recording.save(path)
    passes = msgspec.msgpack.decode(msgspec.msgpack.decode(path.read_bytes(), type=File).passes)
    return repr(floats(passes[0]))


def floats(one: Any) -> Any:
    """Give a stored pass with every number a float, as a reader of the format takes them."""
    if isinstance(one, list):
        return [floats(item) for item in one]
    return float(one) if isinstance(one, int) and not isinstance(one, bool) else one


# Trying

HOW: Final = (
    "bits flipped, bytes overwritten, cut, dropped, doubled, mixed with another file's, digits changed",
    "fields, names, sizes and the order of nodes changed, under a digest that fits; it must load as what it says",
)


def withstands(kind: str, trials: Iterator[Trial], count: int) -> Claim:
    """Load each file: it is right, or a ValueError, soon and without much memory."""
    wrong: list[str] = []
    refused, slowest = 0, 0.0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for made, read, right in trials:
        began = time.process_time()
        try:
            thing = read()
            if (thing if isinstance(thing, str) else facts(thing)) not in right:
                wrong.append(f"{made}: it loads as something else")
        except ValueError:
            refused += 1
        except Exception as error:  # whatever else leaves is what is looked for
            wrong.append(f"{made}: {error!r:.100}")
        slowest = max(slowest, time.process_time() - began)
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    return Claim(
        f"a {kind} file loads right or is refused with a ValueError, soon and in little memory",
        HOW["forged" in kind],
        count,
        "; ".join(wrong[:3]) or f"{1e3 * slowest:.0f} ms, {grown / 1e6:.1f} MB more; {refused:,} refused",
        not wrong and slowest < SECONDS and grown < MEMORY,
    )


def survives_kills(
    kind: str,
    path: Path,
    things: Sequence[Any],
    write: Callable[[Any, Path], None],
    read: Callable[[Path], Any],
    kills: int,
) -> Claim:
    """Kill processes that write one thing and then the other, for ever, to one file; it must always load."""
    r, right = random.Random(4), {facts(thing) for thing in things}
    began = time.perf_counter()
    write(things[0], path)
    longest = 20.0 * (time.perf_counter() - began)
    wrong: list[str] = []
    amid = changed = 0
    for k in range(kills):
        before = path.read_bytes()
        kill_amid(lambda: [write(thing, path) for thing in reversed(things)], r.uniform(0.0, longest))
        changed += path.read_bytes() != before
        try:
            if facts(read(path)) not in right:
                wrong.append(f"kill {k}: neither the old nor the new")
        except (ValueError, OSError) as error:
            wrong.append(f"kill {k}: {error!r:.100}")
        halves = list(path.parent.glob(".*.part"))
        amid += len(halves)
        for half in halves:
            half.unlink()
    return Claim(
        f"a process killed while it saves a {kind} leaves the old file or the new",
        "SIGKILL at a random moment to a process that does nothing but save two in turn to one file",
        kills,
        "; ".join(wrong[:3]) or f"none unreadable; {amid} left a half-written temporary, {changed} the other file",
        not wrong,
    )


def kill_amid(work: Callable[[], object], delay: float) -> None:
    """Do some work over and over in a process of its own, and kill that so many seconds after it began."""
    begun, begin = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that may run: the child does nothing but write
        child = os.fork()
    if child == 0:
        try:
            os.write(begin, b"!")
            while True:
                work()
        finally:
            os._exit(1)
    os.close(begin)
    os.read(begun, 1)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(begun)


if __name__ == "__main__":
    sys.exit(main())
