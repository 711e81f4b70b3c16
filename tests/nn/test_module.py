"""Modules: which parameters they have, under which names, and how they change all at once or not at all."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections import OrderedDict, UserList, deque
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

import nn
from autograd import Value
from nn import MLP, SGD, Layer, Module, Neuron, Sequential, parameter


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
        ({"slope": 1j}, TypeError, "slope: expected one real number, got complex"),
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


@dataclass
class Pair:
    left: object
    right: object


class Holder(Module):
    def __init__(self, item: object) -> None:
        self.item = item


@pytest.mark.parametrize(
    ("hold", "names"),
    [
        (list, ["item.0", "item.1"]),
        (deque, ["item.0", "item.1"]),
        (UserList, ["item.0", "item.1"]),
        (lambda ps: np.array(ps), ["item.0", "item.1"]),
        (lambda ps: np.array([ps]), ["item.0.0", "item.0.1"]),
        (lambda ps: Pair(*ps), ["item.left", "item.right"]),
        (lambda ps: Pair(deque([{"a": ps[0]}]), (np.array(ps[1:]),)), ["item.left.0.a", "item.right.0.0"]),
        (lambda ps: OrderedDict(a=ps[0], b=ps[1]), ["item.a", "item.b"]),
        (lambda ps: MappingProxyType({"a": ps}), ["item.a.0", "item.a.1"]),
    ],
)
def test_parameters_are_found_in_containers(hold, names: list[str]):
    ps = [parameter(1.0), parameter(2.0)]
    model = Holder(hold(ps))
    assert model.named_parameters() == list(zip(names, ps, strict=True))
    assert [p.label for p in ps] == names


@pytest.mark.parametrize(
    "hold",
    [
        lambda p: {p},
        lambda p: frozenset([Holder(p)]),
        lambda p: [{"a": {p}}],
        lambda p: SimpleNamespace(weight=p),
        lambda p: Pair(SimpleNamespace(inner=[p]), 0),
        lambda p: {"a": p}.values(),
        lambda p: SGD([p], lr=0.1),
    ],
)
def test_parameters_where_they_would_not_be_found_are_refused(hold):
    model = Holder(3)
    with pytest.raises(TypeError, match=r"^item: parameters inside a \w+ object would be neither trained nor saved"):
        model.item = hold(parameter(1.0))
    assert model.item == 3


def test_parameters_in_slots_are_found():
    class Slotted(Module):
        __slots__ = ("weight",)

        def __init__(self) -> None:
            self.weight = parameter(1.0)

    assert Slotted().state_dict() == {"weight": 1.0}


def test_an_object_that_holds_parameters_found_elsewhere_is_welcome():
    model = Line()
    model.optimizer = SGD(model.parameters(), lr=0.1)
    model.names = {"a", "b"}
    assert list(model.state_dict()) == ["slope"]


def test_parameters_of_a_class_are_refused():
    with pytest.raises(TypeError, match=r"Shared\.weights\.0 is an attribute of the class, which all its instances"):

        class Shared(Module):
            weights: ClassVar = [parameter(1.0)]


def test_a_parameter_is_not_silently_dropped():
    neuron = Neuron(2)
    for item in (0.0, "text", Value(1.0), neuron.bias + 1, [], [parameter(1.0), 2.0]):
        with pytest.raises(TypeError, match=r"bias is a parameter of Neuron, and .* is not: .* bias\.data"):
            neuron.bias = item
    with pytest.raises(TypeError, match="bias is a parameter of Neuron"):
        neuron.bias += 1
    assert len(neuron.parameters()) == 3
    neuron.bias = parameter(4.0)
    assert neuron.state_dict()["bias"] == 4.0
    neuron.bias = None
    assert len(neuron.parameters()) == 2


@pytest.mark.parametrize(
    ("model", "name", "item"),
    [
        (Neuron(2), "weights", [0.1, 0.2]),
        (Neuron(2), "weights", (parameter(0.1), 0.2)),
        (Neuron(2), "weights", 3.0),
        (MLP(2, [2, 1]), "layers", "no layers"),
        (Holder(Line()), "item", 5),
        (Holder({"a": Line(), "b": 3.0}), "item", {"b": 3.0}),
    ],
)
def test_parameters_and_modules_are_not_silently_dropped(model: Module, name: str, item: object):
    before = model.state_dict()
    with pytest.raises(TypeError, match=rf"{name} holds .* would silently remove: assign"):
        setattr(model, name, item)
    assert model.state_dict() == before


def test_a_container_of_modules_may_be_replaced_by_another():
    model = MLP(2, [2, 2, 1])
    model.layers = model.layers[1:]
    assert len(model.parameters()) == 9
    model.layers = []
    assert model.parameters() == []


def test_a_parameter_changed_in_a_list_is_not_silently_dropped():
    model = Holder([parameter(1.0), parameter(2.0)])
    for k in range(2):
        model.item[k] -= 0.1
    with pytest.raises(TypeError, match=r"item\.0 was a parameter and is now a Value computed from it"):
        model.parameters()


def test_methods_cannot_be_hidden_by_attributes():
    with pytest.raises(AttributeError, match=r"'parameters' is a method of nn\.Module: give the attribute another"):
        Holder(1).parameters = []


class Plain(Module):
    """A neuron in the style of micrograd: plain Values, and a method that lists them."""

    def __init__(self, x: float = 1.0) -> None:
        self.w, self.b = [Value(x), Value(-x)], Value(0.5)
        self.scale = Value(3.0)

    def forward(self, xs):
        return sum(w * x for w, x in zip(self.w, xs, strict=True)) + self.b

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]


class Foreign:
    """Such a class that does not even derive from Module."""

    def __init__(self) -> None:
        self.w = [Value(1.0)]

    def __call__(self, x):
        return self.w[0] * x

    def parameters(self) -> list[Value]:
        return self.w


def test_parameters_that_a_class_lists_count_everywhere():
    names = ["w.0", "w.1", "b"]
    assert list(Plain().state_dict()) == names
    assert list(Holder([Plain(), Foreign()]).state_dict()) == [*[f"item.0.{name}" for name in names], "item.1.w.0"]
    model = Sequential(Plain())
    model([1.0, 2.0]).backward()
    assert [p.grad for p in model.parameters()] == [1.0, 2.0, 1.0]
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 3
    model.load_state_dict({"layers.0.w.0": 7.0, "layers.0.w.1": 8.0, "layers.0.b": 9.0})
    assert [p.data for p in model.layers[0].parameters()] == [7.0, 8.0, 9.0]


def test_listed_parameters_that_are_no_attributes_have_names_too():
    kept = [Value(1.0)]

    class Closure(Module):
        def parameters(self) -> list[Value]:
            return kept

    assert Holder(Closure()).state_dict() == {"item.parameters.0": 1.0}


def test_a_class_may_list_some_of_its_parameters():
    class Frozen(Module):
        def __init__(self) -> None:
            self.body, self.head = Line(1.0), Line(2.0)

        def parameters(self) -> list[Value]:
            return [p for name, p in self.named_parameters() if name.startswith("head")]

    assert Frozen().state_dict() == {"head.slope": 2.0}
    assert Holder(Frozen()).state_dict() == {"item.head.slope": 2.0}


def test_a_class_that_lists_its_parameters_may_be_half_made():
    class Late(Module):
        def __init__(self) -> None:
            self.first = Line()
            self.last = Layer(1, 1)

        def parameters(self) -> list[Value]:
            return [*self.first.parameters(), *self.last.parameters()]

    assert list(Late().state_dict()) == ["first.slope", "last.neurons.0.weights.0", "last.neurons.0.bias"]


def test_what_is_listed_must_be_leaves():
    class Drifting(Plain):
        def parameters(self):
            return [self.b, 0.0]

    model = Plain()
    model.b = model.b - 0.1
    with pytest.raises(TypeError, match=r"Plain\.parameters\(\) must list leaves, got a computed Value .* position 2"):
        model.state_dict()
    with pytest.raises(TypeError, match=r"must list leaves, got float 0\.0 at position 1"):
        Holder(Drifting()).parameters()


def test_a_tied_parameter_has_one_name():
    class Tied(Module):
        def __init__(self) -> None:
            self.encoder, self.decoder = Layer(2, 2), Layer(2, 2)
            self.decoder.neurons[0].weights = self.encoder.neurons[1].weights
            self.again = self.encoder.neurons[0].bias

    model = Holder(Tied())
    assert [p.label for p in model.parameters()] == [name for name, _ in model.named_parameters()]
    assert "item.encoder.neurons.1.weights.0" in model.state_dict()
    assert len(model.parameters()) == 10
    tied = model.item
    tied.again = None
    assert tied.encoder.neurons[0].bias.label == "item.encoder.neurons.0.bias"


def test_modules_that_are_appended_get_their_names():
    class Growing(Module):
        def __init__(self) -> None:
            self.layers = []
            for _ in range(2):
                self.layers.append(Line())

    model = Growing()
    model.layers[1].slope.label = "of my own"
    assert list(model.state_dict()) == ["layers.0.slope", "layers.1.slope"]
    assert [p.label for p in model.parameters()] == ["layers.0.slope", "of my own"]
    assert model.layers[0].label == "layers.0"


@pytest.mark.parametrize("make", [np.array, np.float32, lambda x: np.array(x, dtype=np.int32)])
def test_a_state_may_hold_arrays_of_no_dimension(make):
    model = Line()
    model.load_state_dict({"slope": make(5.0)})
    assert model.slope.data == 5.0
    assert type(model.slope.data) is float
    with pytest.raises(TypeError, match="slope: expected one real number"):
        model.load_state_dict({"slope": np.array([5.0, 6.0])})


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"Holder cannot be called: define forward\(self, inputs\)"):
        Holder(1)(2.0)


def test_modules_made_one_by_one_differ_and_can_be_made_again():
    layers = [Layer(3, 3) for _ in range(3)]
    assert len({tuple(layer.state_dict().values()) for layer in layers}) == 3
    nn.manual_seed(0)
    assert Layer(3, 3).state_dict() == layers[0].state_dict() == Layer(3, 3, seed=0).state_dict()
    with pytest.raises(TypeError, match="seed must be an int"):
        nn.manual_seed("0")


def test_the_stream_begins_alike_in_every_process():
    code = "from nn import Neuron; print([Neuron(1).state_dict() for _ in range(2)])"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout == f"{[Neuron(1).state_dict() for _ in range(2)]}\n"


class Listing(Module):
    """A class in the style of micrograd whose list is not what it should be."""

    def __init__(self) -> None:
        self.w = [Value(1.0), Value(2.0)]


class Returnless(Listing):
    def parameters(self) -> None:  # type: ignore[override]
        pass


class Property(Listing):
    @property
    def parameters(self) -> list[Value]:  # type: ignore[override]
        return self.w


class Copying(Listing):
    def parameters(self) -> list[Value]:
        return [Value(w.data) for w in self.w]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Returnless, r"^Returnless\.parameters\(\) must return a list of Values, got None: is a `return` missing\?$"),
        (Property, r"^Property\.parameters must be a method that returns a list of Values, got \[Value"),
        (Copying, r"^Copying\.parameters\(\) must list the same Values at each call, and lists new ones"),
    ],
)
def test_a_list_of_parameters_that_is_none_is_refused_by_name(kind, message: str):
    for use in (kind().state_dict, lambda: Sequential(kind())):
        with pytest.raises(TypeError, match=message):
            use()


def test_a_class_may_add_a_plain_value_to_the_parameters_of_its_base():
    class Scaled(Layer):
        def __init__(self) -> None:
            super().__init__(1, 1, seed=0)
            self.scale = Value(3.0)

        def parameters(self) -> list[Value]:
            return [*super().parameters(), self.scale]

    model = Scaled()
    for _ in range(2):
        assert list(model.state_dict()) == ["neurons.0.weights.0", "neurons.0.bias", "scale"]
        assert len(model.parameters()) == 3
