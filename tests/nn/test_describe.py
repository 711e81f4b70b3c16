"""How modules look: trees, tables, notebooks and rich."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import pytest
from rich.console import Console

from autograd import Value
from nn import MLP, BatchNorm, Dropout, Layer, LayerNorm, Module, Residual, Sequential, parameter, summary


class Line(Module):
    def __init__(self, scale: float = 1.0) -> None:
        self.slope, self.scale, self.function = parameter(1.0), scale, Value.tanh

    def forward(self, x):
        return self.slope * x


def block() -> Sequential:
    inner = Sequential(Layer(3, 3, "tanh"), Layer(3, 3, "tanh"))
    return Sequential(Layer(2, 3), Residual(inner), Dropout(0.5), Line(2.0), MLP(3, [2, 1]))


def test_a_module_is_shown_as_a_tree_with_counts():
    assert repr(block()) == (
        "Sequential(  # 45 parameters\n"
        "  (layers.0): Layer(inputs=2, outputs=3, activation='relu')  # 9 parameters\n"
        "  (layers.1): Residual(  # 24 parameters\n"
        "    (module): Sequential(  # 24 parameters\n"
        "      (layers.0-1): 2 x Layer(inputs=3, outputs=3, activation='tanh')  # 12 parameters\n"
        "    )\n"
        "  )\n"
        "  (layers.2): Dropout(p=0.5)  # 0 parameters\n"
        "  (layers.3): Line(scale=2.0, function='tanh')  # 1 parameter\n"
        "  (layers.4): MLP(inputs=3, outputs=[2, 1], activation='relu', output_activation='identity')"
        "  # 11 parameters\n"
        ")"
    )


def test_norms_show_their_settings():
    assert repr(LayerNorm(3)) == "LayerNorm(inputs=3, epsilon=1e-05)  # 6 parameters"
    assert repr(BatchNorm(2)) == "BatchNorm(inputs=2, epsilon=1e-05, momentum=0.1)  # 4 parameters"


def test_a_repr_of_ones_own_is_used():
    class Named(Line):
        def __repr__(self) -> str:
            return "my line"

    assert "(layers.0): my line  # 1 parameter\n" in repr(Sequential(Named()))


def test_a_module_that_holds_itself_or_is_half_made_can_be_shown():
    class Loop(Module):
        def __init__(self) -> None:
            self.me = self
            self.text = repr(self)

        def parameters(self) -> list[Value]:
            return [self.missing]

    assert Loop().text == "Loop()  # parameters unknown"


def test_summary_is_a_table():
    table = summary(block())
    assert table.rows[0] == ("Sequential", 1, 45)
    assert ("  layers.1 Residual", 3, 24) in table.rows
    assert ("  layers.3 Line", None, 1) in table.rows
    assert ("    layers.4.layers.1 Layer", 1, 3) in table.rows
    head, *_, last = str(table).splitlines()
    assert head.split() == ["layer", "outputs", "parameters"]
    assert last.split() == ["in", "all", "45"]
    assert str(table) == repr(table)
    with pytest.raises(TypeError, match="summary\\(model\\): expected a Module, got 3"):
        summary(3)


def test_summary_counts_a_shared_module_once():
    line = Line()
    assert summary(Sequential(line, line)).parameters == 1


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_notebook_shows_the_table():
    class Own(Module):
        def __init__(self) -> None:
            self.parts = {"<b>": Line()}

    cells = Cells()
    cells.feed(Own()._repr_html_())
    assert cells.texts == [
        "layer",
        "outputs",
        "parameters",
        "Own",
        "?",
        "1",
        "  parts.<b> Line",
        "?",
        "1",
        "in all",
        "1",
    ]
    assert "<b>" not in Own()._repr_html_()


def test_a_rich_traceback_with_a_model_is_short():
    def fail() -> None:
        model, chain = MLP(2, [16, 16, 1]), block()
        raise ZeroDivisionError(f"{len(model.parameters())} {len(chain.parameters())}")

    console = Console(file=io.StringIO(), width=120)
    try:
        fail()
    except ZeroDivisionError:
        console.print_exception(show_locals=True)
    text = console.file.getvalue()
    assert "parameters=337" in text
    assert "layers.1=Residual(" in text
    assert "weights" not in text
    assert len(text.splitlines()) < 80
