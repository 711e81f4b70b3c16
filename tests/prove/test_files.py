"""A small share of `prove/files.py` holds, and it sees what it looks for."""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable
from multiprocessing import Pipe, get_context
from pathlib import Path
from typing import Any

import files
import pytest


def apart(work: Callable[[], Any]) -> Any:
    """Give what some work gives in a process forked from this one, which starts anew on the most that was resident."""
    receiver, sender = Pipe(duplex=False)
    child = get_context("fork").Process(target=lambda: sender.send(work()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that may run: the child needs none of them
        child.start()
    sender.close()  # so that a child that fails is an end of what can be received
    given = receiver.recv()
    child.join()
    return given


def test_a_share_of_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert apart(lambda: files.main(["--share", "0.02"])) == 0
    rows = json.loads((tmp_path / "out/trust/files.json").read_text())
    assert [row["tried"] for row in rows] == [200, 40, 200, 40, 6, 6, 2]


def slow() -> None:
    end = time.process_time() + 1.1 * files.SECONDS
    while time.process_time() < end:
        pass


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (lambda: "another", "one: it loads as something else"),
        (lambda: {}["x"], "one: KeyError('x')"),
        (lambda: (slow(), "right")[1], "0 refused"),
        (lambda: bytearray(100_000_000) and "right", "MB more; 0 refused"),
    ],
)
def test_a_wrong_load_is_told(read: Any, told: str) -> None:
    claim = apart(lambda: files.withstands("model", iter([("one", read, {"right"})]), 1))
    assert not claim.holds
    assert told in claim.worst


def test_a_file_written_in_place_does_not_survive(tmp_path: Path) -> None:
    """A writer that opens the file itself, and has to wait amid the writing, leaves a part of it when it is killed."""
    files.save(files.MODELS[0], tmp_path / "whole")
    content = (tmp_path / "whole").read_bytes()
    parent = os.getpid()

    def in_place(model: Any, path: Path) -> None:
        with path.open("wb", buffering=0) as file:
            file.write(content[: len(content) // 2])
            time.sleep(0.005 if os.getpid() == parent else 60)  # so long that the kill comes first
            file.write(content[len(content) // 2 :])

    claim = files.survives_kills("model", tmp_path / "file", files.MODELS[:1], in_place, files.load, 20)
    assert not claim.holds
    assert "is damaged" in claim.worst
