"""The program that mutates the engine makes the wrongs that it says, and sees which of them a test notices."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from mutator import mutants, original
from survivors import EQUIVALENT, OPEN
from wrongs import text, wrongs

ROOT = Path(__file__).parents[2]
KILLED = [
    ("autograd/ops.py", "ops.tan: 1.0 + z * z  ->  1.0 + z"),
    ("autograd/backward.py", "backward.prepare_pass: input._grad = 0.0  ->  pass"),
    ("autograd/lowering/table.py", "table.arcsin: libm('asin')  ->  libm('acos')"),
    ("nn/optimizers.py", "optimizers.Optimizer.zero_grad: parameter.grad = 0.0  ->  pass"),
]
TRY = """
import sys
sys.path.insert(0, "tests/prove")
import mutants
import trial
trial.prepare()
wanted = {wanted!r}
found = [mutant for file, key in wanted.items() for mutant in mutants.mutants(trial.ROOT, file, key.__eq__)]
assert len(found) == len(wanted), [mutant.key for mutant in found]
seen = list(trial.try_mutants((mutant, mutants.stages(mutant)) for mutant in found))
killers = {{test for _, lives, test in seen if not lives}}
every = mutants.TRAINING + mutants.NATIVE + mutants.EAGER
files = [file for file in every if any(mutants.path_of(file) in test for test in killers)]
again = list(trial.try_mutants(mutants.controls(killers, files)))
missing = list(trial.try_mutants(mutants.controls({{"tests/engine/test_graph.py::test_of_nothing"}}, ["engine/graph"])))
print(len(killers), *[sum(lives for _, lives, _ in some) - len(some) for some in (seen, again, missing)])
"""


def test_wrongs_are_noticed_by_tests_that_pass_without_one() -> None:
    """Each wrong has a killer of its own; these pass on the engine as it is, and one that does not exist is missed."""
    code = TRY.format(wanted=dict(KILLED))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(KILLED)} {-len(KILLED)} 0 -1\n"


def said(wrong: ast.AST) -> str:
    return text(ast.fix_missing_locations(wrong))


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ("a + b", {"a - b", "a", "b"}),
        ("a / b", {"a * b", "b / a", "a"}),
        ("-a", {"a"}),
        ("2", {"3", "1"}),
        ("2.0", {"-2.0", "2.002"}),
        ("a < b", {"a <= b", "a >= b"}),
        ("a is b", {"a is not b"}),
        ("a if b else c", {"c if b else a"}),
        ("(a, b)", {"(b, a)"}),
        ("f(a, b)", {"f(b, a)"}),
        ("range(n)", {"range(n - 1)"}),
        ("x.grad = 0.0", {"pass"}),
        ("x.grad += y", {"x.grad -= y", "x.grad = y", "pass"}),
    ],
)
def test_what_may_be_wrong(right: str, expected: set[str]) -> None:
    node = ast.parse(right).body[0]
    assert {said(wrong) for _, wrong in wrongs(node.value if isinstance(node, ast.Expr) else node)} == expected


def test_each_mutant_differs_from_the_file_in_one_place_and_has_a_name_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(
        '"""Text."""\n\ndef f(x: float = 2.0) -> float:\n    """More."""\n    return x + 1.0\n'
    )
    found = list(mutants(tmp_path, "module.py"))
    assert [mutant.key for mutant in found] == [
        "module.f.x: 2.0  ->  -2.0",
        "module.f.x: 2.0  ->  2.002",
        "module.f: x + 1.0  ->  x - 1.0",
        "module.f: x + 1.0  ->  x",
        "module.f: x + 1.0  ->  1.0",
        "module.f: x + 1.0  ->  x + -1.0",
        "module.f: x + 1.0  ->  x + 1.001",
    ]
    results = []
    for mutant in [original(tmp_path, "module.py"), *found]:
        module: dict[str, object] = {}
        exec(mutant.code, module)
        results.append(module["f"]())  # type: ignore[operator]
    assert results == pytest.approx([3.0, -1.0, 3.002, 1.0, 2.0, 1.0, 1.0, 3.001])


def test_every_explained_survivor_is_a_mutant_of_the_code_as_it_is() -> None:
    files = [
        path.relative_to(ROOT).as_posix() for folder in ("autograd", "nn") for path in (ROOT / folder).rglob("*.py")
    ]
    for key in [*EQUIVALENT, *OPEN]:
        named = [file for file in files if file.endswith(f"/{key.partition('.')[0]}.py")]
        assert [mutant for file in named for mutant in mutants(ROOT, file, key.__eq__)], key
