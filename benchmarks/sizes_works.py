"""The works of `benchmarks/sizes.py`: each function once for `Value`s, JAX and CasADi, as one would write it for each.

A work takes columns, one for each argument, and gives the value and the derivatives by every argument, row by row; with
`theta`, the sum of the values and the derivatives by the parameters.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

import autograd
from demos.common.gpt import GPT, Shape, loss

Columns = list[np.ndarray]
POSITIONS, TOKENS, WIDTH, HEADS = 16, 27, 16, 4


class Work(NamedTuple):
    """What is computed on how many rows, and how each library is asked for it."""

    name: str
    rows: tuple[int, ...]
    columns: Callable[[int], Columns]  # an array for each argument, its rows first
    ours: Callable[..., Any]
    jax: Callable[..., Any]
    casadi: Callable[..., Any]
    theta: Any = None  # the parameters, if derivatives are by them
    parameters: Any = ()


def pendulum(steps: int, rows: tuple[int, ...]) -> Work:
    """The energy of a damped pendulum after so many steps of Runge-Kutta, by its start and its damping."""

    def step(a: Any, v: Any, damping: Any, sin: Any) -> tuple[Any, Any]:
        def slope(a: Any, v: Any) -> tuple[Any, Any]:
            return v, -9.81 * sin(a) - damping * v

        h = 0.01
        a1, v1 = slope(a, v)
        a2, v2 = slope(a + 0.5 * h * a1, v + 0.5 * h * v1)
        a3, v3 = slope(a + 0.5 * h * a2, v + 0.5 * h * v2)
        a4, v4 = slope(a + h * a3, v + h * v3)
        return a + h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4), v + h / 6.0 * (v1 + 2.0 * v2 + 2.0 * v3 + v4)

    def unrolled(sin: Any, cos: Any) -> Callable[..., Any]:
        def energy(a: Any, v: Any, damping: Any) -> Any:
            for _ in range(steps):
                a, v = step(a, v, damping, sin)
            return 0.5 * v * v - 9.81 * cos(a)

        return energy

    def jax(a: Any, v: Any, damping: Any) -> Any:
        import jax.numpy as jnp
        from jax.lax import fori_loop

        a, v = fori_loop(0, steps, lambda _, x: step(*x, damping, jnp.sin), (a, v))
        return 0.5 * v * v - 9.81 * jnp.cos(a)

    def casadi(*xs: Any) -> Any:
        import casadi as ca

        return unrolled(ca.sin, ca.cos)(*xs)

    def columns(count: int) -> Columns:
        rng = np.random.default_rng(0)
        return [rng.uniform(-2.0, 2.0, count), rng.uniform(-2.0, 2.0, count), rng.uniform(0.0, 1.0, count)]

    ours = unrolled(autograd.sin, autograd.cos)
    return Work(f"pendulum, RK4, {steps:,} steps", rows, columns, ours, jax, casadi)


def rosenbrock(size: int, rows: tuple[int, ...]) -> Work:
    def ours(xs: Sequence[Any]) -> Any:
        return sum(100.0 * (z - x * x) ** 2 + (1.0 - x) ** 2 for x, z in pairwise(xs))

    def vectors(total: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda xs: total(100.0 * (xs[1:] - xs[:-1] ** 2) ** 2 + (1.0 - xs[:-1]) ** 2)

    def jax(xs: Any) -> Any:
        return vectors(lambda terms: terms.sum())(xs)

    def casadi(xs: Any) -> Any:
        import casadi as ca

        return vectors(ca.sum1)(xs)

    def columns(count: int) -> Columns:
        return [np.random.default_rng(0).normal(size=(count, size))]

    return Work(f"Rosenbrock, {size:,} variables", rows, columns, ours, jax, casadi)


def black_scholes(rows: tuple[int, ...]) -> Work:
    """The price of a call; its derivatives are the Greeks."""

    def price(log: Any, exp: Any, sqrt: Any, erf: Any) -> Callable[..., Any]:
        def call(spot: Any, strike: Any, time: Any, rate: Any, volatility: Any) -> Any:
            spread = volatility * sqrt(time)
            d1 = (log(spot / strike) + (rate + 0.5 * volatility * volatility) * time) / spread
            d2 = d1 - spread
            share, cash = (0.5 * (1.0 + erf(d * math.sqrt(0.5))) for d in (d1, d2))
            return spot * share - strike * exp(-rate * time) * cash

        return call

    def jax(*xs: Any) -> Any:
        import jax.numpy as jnp
        from jax.scipy.special import erf

        return price(jnp.log, jnp.exp, jnp.sqrt, erf)(*xs)

    def casadi(*xs: Any) -> Any:
        import casadi as ca

        return price(ca.log, ca.exp, ca.sqrt, ca.erf)(*xs)

    def columns(count: int) -> Columns:
        rng = np.random.default_rng(0)
        ranges = ((80.0, 120.0), (80.0, 120.0), (0.1, 2.0), (0.0, 0.1), (0.1, 0.5))
        return [rng.uniform(*limits, count) for limits in ranges]

    ours = price(autograd.log, autograd.exp, autograd.sqrt, autograd.erf)
    return Work("Black-Scholes, price and five Greeks", rows, columns, ours, jax, casadi)


def lstm_cell(rows: tuple[int, ...]) -> Work:
    """A step of an LSTM cell of four numbers, half the square of its output, by input and state."""

    def cell(sigmoid: Any, tanh: Any) -> Callable[..., Any]:
        def energy(x: Any, *state: Any) -> Any:
            hidden, memory, output = state[:4], state[4:], 0.0
            for k, c in enumerate(memory):
                gates = [0.3 * x * (gate - 1.5) + 0.1 for gate in range(4)]
                for j, h in enumerate(hidden):
                    gates = [z + 0.2 * ((gate + j + k) % 5 - 2) * h for gate, z in enumerate(gates)]
                c = sigmoid(gates[0]) * c + sigmoid(gates[1]) * tanh(gates[2])
                y = sigmoid(gates[3]) * tanh(c)
                output = output + 0.5 * y * y
            return output

        return energy

    def jax(*xs: Any) -> Any:
        import jax

        return cell(jax.nn.sigmoid, jax.numpy.tanh)(*xs)

    def casadi(*xs: Any) -> Any:
        import casadi as ca

        return cell(lambda z: 1.0 / (1.0 + ca.exp(-z)), ca.tanh)(*xs)

    def columns(count: int) -> Columns:
        return list(np.random.default_rng(0).normal(size=(9, count)))

    def ours(x: Any, h0: Any, h1: Any, h2: Any, h3: Any, c0: Any, c1: Any, c2: Any, c3: Any) -> Any:
        return cell(autograd.sigmoid, autograd.tanh)(x, h0, h1, h2, h3, c0, c1, c2, c3)

    return Work("LSTM cell, 4 units", rows, columns, ours, jax, casadi)


def mixture(rows: tuple[int, ...]) -> Work:
    """The negative logarithm of a density of three Gaussians in the plane, by the point."""
    centres = ((-1.0, 0.5, 0.3), (0.8, -0.2, 0.5), (0.1, 1.2, 0.2))  # x, y and share

    def terms(x: Any, y: Any, log: Any) -> list[Any]:
        return [log(share) - 0.5 * (x - a) * (x - a) - 0.5 * (y - b) * (y - b) for a, b, share in centres]

    def jax(x: Any, y: Any) -> Any:
        import jax

        return -jax.nn.logsumexp(jax.numpy.stack(terms(x, y, math.log)))

    def casadi(x: Any, y: Any) -> Any:
        import casadi as ca

        return -ca.logsumexp(ca.vertcat(*terms(x, y, math.log)))

    def columns(count: int) -> Columns:
        return list(np.random.default_rng(0).normal(size=(2, count)))

    def ours(x: Any, y: Any) -> Any:
        return -autograd.logsumexp(terms(x, y, math.log))

    return Work("mixture of three Gaussians", rows, columns, ours, jax, casadi)


def microgpt(rows: tuple[int, ...]) -> Work:
    """The loss of a name of 16 letters, by the 4,192 parameters of a transformer."""
    model = GPT(TOKENS, Shape(WIDTH, HEADS, POSITIONS), seed=0)

    def columns(count: int) -> Columns:
        tokens = np.eye(TOKENS)[np.random.default_rng(0).integers(0, TOKENS, (count, POSITIONS + 1))]
        return [tokens.reshape(count, -1), np.full((count, POSITIONS), 1.0 / POSITIONS)]

    def jax(theta: Any, numbers: Any, weights: Any) -> Any:
        import jax.numpy as jnp

        parts = (theta[place].reshape(shape) for place, shape in places())
        tokens = numbers.reshape(POSITIONS + 1, TOKENS)
        total = (lambda x: x.sum(axis=1, keepdims=True), lambda x: x.sum())
        return matrices(list(parts), tokens, weights[:, None], jnp.exp, jnp.log, jnp.maximum, jnp.concatenate, total)

    def casadi(theta: Any, numbers: Any, weights: Any) -> Any:
        import casadi as ca

        parts = (ca.reshape(theta[place], *shape[::-1]).T for place, shape in places())
        tokens = ca.reshape(numbers, TOKENS, POSITIONS + 1).T
        total = (ca.sum2, lambda x: ca.sum1(ca.sum2(x)))
        join = lambda some, axis: ca.horzcat(*some)  # noqa: E731
        return matrices(list(parts), tokens, weights, ca.exp, ca.log, ca.fmax, join, total)

    def ours(numbers: Sequence[Any], weights: Sequence[Any]) -> Any:
        return loss(model, numbers, weights)

    parameters = model.parameters()
    theta = np.array([p.data for p in parameters])
    return Work("microgpt, 4,192 parameters", rows, columns, ours, jax, casadi, theta, parameters)


def places() -> list[tuple[slice, tuple[int, int]]]:
    """Return where each matrix lies in theta, in the order of the model's parameters."""
    square, found, start = (WIDTH, WIDTH), [], 0
    up, down = (4 * WIDTH, WIDTH), (WIDTH, 4 * WIDTH)
    for shape in ((WIDTH, TOKENS), (POSITIONS, WIDTH), square, square, square, square, up, down, (TOKENS, WIDTH)):
        found.append((slice(start, start + shape[0] * shape[1]), shape))
        start += shape[0] * shape[1]
    return found


def matrices(
    parts: list[Any], tokens: Any, weights: Any, exp: Any, log: Any, maximum: Any, join: Any, total: Any
) -> Any:
    """The model with a row for each position, as libraries of matrices have it."""
    token, place, query, key, value, mix, widen, narrow, head = parts
    along, whole = total
    unseen = -1e9 * np.triu(np.ones((POSITIONS, POSITIONS)), 1)

    def normalized(x: Any) -> Any:
        return x * (along(x * x) / WIDTH + 1e-5) ** -0.5

    x = normalized(tokens[:-1, :] @ token.T + place)
    normal = normalized(x)
    queries, keys, values = normal @ query.T, normal @ key.T, normal @ value.T
    size, heads = WIDTH // HEADS, []
    for start in range(0, WIDTH, size):
        part = slice(start, start + size)
        exps = exp(queries[:, part] @ keys[:, part].T * size**-0.5 + unseen)
        heads.append((exps / along(exps)) @ values[:, part])
    x = x + join(heads, 1) @ mix.T
    x = x + maximum(normalized(x) @ widen.T, 0.0) @ narrow.T
    logits = x @ head.T
    return whole(weights * (log(along(exp(logits))) - along(logits * tokens[1:, :])))


WORKS = (
    pendulum(10, (1, 100, 10_000, 100_000)),
    pendulum(100, (1, 100, 2_000, 20_000)),
    pendulum(1_000, (1, 100)),
    rosenbrock(10, (1_000, 10_000)),
    rosenbrock(100, (1_000, 10_000)),
    rosenbrock(1_000, (1, 10, 100)),
    rosenbrock(10_000, (1,)),
    black_scholes((1, 100, 100_000, 1_000_000)),
    lstm_cell((100, 10_000)),
    mixture((100, 10_000)),
    microgpt((1, 64, 640)),
)
