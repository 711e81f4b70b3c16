"""What `draw` takes, and what it says to everything else."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from drawings import Parsed

from autograd import Value, draw
from autograd.drawing import Drawing
from autograd.value import constant
from nn import MLP


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda x: draw(3.0), TypeError, r"draw\(\) takes a Value or several as root, got float 3.0"),
        (lambda x: draw(MLP(2, [1])), TypeError, r"draw\(\) takes a Value .* got MLP: .* as in draw\(model\(row\)\)"),
        (lambda x: draw(max), TypeError, r"got max: .* as in draw\(model\(row\)\)"),
        (lambda x: draw("x"), TypeError, "got str 'x'"),
        (lambda x: draw(None), TypeError, "got NoneType None"),
        (lambda x: draw(x, around=3.0), TypeError, "takes a Value of the graph as around, got float 3.0"),
        (lambda x: draw(x, limit=2.5), TypeError, "takes a whole number as limit, got float 2.5"),
        (lambda x: draw(x, radius="2"), TypeError, "takes a whole number as radius, got str '2'"),
        (lambda x: draw(x, time_limit="8"), TypeError, "takes seconds as time_limit, got str '8'"),
        (lambda x: draw(x, time_limit=math.nan), ValueError, "takes a time_limit above 0 seconds, got nan"),
        (lambda x: draw(x, marks=[x]), TypeError, "takes a dict from Value to mark as marks, got list"),
        (lambda x: draw(x, marks={"x": "done"}), TypeError, "takes marks for Values, got one for str 'x'"),
        (lambda x: draw(x).save(None), TypeError, "expected a path as text or a Path, got NoneType None"),
        (lambda x: draw([]), TypeError, "takes a Value or several as root, got list"),
        (lambda x: draw([x, 3.0]), TypeError, "takes a Value or several as root, got float 3.0"),
        (lambda x: draw(x, direction="RL"), ValueError, "takes direction='LR' or 'TB', got 'RL'"),
        (lambda x: draw(x, limit=0), ValueError, "limit of at least 1"),
        (lambda x: draw(x, around=x, radius=-1), ValueError, "radius of at least 0"),
        (lambda x: draw(x, marks={x: "busy"}), ValueError, "takes marks among done, current, pending, got 'busy'"),
    ],
)
def test_wrong_arguments(call: Callable[[Value], Drawing], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        call(Value(1.0))


def test_several_roots_come_in_any_container_and_numbers_of_any_type() -> None:
    x = Value(2.0, "x")
    roots = [x * 2.0, x.tanh()]
    for container in (tuple(roots), iter(roots), dict.fromkeys(roots), np.array(roots), np.array([roots])):
        assert repr(draw(container)) == "<Drawing: 4 boxes, 3 arrows>"
    assert repr(draw(np.array(roots[0]))) == "<Drawing: 3 boxes, 2 arrows>"
    drawing = draw(x, limit=np.int64(3), radius=np.int8(1), time_limit=np.float32(2.0))
    assert "data 2.0" in drawing.svg


def test_a_lone_leaf_and_a_constant_are_graphs_too() -> None:
    assert len(Parsed(draw(Value(1.0, "x"))).nodes) == 1
    assert len(Parsed(draw(constant(1.0))).nodes) == 1
