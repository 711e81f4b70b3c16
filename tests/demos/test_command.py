"""What every demo can be told: each says what it is for, takes a seed, and refuses what makes no sense."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import demos.common

DEMOS = Path(demos.common.__path__[0]).parent

# All are imported before any test runs: Hypothesis draws from the numbers in what is imported, in each process alike.
LESSONS = {
    path.stem: import_module(".".join(["demos", *path.relative_to(DEMOS).with_suffix("").parts]))
    for path in sorted(DEMOS.rglob("*.py"))
    if '__name__ == "__main__"' in path.read_text("utf-8")
    and path.stem not in ("gallery", "pictures", "moving_picture")  # which show the others, and the engine
}


@pytest.mark.parametrize("name", LESSONS)
def test_help_is_the_lesson_and_names_the_seed(name: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        LESSONS[name].main(["--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert LESSONS[name].__doc__.splitlines()[0] in printed
    assert "--seed SEED" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "x"], "invalid int value: 'x'"),
        (["--runs", "0"], "expected an int of at least 1, got '0'"),
        (["--sweeps", "many"], "expected an int of at least 1, got 'many'"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        LESSONS["symmetry"].main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
