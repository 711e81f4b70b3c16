"""Expressions: what may be written, what it gives, and that nothing else is ever evaluated."""

from __future__ import annotations

import math
import random
import string

import pytest

from autograd import Value
from autograd.debugger import CommandError, Session
from autograd.debugger.timeline.expressions import FUNCTIONS
from autograd.ops import OPS


@pytest.fixture
def session() -> Session:
    w, x = Value(3.0, "layers.0.neurons.1.weights.0"), Value(-2.0, "my label")
    e = w * x
    e.label = "e"
    root = e.tanh()
    root.label = "root"
    return Session(root)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("e.data", "-6.0"),
        ("#2.data", "-6.0"),
        ("e#2.data", "-6.0"),
        ("layers.0.neurons.1.weights.0.data", "3.0"),
        ("weights.0.data + 1", "4.0"),
        ("'my label'.data", "-2.0"),
        ('"my label".data * e.data', "12.0"),
        ("1 + 2 * 3 - 4 / 8", "6.5"),
        ("2 ** 10 % 7", "2.0"),
        ("-e.data", "6.0"),
        ("not e.complete", "True"),
        ("abs(e.data) > 5 and e.op == '*'", "True"),
        ("e.op != '*' or root.op == 'tanh'", "True"),
        ("root.label == 'root'", "True"),
        ("e.kind", "'computed'"),
        ("max(1, 2) + min(3, 4)", "5.0"),
        ("sqrt(4) if 1 < 2 else 0", "2.0"),
        ("leaky_relu(-4, 0.25) + absolute(-3)", "2.0"),
        ("1 / 0", "inf"),
        ("(-8) ** 0.5", "nan"),
        ("9 ** 9 ** 9", "inf"),
        ("1e400", "inf"),
        ("isnan(nan) and isinf(inf) and isfinite(pi)", "True"),
        ("5 % 0", "nan"),
        ("grad", "1.0"),
        ("number", "3.0"),
    ],
)
def test_values(session: Session, text: str, value: str) -> None:
    assert session.show(text).value == value


def test_every_public_op_of_one_or_two_inputs_is_a_function() -> None:
    names = {op.name for op in OPS.values() if op.public and len(op.inputs) <= 2 and op.inputs[0][0] != "*"}
    assert names - {*FUNCTIONS} == set()
    assert {"leaky_relu", "elu", "absolute", "abs", "maximum", "max"} <= {*FUNCTIONS}
    assert "sigmoid_slope" not in FUNCTIONS  # a row that users do not call


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_takes_any_number(session: Session, name: str) -> None:
    _, arity, _ = FUNCTIONS[name]
    for x in ("0", "-1", "1", "1e308", "-1e308", "inf", "-inf", "nan", "0.5"):
        shown = session.show(f"{name}({', '.join([x] * arity)})").value
        assert shown in ("True", "False") or isinstance(float(shown), float)
    if name in OPS and arity == 1:
        assert session.show(f"{name}(0.5)").value == repr(OPS[name].forward(0.5))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "e.__class__",
        "e.data.real",
        "(lambda: 1)()",
        "[1, 2]",
        "{1: 2}",
        "e.data[0]",
        "e.inputs",
        "f'{e}'",
        "'a' * 1000000000",
        "'%9999999999s' % 1",
        "'a' < 'b'",
        "'a' == 1",
        "1 < 2 < 3",
        "1 if",
        "w :=",
        "(x := 1)",
        "abs",
        "abs(1, 2)",
        "abs(x=1)",
        "abs(*e)",
        "unknown(1)",
        "unknown.data",
        "e",
        "e + 1",
        "~1",
        "1 & 2",
        "1 in 2",
        "1j",
        "b'x' == b'x'",
        "None",
        "...",
        "",
        "(" * 300 + ")" * 300,
        "-" * 900 + "1",
        "9" * 900 + "x",
        "1" * 2000,
        "e.data\x00",
        "await e",
    ],
)
def test_what_is_refused_says_what_to_type(session: Session, text: str) -> None:
    if text in ("e", ""):
        assert session.show(text).gradient is not None  # a node by itself is shown
        return
    with pytest.raises(CommandError) as error:
        session.show(text)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600


def test_a_condition_on_a_node_by_itself_says_which_field_to_ask_for(session: Session) -> None:
    with pytest.raises(CommandError, match=r"e is a node: type e\.data or e\.grad"):
        session.show("e + 1")


def test_a_field_that_is_none_says_which_there_are(session: Session) -> None:
    with pytest.raises(CommandError, match="e has no field gard: use data, grad, "):
        session.show("e.gard")


def test_random_texts_are_evaluated_or_refused(session: Session) -> None:
    rng = random.Random(1)
    words = [
        "e.data",
        "#2.grad",
        "abs(",
        ")",
        "(",
        "+",
        "**",
        "<",
        "and",
        "not",
        "'*'",
        "op",
        "==",
        "1e3",
        "nan",
        ",",
        ".",
    ]
    for _ in range(3000):
        parts = rng.choices(words, k=rng.randint(1, 8)) + rng.choices(string.printable, k=rng.randint(0, 2))
        try:
            said = session.show(" ".join(parts)).value
        except CommandError as error:
            said = str(error)
        assert said.isprintable()


def test_division_is_the_engines(session: Session) -> None:
    assert math.copysign(1.0, float(session.show("1 / -inf").value)) == -1.0
