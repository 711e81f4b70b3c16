"""Recordings in files: they come back to the last bit, or not at all."""

from __future__ import annotations

import base64
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from strategies import Recipe, graphs

from autograd import Value, dot, load_recording, record_steps, where
from autograd.debugger.cursor import Cursor
from autograd.debugger.looking import why
from autograd.debugger.stops import Stops
from autograd.debugger.timeline.loaded import LoadedPass
from autograd.files import write_atomically
from autograd.ops import OPS, Op
from autograd.player.encoding import encode
from autograd.recording import Recording
from autograd.recording.file import File, StoredNode, StoredPass, store
from autograd.value import parameter
from nn import MLP, SGD, half_squared_error


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "steps"


def back(recording: Recording, path: Path) -> Recording:
    recording.save(path)
    return load_recording(path)


def assert_same(one: Recording, other: Recording) -> None:
    """Compare as text, which tells -0.0 from 0.0 and takes nan for nan."""
    assert len(one.passes) == len(other.passes)
    for first, second in zip(one.passes, other.passes, strict=True):
        assert repr(second.nodes) == repr(first.nodes)
        assert repr(second.steps) == repr(first.steps)
        assert repr(second.earlier_gradients) == repr(first.earlier_gradients)


def square_partials(y: Any, *xs: Any) -> tuple[Any, ...]:
    return tuple([2.0 * x for x in xs])


def trained(times: int = 3) -> Recording:
    model = MLP(2, [2, 1], activation="tanh", seed=0)
    optimizer = SGD(model.parameters(), lr=0.1)
    return record_steps(lambda: half_squared_error(model([1.0, -1.0]), 1.0), optimizer.step, times)


def test_a_training_run_comes_back(path: Path) -> None:
    recording = trained()
    loaded = back(recording, path)
    assert_same(recording, loaded)
    assert {node.kind for node in loaded.passes[0].nodes} == {"constant", "computed", "parameter"}
    assert encode(loaded, 0, "") == encode(recording, 0, "")  # the player's page is the same


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_every_graph_comes_back(tmp_path_factory: pytest.TempPathFactory, recipe: Recipe) -> None:
    recording = record_steps(recipe.record()[1])
    assert_same(recording, back(recording, tmp_path_factory.mktemp("records") / "steps"))


def test_every_float_and_every_kind_comes_back(path: Path) -> None:
    x, w = Value(-0.0, "ä <b>\n\0"), parameter(5e-324, "w")
    x.grad, w.grad = -1e-300, math.inf
    y = where(x, w / x, x.log()) + dot([x, w], [1e308, 2.0]) + math.nan
    recording = record_steps(y)
    loaded = back(recording, path)
    assert_same(recording, loaded)
    assert loaded.passes[0].earlier_gradients[:2] == (math.inf, -1e-300)


def test_a_lone_leaf_and_a_root_among_its_own_updates(path: Path) -> None:
    x = Value(2.0, "x")
    recording = record_steps(x, lambda: setattr(x, "data", math.nan))
    assert_same(recording, back(recording, path))


# What `record_steps(lambda: (w * 3.0).relu(), SGD([w], lr=0.5).step).save(path)` wrote in 0.2.0.
VERSION_1 = base64.b64decode(
    "g6Zmb3JtYXS7c2NhbGFyLWF1dG9ncmFkIHJlY29yZGluZyAxpnNoYTI1NsQgxZXq8IrFLfsaP6aqgIs+12AZqj68DO/2q1qMfJsFr6mmcGFzc2"
    "VzxLeRkpSYoXepcGFyYW1ldGVywMs/4AAAAAAAAMsAAAAAAAAAAJCQwJigqGNvbnN0YW50wMtACAAAAAAAAMsAAAAAAAAAAJCQwJigqGNvbXB1"
    "dGVkqG11bHRpcGx5yz/4AAAAAAAAywAAAAAAAAAAkgABkstACAAAAAAAAMDAmKCoY29tcHV0ZWSkcmVsdcs/+AAAAAAAAMsAAAAAAAAAAJECkc"
    "s/8AAAAAAAAMCRkgDLv/AAAAAAAAA="
)


def test_a_file_of_the_first_version_is_read(path: Path) -> None:
    w = parameter(0.5, "w")
    recording = record_steps(lambda: (w * 3.0).relu(), SGD([w], lr=0.5).step)
    path.write_bytes(VERSION_1)
    assert_same(recording, load_recording(path))


def test_the_debugger_walks_a_loaded_pass(path: Path) -> None:
    recording = trained(1)
    passes = [LoadedPass(each.passes[0]) for each in (recording, back(recording, path))]
    one, other = [Cursor(loaded, Stops(loaded)) for loaded in passes]
    for _ in range(5):
        assert str(other.step()) == str(one.step())
    assert str(other.reverse_step(2)) == str(one.reverse_step(2))
    assert str(why(other, "layers.0.neurons.0.bias")) == str(why(one, "layers.0.neurons.0.bias"))


def test_a_deep_chain(path: Path) -> None:
    x = y = Value(1.0)
    for _ in range(20_000):
        y = y + x
    loaded = back(record_steps(y), path)
    assert len(loaded.passes[0].nodes) == 20_001
    assert loaded.passes[0].root.data == 20_001.0


def test_an_op_of_your_own_is_refused_and_the_old_file_stays(path: Path) -> None:
    path.write_bytes(b"old")
    mine = Op("mine", "mine", lambda x: x, lambda y, x: (1.0,))
    with pytest.raises(ValueError, match="#1 was made by <op mine>, which is not in the rule table"):
        record_steps(Value.record(mine, Value(1.0))).save(path)
    with pytest.raises(UnicodeEncodeError):
        record_steps(Value(1.0, "\ud800") * 2.0).save(path)
    assert path.read_bytes() == b"old"


def test_a_new_op_with_any_number_of_inputs_comes_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    squares = Op("squares", "Σ²", lambda *xs: sum([x * x for x in xs], 0.0), square_partials, inputs=("*xs",))
    monkeypatch.setitem(OPS, "squares", squares)
    recording = record_steps(squares(*[Value(float(k)) for k in range(5)]))
    assert_same(recording, back(recording, path))


def test_a_missing_file_is_an_oserror(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_recording(path)
    with pytest.raises(FileNotFoundError):
        trained().save(path / "deeper")


def test_what_is_no_recording_is_refused(path: Path) -> None:
    trained().save(path)
    whole = path.read_bytes()
    for foreign in (b"", b"GIF89a" * 10, b"\x91" * 100_000, b"\xdd\xff\xff\xff\xff", whole[:-1], whole + b"\0"):
        path.write_bytes(foreign)
        with pytest.raises(ValueError, match="steps is damaged, or no recording: "):
            load_recording(path)


def rewritten(path: Path, change: Any) -> None:
    """Change what a file holds, with a digest that fits: what a hostile writer would do."""
    import hashlib

    one = store(trained(1).passes[0])
    one.nodes = list(one.nodes)
    change(one)
    passes = msgspec.msgpack.encode([one])
    write_atomically(path, msgspec.msgpack.encode(File(hashlib.sha256(passes).digest(), passes)))


def at(n: int, **fields: Any) -> Any:
    def change(one: StoredPass) -> None:
        for name, x in fields.items():
            setattr(one.nodes[n], name, x)

    return change


LEAF = StoredNode("", "leaf", None, 0.0, 0.0, [], [], None)
HOSTILE = [
    (at(-1, inputs=[99, 99]), "has an input that does not stand before it"),
    (at(-1, inputs=[0, 1, 2]), "has 3 inputs and 2 partials, which does not fit <op multiply>"),
    (at(-1, inputs=[0], partials=[1.0]), "has 1 inputs and 1 partials, which does not fit <op multiply>"),
    (at(-1, inputs=[-1, 0], partials=[1.0, 1.0]), "has an input that does not stand before it"),
    (at(-1, inputs=[2**64 - 1, 0]), "has an input that does not stand before it"),
    (at(-1, inputs=[], partials=[]), "has 0 inputs"),
    (at(-1, op="__import__"), "was made by an op that is not in the rule table: '__import__'"),
    (at(-1, op=None), "was made by an op that is not in the rule table: None"),
    (at(-1, kind="root"), "is of no known kind: 'root'"),
    (at(-1, kind="leaf"), "is a leaf, and says what it was computed from"),
    (at(-1, gradient=1.0), "holds a gradient from before, 1.0, and is no leaf"),
    (lambda one: one.updates.append((0, one.nodes[0].data)), "an update changes nothing"),
    (at(0, data="1"), "Expected `float`, got `str`"),
    (at(0, label=b"\xff"), "Expected `str`, got `bytes`"),
    (lambda one: one.nodes.append(LEAF), "are not those below one root"),
    (lambda one: one.nodes.insert(0, LEAF), "is a|does not|are not those"),
    (lambda one: one.nodes.clear(), "are not those below one root"),
    (lambda one: one.updates.reverse(), "its updates are not in order"),
    (lambda one: one.updates.append((len(one.nodes) - 1, 0.0)), "an update is for a node that is no leaf"),
    (lambda one: one.updates.append((-1, 0.0)), "an update is for a node that is no leaf"),
    (lambda one: setattr(one, "nodes", None), "Expected `array`, got `None`"),
]


@pytest.mark.parametrize(("change", "message"), HOSTILE)
def test_a_hostile_file_is_refused(change: Any, message: str, path: Path) -> None:
    rewritten(path, lambda one: None)
    assert_same(trained(1), load_recording(path))
    rewritten(path, change)
    with pytest.raises(ValueError, match=message):
        load_recording(path)
