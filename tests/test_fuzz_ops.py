"""The fuzzer of `make fuzz` runs, and sees a rule that is wrong."""

from __future__ import annotations

import fuzz_ops
import msgspec
import pytest

from autograd.ops import OPS


def test_it_passes_right_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz_ops.main(20, ["tanh", "where"]) == 0
    said = capsys.readouterr().out
    assert "tanh " in said
    assert "2 rows, 20 points each, 0 beyond their bound" in said


def test_it_finds_a_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = msgspec.structs.replace(OPS["tanh"], partials=lambda y, x: (1.0 - y * y,))
    assert fuzz_ops.worst_of(("tanh", 200, 0))[0] <= 4.0
    monkeypatch.setitem(OPS, "tanh", wrong)
    error, k, xs = fuzz_ops.worst_of(("tanh", 200, 0))
    assert error > 4.0
    assert k == 0
    assert len(xs) == 1
