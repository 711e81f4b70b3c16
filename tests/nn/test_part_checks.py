"""What a module refuses to hold: parameters that would silently be neither trained nor saved."""

from __future__ import annotations

import functools
import itertools
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pytest

from autograd import Value
from nn import SGD, Module, Neuron, fit, half_squared_error, parameter, save


class Holder(Module):
    def __init__(self, item: object) -> None:
        self.item = item

    def forward(self, xs: list[float]) -> Value:
        return self.item[0] * xs[0]


@dataclass
class Pair:
    left: object
    right: object


class Slotted:
    __slots__ = ("inner",)

    def __init__(self, inner: object) -> None:
        self.inner = inner


class Struct(msgspec.Struct):
    inner: object


class Table:
    """A series or frame, as far as it matters here."""

    def __init__(self, items: list[object]) -> None:
        self.items = items

    def to_numpy(self) -> Any:
        return np.array(self.items)


def closure(item: object) -> Callable[[], object]:
    return lambda: item


def default(p: Value) -> Callable[..., Value]:
    def function(x: float, w: Value = p) -> Value:
        return w * x

    return function


@pytest.mark.parametrize(
    "hold", [Slotted, Struct, closure, default, lambda p: closure([p]), lambda p: functools.partial(max, w=p),
             lambda p: functools.partial(max, p), lambda p: Table([p, 1.0])]
)  # fmt: skip
def test_parameters_inside_of_objects_and_functions_are_refused(hold):
    with pytest.raises(TypeError, match=r"^item: parameters inside a \w+ object would be neither trained nor saved"):
        Holder(hold(parameter(1.0)))


@pytest.mark.parametrize(
    "hold",
    [
        iter,
        map,
        lambda p: (p for _ in range(3)),
        lambda p: zip([p], strict=True),
        lambda p: filter(None, [p]),
        lambda p: reversed([p]),
        lambda p: {"a": itertools.chain([p])},
    ],
)
def test_what_can_be_gone_through_once_is_refused(hold):
    model = Holder(3)
    item = hold(str, [1.0]) if hold is map else hold([parameter(1.0)]) if hold is iter else hold(parameter(1.0))
    with pytest.raises(
        TypeError, match=r"^item: an iterator, such as this \w+, can be gone through only once, .* list$"
    ):
        model.item = item
    assert model.item == 3


def test_settings_of_any_kind_are_welcome(tmp_path):
    with (tmp_path / "log").open("w") as log:
        for item in ([1.0, 2.0], itertools.count(), log, len, closure(3.0), Slotted(2), Struct([1.0]), Table([1.0])):
            assert Holder(item).parameters() == []


def test_a_function_may_refer_to_the_module_that_holds_it():
    class Net(Module):
        def __init__(self) -> None:
            self.weight = parameter(2.0)
            self.slope = lambda x: self.weight * x
            self.steeper = default(self.weight)

    assert list(Net().state_dict()) == ["weight"]


def put(key: object, x: object) -> Callable[[Any], None]:
    return lambda item: item.__setitem__(key, x)


@pytest.mark.parametrize(
    ("item", "change", "path"),
    [
        (list, put(0, 0.5), "item.0"),
        (list, put(slice(None), [0.5, 1.5]), "item.0"),
        (list, put(1, np.float64(0.5)), "item.1"),
        (list, put(0, Value(0.5)), "item.0"),
        (list, put(0, "0.5"), "item.0"),
        (lambda ps: {"a": ps[0], 1: ps[1:]}, put("a", 1), r"item\.a"),
        (lambda ps: np.array([ps]), put((0, 1), 0.5), r"item\.0\.1"),
        (lambda ps: Pair(*ps), lambda item: setattr(item, "left", 0.5), r"item\.left"),
        (lambda ps: {"a": [*ps]}, lambda item: put(0, 0.5)(item["a"]), r"item\.a\.0"),
    ],
)
def test_a_number_in_the_place_of_a_parameter_is_refused(item, change, path: str, tmp_path):
    model = Holder(item([parameter(1.0), parameter(2.0)]))
    optimizer = SGD(model.parameters(), lr=0.1)
    change(model.item)
    message = rf"{path} was a parameter and is now .*, which would not be trained: .* assign to its \.data"
    for use in (model.parameters, model.state_dict, model.zero_grad, lambda: save(model, tmp_path / "m.safetensors")):
        with pytest.raises(TypeError, match=message):
            use()
    with pytest.raises(TypeError, match=message):
        fit(model, [[1.0]], [2.0], loss=half_squared_error, optimizer=optimizer, epochs=1, progress=False)


def test_a_callback_that_writes_a_number_over_a_parameter_is_told():
    model = Holder([parameter(1.0)])
    optimizer = SGD(model.parameters(), lr=0.1)
    for native in (False, True):
        model.item[0] = optimizer.parameters[0]
        with pytest.raises(TypeError, match=r"item\.0 was a parameter and is now 0\.25"):
            fit(
                model, [[1.0]], [2.0], loss=half_squared_error, optimizer=optimizer, epochs=2, progress=False,
                native=native, callback=lambda epoch, loss: put(0, 0.25)(model.item),
            )  # fmt: skip


def test_what_takes_parameters_away_on_purpose_is_welcome():
    first, second, third = (parameter(float(k)) for k in range(3))
    model = Holder([first, second, 3.0])
    for change, left in (
        (put(2, 4.0), [first, second]),
        (put(0, third), [third, second]),
        (put(0, None), [second]),
        (lambda item: item.pop(0), [second]),
        (lambda item: item.append(5.0), [second]),
        (lambda item: item.insert(0, first), [first, second]),
        (lambda item: item.clear(), []),
    ):
        change(model.item)
        assert model.parameters() == left
    model.item = [first]
    assert model.parameters() == [first]
    model.item = None
    model.item = [0.5]
    assert model.parameters() == []


def test_a_number_in_the_place_of_a_module_is_refused():
    model = Holder([Neuron(1), parameter(1.0)])
    assert len(model.parameters()) == 3
    model.item[0] = 0.5
    with pytest.raises(TypeError, match=r"item\.0 was a Neuron and is now 0\.5: to remove it, put None there"):
        model.parameters()
    model.item[0] = Neuron(2)
    assert len(model.parameters()) == 4


def test_a_list_inside_of_an_inner_module_is_watched_from_outside():
    model = Holder([Holder([parameter(1.0)])])
    model.parameters()
    model.item[0].item = None
    model.item[0].item = [2.0]
    assert model.parameters() == []
    model.item[0].item = [parameter(1.0)]
    model.parameters()
    model.item[0].item[0] = 2.0
    with pytest.raises(TypeError, match=r"item\.0\.item\.0 was a parameter and is now 2\.0"):
        model.parameters()


def test_copies_and_pickles_take_no_notice_of_earlier_looks():
    model = Holder([parameter(1.0)])
    model.parameters()
    model.item[0] = 0.5
    assert pickle.loads(pickle.dumps(model)).parameters() == []
