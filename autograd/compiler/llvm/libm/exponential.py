"""exp, expm1 and tanh."""

from __future__ import annotations

from autograd.compiler.llvm.libm import data
from autograd.compiler.llvm.libm.steps import at_least, bits, double, entries, fma, integer, integers, signed
from autograd.compiler.llvm.vector import Vector


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
    result = scale_expm1(t, r, e, kd)
    result = t.select(reduced, result, t.select(at_least(t, 0x3C900000)(size), plain, x))
    inside = t.both(t.compare("olt", size, t.constant(700.0)), t.compare("ogt", x, t.constant(-38.0)))
    return result, inside


def scale_expm1(t: Vector, r: str, e: str, kd: str) -> str:
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
