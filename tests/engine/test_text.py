"""Numbers and control characters as text."""

from __future__ import annotations

import json
import math
import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from browser import missing

import autograd
from autograd.text import format_number, show_controls


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (3.0, "3"),
        (-7.97999, "−7.98"),
        (1000.5, "1001"),  # a tie goes up, as in JavaScript
        (123456.0, "123500"),
        (999_999.9, "1×10⁶"),
        (0.00012345, "0.0001234"),  # the double is a little less than the decimal
        (0.00009999, "1×10⁻⁴"),
        (5e-324, "4.94×10⁻³²⁴"),
        (1.7976931348623157e308, "1.8×10³⁰⁸"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_have_four_digits(number: float, shown: str) -> None:
    assert format_number(number) == shown


def test_python_and_the_page_write_numbers_alike() -> None:
    if shutil.which("node") is None:
        missing("node (apt install nodejs)")
    rng = random.Random(0)
    numbers = [struct.unpack("d", rng.randbytes(8))[0] for _ in range(5_000)]
    numbers += [rng.choice((-1, 1)) * 10.0 ** rng.uniform(-8.0, 8.0) for _ in range(5_000)]
    numbers += [rng.randrange(-(10**7), 10**7) / 8 for _ in range(5_000)]  # with ties among them
    numbers = [x for x in numbers if math.isfinite(x)]
    source = Path(autograd.__file__).parent / "player" / "notation.js"
    program = (
        f"{source.read_text('utf-8')}\n"
        "console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0)).map((x) => written(x))))"
    )
    done = subprocess.run(
        ["node", "-e", program], input=json.dumps(numbers), capture_output=True, text=True, check=True
    )
    assert [format_number(x) for x in numbers] == json.loads(done.stdout)


def test_control_characters_become_signs() -> None:
    assert show_controls("a\tb\x7f\x85\ud800\uffff") == "a␉b␡\\u0085\\ud800\\uffff"
    assert show_controls("two\nlines\n\0", keep="\n") == "two\nlines\n␀"
    assert show_controls("👩‍🔬 \u202e\xa0") == "👩‍🔬 \u202e\xa0"
