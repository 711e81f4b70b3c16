"""log."""

from __future__ import annotations

import math

from autograd.compiler.llvm.libm import data
from autograd.compiler.llvm.libm.steps import bits, double, entries, fma, integer, integers
from autograd.compiler.llvm.vector import Vector


def log(t: Vector, x: str) -> tuple[str, str]:
    """log1p(z / c - 1) + log(c) + k log 2, with c near z from a table; near 1 by a polynomial in x - 1."""
    n = bits(t, x)
    offset = integer(t, "sub", n, 0x3FE6000000000000)
    place = integer(t, "shl", integer(t, "and", integer(t, "lshr", offset, 45), 127), 1)
    kd = t.emit_once(f"sitofp {integers(t)} {integer(t, 'ashr', offset, 52)} to {t.type}")
    z = double(t, integer(t, "sub", n, integer(t, "and", offset, -(1 << 52))))
    inverse = double(t, entries(t, "log.table", place))
    known = double(t, entries(t, "log.table", integer(t, "or", place, 1)))
    r = fma(t, z, inverse, t.constant(-1.0))
    w = fma(t, kd, t.constant(data.LOG_LOG2_HIGH), known)
    high = t.add(w, r)
    low = fma(t, kd, t.constant(data.LOG_LOG2_LOW), t.add(t.subtract(w, high), r))
    a0, a1, a2, a3, a4 = (t.constant(a) for a in data.LOG)
    square = t.multiply(r, r)
    inner = fma(t, square, fma(t, r, a4, a3), fma(t, r, a2, a1))
    result = t.add(fma(t, t.multiply(r, square), inner, fma(t, square, a0, low)), high)
    near = t.both(
        t.compare("oge", x, t.constant(1.0 - 0.0625)), t.compare("olt", x, t.constant(float.fromhex("0x1.109p0")))
    )
    normal = t.compare("oge", x, t.constant(float.fromhex("0x1p-1022")))
    finite = t.compare("olt", x, t.constant(math.inf))
    return t.select(near, log_near_one(t, x), result), t.both(normal, finite)


def log_near_one(t: Vector, x: str) -> str:
    r = t.subtract(x, t.constant(1.0))
    square = t.multiply(r, r)
    cube = t.multiply(r, square)
    half, *b = (t.constant(c) for c in data.LOG_NEAR)
    inner = fma(t, cube, b[9], fma(t, square, b[8], fma(t, r, b[7], b[6])))
    inner = fma(t, cube, inner, fma(t, square, b[5], fma(t, r, b[4], b[3])))
    inner = fma(t, cube, inner, fma(t, square, b[2], fma(t, r, b[1], b[0])))
    wide = t.multiply(r, t.constant(2.0**27))
    head = t.subtract(t.add(r, wide), wide)
    rest = t.subtract(r, head)
    w = t.multiply(t.multiply(head, head), half)
    high = t.add(r, w)
    low = fma(t, t.multiply(half, rest), t.add(head, r), t.add(t.subtract(r, high), w))
    return t.add(fma(t, cube, inner, low), high)
