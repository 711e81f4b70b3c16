"""The transformer of microgpt: one layer, of scalars."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from autograd import Value, dot, logsumexp, softmax
from nn import Module, parameter

SPREAD = 0.08  # of the initial weights


class Shape(NamedTuple):
    """How large a model is; its heads share the width."""

    width: int = 16
    heads: int = 4
    positions: int = 16


class Linear(Module):
    """Dots of the inputs with a row of weights each, and no bias."""

    def __init__(self, inputs: int, outputs: int, random: Random) -> None:
        self.weights = [[parameter(random.gauss(0.0, SPREAD)) for _ in range(inputs)] for _ in range(outputs)]

    def forward(self, xs: Sequence[Any]) -> list[Value]:
        return [dot(row, xs) for row in self.weights]


class GPT(Module):
    """A transformer of one layer, which gives the logits of each next token from the tokens so far."""

    def __init__(self, tokens: int, shape: Shape, seed: int) -> None:
        random, width = Random(seed), shape.width
        self.shape = shape
        self.token = Linear(tokens, width, random)  # of a token as 0s and a 1, it selects a column
        self.place = Linear(width, shape.positions, random)  # a row for each position, taken as it is
        self.query, self.key, self.value, self.mix = (Linear(width, width, random) for _ in range(4))
        self.widen, self.narrow = Linear(width, 4 * width, random), Linear(4 * width, width, random)
        self.head = Linear(width, tokens, random)

    def forward(self, tokens: Sequence[Sequence[Any]]) -> list[list[Value]]:
        """Return the logits after each token, given as a row of 0s and a 1."""
        keys: list[list[Value]] = []
        values: list[list[Value]] = []
        return [self.position(*both, keys, values) for both in zip(tokens, self.place.weights, strict=False)]

    def position(
        self, token: Sequence[Any], place: Sequence[Value], keys: list[list[Value]], values: list[list[Value]]
    ) -> list[Value]:
        """Return the logits after one token, and add its key and value to those of the tokens before it."""
        x = normalize(add(self.token(token), place))
        normal = normalize(x)
        keys.append(self.key(normal))
        values.append(self.value(normal))
        x = add(x, self.mix(self.attention(self.query(normal), keys, values)))
        hidden = [h.relu() for h in self.widen(normalize(x))]
        return self.head(add(x, self.narrow(hidden)))  # type: ignore[no-any-return]

    def attention(self, query: list[Value], keys: Sequence[list[Value]], values: Sequence[list[Value]]) -> list[Value]:
        """Return, for each head's part of the width, the mean of the values by how well their keys fit the query."""
        size = self.shape.width // self.shape.heads
        result: list[Value] = []
        for start in range(0, self.shape.width, size):
            part = slice(start, start + size)
            shares = softmax([dot(query[part], key[part]) * size**-0.5 for key in keys])
            result += [dot(shares, column) for column in zip(*[value[part] for value in values], strict=True)]
        return result


def add(xs: Sequence[Any], ys: Sequence[Any]) -> list[Any]:
    return [x + y for x, y in zip(xs, ys, strict=True)]


def normalize(xs: Sequence[Value]) -> list[Value]:
    """Divide by the root of the mean square."""
    scale = (dot(xs, xs) / len(xs) + 1e-5) ** -0.5
    return [x * scale for x in xs]


def loss(model: GPT, numbers: Sequence[Any], weights: Sequence[Any]) -> Value:
    """Return -log of the probability of each next token, times its position's weight, added up.

    `numbers` has 0s and a 1 for each token in turn, of which there is one more than positions.
    """
    size = len(numbers) // (len(weights) + 1)
    tokens = [numbers[k : k + size] for k in range(0, len(numbers), size)]
    losses = [
        logsumexp(logits) - dot(logits, token) for logits, token in zip(model(tokens[:-1]), tokens[1:], strict=True)
    ]
    return dot(losses, weights)
