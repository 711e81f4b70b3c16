"""A small share of `prove/inputs.py` holds, and it sees what it looks for; and what it has found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import inputs
import labels
import pytest
import words
from hypothesis import Phase, settings

import nn
from autograd import Value, dot, grad, record_steps, topological_order


def test_a_share_of_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert inputs.main(["--share", "0.02"]) == 0
    rows = json.loads((tmp_path / "out/trust/inputs.json").read_text())
    assert rows[0]["tried"] > 100
    assert len(rows) == 6


X = Value(2.0, "x")
MODEL = nn.Neuron(1, seed=0)
HUGE = 10**400
FOUND: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: Value(HUGE), ValueError, "a number that a float can hold"),
    (lambda: X * HUGE, ValueError, "a number that a float can hold"),
    (
        lambda: nn.fit(MODEL, [[HUGE]], [1], loss=len, optimizer=None, epochs=1),
        ValueError,
        "^inputs, row 0: .* can hold",
    ),
    (lambda: MODEL.load_state_dict({"weights.0": HUGE, "bias": 0}), ValueError, r"^weights\.0: .* can hold"),
    (lambda: nn.SGD(MODEL.parameters(), HUGE), ValueError, "^lr must be a number"),
    (lambda: topological_order(len), TypeError, "takes a Value, got builtin_function_or_method"),
    (lambda: grad(MODEL, [X]), TypeError, "takes one Value as output, got Neuron"),
    (lambda: grad(X * 2.0, [1.0]), TypeError, r"inputs\[0\] must be a Value, got float"),
    (lambda: record_steps(lambda: None), TypeError, "must return a Value, got NoneType"),
    (lambda: record_steps(X * 2.0, X), TypeError, r"update=.* takes a function"),
    (lambda: nn.save(X, "x"), TypeError, "expected a Module to save, got Value"),
    (lambda: MODEL.load_state_dict("\x1b"), TypeError, "expected numbers by name"),
    (lambda: MODEL.load_state_dict({"\x1b": 0.0}), ValueError, r"unexpected \\x1b$"),
]


@pytest.mark.parametrize(("call", "error", "said"), FOUND)
def test_what_it_found_is_refused_and_changes_nothing(call, error, said) -> None:
    with pytest.raises(error, match=said):
        call()
    assert X.grad == 0.0
    assert MODEL.state_dict() == nn.Neuron(1, seed=0).state_dict()


@pytest.mark.parametrize("fault", ["other", "changed", "mute"])
def test_it_sees_faults(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(self: Value, x: object = None) -> None:
        if fault == "other":
            raise KeyError("x")
        if fault == "changed":
            self.grad += 1.0
        raise ValueError("" if fault == "mute" else "no")

    for name in ("sin", "cos", "sqrt", "log1p", "cosh", "sigmoid"):
        monkeypatch.setattr(Value, name, faulty)
    quick = settings(inputs.how(40), phases=[Phase.generate])  # nobody reads the smallest case here
    monkeypatch.setattr(inputs, "how", lambda runs: quick)
    assert not inputs.fuzz(40).holds


@pytest.mark.parametrize(
    ("place", "module", "guard", "label"),
    [
        ("SVG", "xml.etree.ElementTree._escape_cdata", str, "<u>under</u>"),
        ("HTML", "autograd.player.encoding.IN_HTML", {}, "</script><script>"),
        ("the shell", "autograd.debugger.timeline.names.escape_controls", str, "\x1b[31m"),
        ("error messages", "autograd.anomaly.escape_controls", str, "\x1b[31m"),
    ],
)
def test_it_sees_labels_that_are_not_guarded_against(
    place: str, module: str, guard: object, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert labels.compare_labels(place, labels.PLACES[place], [[label] * 3]).holds
    monkeypatch.setattr(module, guard)
    assert not labels.compare_labels(place, labels.PLACES[place], [[label] * 3]).holds


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("'Value' object is not iterable", "object is not iterable"),
        ("Constructor.__call__() missing 1 argument", "__call__"),
        ("expected one real number", "names neither"),
        ("dot: xs[0]: expected one real number", ""),
        ("weights must be a list", ""),
    ],
)
def test_it_sees_riddles(said: str, found: str) -> None:
    problem = words.riddle("autograd.dot", dot, TypeError(said))
    assert found in problem if found else problem == ""
