"""The rule table: every primitive, its function on floats and its local derivatives.

A row holds all the calculus the engine knows about one primitive. Two places write it out once more, to be quick: `Value`
for `+` and `*`, and `functions.net_input` for `dot`. `Op`, the type of a row, is in `op.py`, since the rules need it too.

- `forward(*xs)` takes floats and returns a float. It follows IEEE 754 as NumPy does, and never raises:
  `log(0)` is -inf, `log(-1)` is nan, `exp(800)` is inf.
- `partials(z, *xs)` returns d z / d x for each input. It is written with operators that work on floats and on
  `Value`s alike, so one rule gives the numbers of a first derivative, the graph of a second, and the program that
  is compiled. A partial of None carries no gradient at all: a selecting op gives it to the branch it did not take, and
  every op to a number beside a `Value`. Multiplying by 0.0 instead would turn an infinite gradient into nan.
- The same two as text, `formula` and `derivatives`, from which its docstring is made, and what pictures show.
- `inputs` names its inputs where they are not x and y; "*xs" stands for any number of them.
- `domain` is where the tests sample the row: one (low, high) pair for each input that they give it.

To add a primitive, add its row here and its lowering in `lowering/table.py`: CONTRIBUTING.md shows an example.
"""

from __future__ import annotations

import math

from autograd import ieee, rules
from autograd.ieee import LN2, LN10, SQRT_PI
from autograd.op import CONSTANT as CONSTANT  # these are offered here too, beside the rows
from autograd.op import OPS as OPS
from autograd.op import PARAMETER as PARAMETER
from autograd.op import Op as Op
from autograd.op import add_op
from autograd.op import as_float as as_float

# The table -----------------------------------------------------------------------------------------------------------
# Each row: its name, its formula and the function that computes it; below these its derivatives, as text and as the rule
# that computes them; the domain; and by keyword what else `Op` has. In a rule, z is the result, x and y are the inputs.
# Where a textbook derivative cancels, as 1 - z * z does for tanh, the rule has an equal form that does not.
# fmt: off

cos: Op  # for type checkers: rows above those of these four mention them
cosh: Op
sigmoid: Op
sigmoid_slope: Op

ANY = (-1e3, 1e3)
SOME = (-30.0, 30.0)
UNIT = (-1.0, 1.0)
PLUS = (1e-9, 1e9)

add = add_op("add", "x + y", lambda x, y: x + y,
    ("1", "1"), lambda z, x, y: (1.0, 1.0), ANY, ANY, symbol="+", public=False)
subtract = add_op("subtract", "x − y", lambda x, y: x - y,
    ("1", "−1"), lambda z, x, y: (1.0, -1.0), ANY, ANY, symbol="-", public=False)
multiply = add_op("multiply", "x · y", lambda x, y: x * y,
    ("y", "x"), lambda z, x, y: (y, x), ANY, ANY, symbol="*", public=False)
divide = add_op("divide", "x / y", ieee.divide,
    ("1 / y", "−x / y²"), lambda z, x, y: (rules.quotient(1.0, y), rules.quotient(-z, y)), ANY, PLUS, symbol="/", public=False)
negative = add_op("negative", "−x", lambda x: -x,
    "−1", lambda z, x: (-1.0,), ANY, symbol="neg", public=False)
sign = add_op("sign", "sign(x)", ieee.sign,
    "0", lambda z, x: (0.0,), ANY)
absolute = add_op("absolute", "|x|", abs,
    "sign(x)", lambda z, x: (sign(x),), ANY, symbol="abs")
power = add_op("power", "x^y", ieee.power,
    ("y · x^(y − 1)", "x^y · log(x)"), rules.power_partials, (1e-3, 1e2), (-9.0, 9.0), symbol="**", public=False)
constant_power = add_op("constant_power", "x^n", ieee.power,
    ("n · x^(n − 1)", None), rules.constant_power_partials, (1e-3, 1e2), (-9.0, 9.0), symbol="**", inputs="x n", public=False)

exp = add_op("exp", "exp(x)", ieee.exp,
    "exp(x)", lambda z, x: (z,), (-700.0, 700.0))
exp2 = add_op("exp2", "2^x", ieee.exp2,
    "log(2) · 2^x", lambda z, x: (LN2 * z,), (-1e3, 1e3))
expm1 = add_op("expm1", "exp(x) − 1", ieee.expm1,
    "exp(x)", lambda z, x: (exp(x),), (-700.0, 700.0))
log = add_op("log", "log(x)", ieee.log,
    "1 / x", lambda z, x: (rules.reciprocal(x, 1.0),), PLUS, defined="x ≥ 0")
log2 = add_op("log2", "log₂(x)", ieee.log2,
    "1 / (x · log(2))", lambda z, x: (rules.reciprocal(x, 1.0 / LN2),), PLUS, defined="x ≥ 0")
log10 = add_op("log10", "log₁₀(x)", ieee.log10,
    "1 / (x · log(10))", lambda z, x: (rules.reciprocal(x, 1.0 / LN10),), PLUS, defined="x ≥ 0")
log1p = add_op("log1p", "log(1 + x)", ieee.log1p,
    "1 / (1 + x)", lambda z, x: (rules.reciprocal(1.0 + x, 1.0),), (-1.0, 1e9), defined="x ≥ −1")
sqrt = add_op("sqrt", "√x", ieee.sqrt,  # z + 0.0 treats -0.0 as 0.0
    "1 / (2 · √x)", lambda z, x: (rules.quotient(0.5, z + 0.0),), PLUS, defined="x ≥ 0")
hypot = add_op("hypot", "√(x² + y²)", ieee.hypot,
    ("x / √(x² + y²)", "y / √(x² + y²)"), rules.hypot_partials, ANY, ANY)

sin = add_op("sin", "sin(x)", ieee.sin,
    "cos(x)", lambda z, x: (cos(x),), ANY)
cos = add_op("cos", "cos(x)", ieee.cos,
    "−sin(x)", lambda z, x: (-sin(x),), ANY)
tan = add_op("tan", "tan(x)", ieee.tan,
    "1 + tan²(x)", lambda z, x: (1.0 + z * z,), ANY)
arcsin = add_op("arcsin", "arcsin(x)", ieee.arcsin,
    "1 / √(1 − x²)", lambda z, x: (rules.quotient(1.0, sqrt(rules.one_minus_square(x))),), UNIT, defined="−1 ≤ x ≤ 1")
arccos = add_op("arccos", "arccos(x)", ieee.arccos,
    "−1 / √(1 − x²)", lambda z, x: (rules.quotient(-1.0, sqrt(rules.one_minus_square(x))),), UNIT, defined="−1 ≤ x ≤ 1")
arctan = add_op("arctan", "arctan(x)", ieee.arctan,  # 1 + x * x would overflow long before its inverse is 0
    "1 / (1 + x²)", lambda z, x: (1.0 / (r := hypot(1.0, x)) / r,), ANY)
arctan2 = add_op("arctan2", "arctan2(y, x)", math.atan2,
    ("x / (x² + y²)", "−y / (x² + y²)"), rules.arctan2_partials, ANY, ANY, inputs="y x")

sinh = add_op("sinh", "sinh(x)", ieee.sinh,
    "cosh(x)", lambda z, x: (cosh(x),), (-700.0, 700.0))
cosh = add_op("cosh", "cosh(x)", ieee.cosh,
    "sinh(x)", lambda z, x: (sinh(x),), (-700.0, 700.0))
tanh = add_op("tanh", "tanh(x)", math.tanh,
    "1 − tanh²(x)", lambda z, x: (4.0 * sigmoid_slope(2.0 * x),), SOME)
arcsinh = add_op("arcsinh", "arcsinh(x)", math.asinh,
    "1 / √(x² + 1)", lambda z, x: (1.0 / hypot(1.0, x),), ANY)
arccosh = add_op("arccosh", "arccosh(x)", ieee.arccosh,
    "1 / √(x² − 1)", lambda z, x: (rules.quotient(rules.quotient(1.0, sqrt(x - 1.0)), sqrt(x + 1.0)),), (1.0, 1e3), defined="x ≥ 1")
arctanh = add_op("arctanh", "arctanh(x)", ieee.arctanh,
    "1 / (1 − x²)", rules.arctanh_partials, UNIT, defined="−1 ≤ x ≤ 1")

sigmoid = add_op("sigmoid", "1 / (1 + exp(−x))", ieee.sigmoid,
    "sigmoid(x) · (1 − sigmoid(x))", lambda z, x: (sigmoid_slope(x),), SOME)
# A separate op, because z * (1 - z) cancels where z, the sigmoid, is near 1, and its derivative where z is near 1/2.
sigmoid_slope = add_op("sigmoid_slope", "sigmoid(x) · (1 − sigmoid(x))", ieee.sigmoid_slope,
    "sigmoid′(x) · (1 − 2 · sigmoid(x))", lambda z, x: (-z * tanh(0.5 * x),), SOME, symbol="sigmoid'", public=False)
softplus = add_op("softplus", "log(1 + exp(x))", ieee.softplus,
    "sigmoid(x)", lambda z, x: (sigmoid(x),), SOME)
relu = add_op("relu", "max(x, 0)", ieee.relu,
    "1 if x > 0, else 0", lambda z, x: (rules.relu_partial(x, 0.0),), SOME)
leaky_relu = add_op("leaky_relu", "x if x > 0, else slope · x", ieee.leaky_relu,
    ("1 if x > 0, else slope", "0 if x > 0, else x"), rules.leaky_relu_partials,
    SOME, UNIT, symbol="leaky relu", inputs="x slope")
elu = add_op("elu", "x if x > 0, else alpha · (exp(x) − 1)", ieee.elu,
    ("1 if x > 0, else alpha · exp(x)", "0 if x > 0, else exp(x) − 1"), rules.elu_partials,
    SOME, UNIT, inputs="x alpha")
log_sigmoid = add_op("log_sigmoid", "log(1 / (1 + exp(−x)))", ieee.log_sigmoid,
    "1 / (1 + exp(x))", lambda z, x: (sigmoid(-x),), SOME)
# The two terms of silu' cancel near its zero at -1.28, and those of gelu' near -0.75: no bound in units of the result
# holds there, and the domains end before. gelu itself loses digits far below 0, where erfc magnifies the rounding of its
# argument.
silu = add_op("silu", "x / (1 + exp(−x))", ieee.silu,
    "sigmoid(x) · (1 + x · (1 − sigmoid(x)))", rules.silu_partials, (-0.5, 30.0))
gelu = add_op("gelu", "½ · x · erfc(−x / √2)", ieee.gelu,
    "½ · erfc(−x / √2) + x · exp(−x² / 2) / √(2 · π)", rules.gelu_partials, (-0.4, 8.0))
erf = add_op("erf", "erf(x)", math.erf,
    "2 / √π · exp(−x²)", lambda z, x: (2.0 / SQRT_PI * rules.gaussian(x, 1.0),), (-3.0, 3.0))
erfc = add_op("erfc", "erfc(x)", math.erfc,
    "−2 / √π · exp(−x²)", lambda z, x: (-2.0 / SQRT_PI * rules.gaussian(x, 1.0),), (-1.0, 1.0))

floor = add_op("floor", "floor(x)", ieee.floor,
    "0", lambda z, x: (0.0,), ANY)
ceil = add_op("ceil", "ceil(x)", ieee.ceil,
    "0", lambda z, x: (0.0,), ANY)
round = add_op("round", "round(x)", ieee.round,
    "0", lambda z, x: (0.0,), ANY)

maximum = add_op("maximum", "max(x, y)", ieee.maximum,
    ("1 if x > y, ½ if x = y, else 0", "1 if y > x, ½ if y = x, else 0"),
    lambda z, x, y: (rules.maximum_partial(x, y), rules.maximum_partial(y, x)), ANY, ANY, symbol="max")
minimum = add_op("minimum", "min(x, y)", ieee.minimum,
    ("1 if x < y, ½ if x = y, else 0", "1 if y < x, ½ if y = x, else 0"),
    lambda z, x, y: (rules.maximum_partial(y, x), rules.maximum_partial(x, y)), ANY, ANY, symbol="min")
# What `autograd.maximum(x, low)` and `minimum(x, high)` record for a number: at a tie, no gradient instead of a half.
clamp_min = add_op("clamp_min", "max(x, low)", ieee.maximum,
    ("1 if x > low, else 0", None), lambda z, x, low: (rules.relu_partial(x, low), None),
    ANY, ANY, symbol="max", inputs="x low", public=False)
clamp_max = add_op("clamp_max", "min(x, high)", ieee.minimum,
    ("1 if x < high, else 0", None), lambda z, x, high: (rules.relu_partial(high, x), None),
    ANY, ANY, symbol="min", inputs="x high", public=False)
where = add_op("where", "a if condition, else b", lambda condition, a, b: a if condition else b,
    (None, "1 if condition, else 0", "0 if condition, else 1"), rules.where_partials,
    (-1.0, 1.0), ANY, ANY, inputs="condition a b")
detach = add_op("detach", "x", lambda x: x,
    (None,), lambda z, x: (None,), ANY)

sum = add_op("sum", "Σ xᵢ", ieee.sum,
    "1", lambda z, *xs: (1.0,) * len(xs), ANY, ANY, ANY, inputs="*xs")
dot = add_op("dot", "Σ wᵢ · xᵢ + b", ieee.dot,
    ("xᵢ", "wᵢ", "1"), rules.dot_partials, ANY, ANY, ANY, ANY, ANY, inputs="*inputs")
logsumexp = add_op("logsumexp", "log(Σ exp(xᵢ))", ieee.logsumexp,
    "exp(xᵢ) / Σ exp(xⱼ)", rules.logsumexp_partials, SOME, SOME, SOME, inputs="*xs")
# fmt: on
