"""The gallery: a page that needs nothing but itself, from what the demos left."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from demos import gallery
from demos.common import style

DEMOS = Path(gallery.__file__).parent


class Page(HTMLParser):
    """Notes each element with its attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.chdir(tmp_path)
    rows = [style.Row("a < b", "1 & 2", "<3>", 'a "note"')]
    style.save(Figure(), "momentum")
    style.publish("momentum", "Momentum", "x < y.", rows, {"momentum": 'a "picture"'}, {"graph.svg": "the graph"})
    assert gallery.main(["--page-only"]) == 0
    return Page((tmp_path / "out" / "index.html").read_text("utf-8"))


def test_what_a_card_says_is_text(page: Page):
    for text in ("a < b", "1 & 2", "<3>", 'a "note"', "x < y."):
        assert text in page.text


def test_the_page_needs_no_other_file(page: Page):
    sources = [attributes["src"] for _, attributes in page.elements if "src" in attributes]
    assert [source.startswith("data:image/svg+xml;base64,") for source in sources if source] == [True]
    assert not any(tag in ("script", "link") for tag, _ in page.elements)
    assert all(attributes.get("alt") == 'a "picture"' for tag, attributes in page.elements if tag == "img")


def test_links_lead_to_what_is_there(page: Page):
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert links == ["#momentum", "../demos/momentum.py", "graph.svg", "momentum.svg"]
    assert ("article", {"id": "momentum"}) in page.elements


def test_without_cards_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert gallery.main(["--page-only"]) == 1
    assert "run a demo" in capsys.readouterr().err


def test_every_demo_with_a_card_is_in_the_gallery():
    publishing = [
        path.relative_to(DEMOS).with_suffix("").as_posix()
        for path in DEMOS.rglob("*.py")
        if "style.publish(" in path.read_text("utf-8")
    ]
    assert sorted(publishing) == sorted(gallery.DEMOS)
    for name in publishing:  # and bears its own name
        text = (DEMOS / f"{name}.py").read_text("utf-8")
        card = Path(name).name
        assert re.search(rf'style\.publish\(\s*"{card}",', text)
        assert re.search(rf'look_inside\(\s*"{card}",', text)


def test_it_runs_the_demos_it_lists_and_links_to_what_they_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gallery, "DEMOS", ["momentum", "two_two_one"])
    assert gallery.main([]) == 0
    out = tmp_path / "out"
    text = (out / "index.html").read_text("utf-8")
    assert text.index('<article id="momentum">') < text.index('<article id="two_two_one">')
    for name in ("momentum", "two-two-one"):
        for end in ("graph.svg", "steps.html"):
            assert f'href="{name}-{end}"' in text
            assert (out / f"{name}-{end}").exists()
    printed = capsys.readouterr()
    assert "--- momentum ---" in printed.out
    assert "2/2" in printed.err


def test_a_demo_that_fails_is_told_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "no_such_demo.json").write_text("{}", "utf-8")  # what an earlier run left
    monkeypatch.setattr(gallery, "DEMOS", ["momentum", "no_such_demo"])
    assert gallery.main([]) == 1
    printed = capsys.readouterr()
    assert "no_such_demo failed" in printed.out
    assert "not on the page: no_such_demo" in printed.err
    assert 'id="no_such_demo"' not in (tmp_path / "out" / "index.html").read_text("utf-8")
