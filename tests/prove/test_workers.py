"""A small share of `prove/workers.py` holds, and it sees what it looks for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("distributed")
import workers

from nn.distributed_training import DistributedRun


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INPUTS", "TARGETS"):
        monkeypatch.setattr(workers, name, getattr(workers, name)[:40_000])


def test_a_share_of_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert workers.main(["--share", "0.05"]) == 0
    (row,) = json.loads((tmp_path / "out/trust/workers.json").read_text())
    assert row["tried"] == 1


def test_sums_that_are_off_by_one_bit_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = DistributedRun.sums
    monkeypatch.setattr(DistributedRun, "sums", lambda run: sums(run) * (1.0 + 2.0**-52))
    claim = workers.survives_kills(0)
    assert not claim.holds
    assert claim.worst == "1 of 1 runs ended with other bits"
