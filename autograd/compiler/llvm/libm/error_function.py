"""erf and erfc."""

from __future__ import annotations

import math

from autograd.compiler.llvm.libm import data
from autograd.compiler.llvm.libm.exponential import exp
from autograd.compiler.llvm.libm.steps import at_least, bits, double, integer, pairwise, signed
from autograd.compiler.llvm.vector import Vector


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
