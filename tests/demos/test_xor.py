"""Demos run from a folder of their own, as a reader would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest

from demos import xor as xor_demo

ROOT = Path(__file__).parents[2]
TRUTH_TABLE = ["0 0 0", "0 1 1", "1 0 1", "1 1 0"]


@pytest.fixture(scope="module")
def xor() -> ModuleType:
    return xor_demo


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "demos.xor", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600, check=False)


def test_xor_tells_its_story(tmp_path: Path):
    done = run("--seed", "3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    one_neuron, network = done.stdout.split("A hidden layer of two neurons", 1)
    rows = r"^ +([01]) +([01]) +([01]) +([\d.]+) +([01])  (right|wrong)$"
    alone = re.findall(rows, one_neuron, re.MULTILINE)
    assert [" ".join(row[:3]) for row in alone] == TRUTH_TABLE
    assert all(abs(float(row[3]) - 0.5) < 0.01 for row in alone)
    assert "no straight line" in one_neuron
    together = re.findall(rows, network, re.MULTILINE)
    assert [" ".join(row[:3]) for row in together] == TRUTH_TABLE
    assert all(abs(float(row[3]) - float(row[2])) < 0.1 and row[4:] == (row[2], "right") for row in together)
    losses = [float(x) for x in re.findall(r"^ +\d+ +(\d\.\d{4})  #+$", network, re.MULTILINE)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 10 * losses[-1]
    assert "epoch" in done.stderr  # the progress bar
    assert ET.parse(tmp_path / "out" / "xor.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_xor_help_names_the_seed(tmp_path: Path):
    assert "--seed" in run("--help", cwd=tmp_path).stdout
    assert run("--seed", "x", cwd=tmp_path).returncode == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("seed", range(20))
def test_xor_is_learned_from_every_seed(seed: int, xor: ModuleType, capsys: pytest.CaptureFixture[str]):
    network, attempts = xor.solve(seed)
    assert [round(network(row).data) for row in xor.INPUTS] == xor.TARGETS
    assert max(abs(network(row).data - t) for row, t in zip(xor.INPUTS, xor.TARGETS, strict=True)) < 0.1
    assert capsys.readouterr().out.count("stuck") == len(attempts) - 1
    assert all(losses[-1] > xor.SOLVED for losses in attempts[:-1])


def test_a_stuck_attempt_is_told(xor: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """With two sweeps nothing can be learned: every attempt is stuck, and other weights are tried each time."""
    monkeypatch.setattr(xor, "SWEEPS", 2)
    monkeypatch.setattr(xor, "ATTEMPTS", 3)
    _, attempts = xor.solve(5)
    assert len({losses[0] for losses in attempts}) == 3
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(f"Seed 5, attempt 1: stuck at loss {attempts[0][-1]:.4f} after 2 sweeps. Starting again")
    assert told[2].endswith("Giving up.")


def test_an_unsolved_xor_fails(xor: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(xor, "SWEEPS", 2)
    monkeypatch.setattr(xor, "ATTEMPTS", 1)
    monkeypatch.chdir(tmp_path)
    assert xor.main(["--seed", "1"]) == 1


def test_the_loss_curves_are_the_same_bytes_each_time(xor: ModuleType):
    curves = [0.5, 0.5], [[0.5, 0.4], [0.5, 0.1, 0.001]]
    picture = xor.style.svg(xor.loss_curves(*curves), "xor")
    assert picture == xor.style.svg(xor.loss_curves(*curves), "xor")
    assert picture != xor.style.svg(xor.loss_curves([0.5, 0.4], curves[1]), "xor")
