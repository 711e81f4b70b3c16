"""The steps that functions of libm are written in, beside arithmetic: integers, tables, fused multiply-add."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from autograd.compiler.llvm.vector import Vector


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


def signed(t: Vector, y: str, x: str) -> str:
    """Give y, which is not negative, the sign of x."""
    return double(t, integer(t, "or", bits(t, y), integer(t, "and", bits(t, x), -(1 << 63))))
