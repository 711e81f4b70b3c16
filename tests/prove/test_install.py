"""The program that installs reads the versions that the project asks for, and sees a command that fails."""

from __future__ import annotations

import sys
from itertools import chain, pairwise
from pathlib import Path

import pytest
from environments import FailedError, oldest, project, requirements, run
from install import ALL, CHAINS, USES, provides


def test_requirements_go_through_extras_that_ask_for_extras() -> None:
    names = [requirement.partition(">=")[0] for requirement in requirements(["test"])]
    assert names[:2] == ["msgspec", "graphviz"]
    assert {"numpy", "pygraphviz", "llvmlite", "matplotlib", "pytest"} <= {*names}
    assert not any(name.startswith("scalar-autograd") for name in names)


def test_what_is_installed_next_asks_for_all_that_is_there() -> None:
    """So a chain's environments are as if each extra were installed alone."""
    for before, after in chain.from_iterable(map(pairwise, CHAINS)):
        assert {*requirements(before.split(","))} <= {*requirements(after.split(","))}
    assert {extra for some in CHAINS for extra in some} == {"", ALL, *project()["project"]["optional-dependencies"]}


def test_an_extra_provides_what_it_asks_for() -> None:
    for extra in ("", *USES):
        assert [other for other in USES if provides(extra, other)] == [extra] * bool(extra)
    for extra in ("demos", "test", "bench", ALL):
        assert all(provides(extra, other) for other in USES)


def test_the_oldest_version_is_the_highest_of_several_bounds() -> None:
    bounds = [bound for bound in requirements(["test"]) if bound.startswith("numpy")]
    assert len(bounds) == 2
    (pin,) = [pin for pin in oldest(["test"]) if pin.startswith("numpy")]
    assert pin == "numpy==2.0"
    assert "numpy==1.26" in oldest(["nn"])


def test_a_pin_has_no_extras_as_pip_refuses_them_in_constraints() -> None:
    assert any("[" in requirement for requirement in requirements(["dask"]))
    assert not any("[" in pin for pin in oldest(["dask", "test"]))


def test_a_command_that_fails_says_how(tmp_path: Path) -> None:
    assert run([sys.executable, "-c", "print(6 * 7)"], tmp_path) == "42\n"
    with pytest.raises(FailedError, match="no such thing"):
        run([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)
