"""Whether functions of `libm` have the bits of this machine's C library, tried before they are used."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.llvm import libm, native
from autograd.compiler.llvm.block import declarations
from autograd.compiler.llvm.vector import Vector

POINTS: Final = 1 << 16  # of each kind
LOOP: Final = """
define void @{name}(ptr %xs, ptr %ys, i64 %count) {{
entry:
  br label %each
each:
  %k = phi i64 [ 0, %entry ], [ %next, %each ]
  %from = getelementptr double, ptr %xs, i64 %k
  %x = load {type}, ptr %from, align 8
  %y = call {type} @{function}.{name}({type} %x)
  %to = getelementptr double, ptr %ys, i64 %k
  store {type} %y, ptr %to, align 8
  %next = add i64 %k, {lanes}
  %more = icmp ult i64 %next, %count
  br i1 %more, label %each, label %done
done:
  ret void
}}
"""


def own_function(function: str, lanes: int) -> bool:
    """Whether this package has a function with libm's bits for vectors of so many lanes."""
    return function in libm.FUNCTIONS and lanes >= libm.LEAST and agrees(function)


@cache
def agrees(function: str) -> bool:
    """Compare a function with libm's, once a process; without fused multiply-add, which they use, none agrees."""
    if native.natural_lanes() < libm.LEAST or not native.has_fma():
        return False
    theirs, ours = both(function, points())
    return theirs.tobytes() == ours.tobytes()


@cache
def points() -> NDArray[np.float64]:
    """Return numbers of every size, many of the usual ones, and the neighbours of those where a routine branches."""
    rng = np.random.default_rng(0)
    every = rng.integers(0, 1 << 64, POINTS, dtype=np.uint64).view(np.float64)
    usual = [rng.uniform(-limit, limit, POINTS) for limit in (1.0, 40.0)]
    small = rng.choice([-1.0, 1.0], POINTS) * np.exp2(rng.uniform(-60.0, 10.0, POINTS))
    near_one = 1.0 + rng.uniform(-0.1, 0.1, POINTS)
    limits = np.array([0.0, 0.25, 0.5, 0.84375, 1.0, 1.25, 20.0, 22.0, 6.0, 28.0, 1 / 0.35, np.inf, np.nan])
    logs = np.log(2.0) * np.array([0.5, 1.5, 56.0, 1022.0, 1024.0])
    edges = np.concatenate([limits, logs, 0.5 * logs, [0.9375, 1.0647, 512.0, 700.0, 745.0, 2.0**-28, 2.0**-54]])
    beside = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)])
    found = np.concatenate([every, *usual, small, near_one, beside, -beside])
    return np.concatenate([found, np.zeros(-len(found) % 8)])


def both(function: str, xs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what libm and our function on vectors give for a multiple of 8 numbers, with every nan alike."""
    t = Vector(native.natural_lanes(), fast=False, own_function=lambda function, lanes: True)
    t.called[function] = 1
    loops = [LOOP.format(name=name, type=t.type, function=function, lanes=t.lanes) for name in ("each", "lanes")]
    code = native.Code("\n".join([*declarations(t), *loops]))
    results = []
    for name in ("each", "lanes"):
        ys = np.empty_like(xs)
        call = code.function(name, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64))
        call(xs.ctypes.data, ys.ctypes.data, len(xs))
        results.append(np.where(np.isnan(ys), np.nan, ys))
    return results[0], results[1]
