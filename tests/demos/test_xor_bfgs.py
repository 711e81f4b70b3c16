"""The BFGS demo learns XOR."""

from __future__ import annotations

import pytest

from demos import xor_bfgs


def test_bfgs_learns_xor(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("scipy")
    assert xor_bfgs.main(["--seed", "1"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[-4:]]
    assert all(abs(float(output) - float(target)) < 0.07 for _, _, output, target in rows)
