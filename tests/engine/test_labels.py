"""Module paths: one parser, the same answer for drawings and the debugger."""

from __future__ import annotations

import pytest

from autograd.labels import module_of, module_path
from nn import MLP, Module, parameter


@pytest.mark.parametrize(
    ("label", "path"),
    [
        ("", ()),
        ("x", ()),
        ("loss.", ()),
        (".x", ()),
        ("x..y", ()),
        ("a b.c", ()),
        ("Dr. Who", ()),
        ("3.5", ()),
        ("0.bias", ()),
        ("w.0", ()),
        ("w.0.1", ()),
        ("w.²", ()),
        ("bias.x", ("bias",)),
        ("layer.w.0.1", ("layer",)),
        ("blocks.0.1.bias", ("blocks.0.1",)),
        ("größe.0.bias", ("größe.0",)),
        ("layers.0.neurons.1.output", ("layers.0", "layers.0.neurons.1")),
        ("parts.head.0.layers.1.w", ("parts", "parts.head.0", "parts.head.0.layers.1")),
    ],
)
def test_the_modules_that_a_label_names(label: str, path: tuple[str, ...]):
    assert module_path(label) == path
    assert module_of(label) == (path[-1] if path else "")


def test_the_labels_of_modules_name_their_modules():
    class Net(Module):
        def __init__(self) -> None:
            self.parts = {"head": [MLP(1, [2, 1])]}
            self.table = [[parameter(1.0)]]

    for name, _ in Net().named_parameters():
        owner = name.rpartition(".weights" if "weights" in name else ".bias")[0]
        assert module_of(name) == ("" if name == "table.0.0" else owner)
