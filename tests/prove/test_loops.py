"""A small share of `loops.py` holds, and its comparisons see a wrong bit."""

from __future__ import annotations

from pathlib import Path

import loops
import pytest
from tallies import Report

from autograd import Value
from autograd.compiler.llvm.turns import Turns


def test_a_share_of_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loops, "LONG", 100)
    assert loops.main(["--share", "0.02"]) == 0


def test_programs_have_every_number_of_turns_and_every_source() -> None:
    programs = [loops.program_of(seed) for seed in range(60)]
    assert {program.turns for program in programs} == {0, 1, 7, 8, 9, 1_000}
    assert {source for x in programs for _, *reads in x.body for source, _ in reads} == {*loops.SOURCES}
    assert {op for program in programs for op, *_ in program.body} == {*loops.OPS}
    assert {program.inner for program in programs} == {0, 1, 3}
    assert len({program.skips for program in programs}) == len({bool(program.weights) for program in programs}) == 2


def test_a_loop_of_a_turn_too_few_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    write = Turns.write
    monkeypatch.setattr(Turns, "write", lambda turns, first, last: write(turns, first, f"{int(last) - 1}"))
    report = loops.try_programs(range(7, 8))
    assert report.tallies["engine"].failed
    assert any(report.tallies[kind].failed for kind in loops.KINDS)


def test_a_loop_of_scattered_operands_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.compiler.llvm.repeats.TABLES", 1.0)
    report = Report()
    loops.try_scattered(report, 0)
    assert report.tallies["scattered"].failed


def test_a_program_runs_on_plain_values() -> None:
    assert isinstance(loops.program_of(12)(*map(Value, (0.1, 0.2, 0.3, 0.4, 0.5))), Value)
