"""Every row in JavaScript, run by node, beside the engine's numbers and beside mpmath."""

from __future__ import annotations

import json
import math
import shutil
import struct
import subprocess
from typing import Any

import mpmath
import pytest
from points import points

from autograd.lowering.javascript import HELPERS, helpers_source, row_source
from autograd.ops import OPS, Op

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="needs node: apt-get install nodejs")
EDGES = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 710.0, 5e-324)
POWERS = (2.0, 3.0, -1.0, 0.5)
COUNT = 2000  # points of each row
# The largest distance from Python's numbers in the domain of each row, in units in the last place: of the value, and of
# a partial. Measured with node 20 on x86-64 and glibc 2.36. The others have
# Python's bits here; of a new row, both languages may be its `ulps` away from the truth.
LARGEST = {
    **dict.fromkeys(("log", "log2", "arcsin", "arccos", "arccosh", "arctanh", "constant_power^3.0"), (1, 0)),
    **dict.fromkeys(("exp", "expm1", "sin", "cos", "sinh", "cosh", "tanh"), (1, 1)),
    **dict.fromkeys(("constant_power^-1.0", "constant_power^0.5"), (1, 1)),
    **dict.fromkeys(("power", "exp2", "arcsinh", "softplus", "log_sigmoid"), (1, 2)),
    **dict.fromkeys(("sigmoid", "sigmoid_slope", "silu", "logsumexp"), (2, 2)),
    "log10": (2, 0),
    "hypot": (2, 3),
    "tan": (1, 3),
    "arctan": (1, 4),
    "arctan2": (1, 5),
    "elu": (0, 2),
    "gelu": (3, 4),
    "erf": (7, 3),
    "erfc": (4, 4),
}
ROOM = 4  # further units for another version of node or of the C library
CODE = """
const b = Buffer.alloc(8);
const read = (h) => Buffer.from(h, "hex").readDoubleBE(0);
const write = (x) => {
  if (x === null || x !== x) return x === null ? null : "nan";
  b.writeDoubleBE(x);
  return b.toString("hex");
};
const points = JSON.parse(require("fs").readFileSync(0));
const told = {};
for (const key in ROWS) told[key] = points[key].map((hex) => {
  const xs = hex.map(read), y = ROWS[key].f(...xs);
  return [y, ...ROWS[key].d(y, ...xs)].map(write);
});
console.log(JSON.stringify(told));
"""


def run(script: str, given: Any) -> Any:
    done = subprocess.run(["node", "-e", script], input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def bits(x: float) -> str:
    return struct.pack(">d", x).hex()


def place(x: float) -> int:
    """Number the floats in their order, so that neighbours differ by 1."""
    (whole,) = struct.unpack(">q", struct.pack(">d", x))
    return whole if whole >= 0 else -(2**63) - whole


def cases() -> dict[str, tuple[Op, dict[int, float]]]:
    """Return each row, and constant powers for several exponents."""
    found: dict[str, tuple[Op, dict[int, float]]] = {
        name: (op, {}) for name, op in OPS.items() if name != "constant_power"
    }
    return found | {f"constant_power^{n}": (OPS["constant_power"], {1: n}) for n in POWERS}


@pytest.fixture(scope="module")
def both() -> dict[str, list[tuple[list[float], list[float | None], list[float | None]]]]:
    """For each row, the points, what Python gives there and what node gives there."""
    chosen = {}
    for key, (op, constants) in cases().items():
        xs = [[constants.get(k, x) for k, x in enumerate(point)] for point in points(op, COUNT)]
        edges = [[constants.get(k, edge) for k in range(len(op.domain))] for edge in EDGES]
        chosen[key] = xs + edges
    rows = ",\n".join(f'"{key}": {row_source(op.name, len(op.domain), known)}' for key, (op, known) in cases().items())
    script = f"{helpers_source(rows)}\nconst ROWS = {{{rows}}};\n{CODE}"
    given = {key: [[bits(x) for x in point] for point in all_points] for key, all_points in chosen.items()}
    told = run(script, given)

    def read(text: str | None) -> float | None:
        return None if text is None else math.nan if text == "nan" else struct.unpack(">d", bytes.fromhex(text))[0]

    found = {}
    for key, (op, _) in cases().items():
        found[key] = []
        for xs, row in zip(chosen[key], told[key], strict=True):
            y = op.forward(*xs)
            wanted = [y, *[None if p is None else float(p) for p in op.partials(y, *xs)]]
            found[key].append((xs, wanted, [read(text) for text in row]))
    return found


@needs_node
@pytest.mark.parametrize("key", cases())
def test_every_row_agrees_with_python_on_thousands_of_points(both: Any, key: str) -> None:
    ulps = cases()[key][0].ulps
    largest = [distance + ROOM for distance in LARGEST[key]] if key in LARGEST else (2 * ulps, 2 * ulps)
    for xs, wanted, got in both[key][:COUNT]:
        for k, (true, here) in enumerate(zip(wanted, got, strict=True)):
            if true is None or here is None:
                assert true is here, (xs, k)
            else:
                assert abs(place(true) - place(here)) <= largest[k > 0], (xs, k, true, here)


@needs_node
@pytest.mark.parametrize("key", cases())
def test_every_row_agrees_with_python_at_the_edges(both: Any, key: str) -> None:
    for xs, wanted, got in both[key][COUNT:]:
        for true, here in zip(wanted, got, strict=True):
            if true is None or here is None:
                assert true is here, xs
            else:
                assert here == pytest.approx(true, rel=1e-14, abs=0.0, nan_ok=True), xs


@needs_node
@pytest.mark.parametrize(
    ("name", "true"), [("erf", mpmath.erf), ("erfc", mpmath.erfc), ("exp2", lambda x: mpmath.mpf(2) ** x)]
)
def test_what_javascript_lacks_is_right(name: str, true: Any) -> None:
    xs = [k / 64 for k in range(-384, 385)]
    script = "\n".join(HELPERS.values()) + (
        f"\nconsole.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0)).map({name})));"
    )
    for x, got in zip(xs, run(script, xs), strict=True):
        with mpmath.workdps(40):
            assert got == pytest.approx(float(true(mpmath.mpf(x))), rel=2e-15, abs=0.0), x


@needs_node
def test_rounding_is_to_even_as_in_python() -> None:
    xs = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.2, 0.8, -0.2, 3.0, 1e300, 0.49999999999999994]
    inverse = "JSON.parse(require('fs').readFileSync(0)).map((x) => 1 / rint(x))"
    script = f"{HELPERS['rint']}\nconsole.log(JSON.stringify({inverse}));"
    wanted = [math.inf if round(x) == 0 else 1 / round(x) for x in xs]
    got = [math.inf if x is None else x for x in run(script, xs)]
    assert got == wanted


def test_only_the_helpers_that_rows_call_are_written() -> None:
    assert helpers_source(row_source("tanh", 1)) == ""
    assert "const erf =" in helpers_source(row_source("gelu", 1))
