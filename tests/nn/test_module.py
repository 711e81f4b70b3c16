"""Modules: which parameters they have, under which names, and how they change all at once or not at all."""

from __future__ import annotations

import copy
import pickle

import pytest

from autograd import Value
from nn import MLP, Layer, Module, parameter


class Line(Module):
    def __init__(self, slope: float = 2.0) -> None:
        self.slope = parameter(slope, "an old label")
        self.given = Value(7.0, "given")
        self.scale = 3.0

    def forward(self, x: float) -> Value:
        return self.slope * x


class Nested(Module):
    def __init__(self) -> None:
        self.lines = [Line(1.0), Line(2.0)]
        self.table = {"a": [parameter(3.0)], "b": (Line(4.0), "text")}
        self.own = parameter(5.0)

    def __call__(self, x: float) -> Value:
        return self.lines[0](x) + self.own


NAMES = ["lines.0.slope", "lines.1.slope", "table.a.0", "table.b.0.slope", "own"]


def test_parameters_are_found_in_order_by_name():
    model = Nested()
    assert [name for name, _ in model.named_parameters()] == NAMES
    assert [p.data for p in model.parameters()] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert model.state_dict() == dict(zip(NAMES, [1.0, 2.0, 3.0, 4.0, 5.0], strict=True))


def test_only_parameters_are_trained():
    assert [name for name, _ in Line().named_parameters()] == ["slope"]


def test_assigning_a_module_labels_its_parameters():
    model = Nested()
    assert [p.label for p in model.parameters()] == NAMES
    assert model.lines[0].given.label == "given"
    model.lines[1].slope = parameter(9.0)
    assert model.lines[1].slope.label == "lines.1.slope"


def test_labels_of_nodes_follow_the_nesting():
    class Outer(Module):
        def __init__(self) -> None:
            self.parts = {"head": [MLP(1, [2, 1], activation="tanh")]}

    head = Outer().parts["head"][0]
    assert head([1.0]).label == "parts.head.0.layers.1.neurons.0.net_input"
    assert head.layers[0]([1.0])[1].label == "parts.head.0.layers.0.neurons.1.output"
    assert head.layers[0].neurons[1].weights[0].label == "parts.head.0.layers.0.neurons.1.weights.0"


def test_a_shared_parameter_or_module_counts_once():
    class Tied(Module):
        def __init__(self) -> None:
            self.first = Line()
            self.again = self.first
            self.weight = self.first.slope
            self.me = self

    model = Tied()
    assert [name for name, _ in model.named_parameters()] == ["first.slope"]
    assert model.modules() == [model, model.first]


def test_modules_lists_all_of_them():
    model = MLP(2, [2, 1])
    assert [type(m).__name__ for m in model.modules()] == ["MLP", "Layer", "Neuron", "Neuron", "Layer", "Neuron"]


def test_a_subclass_defines_forward_or_call():
    assert Line()(4.0).data == 8.0
    assert Nested()(4.0).data == 9.0


def test_zero_grad():
    model = Nested()
    model(3.0).backward()
    assert [p.grad for p in model.parameters()] == [3.0, 0.0, 0.0, 0.0, 1.0]
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 5


def test_load_state_dict_sets_every_parameter():
    source, target = MLP(2, [3, 1], seed=1), MLP(2, [3, 1], seed=2)
    assert source.state_dict() != target.state_dict()
    target.load_state_dict(source.state_dict())
    assert target.state_dict() == source.state_dict()
    assert target([1.0, 2.0]).data == source([1.0, 2.0]).data


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"slop": 1.0}, ValueError, "Line: unexpected slop$"),
        ({"slope": None}, TypeError, "slope: expected one real number, got NoneType"),
        ({"slope": True}, TypeError, "slope: expected one real number, got bool"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change: dict, error: type, message: str):
    model = Line()
    with pytest.raises(error, match=message):
        model.load_state_dict({"slope": 5.0} | change)
    assert model.slope.data == 2.0


def test_missing_and_unexpected_names_are_told_together():
    layer = Layer(2, 3)
    before = layer.state_dict()
    with pytest.raises(ValueError, match=r"missing neurons.0.weights.0, .* and 4 more; unexpected a, b"):
        layer.load_state_dict({"a": 1.0, "b": 2.0})
    assert layer.state_dict() == before


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_stands_on_its_own(twin_of):
    model = MLP(2, [2, 1], activation="gelu")
    twin = twin_of(model)
    assert twin.state_dict() == model.state_dict()
    assert twin([1.0, 2.0]).data == model([1.0, 2.0]).data
    for p in twin.parameters():
        p.data += 1.0
    assert all(p.data + 1.0 == q.data for p, q in zip(model.parameters(), twin.parameters(), strict=True))
