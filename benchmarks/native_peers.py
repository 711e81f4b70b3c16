"""The same work as `benchmarks/native.py`, done by others: each function gives something to call, over and over.

All compute in float64 on one thread. A peer that is not installed raises ImportError, and its cell stays empty.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Work = Callable[[], Any]
HERE = Path(__file__).parent
SHAPES = ((16, 2), (16, 16), (1, 16))


def moons_c(xs: np.ndarray, t: np.ndarray, theta: np.ndarray) -> Work:
    library, out = c_library(), np.empty(338)
    addresses = [a.ctypes.data for a in (xs[0], xs[1], t, theta, out)]
    return lambda: (library.moons(len(t), *addresses), out[337], out[:337])[1:]


def peak_rate() -> float:
    """Measure the machine's peak double-precision rate on one core, in floating-point operations a second."""
    import time

    library, best = c_library(), float("inf")
    for _ in range(20):
        began = time.perf_counter()
        library.peak(200_000)
        best = min(best, time.perf_counter() - began)
    return 256 * 200_000 / best


def c_library() -> Any:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise ImportError("no C compiler")
    target = Path(tempfile.mkdtemp()) / "moons.so"
    flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", str(target), str(HERE / "moons.c")], check=True)
    library = ctypes.CDLL(str(target))
    library.moons.argtypes = [ctypes.c_long] + [ctypes.c_void_p] * 5
    library.peak.argtypes, library.peak.restype = [ctypes.c_long], ctypes.c_double
    return library


def split(theta: Any, shapes: Sequence[tuple[int, int]] = SHAPES) -> list[tuple[Any, Any]]:
    """Cut a flat array of parameters into the weights and biases of each layer."""
    layers, start = [], 0
    for rows, columns in shapes:
        block = theta[start : start + rows * (columns + 1)].reshape(rows, columns + 1)
        layers.append((block[:, :-1], block[:, -1]))
        start += rows * (columns + 1)
    return layers


def moons_numpy(xs: np.ndarray, t: np.ndarray, theta: np.ndarray) -> Work:
    def run() -> tuple[float, np.ndarray]:
        (w1, b1), (w2, b2), (w3, b3) = split(theta)
        h1 = np.maximum(w1 @ xs + b1[:, None], 0.0)
        h2 = np.maximum(w2 @ h1 + b2[:, None], 0.0)
        margin = 1.0 - t * (w3 @ h2 + b3[:, None])
        g3 = np.where(margin > 0.0, -t, 0.0)
        g2 = (w3.T @ g3) * (h2 > 0.0)
        g1 = (w2.T @ g2) * (h1 > 0.0)
        slopes = [np.column_stack([g @ h.T, g.sum(1)]).ravel() for g, h in ((g1, xs), (g2, h1), (g3, h2))]
        return np.maximum(margin, 0.0).sum(), np.concatenate(slopes)

    return run


def moons_jax(xs: np.ndarray, t: np.ndarray, theta: np.ndarray) -> Work:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def loss(theta: Any, xs: Any, t: Any) -> Any:
        h = xs
        for k, (w, b) in enumerate(split(theta)):
            h = w @ h + b[:, None]
            h = jnp.maximum(h, 0.0) if k < 2 else h
        return jnp.maximum(1.0 - t * h, 0.0).sum()

    step = jax.jit(jax.value_and_grad(loss))
    data = [jnp.asarray(a) for a in (theta, xs, t)]
    return lambda: jax.block_until_ready(step(*data))


def moons_torch(xs: np.ndarray, t: np.ndarray, theta: np.ndarray) -> Work:
    import torch

    torch.set_num_threads(1)
    leaf, data, target = torch.tensor(theta, requires_grad=True), torch.tensor(xs), torch.tensor(t)

    def run() -> tuple[Any, Any]:
        leaf.grad = None
        h = data
        for k, (w, b) in enumerate(split(leaf)):
            h = w @ h + b[:, None]
            h = torch.relu(h) if k < 2 else h
        loss = torch.relu(1.0 - target * h).sum()
        loss.backward()
        return loss.item(), leaf.grad

    return run


def moons_casadi(xs: np.ndarray, t: np.ndarray, theta: np.ndarray) -> Work:
    import casadi as ca

    p, x, y = ca.SX.sym("p", len(theta)), ca.SX.sym("x", 2), ca.SX.sym("y")
    h, start = x, 0
    for k, (rows, columns) in enumerate(SHAPES):
        block = ca.reshape(p[start : start + rows * (columns + 1)], columns + 1, rows).T
        h = block[:, :columns] @ h + block[:, columns]
        h = ca.fmax(h, 0.0) if k < 2 else h
        start += rows * (columns + 1)
    loss = ca.fmax(1.0 - y * h, 0.0)
    row = ca.Function("row", [p, x, y], [loss, ca.gradient(loss, p)])
    mapped = row.map(len(t), [True, False, False], [False, False])

    def run() -> tuple[float, np.ndarray]:
        losses, slopes = mapped(theta, xs, t[None, :])
        return float(ca.sum2(losses)), np.array(ca.sum2(slopes)).ravel()

    return run


def moons_micrograd(xs: np.ndarray, t: np.ndarray, theta: np.ndarray) -> Work:
    from micrograd.engine import Value
    from micrograd.nn import MLP

    model = MLP(2, [16, 16, 1])
    order = [p for layer in model.layers for neuron in layer.neurons for p in (*neuron.w, neuron.b)]
    for p, x in zip(order, theta.tolist(), strict=True):
        p.data = x

    def run() -> tuple[float, list[float]]:
        model.zero_grad()
        rows = zip(xs.T.tolist(), t.tolist(), strict=True)
        losses = [(1.0 + -y * model(list(map(Value, x)))).relu() for x, y in rows]
        total = sum(losses[1:], losses[0])
        total.backward()
        return total.data, [p.grad for p in order]

    return run


def digits_jax(xs: np.ndarray, labels: np.ndarray, theta: np.ndarray) -> Work:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def loss(theta: Any, xs: Any, labels: Any) -> Any:
        (w1, b1), (w2, b2) = split(theta, ((32, 64), (10, 32)))
        z = w2 @ jnp.tanh(w1 @ xs + b1[:, None]) + b2[:, None]
        return (jax.nn.logsumexp(z, axis=0) - z[labels, jnp.arange(len(labels))]).sum()

    step = jax.jit(jax.value_and_grad(loss))
    data = [jnp.asarray(a) for a in (theta, xs, labels.astype(int))]
    return lambda: jax.block_until_ready(step(*data))


def digits_torch(xs: np.ndarray, labels: np.ndarray, theta: np.ndarray) -> Work:
    import torch

    torch.set_num_threads(1)
    leaf, data = torch.tensor(theta, requires_grad=True), torch.tensor(xs.T.copy())
    target = torch.tensor(labels.astype(int))

    def run() -> tuple[Any, Any]:
        leaf.grad = None
        (w1, b1), (w2, b2) = split(leaf, ((32, 64), (10, 32)))
        z = torch.nn.functional.linear(torch.tanh(torch.nn.functional.linear(data, w1, b1)), w2, b2)
        loss = torch.nn.functional.cross_entropy(z, target, reduction="sum")
        loss.backward()
        return loss.item(), leaf.grad

    return run


def xor_jax(theta: np.ndarray, steps: int, lr: float, momentum: float) -> Work:
    """Train in one jit: the whole loop is a lax.fori_loop."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    xs, t = jnp.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]]), jnp.array([0.0, 1.0, 1.0, 0.0])

    def loss(theta: Any) -> Any:
        (w1, b1), (w2, b2) = split(theta, ((2, 2), (1, 2)))
        y = jax.nn.sigmoid(w2 @ jax.nn.sigmoid(w1 @ xs + b1[:, None]) + b2[:, None])
        return (0.5 * (y - t) ** 2).mean()

    def step(_: Any, state: Any) -> Any:
        theta, change, _ = state
        value, slope = jax.value_and_grad(loss)(theta)
        change = momentum * change - lr * slope
        return theta + change, change, value

    train = jax.jit(lambda theta: jax.lax.fori_loop(0, steps, step, (theta, jnp.zeros_like(theta), 0.0)))
    start = jnp.asarray(theta)
    return lambda: jax.block_until_ready(train(start))[2]


def scalar_jax_compile(theta: np.ndarray) -> Work:
    """Trace and compile the moons loss written as the same scalar function, for 96 rows."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def row(theta: Any, x: Any, z: Any, t: Any) -> Any:
        h, start = [x, z], 0
        for k, (rows, columns) in enumerate(SHAPES):
            layer = []
            for j in range(rows):
                w = [theta[start + j * (columns + 1) + i] for i in range(columns + 1)]
                s = w[-1]
                for weight, value in zip(w, h, strict=False):
                    s = s + weight * value
                layer.append(jnp.maximum(s, 0.0) if k < 2 else s)
            h, start = layer, start + rows * (columns + 1)
        return jnp.maximum(1.0 - t * h[0], 0.0)

    def total(theta: Any, x: Any, z: Any, t: Any) -> Any:
        return jax.vmap(row, (None, 0, 0, 0))(theta, x, z, t).sum()

    columns = [jnp.zeros(96)] * 3
    return lambda: jax.jit(jax.value_and_grad(total)).lower(jnp.asarray(theta), *columns).compile()


def recurrent_casadi(build: Callable[..., Any], xs: Sequence[float], theta: np.ndarray) -> Work:
    """The recurrent graph as CasADi's scalar expressions, run by its virtual machine."""
    import casadi as ca

    p = ca.SX.sym("p", len(theta))
    loss = build([p[k] for k in range(len(theta))], xs, ca.tanh)
    function = ca.Function("recurrent", [p], [loss, ca.gradient(loss, p)])
    buffer, trigger = function.buffer()
    value, slopes, point = np.empty(1), np.empty(len(theta)), theta.copy()
    buffer.set_arg(0, memoryview(point))
    buffer.set_res(0, memoryview(value))
    buffer.set_res(1, memoryview(slopes))

    def run(kept: object = (function, buffer, point)) -> tuple[float, np.ndarray]:
        trigger()
        return value[0], slopes

    return run
