"""Mutants that no test notices, each with the reason: by the name that `mutants.py` prints, which holds no line.

One is equivalent if nothing changes that anybody could see: every result has the same bits, or, as where the operands
of + are swapped, nothing but the order in which rounded terms are added further down, of which nothing is promised.
Such a mutant is no wrong, and not counted. One that does change something is open, and counts as alive.
"""

from __future__ import annotations

from typing import Final

SHORTCUT: Final = "a shortcut: without it the same numbers come out"
SYMMETRIC: Final = "the function is symmetric"
ORDER: Final = "the order does not matter there"
BOTH: Final = "isinstance(a, float) and isinstance(b, float)"

EQUIVALENT: Final[dict[str, str]] = {
    # the rule table
    f"rules.quotient: {BOTH}  ->  isinstance(b, float)": "the quotient of a Value divides as / does",
    f"rules.quotient: {BOTH}  ->  isinstance(a, float)": "the quotient of a Value divides as / does",
    "rules.rounding_error: select(abs(error) < inf, error, 0.0)  ->  "
    "select(abs(error) <= inf, error, 0.0)": "an error that is not finite is nan: inf - inf stands in it",
    "rules.arctan2_partials: rows.hypot(x, y)  ->  rows.hypot(y, x)": SYMMETRIC,
    "ops.erf: (-3.0, 3.0)  ->  (-3.0, 3.0029999999999997)": "a domain of samples that is a thousandth wider",
    "ops.arcsinh: hypot(1.0, x)  ->  hypot(-1.0, x)": SYMMETRIC,
    "rules.gaussian: rows.detach(x + SPLIT - SPLIT)  ->  "
    "rows.detach(SPLIT - (x + SPLIT))": "x - head and x + head change places, beside a scale that is a power of two",
    "rules.gaussian: select(abs(x) >= 64.0, 0.0, split)  ->  "
    "select(abs(x) > 64.0, 0.0, split)": "so far out both are 0",
    "rules.gaussian: abs(x) >= 64.0  ->  abs(x) >= 64.064": "so far out both are 0",
    "ieee.power: x < 0.0 and is_odd(y)  ->  x <= 0.0 and is_odd(y)": "no power of 0 overflows",
    "ieee.dot: add_in_order(map(mul, inputs[:n], inputs[n:2 * n]))  ->  "
    "add_in_order(map(mul, inputs[n:2 * n], inputs[:n]))": SYMMETRIC,
    "rules.gelu_partials: select(abs(x) >= inf, 0.0, x)  ->  select(abs(x) >= inf, 1.0, x)": "times a density of 0",
    "ieee.ALMOST_ZERO: -1000.0  ->  -1000.9999999999999": "the exponential of either is 0",
    "ieee.dot: 2 * n  ->  3 * n": "`map` stops at the end of the weights",
    "ieee.log_sigmoid: minimum(x, 0.0) - math.log1p(math.exp(-abs(x)))  ->  "
    "minimum(0.0, x) - math.log1p(math.exp(-abs(x)))": SYMMETRIC,
    "ieee.silu: maximum(x, ALMOST_ZERO)  ->  maximum(ALMOST_ZERO, x)": SYMMETRIC,
    # graphs
    "graph.computed_order: input.inputs and input not in seen  ->  input.inputs": SHORTCUT,
    # the compiler
    "table.sigmoid: t.compare('oge', x, t.constant(0.0))  ->  "
    "t.compare('ogt', x, t.constant(0.0))": "at 0 both are 1/2",
    "table.sign: t.select(t.compare('oeq', x, zero), zero, t.constant(math.nan))  ->  "
    "t.select(t.compare('oeq', zero, x), zero, t.constant(math.nan))": SYMMETRIC,
    "table.silu: t.compare('oge', x, t.constant(0.0))  ->  t.compare('ogt', x, t.constant(0.0))": "at 0 both are 0",
    "table.logsumexp: maximum(t, shift, x)  ->  maximum(t, x, shift)": SYMMETRIC,
    "vector.Vector.emit: self.count += 1  ->  self.count -= 1": "the names in LLVM's text count down",
    "reverse.gradients: number not in terms or not wanted[number] or instruction.row is None  ->  "
    "number not in terms or instruction.row is None": SHORTCUT,
    "reverse.gradients: sorted(terms)  ->  terms": ORDER,
    "reverse.product: 1.0 in (a, b)  ->  1.0 in (b, a)": ORDER,
    "reverse.product: partial.number in builder.live or 1.0 in (a, b)  ->  "
    "partial.number in builder.live": "times a choice of 1 or b, or a choice of itself or times b: the same bits",
    # the optimizers
    "optimizers.Optimizer.__init__: check_call(name, x, f'a schedule, {name}(steps)', 0)  ->  "
    "check_call(name, x, f'a schedule, {name}(steps)', -1)": "the call is only compared with the signature",
    "optimizers.Optimizer.constant_runs: (callable(getattr(self, name)) for name, _, _ in self.ranges)  ->  "
    "(getattr(self, name) for name, _, _ in self.ranges)": SHORTCUT,
    "optimizers.Optimizer.step: (float(self.steps), self.rule, self.memory)  ->  "
    "(self.steps, self.rule, self.memory)": "a power of an int is that of the float",
}

OPEN: Final[dict[str, str]] = {
    "rules.one_minus_square: abs(x) < 0.5  ->  abs(x) < 0.5005": "both forms are within their bounds around 1/2",
    "rules.one_minus_square: select(abs(x) < 0.5, 0.0, select(abs(x) >= 1.0, 0.0, 1.0))  ->  "
    "select(abs(x) < 0.5, 1.0, select(abs(x) >= 1.0, 0.0, 1.0))": "the factored form keeps its bounds there",
    "rules.logsumexp_partials: 1.0 + rounding_error(x, shift)  ->  "
    "1.001 + rounding_error(x, shift)": "a factor of all exponentials cancels, but for the share of a rounding error",
    "rules.one_minus_square: select(abs(x) < 0.5, 0.0, select(abs(x) >= 1.0, 0.0, 1.0))  ->  "
    "select(abs(x) <= 0.5, 0.0, select(abs(x) >= 1.0, 0.0, 1.0))": "both are exact at 1/2; their slopes there may "
    "differ by a rounding, and both are within their bounds",
}
