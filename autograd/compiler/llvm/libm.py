"""Functions of libm on whole vectors, with the bits of the C library that this machine has.

Exact mode gives the engine's bits, and those are libm's. glibc's exp and log are Arm's (Szabolcs Nagy, 2018), its
expm1, tanh, erf and erfc are Sun's (1993). The same operations in the same order, on vectors, give the same bits
wherever libm is compiled in the same way, with fused multiply-add where glibc's compiler puts it. `agreement` tries
that before any of this is used; where it does not hold, libm is called lane by lane. So it is for vectors with a number
that a function here is not for: infinity and nan, and what overflows or is subnormal.

Arm's routines: Copyright (c) 2018 Arm Limited, SPDX-License-Identifier: MIT. Sun's: Copyright (C) 1993 by Sun
Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy,
modify, and distribute this software is freely granted, provided that this notice is preserved.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from functools import cache
from typing import Final

from autograd.compiler.llvm import libm_data as data
from autograd.compiler.llvm.vector import Vector

Function = Callable[[Vector, str], tuple[str, str]]  # gives the result, and the mask of the lanes for which it is one
LEAST: Final = 4  # lanes that pay


def fma(t: Vector, x: str, z: str, total: str) -> str:
    """Write x * z + total, rounded once."""
    return t.emit_once(f"call {t.type} @llvm.fma.{t.suffix}({t.type} {x}, {t.type} {z}, {t.type} {total})")


def bits(t: Vector, x: str) -> str:
    return t.emit_once(f"bitcast {t.type} {x} to {integers(t)}")


def double(t: Vector, n: str) -> str:
    return t.emit_once(f"bitcast {integers(t)} {n} to {t.type}")


def integers(t: Vector) -> str:
    return f"<{t.lanes} x i64>"


def integer(t: Vector, operation: str, n: str, other: str | int) -> str:
    """Write an operation on integers, the second of which may be a number."""
    second = f"splat (i64 {other})" if isinstance(other, int) else other
    return t.emit_once(f"{operation} {integers(t)} {n}, {second}")


def entries(t: Vector, table: str, indices: str) -> str:
    """Load an integer from a table for each lane."""
    pointers = f"<{t.lanes} x ptr>"
    places = t.emit_once(f"getelementptr i64, ptr @{table}, {integers(t)} {indices}")
    everywhere = f"<{t.lanes} x i1> splat (i1 true), {integers(t)} poison"
    return t.emit_once(
        f"call {integers(t)} @llvm.masked.gather.v{t.lanes}i64.v{t.lanes}p0({pointers} {places}, i32 8, {everywhere})"
    )


def at_least(t: Vector, high: int) -> Callable[[str], str]:
    """Compare with the number whose upper 32 bits are given."""
    (limit,) = struct.unpack("<d", struct.pack("<Q", high << 32))
    return lambda x: t.compare("oge", x, t.constant(limit))


def pairwise(t: Vector, x: str, coefficients: Sequence[float]) -> str:
    """Evaluate a polynomial as Sun's routines in glibc do: by pairs, with powers of x**2; nothing is fused."""
    c = [t.constant(a) for a in coefficients]
    pairs = [t.add(c[k], t.multiply(x, c[k + 1])) if k + 1 < len(c) else c[k] for k in range(0, len(c), 2)]
    square = t.multiply(x, x)
    fourth = t.multiply(square, square)
    powers = [square, fourth, t.multiply(fourth, square), t.multiply(fourth, fourth)]
    total = pairs[0]
    for power, pair in zip(powers, pairs[1:], strict=False):
        total = t.add(total, t.multiply(power, pair))
    return total


def exp(t: Vector, x: str) -> tuple[str, str]:
    """2**(k / 128) * exp(r), with the first factor from a table."""
    shift = t.constant(float.fromhex("0x1.8p52"))
    raised = fma(t, t.constant(data.PER_LOG2), x, shift)
    k = bits(t, raised)
    kd = t.subtract(raised, shift)
    r = fma(t, kd, t.constant(-data.LOG2_HIGH), x)
    r = fma(t, kd, t.constant(-data.LOG2_LOW), r)
    place = integer(t, "shl", integer(t, "and", k, 127), 1)
    tail = double(t, entries(t, "exp.table", place))
    scale = integer(t, "add", entries(t, "exp.table", integer(t, "or", place, 1)), integer(t, "shl", k, 45))
    c2, c3, c4, c5 = (t.constant(c) for c in data.EXP)
    square = t.multiply(r, r)
    low = fma(t, square, fma(t, r, c3, c2), t.add(tail, r))
    whole = fma(t, t.multiply(square, square), fma(t, r, c5, c4), low)
    factor = double(t, scale)
    return fma(t, factor, whole, factor), t.compare("olt", t.absolute(x), t.constant(512.0))


def expm1(t: Vector, x: str) -> tuple[str, str]:
    """2**k * (expm1(r) + 1) - 1, with the correction of r; which sums are exact hangs on k."""
    zero, half, one = t.constant(0.0), t.constant(0.5), t.constant(1.0)
    size = t.absolute(x)
    below = t.compare("olt", x, zero)
    reduced, large = at_least(t, 0x3FD62E43)(size), at_least(t, 0x3FF0A2B2)(size)
    near = t.add(t.multiply(t.constant(data.INVERSE_LOG2), x), t.select(below, t.constant(-0.5), half))
    unit = t.select(below, t.constant(-1.0), one)
    whole = t.emit_once(f"call {t.type} @llvm.trunc.{t.suffix}({t.type} {near})")
    kd = t.select(reduced, t.select(large, whole, unit), zero)
    low = t.multiply(kd, t.constant(data.SUN_LOG2_LOW))
    high = fma(t, t.negative(kd), t.constant(data.SUN_LOG2_HIGH), x)
    r = t.subtract(high, low)
    c = t.subtract(t.subtract(high, r), low)
    halved = t.multiply(half, r)
    s = t.multiply(r, halved)
    q1, q2, q3, q4, q5 = (t.constant(q) for q in data.EXPM1)
    second = t.multiply(s, s)
    ratio = fma(t, second, fma(t, s, q3, q2), fma(t, s, q1, one))
    ratio = fma(t, t.multiply(second, second), fma(t, s, q5, q4), ratio)
    u = fma(t, t.negative(ratio), halved, t.constant(3.0))
    e = t.multiply(s, t.divide(t.subtract(ratio, u), fma(t, t.negative(r), u, t.constant(6.0))))
    plain = t.subtract(r, fma(t, r, e, t.negative(s)))
    e = t.subtract(fma(t, r, t.subtract(e, c), t.negative(c)), s)
    result = scaled(t, r, e, kd)
    result = t.select(reduced, result, t.select(at_least(t, 0x3C900000)(size), plain, x))
    inside = t.both(t.compare("olt", size, t.constant(700.0)), t.compare("ogt", x, t.constant(-38.0)))
    return result, inside


def scaled(t: Vector, r: str, e: str, kd: str) -> str:
    """Finish expm1 from r - e and a k that is not 0."""
    one, half, two = t.constant(1.0), t.constant(0.5), t.constant(2.0)
    k = t.emit_once(f"fptosi {t.type} {kd} to {integers(t)}")
    power = integer(t, "shl", k, 52)
    inverse = double(t, integer(t, "sub", bits(t, one), power))  # 2**-k
    error = t.subtract(e, r)
    difference = t.subtract(r, e)

    def times_power(y: str) -> str:
        return double(t, integer(t, "add", bits(t, y), power))

    far = t.subtract(times_power(t.subtract(one, error)), one)
    few = times_power(t.subtract(t.subtract(one, inverse), error))
    many = times_power(t.add(t.subtract(r, t.add(e, inverse)), one))
    result = t.select(t.compare("olt", kd, t.constant(20.0)), few, many)
    extreme = t.either(t.compare("ole", kd, t.constant(-2.0)), t.compare("ogt", kd, t.constant(56.0)))
    result = t.select(extreme, far, result)
    low = t.multiply(t.constant(-2.0), t.subtract(e, t.add(r, half)))
    once = t.select(t.compare("olt", r, t.constant(-0.25)), low, t.add(one, t.multiply(two, difference)))
    result = t.select(t.compare("oeq", kd, one), once, result)
    minus = t.subtract(t.multiply(half, difference), half)
    return t.select(t.compare("oeq", kd, t.constant(-1.0)), minus, result)


def tanh(t: Vector, x: str) -> tuple[str, str]:
    """1 - 2 / (expm1(2 x) + 2) from 1 on, -expm1(-2 x) / (expm1(-2 x) + 2) below, and the sign."""
    one, two = t.constant(1.0), t.constant(2.0)
    size = t.absolute(x)
    large = t.compare("oge", size, one)
    doubled = t.multiply(two, size)
    u, _ = expm1(t, t.select(large, doubled, t.negative(doubled)))
    quotient = t.divide(t.select(large, two, t.negative(u)), t.add(u, two))
    result = t.select(large, t.subtract(one, quotient), quotient)
    result = t.select(at_least(t, 0x40360000)(size), one, result)
    result = t.select(at_least(t, 0x3C800000)(size), signed(t, result, x), x)
    return result, t.compare("olt", size, t.constant(300.0))


def signed(t: Vector, y: str, x: str) -> str:
    """Give y, which is not negative, the sign of x."""
    return double(t, integer(t, "or", bits(t, y), integer(t, "and", bits(t, x), -(1 << 63))))


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


def erf_parts(t: Vector, x: str, limit: int) -> tuple[str, str, str, str]:
    """Return for |x|: erf's share of x near 0, that above erf(1) near 1, erfc beyond; and |x| itself."""
    size, one = t.absolute(x), t.constant(1.0)
    square = t.multiply(x, x)
    small = t.divide(pairwise(t, square, data.ERF_SMALL[0]), pairwise(t, square, data.ERF_SMALL[1]))
    s = t.subtract(size, one)
    middle = t.divide(pairwise(t, s, data.ERF_MIDDLE[0]), pairwise(t, s, data.ERF_MIDDLE[1]))
    s = t.divide(one, square)
    far = at_least(t, limit)(size)
    above, below = (
        t.select(far, pairwise(t, s, beyond), pairwise(t, s, within))
        for within, beyond in zip(data.ERF_LARGE, data.ERF_HUGE, strict=True)
    )
    head = double(t, integer(t, "and", bits(t, size), -(1 << 32)))
    first, _ = exp(t, t.subtract(t.multiply(t.negative(head), head), t.constant(0.5625)))
    second = t.multiply(t.subtract(head, size), t.add(head, size))
    rest, _ = exp(t, t.add(second, t.divide(above, below)))
    return small, middle, t.divide(t.multiply(first, rest), size), size


def erf(t: Vector, x: str) -> tuple[str, str]:
    one, known = t.constant(1.0), t.constant(data.ERF_ONE)
    small, middle, tail, size = erf_parts(t, x, 0x4006DB6E)
    result = t.select(at_least(t, 0x40180000)(size), one, t.subtract(one, tail))
    result = t.select(at_least(t, 0x3FF40000)(size), result, t.add(known, middle))
    near = t.select(at_least(t, 0x3E300000)(size), t.multiply(x, small), t.multiply(t.constant(data.ERF_SLOPE), x))
    result = t.select(at_least(t, 0x3FEB0000)(size), signed(t, result, x), t.add(x, near))
    scaled_apart = t.both(t.compare("olt", size, t.constant(2.0**-1015)), t.compare("ogt", size, t.constant(0.0)))
    return result, t.both(t.negation(scaled_apart), t.compare("olt", size, t.constant(math.inf)))


def erfc(t: Vector, x: str) -> tuple[str, str]:
    one, half, two, known = (t.constant(c) for c in (1.0, 0.5, 2.0, data.ERF_ONE))
    small, middle, tail, size = erf_parts(t, x, 0x4006DB6D)
    below = t.compare("olt", x, t.constant(0.0))
    result = t.select(below, t.select(at_least(t, 0x40180000)(size), two, t.subtract(two, tail)), tail)
    around = t.select(below, t.add(one, t.add(known, middle)), t.subtract(t.subtract(one, known), middle))
    result = t.select(at_least(t, 0x3FF40000)(size), result, around)
    product = t.multiply(x, small)
    quarter = t.subtract(half, t.add(product, t.subtract(x, half)))
    near = t.select(t.compare("olt", x, t.constant(0.25)), t.subtract(one, t.add(x, product)), quarter)
    near = t.select(at_least(t, 0x3C700000)(size), near, t.subtract(one, x))
    return t.select(at_least(t, 0x3FEB0000)(size), result, near), t.compare("olt", size, t.constant(22.0))


FUNCTIONS: Final[dict[str, Function]] = {
    "exp": exp,
    "expm1": expm1,
    "tanh": tanh,
    "log": log,
    "erf": erf,
    "erfc": erfc,
}


def definition(t: Vector, function: str) -> str:
    """Write the function on vectors, which calls `@NAME.each` for lanes that it is not for."""
    part = Vector(t.lanes, fast=False)
    result, inside = FUNCTIONS[function](part, "%x0")
    return (
        f"define internal {t.type} @{function}.lanes({t.type} %x0) noinline {{\n{part.body()}"
        f"  %all = call i1 @llvm.vector.reduce.and.v{t.lanes}i1({t.mask} {inside})\n"
        f"  br i1 %all, label %done, label %some\nsome:\n"
        f"  %each = call {t.type} @{function}.each({t.type} %x0)\n"
        f"  %y = select {t.mask} {inside}, {t.type} {result}, {t.type} %each\n  ret {t.type} %y\n"
        f"done:\n  ret {t.type} {result}\n}}"
    )


def shared(t: Vector) -> str:
    """Write the tables and declarations that the functions need."""
    lanes = t.lanes
    lines = [
        f"@{name}.table = internal constant [{len(table)} x i64] [{', '.join(f'i64 {n}' for n in table)}]"
        for name, table in tables()
    ]
    gather = f"<{lanes} x i64> @llvm.masked.gather.v{lanes}i64.v{lanes}p0"
    lines += [
        f"declare {t.type} @llvm.fma.{t.suffix}({t.type}, {t.type}, {t.type})",
        f"declare {t.type} @llvm.trunc.{t.suffix}({t.type})",
        f"declare i1 @llvm.vector.reduce.and.v{lanes}i1({t.mask})",
        f"declare {gather}(<{lanes} x ptr>, i32, {t.mask}, {integers(t)})",
    ]
    return "\n".join(lines)


@cache
def tables() -> list[tuple[str, list[int]]]:
    """Return the tables by name: for exp, the tail of 2**(k / 128) and its bits less k << 45."""
    powers: list[int] = []
    with localcontext() as context:
        context.prec = 60
        for k in range(128):
            exact = Decimal(2) ** (Decimal(k) / 128)
            rounded = float(exact)
            powers += [as_bits(float(exact / Decimal(rounded) - 1)), as_bits(rounded) - (k << 45)]
    return [("exp", powers), ("log", [as_bits(x) for x in data.LOG_TABLE])]


def as_bits(x: float) -> int:
    return struct.unpack("<q", struct.pack("<d", x))[0]  # type: ignore[no-any-return]
