"""Functions of libm on whole vectors, with the bits of the C library that this machine has.

Exact mode gives the engine's bits, and those are libm's. glibc's exp and log are Arm's (Szabolcs Nagy, 2018), its
expm1, tanh, erf and erfc are Sun's (1993). The same operations in the same order, on vectors, give the same bits
wherever libm is compiled in the same way, with fused multiply-add where glibc's compiler puts it. `agreement` tries
that before any of this is used; where it does not hold, libm is called lane by lane. It is also called for a vector in
which a number is infinite or nan, or has a result that overflows or is subnormal: these cases are not written here.

Arm's routines: Copyright (c) 2018 Arm Limited, SPDX-License-Identifier: MIT. Sun's: Copyright (C) 1993 by Sun
Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy,
modify, and distribute this software is freely granted, provided that this notice is preserved.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import cache
from typing import Final

from autograd.compiler.llvm.libm import data
from autograd.compiler.llvm.libm.error_function import erf, erfc
from autograd.compiler.llvm.libm.exponential import exp, expm1, tanh
from autograd.compiler.llvm.libm.logarithm import log
from autograd.compiler.llvm.libm.steps import integers
from autograd.compiler.llvm.vector import Vector

Function = Callable[[Vector, str], tuple[str, str]]  # gives the result, and the mask of the lanes for which it is one
LEAST: Final = 4  # lanes that pay
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


def shared_definitions(t: Vector) -> str:
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
