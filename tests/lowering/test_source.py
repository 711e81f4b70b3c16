"""Programs as C and JavaScript, compiled and run beside exact mode."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, gelu, maximum, where
from autograd.compiler import CompiledFunction
from autograd.ops import OPS
from nn import MLP, half_squared_error

needs_cc = pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler: apt-get install gcc")
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="needs node: apt-get install nodejs")
ROWS = ((0.25, -1.5), (0.0, 0.0), (-0.0, 3.0), (7.5, 0.125), (-2.0, -2.0))
MAIN = """#include <stdio.h>
#include <string.h>
#include "fast.c"
static void show(double x) { unsigned long long u; memcpy(&u, &x, 8); printf("%016llx\\n", u); }
int main(void) {
  const double rows[][SIZE] = { ROWS };
  for (unsigned r = 0; r < sizeof rows / sizeof rows[0]; r++) {
    double out[COUNT] = {0};
    CALLS
    for (int k = 0; k < COUNT; k++) show(out[k]);
  }
  return 0;
}
"""


def bits(xs: Any) -> list[str]:
    return ["nan" if x != x else struct.pack(">d", x).hex() for x in np.asarray(xs, dtype=float).ravel().tolist()]


def model() -> CompiledFunction:
    net = MLP(2, [4, 1], activation="tanh", seed=3)
    return compile(lambda x, y: half_squared_error(net([x, y]), 0.5), net.parameters())


def everything(x: Value, y: Value) -> Value:
    return where(x > y, (x * y).exp(), gelu(x - y)) + abs(x).log1p() * maximum(y, 0.3) + (y + 9.0) ** 0.5


FUNCTIONS: dict[str, Callable[[], CompiledFunction]] = {"model": model, "branches": lambda: compile(everything)}


def run_c(folder: Path, calls: str, count: int, rows: Sequence[Sequence[float]], fast: CompiledFunction) -> list[str]:
    """Compile what a function is saved as with every warning an error, and return the bits that it gives."""
    fast.save_source(folder / "fast.c")
    table = ", ".join("{" + ", ".join(map(repr, row)) + "}" for row in rows)
    text = MAIN.replace("SIZE", str(len(rows[0]))).replace("ROWS", table).replace("COUNT", str(count))
    (folder / "main.c").write_text(text.replace("CALLS", calls))
    flags = ["-Wall", "-Wextra", "-Werror", "-std=c99", "-O1"]
    done = subprocess.run(
        ["cc", *flags, "main.c", "-o", "main", "-lm"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    shown = subprocess.run([folder / "main"], capture_output=True, text=True, check=True).stdout.split()
    return bits([struct.unpack(">d", bytes.fromhex(text))[0] for text in shown])


@needs_cc
@pytest.mark.parametrize("name", FUNCTIONS)
def test_c_has_the_bits_of_exact_mode(tmp_path: Path, name: str) -> None:
    fast = FUNCTIONS[name]()
    given = ", fast_parameters" if fast.parameters else ""
    size = len(fast.parameters) or 2
    calls = f"out[0] = fast_value(rows[r]{given}); out[1] = fast_value_and_grad(rows[r]{given}, out + 2);"
    wanted = []
    for row in ROWS:
        value, slopes = fast.value_and_grad(*[np.array([x]) for x in row])
        wanted += bits([*fast(*[np.array([x]) for x in row]), *np.ravel(value), *np.ravel(slopes)])
    assert run_c(tmp_path, calls, size + 2, ROWS, fast) == wanted


@needs_cc
@pytest.mark.parametrize("name", [name for name in OPS if name not in ("constant_power", "detach")])
def test_every_row_compiles_as_c_without_a_warning(tmp_path: Path, name: str) -> None:
    op = OPS[name]
    xs = [(low + high) / 2 if high < 1e300 else 1.0 for low, high in op.domain]
    arguments = [f"x{k}" for k in range(len(xs))]
    function = eval(f"lambda {', '.join(arguments)}: op({', '.join(arguments)}) + 0.0 * x0", {"op": op})
    fast = compile(function, example=xs)
    wanted = bits(fast(*[np.array([x]) for x in xs]))
    calls = "out[0] = fast_value(rows[r]); fast_value_and_grad(rows[r], out + 1);"
    assert run_c(tmp_path, calls, len(xs) + 1, [xs], fast)[:1] == wanted


@needs_node
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("suffix", ["js", "mjs"])
def test_javascript_agrees_with_exact_mode(tmp_path: Path, name: str, suffix: str) -> None:
    fast = FUNCTIONS[name]()
    path = tmp_path / f"fast.{suffix}"
    fast.save_source(path)
    load = f'require("{path}")' if suffix == "js" else f'await import("{path}")'
    code = f"(async () => {{ const f = {load}; console.log(JSON.stringify({json.dumps(ROWS)}.map((x) => "
    shown = subprocess.run(
        ["node", "-e", code + "[f.value(x), f.value_and_grad(x)]))); })()"], capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    for row, (value, (again, slopes)) in zip(ROWS, json.loads(shown.stdout), strict=True):
        wanted, gradient = fast.value_and_grad(*row)
        assert value == again == pytest.approx(float(wanted), rel=1e-13)
        assert slopes == pytest.approx(np.ravel(gradient).tolist(), rel=1e-12, abs=1e-15)


@needs_cc
def test_several_outputs_have_a_jacobian(tmp_path: Path) -> None:
    fast = compile(lambda x, y: [x * y, x + y, x.sin()])
    calls = "fast_values(rows[r], out); fast_jacobian(rows[r], out + 3);"
    wanted = bits([3.0 * 0.5, 3.5, np.sin(3.0), 0.5, 3.0, 1.0, 1.0, np.cos(3.0), 0.0])
    assert run_c(tmp_path, calls, 9, [(3.0, 0.5)], fast) == wanted


@needs_cc
def test_a_row_that_takes_another_branch_is_nan(tmp_path: Path) -> None:
    fast = compile(lambda x: x * x if x > 0.0 else -x, example=[1.0])
    calls = "out[0] = fast_value_and_grad(rows[r], out + 1);"
    assert run_c(tmp_path, calls, 2, [[3.0], [-3.0]], fast) == [*bits([9.0, 6.0]), "nan", "nan"]


@pytest.mark.parametrize("name", ["loss.py", "loss", ".c", "loss.C++"])
def test_another_suffix_is_refused_and_nothing_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"writes C to a \.c file and JavaScript to a \.js or \.mjs file"):
        model().save_source(tmp_path / name)
    assert not list(tmp_path.iterdir())
