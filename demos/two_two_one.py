"""A 2-2-1 network worked through by hand: every number of the example, beside the engine's.

    u1 = w1 i1 + w3 i2    h1 = sigmoid(u1)
    u2 = w2 i1 + w4 i2    h2 = sigmoid(u2)    u3 = w5 h1 + w6 h2    y^ = sigmoid(u3)    J = 1/2 (y^ - y)^2

with i1 = 1, i2 = 0.5, y = 1 and the learning rate 0.1. An error signal, delta, is the gradient at a neuron's net input
u, and a weight's gradient is the delta it leads to times the activation it comes from. Whoever works by hand rounds,
and sometimes slips: where a printed number is not ours, the last column says why. Writes out/two-two-one.svg.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from autograd import Value, topological_order
from demos.common import style
from demos.common.command import NOTHING_DRAWN, parser
from demos.common.diagram import beside, draw_edge, draw_neuron
from demos.common.inside import look_inside
from demos.common.style import Row, comparison_row
from nn import MLP, SGD, half_squared_error

INPUTS, TARGET, LEARNING_RATE = [1.0, 0.5], 1.0, 0.1
HIDDEN, OUTPUT = "layers.0.neurons", "layers.1.neurons.0"
WEIGHTS = {  # the example's names, and ours
    "w1": f"{HIDDEN}.0.weights.0",
    "w3": f"{HIDDEN}.0.weights.1",
    "w2": f"{HIDDEN}.1.weights.0",
    "w4": f"{HIDDEN}.1.weights.1",
    "w5": f"{OUTPUT}.weights.0",
    "w6": f"{OUTPUT}.weights.1",
}
NEURONS = {"1": f"{HIDDEN}.0", "2": f"{HIDDEN}.1", "3": OUTPUT}
START = {"w1": 0.3, "w3": -0.2, "w2": 0.8, "w4": 0.4, "w5": 1.2, "w6": -0.7}

PRINTED = [  # what the example prints, in its order, and why ours is another number where it is
    ("u1", "0.2", ""),
    ("u2", "1.0", ""),
    ("h1", "0.5498", ""),
    ("h2", "0.7311", ""),
    ("u3", "0.1480", "worked from the rounded h1 and h2"),
    ("ŷ", "0.5369", ""),
    ("ŷ − y", "-0.4631", ""),
    ("(ŷ − y)²", "0.2145", "the square of the rounded -0.4631"),
    ("J", "0.1072", ""),
    ("ŷ(1 − ŷ)", "0.2484", "a slip: 0.5369 × 0.4631 is 0.2486"),
    ("δ3", "-0.1150", "follows from 0.2484"),
    ("δ3, boxed", "-0.4631", "a slip: this is ŷ − y, without the slope of the sigmoid; the line above it is right"),
    ("∂J/∂w5", "-0.0632", "follows from 0.2484"),
    ("∂J/∂w6", "-0.0841", "follows from 0.2484"),
    ("h1(1 − h1)", "0.2475", ""),
    ("h2(1 − h2)", "0.1966", ""),
    ("δ1", "-0.0341", "follows from 0.2484, and cut rather than rounded"),
    ("δ2", "0.0158", ""),
    ("∂J/∂w1", "-0.0341", "as δ1"),
    ("∂J/∂w3", "-0.0170", "half of it"),
    ("∂J/∂w2", "0.0158", ""),
    ("∂J/∂w4", "0.0079", ""),
    ("new w5", "1.2063", ""),
    ("new w1", "0.3034", ""),
]


def main(argv: Sequence[str] | None = None) -> None:
    """Work the example through, forward, backward and one update, and publish it beside the printed figures."""
    parser(__doc__, NOTHING_DRAWN).parse_args(argv)

    model = network()
    loss = half_squared_error(model(INPUTS), TARGET)
    loss.label = "J"
    links = look_inside("two_two_one", "the pass", loss)
    drawn = picture(loss)

    weights = dict(model.named_parameters())
    SGD([weights[name] for name in WEIGHTS.values()], lr=LEARNING_RATE).step()  # the example has no biases
    after = half_squared_error(model(INPUTS), TARGET)

    ours = figures(loss) | {f"new {name}": weights[path].data for name, path in WEIGHTS.items()}
    rows = [comparison_row(what, printed, ours[what], why) for what, printed, why in PRINTED]
    rows.append(Row("new J", "smaller", f"{after.data:.4f}"))
    style.publish(
        "two_two_one",
        "A 2-2-1 network, by hand",
        "One forward and one backward pass: the gradient at a neuron's net input is its error signal, delta.",
        rows,
        {"two-two-one": "The network: activations and weights in blue, error signals and gradients in red"},
        links,
    )
    style.save(drawn, "two-two-one")


def network() -> MLP:
    """Return the example's network: its weights, and biases of 0, since it has none."""
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid")
    model.load_state_dict(dict.fromkeys(model.state_dict(), 0.0) | {WEIGHTS[name]: w for name, w in START.items()})
    return model


def named_values(loss: Value) -> dict[str, Value]:
    """Find the nodes of the pass by the example's names."""
    recorded = {value.label: value for value in topological_order(loss) if value.label}
    named = {name: recorded[label] for name, label in WEIGHTS.items()}
    named |= {f"u{k}": recorded[f"{neuron}.net_input"] for k, neuron in NEURONS.items()}
    named |= {f"h{k}": recorded[f"{neuron}.output"] for k, neuron in NEURONS.items()}
    return named | {"ŷ": named.pop("h3"), "J": loss}


def figures(loss: Value) -> dict[str, float]:
    """Read the example's numbers off a recorded pass."""
    named = named_values(loss)
    error = named["ŷ"].grad
    ours = {name: value.data for name, value in named.items()} | {"ŷ − y": error, "(ŷ − y)²": error * error}
    # The slope of a sigmoid is the partial that its node keeps.
    ours |= {f"{name}(1 − {name})": named[name].partials[0] for name in ("ŷ", "h1", "h2")}
    ours |= {f"δ{k}": named[f"u{k}"].grad for k in NEURONS}
    ours["δ3, boxed"] = ours["δ3"]
    return ours | {f"∂J/∂{name}": named[name].grad for name in WEIGHTS}


def picture(loss: Value) -> Figure:
    """Draw the network, with what flows forward in blue and what flows back in red."""
    named = named_values(loss)
    figure = Figure(figsize=(7.5, 4.2))
    axes = figure.subplots()
    axes.set(xlim=(-0.35, 2.9), ylim=(-0.35, 1.45))
    axes.axis("off")
    places = {"i1": (0.0, 1.0), "i2": (0.0, 0.0), "h1": (1.2, 1.0), "h2": (1.2, 0.0), "ŷ": (2.4, 0.5)}
    edges = {"w1": "i1 h1", "w3": "i2 h1", "w2": "i1 h2", "w4": "i2 h2", "w5": "h1 ŷ", "w6": "h2 ŷ"}
    for name, ends in edges.items():
        weight, (start, end) = named[name], ends.split()
        texts = f"{name} = {weight.data:g}", f"{weight.grad:+.4f}"
        draw_edge(axes, texts, places[start], places[end], 0.8 + 60.0 * abs(weight.grad))
    for name, place in places.items():
        draw_neuron(axes, name, place)
    for k, (name, x) in enumerate(zip(("i1", "i2"), INPUTS, strict=True)):
        beside(axes, places[name], f"{x}", "", k == 1)
    for k, (name, u) in enumerate([("h1", "u1"), ("h2", "u2"), ("ŷ", "u3")]):
        beside(axes, places[name], f"{named[name].data:.4f}", f"δ = {named[u].grad:.4f}", k == 1)
    return figure


if __name__ == "__main__":
    main()
