"""A small share of `prove/scale.py` holds, and it sees what it looks for."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
import scale
from shapes import chain

from autograd import Value


def test_a_share_of_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert scale.main(["--share", "0.002"]) == 0
    rows = json.loads((tmp_path / "out/trust/scale.json").read_text())
    assert [row["tried"] for row in rows] == [11, 11, 11, 2000, 20, 4]


def test_a_leak_and_a_wrong_answer_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Value] = []
    monkeypatch.setitem(scale.DEEDS, "leak", lambda root, leaf, slope: kept.append(root * 2.0))
    monkeypatch.setitem(scale.DEEDS, "recursion", lambda root, leaf, slope: deep(10_000))
    monkeypatch.setitem(scale.SHAPES, "wrong", (lambda size: (*chain(size)[:2], 7.0), 3))
    claim = scale.survives("wrong", 3)
    assert not claim.holds
    told = ["backward: AssertionError(4.0)", "leak left 2 Values", "recursion: RecursionError"]
    assert all(text in claim.worst for text in told)


def deep(n: int) -> int:
    return n and deep(n - 1)


def test_a_race_on_grad_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads that write one `.grad` do disturb each other: were `grad` to do so, the claim would fail.

    Each waits for the other between its steps, since on a busy machine one may be done before the other begins.
    """
    both = threading.Barrier(2, timeout=60)

    def meet() -> None:
        if threading.current_thread() is not threading.main_thread():
            both.wait()

    def writing(loss: Value, parameters: list[Value]) -> list[float]:
        for parameter in parameters:
            parameter.grad = 0.0
        meet()
        loss.backward()
        meet()
        found = [parameter.grad for parameter in parameters]
        meet()
        return found

    monkeypatch.setattr(scale, "grad", writing)
    assert not scale.shared_parameters(20).holds
