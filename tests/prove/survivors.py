"""Mutants that no test notices, each with the reason: by the name that `mutants.py` prints, which holds no line."""

from __future__ import annotations

from typing import Final

SHORTCUT: Final = "a shortcut: without it the same numbers come out"
SYMMETRIC: Final = "the function is symmetric"
ORDER: Final = "the order does not matter there"
UNUSED: Final = "nothing is computed by it: it names a kind of leaf"
FLOATS: Final = "isinstance(a, float) and isinstance(b, float) and isinstance(condition, NUMBERS)"
BOTH: Final = "isinstance(x, float) and isinstance(z, float)"

REASONS: Final[dict[str, str]] = {
    # the rule table
    "ops.NUMBERS: (bool, float)  ->  (float, bool)": ORDER,
    f"ops.choose: {FLOATS}  ->  isinstance(b, float) and isinstance(condition, NUMBERS)": SHORTCUT,
    f"ops.choose: {FLOATS}  ->  isinstance(a, float) and isinstance(condition, NUMBERS)": SHORTCUT,
    f"ops.over: {BOTH}  ->  isinstance(z, float)": "the quotient of a Value divides as / does",
    f"ops.over: {BOTH}  ->  isinstance(x, float)": "the quotient of a Value divides as / does",
    "ops.lost: [x if isinstance(x, float) else detach(x) for x in (a, b)]  ->  "
    "[detach(x) if isinstance(x, float) else x for x in (a, b)]": "the derivative of a two-sum's error is exactly 0",
    "ops.lost: x if isinstance(x, float) else detach(x)  ->  "
    "x if isinstance(x, float) else x": "the derivative of a two-sum's error is exactly 0",
    "ops.lost: choose(abs(error) < inf, error, 0.0)  ->  "
    "choose(abs(error) <= inf, error, 0.0)": "where the error is not finite it is nan: inf - inf stands in it",
    "ops.arctan2_partials: hypot(x, y)  ->  hypot(y, x)": SYMMETRIC,
    "ops.sigmoid_partials: choose(x < 0.0, y, sigmoid(-x))  ->  choose(x <= 0.0, y, sigmoid(-x))": "at 0 both are 1/2",
    "ops.arcsinh: hypot(1.0, x)  ->  hypot(-1.0, x)": SYMMETRIC,
    "ops.CONSTANT: Op('CONSTANT', 'const', lambda: nan, lambda y: ())  ->  "
    "Op('CONSTANT', 'const', lambda y: (), lambda: nan)": UNUSED,
    "ops.PARAMETER: Op('PARAMETER', 'param', lambda: nan, lambda y: ())  ->  "
    "Op('PARAMETER', 'param', lambda y: (), lambda: nan)": UNUSED,
    # graphs
    "graph.columns: not v.inputs and v.op is not CONSTANT  ->  "
    "not v.inputs": "constants are then written twice, and read from the second place",
    # the compiler
    "lower.sigmoid: t.compare('oge', x, t.constant(0.0))  ->  "
    "t.compare('ogt', x, t.constant(0.0))": "at 0 both are 1/2",
    "vector.Vector.let: self.count += 1  ->  self.count -= 1": "the names in LLVM's text count down",
    "vector.module: '\\n'.join(parts) + '\\n'  ->  '\\n'.join(parts)": "the text ends without a line's end",
    "vector.block: instruction.op in ('input', 'parameter')  ->  instruction.op in ('parameter', 'input')": ORDER,
    "vector.block: loaded or (inputs[place] if inputs else column(t, place))  ->  "
    "inputs[place] if inputs else column(t, place)": "an input is loaded sooner, and held in a register for longer",
    "reverse.hessian_program: program.parameters or len(program.arguments)  ->  "
    "len(program.arguments)": "it is used only where there are no parameters",
    "reverse.gradient: number not in terms or not wanted[number] or instruction.op not in OPS  ->  "
    "number not in terms or instruction.op not in OPS": SHORTCUT,
    "reverse.gradient: sorted(terms)  ->  terms": ORDER,
    "reverse.product: 1.0 in (a, b)  ->  1.0 in (b, a)": ORDER,
    # the optimizers
    "optimizers.Optimizer.step: (float(self.steps), self.rule, self.memory)  ->  "
    "(self.steps, self.rule, self.memory)": "a power of an int is that of the float",
    "optimizers.trainable: {id(leaf) for leaf in leaves}  ->  "
    "{leaf for leaf in leaves}": "Values are told apart by identity",
}
