"""Files appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import nn
from autograd import Value, draw, record_steps
from autograd.files import as_path, write_atomically


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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing/file", "No such file or directory"),
        ("old/file", "Not a directory"),
        ("folder", "Is a directory"),
        ("f" * 300, "File name too long"),
    ],
)
def test_a_file_that_cannot_be_written_is_named_as_the_user_named_it(name: str, words: str, tmp_path: Path):
    (tmp_path / "old").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=words) as failure:
        write_atomically(tmp_path / name, b"new")
    assert failure.value.filename == str(tmp_path / name)
    assert failure.value.__suppress_context__
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "old"]


@pytest.mark.parametrize(
    "write",
    [
        lambda loss, path: draw(loss).save(f"{path}.svg"),
        lambda loss, path: draw(loss).save(f"{path}.dot"),
        lambda loss, path: record_steps(loss).save_html(f"{path}.html"),
        lambda loss, path: record_steps(loss).save(f"{path}.steps"),
        lambda loss, path: nn.save(nn.MLP(1, [1]), f"{path}.safetensors"),
    ],
)
def test_every_writer_names_the_file(write: Callable[[Value, str], object], tmp_path: Path):
    with pytest.raises(FileNotFoundError) as failure:
        write(Value(2.0, "x") * 3.0, str(tmp_path / "missing" / "file"))
    assert str(tmp_path / "missing" / "file.") in failure.value.filename


def test_what_is_no_path_is_refused():
    for wrong in (3, None, b"bytes"):
        with pytest.raises(TypeError, match=r"expected a path as text or a Path, got (int|NoneType|bytes)"):
            write_atomically(wrong, b"")


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(ValueError, match=r"^path: no file can have a null character in its name, got 'a\\x00b'$"):
        as_path("a\0b")
