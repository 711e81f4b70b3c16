"""Files and notebooks."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawings import Parsed, expression

from autograd import draw


@pytest.mark.parametrize(
    ("name", "start"),
    [("g.svg", b"<svg "), ("g.png", b"\x89PNG\r\n"), ("g.pdf", b"%PDF-"), ("g.dot", b"digraph"), ("G.GV", b"digraph")],
)
def test_save(name: str, start: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("old")
    draw(expression()).save(str(path))
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_saving_leaves_the_old_file_whole_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "g.svg"
    path.write_text("old")

    def broken(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        draw(expression()).save(path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["g.svg"]


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot or \.gv, got .*g\.jpeg"):
        draw(expression()).save(tmp_path / "g.jpeg")


def test_a_notebook_shows_it() -> None:
    drawing = draw(expression())
    assert drawing._repr_mimebundle_() == {"image/svg+xml": drawing.svg, "text/plain": "<Drawing: 7 boxes, 6 arrows>"}


def test_the_svg_names_itself_to_screen_readers_and_refers_to_nothing_outside() -> None:
    root = Parsed(draw(expression())).root
    assert (root.get("role"), root.get("aria-label")) == ("img", "Computation graph: 7 boxes, 6 arrows")
    assert not [name for element in root.iter() for name in element.attrib if name.endswith("href")]
