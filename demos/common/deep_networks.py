"""Deep networks of several kinds: what a layer computes, what draws its weights, and what goes around or before it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple, TypeAlias

from demos.common import style
from nn import BatchNorm, Layer, LayerNorm, Module, Residual, Sequential, glorot, he

Block: TypeAlias = Callable[[int, Random], Module]  # a layer of some width, with what belongs to it


def layer(activation: str, initialization: Callable[[Random, int, int], float]) -> Block:
    return lambda width, random: Layer(width, width, activation, initialization, random)


def residual(block: Block) -> Block:
    return lambda width, random: Residual(block(width, random))


def layer_norm(block: Block) -> Block:
    return lambda width, random: Sequential(LayerNorm(width), block(width, random))


def batch_norm(block: Block) -> Block:
    return lambda width, random: Sequential(BatchNorm(width), block(width, random))


def twice_he(random: Random, fan_in: int, fan_out: int) -> float:
    """Draw weights twice as large as He's."""
    return 2.0 * he(random, fan_in, fan_out)


class Kind(NamedTuple):
    """What a deep network is made of."""

    name: str
    block: Block
    color: str
    line: str = "-"
    native: bool = True  # whether its rows are independent, so that it can train on compiled code


KINDS = [
    Kind("sigmoid", layer("sigmoid", glorot), style.RED),
    Kind("tanh", layer("tanh", glorot), style.ORANGE),
    Kind("ReLU, He", layer("relu", he), style.BLUE),
    Kind("ReLU, twice He", layer("relu", twice_he), style.PURPLE),
    Kind("sigmoid, skip connections", residual(layer("sigmoid", glorot)), style.RED, "--"),
    Kind("sigmoid, layer normalisation", layer_norm(layer("sigmoid", glorot)), style.RED, ":"),
    Kind("sigmoid, batch normalisation", batch_norm(layer("sigmoid", glorot)), style.RED, "-.", native=False),
    Kind("tanh, skip and normalisation", residual(layer_norm(layer("tanh", glorot))), style.GREEN),
]


def network(kind: Kind, depth: int, width: int, seed: int) -> Module:
    """Make a network of so many layers: one into the width, blocks of one kind, and one out."""
    random = Random(seed)
    blocks = [kind.block(width, random) for _ in range(depth - 2)]
    return Sequential(Layer(2, width, "tanh", glorot, random), *blocks, Layer(width, 1, "identity", glorot, random))
