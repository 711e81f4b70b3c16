"""A small share of `laws.py` holds, and each law sees an engine that breaks it."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import laws
import msgspec
import pytest

from autograd import Value, grad, ops, topological_order
from autograd.ops import OPS
from nn import Module


def test_a_share_of_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert laws.main(["--share", "0.005"]) == 0


def wrong(names: set[str]) -> set[str]:
    found = laws.try_laws(range(20)).tallies | laws.try_networks(range(5)).tallies
    return {name for name in names if found[name].failed}


EVERY = set(laws.CLAIMS)


def test_every_law_is_tried_and_holds() -> None:
    assert not wrong(EVERY)


def test_a_gradient_with_something_added_breaks_the_laws_of_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    def more(root: Value, inputs: Any, create_graph: bool = False) -> Any:
        return [x + 1e-9 for x in grad(root, inputs, create_graph=create_graph)]

    monkeypatch.setattr(laws, "grad", more)
    assert wrong(EVERY) == {"scaled", "linear", "sum", "losses", "unused"}


def test_a_pass_that_forgets_the_last_one_breaks_those_of_accumulation(monkeypatch: pytest.MonkeyPatch) -> None:
    backward: Callable[[Value], None] = Value.backward

    def forgetful(self: Value) -> None:
        for node in topological_order(self):
            node.grad = 0.0
        backward(self)

    monkeypatch.setattr(Value, "backward", forgetful)
    assert wrong(EVERY) == {"twice", "losses"}


def test_results_that_depend_on_the_order_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks, right = count(), OPS["sum"].forward
    late = msgspec.structs.replace(OPS["sum"], forward=lambda *xs: right(*xs) + 1e-3 * next(ticks))
    monkeypatch.setitem(OPS, "sum", late)
    assert "order" in wrong({"order"})


def test_a_zero_grad_that_does_nothing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Module, "zero_grad", lambda self: None)
    assert wrong(EVERY) == {"zero_grad"}


def test_a_digest_tells_results_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    first = laws.digest(40, 0)
    assert laws.digest(40, 1000) == first
    another = msgspec.structs.replace(OPS["tanh"], forward=lambda x: math.nextafter(math.tanh(x), 9.0))
    monkeypatch.setitem(OPS, "tanh", another)
    monkeypatch.setattr(ops, "tanh", another)  # by which another row's rule calls it
    assert laws.digest(40, 0) != first
