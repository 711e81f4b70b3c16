"""Graphviz as it is found, and the same bytes in every process."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from drawings import Parsed, expression, network, texts

import autograd
from autograd import draw
from autograd.drawing import engine


def test_same_graph_same_bytes_in_every_process(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[1] / 'helpers')]!r}\n"
        "from drawings import expression, network\n"
        "from autograd import draw\n"
        "for i, root in enumerate([expression(), network([2, 2, 1], 1), network([2, 4, 1], 50)]):\n"
        "    root.backward()\n"
        "    drawing = draw(root)\n"
        "    sys.stdout.buffer.write(drawing.source.encode() + drawing.svg.encode())\n"
    )
    folder = Path(autograd.__file__).parent.parent
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=folder,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    ]
    assert len(outputs[0]) > 10_000
    assert outputs[0] == outputs[1] == outputs[2]


def test_without_any_graphviz_the_error_names_the_extra_and_source_still_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    drawing = draw(expression())
    assert drawing.source.startswith("digraph autograd {")
    drawing.save(tmp_path / "graph.dot")
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'scalar-autograd\[draw\]'"):
        _ = drawing.svg
    with pytest.raises(ModuleNotFoundError, match="scalar-autograd"):
        drawing.save(tmp_path / "graph.png")
    assert [path.name for path in tmp_path.iterdir()] == ["graph.dot"]


@pytest.fixture
def dot_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Put a `dot` on the PATH that lays out with the wheel's Graphviz, and hide the wheel from this process."""
    program = tmp_path / "dot"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.argv[1:] = [sys.argv[1][2:], *sys.argv[2:]]\n{engine.CHILD}"
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


def test_a_dot_on_the_path_serves_where_the_wheel_is_missing(
    monkeypatch: pytest.MonkeyPatch, dot_program: Path, tmp_path: Path
) -> None:
    with_wheel = draw(expression()).svg
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    drawing = draw(expression())
    assert drawing.svg == with_wheel
    drawing.save(tmp_path / "graph.png")
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")
    assert drawing._repr_mimebundle_()["image/svg+xml"] == with_wheel


def test_a_dot_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch, dot_program: Path) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    dot_program.write_text("#!/bin/sh\necho 'syntax error in line 1' >&2\nexit 3\n")
    with pytest.raises(RuntimeError, match="code 3: syntax error in line 1"):
        _ = draw(expression()).svg


def test_large_layouts_run_in_a_child_and_come_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    here = draw(network([2, 2, 1], 1)).svg
    monkeypatch.setattr(engine, "SMALL", 0)
    assert draw(network([2, 2, 1], 1)).svg == here


def test_layout_stops_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SMALL", 0)
    monkeypatch.setattr(engine, "CHILD", "import time; time.sleep(100)")
    start = time.perf_counter()
    with pytest.raises(TimeoutError, match=r"more than 0.2 s: pass a smaller limit"):
        _ = draw(expression(), time_limit=0.2).svg
    assert time.perf_counter() - start < 20.0


def test_where_graphviz_dies_of_labels_they_are_placed_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Parsed(draw(expression()))
    monkeypatch.setattr(engine, "SMALL", 0)
    dies = 'import os, sys, io\nsource = sys.stdin.read()\nif "TABLE" in source:\n    os.abort()\n'
    reads = "sys.stdin = io.TextIOWrapper(io.BytesIO(source.encode()))\n"
    monkeypatch.setattr(engine, "CHILD", dies + reads + engine.CHILD)
    parsed = Parsed(draw(expression()))
    assert [texts(edge) for edge in parsed.edges] == [texts(edge) for edge in whole.edges]
    assert len(parsed.nodes) == len(whole.nodes)


def test_graphs_with_frames_are_laid_out_in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    def here(source: str, form: str) -> bytes:
        raise AssertionError("a failed assertion of Graphviz would end this process")

    monkeypatch.setattr(engine, "run_here", here)
    assert len(Parsed(draw(network([2, 2, 1], 1))).frames) == 5
