"""The report of the proofs: what the programs left becomes one page, and one that fails stops no other."""

from __future__ import annotations

from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import claims
import page
import pytest

driver = import_module("tests.prove.__main__")


class Text(HTMLParser):
    """Notes the text and every address that a browser would fetch."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text, self.fetched = "", []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(path: Path) -> Text:
    return Text(path.read_text("utf-8"))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_page_shows_each_row_as_text_and_fetches_nothing() -> None:
    row = claims.Claim("a < b", 'by "trying"', 12345, "<script>1 & 2</script>", True)
    assert claims.tell("graphs", [row]) == 0
    told = shown(page.main())
    for text in (row.claim, row.how, "12,345", row.worst, "1 of 1 claims hold", "msgspec"):
        assert text in told.text
    assert not told.fetched


def test_what_does_not_hold_and_what_is_missing_come_first() -> None:
    assert claims.tell("laws", [claims.Claim("pigs fly", "looked up", 3, "a pig", False)]) == 1
    told = shown(page.main()).text
    first = told.index("Does not hold: pigs fly.")
    assert first < told.index(
        "Not run, or ended before it could tell: Derivatives of each op, Random graphs, Loops, The"
    )
    assert "does not hold: pigs fly" in told[first + 20 :]


def test_the_driver_goes_on_after_a_failure_and_fails_at_the_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = str(Path(claims.__file__).parents[2])
    start = f"import sys; sys.path.append({root!r}); sys.path.append({root + '/tests/prove'!r})\nfrom claims import *\n"
    (tmp_path / "laws.py").write_text(start + "sys.exit('broken')")
    (tmp_path / "graphs.py").write_text(start + "sys.exit(tell('graphs', [Claim('a', 'b', 1, 'c', True)]))")
    claims.OUT.mkdir(parents=True)
    (claims.OUT / "laws.json").write_text("[]")
    assert driver.main(["--share", "0.5"], ["laws", "graphs"], tmp_path) == 1
    assert "Failed: laws." in capfd.readouterr().out
    assert "Laws missing" in shown(Path("out/trust.html")).text
    assert driver.main([], ["graphs"], tmp_path) == 0


TOLD = ("--- {} ---", "{} begins", "{} complains", "{} ends")
TOGETHER = """
import sys, time
from pathlib import Path
name, other = {names!r}
print(name, "begins", flush=True)
Path(name + ".begun").touch()
for _ in range(3000):
    if Path(other + ".begun").exists():
        break
    time.sleep(0.02)
else:
    sys.exit("the other did not begin")
print(name, "complains", file=sys.stderr, flush=True)
print(name, "ends")
"""


def test_programs_run_beside_each_other_and_are_read_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(driver, "cpu_count", lambda: 1)  # and one more
    for names in (("scale", "laws"), ("laws", "scale")):
        (tmp_path / f"{names[0]}.py").write_text(TOGETHER.format(names=names))
    (tmp_path / "graphs.py").write_text("print('last')")
    assert driver.main([], ["scale", "laws", "graphs"], tmp_path) == 0
    said = capfd.readouterr()
    assert sorted(said.err.splitlines()) == ["graphs begins", "laws begins", "scale begins"]
    lines = [line for line in said.out.splitlines() if line and not line.endswith(" s")]
    expected = [line.format(name) for name in ("scale", "laws") for line in TOLD]
    assert lines[:-2] == [*expected, "--- graphs ---", "last"]


def test_every_program_of_the_page_is_run_once() -> None:
    assert sorted(driver.ORDER) == sorted(page.PARTS)


@pytest.mark.parametrize("wrong", ["0", "1.5", "-1"])
def test_a_share_is_a_fraction(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        claims.share_of("", ["--share", wrong])
    assert "is a fraction of the work" in capsys.readouterr().err
