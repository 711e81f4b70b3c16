"""Code written for micrograd, or in the style of Karpathy's microgpt, runs with only its import of `Value` changed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import micrograd.nn
import pytest
from micrograd.engine import Value as MicrogradValue

from autograd import Value

# micrograd's nn, and the expressions of its own test-suite


@pytest.fixture
def nn(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The real micrograd.nn, with its `from micrograd.engine import Value` changed to ours."""
    monkeypatch.setattr(micrograd.nn, "Value", Value)
    return micrograd.nn


def sanity_check(value: Callable[[float], Any]) -> tuple[Any, list[Any]]:
    x = value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    return y, [x]


def more_ops(value: Callable[[float], Any]) -> tuple[Any, list[Any]]:
    a = value(-4.0)
    b = value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g, [a, b]


@pytest.mark.parametrize("program", [sanity_check, more_ops], ids=lambda program: program.__name__)
def test_micrograds_own_expressions(program: Callable[..., Any]) -> None:
    (ours, our_leaves), (theirs, their_leaves) = program(Value), program(MicrogradValue)
    ours.backward()
    theirs.backward()
    assert ours.data == pytest.approx(theirs.data, rel=1e-15)
    assert [x.grad for x in our_leaves] == pytest.approx([x.grad for x in their_leaves], rel=1e-14)


def moons_step(module: ModuleType, value: Callable[[float], Any]) -> tuple[list[float], list[float]]:
    """Train as micrograd's demo does: an MLP, hinge loss, an L2 penalty, and plain SGD."""
    random.seed(1337)
    model = module.MLP(2, [4, 4, 1])
    points = [(random.uniform(-1, 1), random.uniform(-1, 1)) for _ in range(10)]
    labels = [1 if x * z > 0 else -1 for x, z in points]
    losses = []
    for k in range(5):
        inputs = [list(map(value, point)) for point in points]
        scores = list(map(model, inputs))
        hinge = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        total_loss = sum(hinge) * (1.0 / len(hinge)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        losses.append(total_loss.data)
    return losses, [p.grad for p in model.parameters()]


def test_micrograds_nn_trains_alike(nn: ModuleType) -> None:
    ours = moons_step(nn, Value)
    nn.Value = MicrogradValue  # type: ignore[attr-defined]
    theirs = moons_step(nn, MicrogradValue)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-9)
    assert ours[1] == pytest.approx(theirs[1], rel=1e-9, abs=1e-12)
    assert ours[0][-1] < ours[0][0]


def test_micrograds_nn_prints(nn: ModuleType) -> None:
    model = nn.MLP(3, [2, 1])
    assert repr(model).startswith("MLP of [Layer of [ReLUNeuron(3)")
    assert len(model.parameters()) == 2 * 4 + 3
    assert all(type(p) is Value for p in model.parameters())


def trace(root: Any) -> tuple[set[Any], set[tuple[Any, Any]]]:
    """micrograd's notebook draws a graph by this function."""
    nodes, edges = set(), set()

    def build(v: Any) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def test_micrograds_notebook_can_walk_the_graph() -> None:
    x = Value(1.0)
    nodes, edges = trace((x * 2 + 1).relu())
    assert len(nodes) == 6
    assert len(edges) == 5
    assert sorted(n._op for n in nodes if n.inputs) == ["*", "+", "relu"]


# A language model of one attention head, in the style of microgpt: lists of Values and nothing else


def linear(x: list[Value], w: list[list[Value]]) -> list[Value]:
    return [sum(wi * xi for wi, xi in zip(wo, x, strict=True)) for wo in w]  # type: ignore[misc]


def softmax(logits: list[Value]) -> list[Value]:
    max_val = max(val.data for val in logits)
    exps = [(val - max_val).exp() for val in logits]
    total = sum(exps)
    return [e / total for e in exps]


def rmsnorm(x: list[Value]) -> list[Value]:
    ms = sum(xi * xi for xi in x) / len(x)
    scale = (ms + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def gpt(
    state: dict[str, list[list[Value]]], token: int, keys: list[Any], values: list[Any], position: int
) -> list[Value]:
    x = rmsnorm([t + p for t, p in zip(state["wte"][token], state["wpe"][position], strict=True)])
    residual = x
    query = linear(rmsnorm(x), state["wq"])
    keys.append(linear(rmsnorm(x), state["wk"]))
    values.append(linear(rmsnorm(x), state["wv"]))
    logits = [sum(q * k for q, k in zip(query, key, strict=True)) / len(query) ** 0.5 for key in keys]
    weights = softmax(logits)  # type: ignore[arg-type]
    mixed = [sum(w * v[j] for w, v in zip(weights, values, strict=True)) for j in range(len(query))]
    x = [a + b for a, b in zip(linear(mixed, state["wo"]), residual, strict=True)]  # type: ignore[arg-type]
    hidden = [xi.relu() for xi in linear(rmsnorm(x), state["fc1"])]
    x = [a + b for a, b in zip(linear(hidden, state["fc2"]), x, strict=True)]
    return linear(x, state["lm_head"])


def test_a_little_gpt_learns() -> None:
    random.seed(42)
    docs = ["abab", "baba", "abba"]
    letters = sorted(set("".join(docs)))
    end, width, block = len(letters), 6, 5

    def matrix(rows: int, columns: int) -> list[list[Value]]:
        return [[Value(random.gauss(0, 0.2)) for _ in range(columns)] for _ in range(rows)]

    vocabulary = len(letters) + 1
    state = {"wte": matrix(vocabulary, width), "wpe": matrix(block, width), "lm_head": matrix(vocabulary, width)}
    state |= {name: matrix(width, width) for name in ("wq", "wk", "wv", "wo", "fc1", "fc2")}
    params = [p for mat in state.values() for row in mat for p in row]
    m, v = [0.0] * len(params), [0.0] * len(params)
    history = []
    for step in range(24):
        tokens = [end, *[letters.index(ch) for ch in docs[step % len(docs)]], end]
        n = min(block, len(tokens) - 1)
        keys: list[Any] = []
        values: list[Any] = []
        losses = []
        for position in range(n):
            probs = softmax(gpt(state, tokens[position], keys, values, position))
            losses.append(-probs[tokens[position + 1]].log())
        loss = (1 / n) * sum(losses)
        loss.backward()
        for i, p in enumerate(params):
            m[i] = 0.9 * m[i] + 0.1 * p.grad
            v[i] = 0.99 * v[i] + 0.01 * p.grad**2
            m_hat, v_hat = m[i] / (1 - 0.9 ** (step + 1)), v[i] / (1 - 0.99 ** (step + 1))
            p.data -= 0.05 * m_hat / (v_hat**0.5 + 1e-8)
            p.grad = 0
        history.append(loss.data)
    assert history[0] == pytest.approx(math.log(vocabulary), abs=0.5)
    assert sum(history[-3:]) < 0.6 * sum(history[:3])
