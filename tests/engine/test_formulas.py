"""The textbook formulas in the rule table say what the code computes."""

from __future__ import annotations

import math
import re

import pytest
from points import points

from autograd.ops import OPS, Op

NAMES = {
    **{
        name: getattr(math, name)
        for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sqrt", "erf", "erfc", "pi")
    },
    **{f"arc{name}": getattr(math, f"a{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "ln": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sign": lambda x: math.copysign(1.0, x) if x else 0.0,
    "max": max,
    "min": min,
    "sigma": lambda x: 1.0 / (1.0 + math.exp(-x)),
    "slope": lambda x: math.exp(-x) / (1.0 + math.exp(-x)) ** 2,
    "Phi": lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)),
    "phi": lambda x: math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi),
}
SIGNS = {
    **{"·": "*", "−": "-", "^": "**", "½": "0.5", "π": "pi", "log₂": "log2", "log₁₀": "log10", "Φ": "Phi", "φ": "phi"},
    **{"σ′": "slope", "σ": "sigma", " = ": " == "},
}
# The formulas of these speak of any number of inputs, or of what is no number.
IN_WORDS = {"sum", "dot", "logsumexp", "arctan2", "where", "detach"}
FEW = [op for op in OPS.values() if op.name not in IN_WORDS]


def evaluate(text: str, op: Op, xs: tuple[float, ...]) -> float:
    """Evaluate a formula of the table at a point."""
    text = text.rpartition("′(x) = ")[2] if op.name == "sigmoid_slope" else text.rpartition(") = ")[2]
    for sign, python in SIGNS.items():
        text = text.replace(sign, python)
    text = re.sub(r"(tan|tanh)²\((\w)\)", r"\1(\2)**2", text)
    text = re.sub(r"√(?=\()", "sqrt", text)
    text = re.sub(r"√(\w+)", r"sqrt(\1)", text)
    text = re.sub(r"²", "**2", text)
    text = re.sub(r"\|x\|", "abs(x)", text)
    text = re.sub(r", (?!else)(?=[\d.]+ if)", " else ", text).replace(", else", " else")
    names = dict(zip("xy", xs, strict=False)) | {"n": xs[-1], "c": xs[-1], "a": xs[-1], "abs": abs}
    return float(eval(text, dict(NAMES), names))


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_every_row_has_a_formula_and_a_derivative_for_each_input(op: Op) -> None:
    assert op.formula
    assert len(op.derivatives) == (1 if op.name in ("sum", "dot", "logsumexp") else len(op.domain))


@pytest.mark.parametrize("op", FEW, ids=lambda op: op.name)
def test_the_textbook_agrees_with_the_code(op: Op) -> None:
    for xs in points(op, 50):
        if any(abs(x) > 20.0 for x in xs):
            continue  # the textbook's formula may overflow, or lose its digits, which is why the code has another
        y = op.forward(*xs)
        assert y == pytest.approx(evaluate(op.formula, op, xs), rel=1e-6, abs=1e-9)
        for text, partial in zip(op.derivatives, op.partials(y, *xs), strict=True):
            if not text.startswith("none"):
                assert (partial or 0.0) == pytest.approx(evaluate(text, op, xs), rel=1e-5, abs=1e-8), (text, xs)
