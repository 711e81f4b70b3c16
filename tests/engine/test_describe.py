"""What rows say about themselves: their texts are their functions, their docstrings hold, names replace inputs."""

from __future__ import annotations

import doctest
import inspect
import math
import pydoc
import re
from random import Random
from typing import Any

import pytest
from points import points

import autograd
from autograd import Value, ieee, ops
from autograd.ops import OPS, Op

FIXED = [op for op in OPS.values() if not op.variadic]
NAMES = {name: getattr(ieee, name, None) or getattr(math, name, None) for name in OPS}
NAMES |= {"max": max, "min": min, "π": math.pi, "sigmoid_slope": ieee.sigmoid_slope, "arctan2": math.atan2}
NAMES |= {"arcsinh": math.asinh, "absolute": abs}


def python(text: str) -> str:
    """Translate a formula as rows write it to Python."""
    for symbol, meant in {
        "−": "-",
        "·": "*",
        "½": "0.5",
        "^": "**",
        "sigmoid′": "sigmoid_slope",
        ", else": " else",
    }.items():
        text = text.replace(symbol, meant)
    text = (
        text.replace("log₂", "log2").replace("log₁₀", "log10").replace("0.5 if", "else 0.5 if").replace(" = ", " == ")
    )
    text = re.sub(r", else 0.5", " else 0.5", text)
    text = re.sub(r"([a-z]+)²\((\w+)\)", r"\1(\2)**2", text).replace("²", "**2")
    text = re.sub(r"√([a-zπ2])", r"sqrt(\1)", text).replace("√", "sqrt")
    return re.sub(r"\|(\w)\|", r"absolute(\1)", text)


def evaluate(text: str, op: Op, xs: list[float]) -> float:
    return float(eval(python(text), {**NAMES}, dict(zip(op.inputs, xs, strict=True))))


@pytest.mark.parametrize("op", FIXED, ids=lambda op: op.name)
def test_formula_and_derivatives_are_what_the_row_computes(op: Op) -> None:
    for xs in points(op, 50, seed=7):
        y = op.forward(*xs)
        assert evaluate(op.formula, op, xs) == pytest.approx(y, rel=1e-6, abs=1e-6)
        for text, partial in zip(op.derivatives, op.partials(y, *xs), strict=True):
            if text is None:
                assert partial is None
            else:
                assert evaluate(text, op, xs) == pytest.approx(partial or 0.0, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_every_row_has_a_docstring_whose_example_holds(op: Op) -> None:
    assert op.formula in op.__doc__
    assert all(text is None or text in op.__doc__ for text in op.derivatives)
    names = {op.name: op, "Value": Value}
    test = doctest.DocTestParser().get_doctest(op.__doc__, names, op.name, None, 0)
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0
    assert len(test.examples) == (0 if op.variadic else len(op.inputs) + 3)


def test_help_shows_formula_derivative_domain_and_edges() -> None:
    text = pydoc.render_doc(autograd.log)
    assert "Return log(x)" in text
    assert "Derivative: 1 / x." in text
    assert "Defined for x ≥ 0, and nan elsewhere." in text
    assert "result           nan       nan      -inf         0       inf" in text
    assert "tanh(self). Its derivative is 1 − tanh²(self)." in (Value.tanh.__doc__ or "")
    assert (Op.__doc__ or "").startswith("One row of the rule table")


def test_a_row_has_the_signature_of_its_function() -> None:
    assert str(inspect.signature(autograd.exp)) == "(x, /)"
    assert str(inspect.signature(autograd.arctan2)) == "(y, x, /)"
    assert str(inspect.signature(ops.sum)) == "(*xs)"
    assert ops.exp.__name__ == "exp"


def square_partials(y: object, *xs: Any) -> tuple[Any, ...]:
    return tuple([2.0 * x for x in xs])


@pytest.mark.parametrize(
    ("inputs", "domain", "arity", "refused"),
    [
        ((), (), None, ()),
        (("*xs",), ((-1.0, 1.0),), None, ()),
        (("x", "y"), (), 2, (1, 3)),
        (("x",), ((-1.0, 1.0),), 1, (0, 2)),
    ],
)
def test_the_inputs_say_how_many_operands_an_op_takes(
    inputs: tuple[str, ...], domain: tuple[tuple[float, float], ...], arity: int | None, refused: tuple[int, ...]
) -> None:
    """The domain says only where it is tested; a sum of squares that is sampled with one number takes any."""
    op = Op("squares", "Σ²", lambda *xs: sum([x * x for x in xs], 0.0), square_partials, domain, inputs=inputs)
    assert (op.arity, op.variadic) == (arity, inputs == ("*xs",))
    for count in range(1, 4):
        xs = [Value(0.5)] * count
        if count in refused:
            with pytest.raises(TypeError, match=rf"^squares\(.*\) takes {arity} operands?, got {count}$"):
                op(*xs)
        elif arity in (None, count):
            assert op(*xs).data == 0.25 * count


def test_help_on_an_op_without_texts_is_that_of_the_class() -> None:
    assert Op("mine", "mine", lambda x: x, lambda y, x: (1.0,)).__doc__ == Op.__doc__


def test_names_take_the_places_of_inputs() -> None:
    assert ops.exp.formula_of("exp") == "exp(exp)"
    assert ops.maximum.derivative_of(0, "a1", "max") == "1 if a1 > max, ½ if a1 = max, else 0"
    assert ops.where.formula_of("b", "a", "c") == "a if b, else c"
    assert ops.arctan2.derivative_of(1, "u", "v") == "−u / (v² + u²)"
    assert ops.sum.derivative_of(7, "a", "b") == "1"
    assert ops.detach.derivative_of(0, "a") is None


@pytest.mark.parametrize("operands", [(), (1.0, 2.0), (Value(1.0), 2.0)])
def test_too_few_or_too_many_operands_are_refused_in_the_functions_own_name(
    operands: tuple[Value | float, ...],
) -> None:
    with pytest.raises(TypeError, match=rf"^exp\(x\) takes 1 operand, got {len(operands)}$"):
        autograd.exp(*operands)


def test_what_only_has_partials_is_no_operand() -> None:
    x = Value(2.0)
    recorded = autograd.record_steps(x.exp()).passes[0].nodes[1]
    with pytest.raises(TypeError, match="expected one real number, got Node"):
        autograd.exp(recorded)


@pytest.mark.parametrize("op", [op for op in OPS.values() if op.arity], ids=lambda op: op.name)
def test_no_derivative_is_written_exactly_where_none_flows(op):
    random = Random(op.name)
    samples = [[0.0] * op.arity, *([random.uniform(*pair) for pair in op.domain] for _ in range(50))]
    flows = [False] * op.arity
    for xs in samples:
        partials = op.partials(op.forward(*xs), *xs)
        flows = [some or partial is not None for some, partial in zip(flows, partials, strict=True)]
    written = op.derivatives if isinstance(op.derivatives, tuple) else (op.derivatives,)
    assert [text is not None for text in written] == flows
