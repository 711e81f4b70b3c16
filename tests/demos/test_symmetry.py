"""The symmetry demo: what it calls solved, and the pattern it finds, on a few runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demos.common import solving
from demos.studies import symmetry


def test_the_problem_is_the_papers():
    assert len(symmetry.INPUTS) == 64
    assert [row for row, t in zip(symmetry.INPUTS, symmetry.TARGETS, strict=True) if t] == [
        [a, b, c, c, b, a] for a in (0, 1) for b in (0, 1) for c in (0, 1)
    ]


@pytest.mark.parametrize(("seed", "doubles"), [(8, True), (12, False)])
def test_mirrored_weights_are_equal_and_opposite(seed: int, doubles: bool):
    network, run = symmetry.learn(seed, 2000)
    assert run.solved is not None
    assert run.solved < len(run.losses)
    outputs = [network(row).data for row in symmetry.INPUTS]  # eager, where training was native
    assert max(abs(o - t) for o, t in zip(outputs, symmetry.TARGETS, strict=True)) < symmetry.WITHIN
    assert symmetry.mirror_error(network) < 0.02
    assert symmetry.ratios(network) == pytest.approx((1.0, 2.0, 4.0) if doubles else (1.0, 1.5, 2.0), rel=0.03)
    assert symmetry.doubles(network) == doubles


def test_the_card_tells_of_runs_that_did_not_solve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    symmetry.main(["--seed", "11", "--runs", "3", "--sweeps", "1000"])
    rows = {row["what"]: row for row in json.loads((tmp_path / "out" / "symmetry.json").read_text("utf-8"))["rows"]}
    assert rows["solved in 1,000 sweeps"]["ours"] == "2 of 3"
    assert rows["solved in 1,000 sweeps"]["note"].startswith("the others answer 0 to everything")
    assert (tmp_path / "out" / "symmetry.svg").exists()


def test_the_median_counts_what_did_not_solve():
    def runs(*solved: int | None) -> list[object]:
        return [solving.Run([1.0], sweeps) for sweeps in solved]

    assert solving.median_sweeps(runs(5, 1, 3)) == 3
    assert solving.median_sweeps(runs(5, None, 3, 4)) == 4.5
    assert solving.median_sweeps(runs(5, None, None, 4)) is None
