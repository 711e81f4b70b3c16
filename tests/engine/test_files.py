"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograd.files import write_atomically


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_has_the_permissions_of_any_new_file(tmp_path: Path):
    path = tmp_path / "file"
    other = path.with_name("other")
    other.write_bytes(b"")
    write_atomically(path, b"")
    assert path.stat().st_mode == other.stat().st_mode
