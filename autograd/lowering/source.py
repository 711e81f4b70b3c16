"""A program as source code that runs without Python: C99, or JavaScript.

Both languages get the same two functions, of the values and of their derivatives, written by the lowering table. The
code is straight-line: a line for each machine operation, in the order of exact mode.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from autograd.lowering.javascript import Script, helpers_source, number
from autograd.lowering.program import Program
from autograd.lowering.programs import PROGRAMS, results_of
from autograd.lowering.table import lower

SHOWN: Final = 8  # arguments that a comment names
TITLE: Final = "Written by the Python package scalar-autograd: a function and its derivatives, for one row at a time."
RESERVED: Final = (  # words that JavaScript gives no variable
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends "
    "false finally for function if implements import in instanceof interface let module new null package private "
    "protected public return static super switch this throw true try typeof undefined var void while with yield"
)


class CScript(Script):
    """A `Target` of the lowering table that writes C99."""

    equal, absolute_value = "==", "fabs"

    def put(self, text: str) -> str:
        name = f"t{len(self.lines)}"
        self.lines.append(f"const double {name} = {text};")
        return name

    def put_condition(self, text: str) -> str:
        name = f"t{len(self.lines)}"
        self.lines.append(f"const int {name} = {text};")
        self.conditions.add(name)
        return name

    def constant(self, x: float) -> str:
        return f"({c_number(x)})" if math.copysign(1.0, x) < 0.0 else c_number(x)

    def call(self, function: str, *xs: str) -> str:
        return self.put(f"{function}({', '.join(xs)})")


def c_number(x: float) -> str:
    """Return a number as C writes it, with every bit.

    >>> c_number(-0.0), c_number(2.0), c_number(float("-inf"))
    ('-0.0', '2.0', '-INFINITY')
    """
    if math.isnan(x):
        return "NAN"
    return repr(float(x)).replace("inf", "INFINITY")


def compute(program: Program, script: Script, theta: str = "parameters") -> list[str]:
    """Write the instructions of a program, and return its results for one row: nan in all where a guard fails."""
    registers: list[str] = []
    for instruction in program.code:
        if instruction.op == "constant":
            registers.append(script.constant(instruction.value))
        elif instruction.op in ("input", "parameter"):
            array = "x" if instruction.op == "input" else theta
            registers.append(f"{array}[{int(instruction.value)}]")
        else:
            registers.append(lower(script, instruction.op, [registers[k] for k in instruction.inputs]))
    results = [registers[k] for k in results_of(program)]
    if program.sums:  # sums over the rows, which begin from 0: a -0.0 becomes 0.0
        results = [script.add(script.constant(0.0), registers[k]) for k in program.sums]
    for guard in program.guards:
        held = script.truth(registers[program.outputs[guard.output]])
        agrees = held if guard.holds else script.negation(held)
        results = [script.select(agrees, result, script.constant(math.nan)) for result in results]
    return results


def source(program: Program, parameters: Sequence[float], several: bool, path_name: str) -> str:
    """Return the source code of a function for a file with this name, whose suffix says the language.

    Raises ValueError for a suffix other than .c, .js and .mjs.
    """
    stem, _, suffix = path_name.rpartition(".")
    if not stem or suffix not in LANGUAGES:
        raise ValueError(f"save_source writes C to a .c file and JavaScript to a .js or .mjs file, got {path_name!r}")
    kinds = ("values", "jacobian") if several else ("value", "value_and_grad")
    programs = {kind: PROGRAMS["values" if kind == "value" else kind](program) for kind in kinds}
    return LANGUAGES[suffix](identifier(stem), programs, parameters)


def identifier(stem: str) -> str:
    """Return a file's name as a name that C and JavaScript take.

    >>> identifier("2-layer net"), identifier("function")
    ('f2_layer_net', 'function_')
    """
    name = re.sub(r"\W", "_", stem, flags=re.ASCII)
    name = name if re.match(r"[A-Za-z]", name) else f"f{name}"
    return f"{name}_" if name in RESERVED.split() else name


def arrays(program: Program) -> list[str]:
    """Return the names of the arrays that a function of a program takes."""
    return [name for name, count in (("x", len(program.arguments)), ("parameters", program.parameters)) if count]


def describe_arguments(program: Program) -> list[str]:
    """Return lines of a comment on what the functions take."""
    names = ", ".join(program.arguments[:SHOWN]) + (", ..." if len(program.arguments) > SHOWN else "")
    count = program.parameters
    lines = [f"x: {len(program.arguments)} numbers, {names}"] if names else []
    lines += [f"parameters: {count} numbers; the array below has the ones that the model had"] if count else []
    lines.append(f"Derivatives are with respect to {'the parameters' if count else 'x'}.")
    if program.guards:
        lines.append("An if in Python went one way when the function was traced: where it would go the other way,")
        lines.append("every result is nan.")
    return lines


def comment(signatures: Sequence[str], lines: Sequence[str]) -> str:
    """Return a comment that opens a file."""
    shown = [TITLE, "", *[f"  {signature}" for signature in signatures], "", *lines]
    return "\n".join(["/*", *[f" * {line}".rstrip() for line in shown], " */"])


def c_source(name: str, programs: Mapping[str, Program], parameters: Sequence[float]) -> str:
    """Return a C99 file."""
    heads = {kind: c_head(name, kind, program) for kind, program in programs.items()}
    lines = [
        *describe_arguments(programs[next(iter(programs))]),
        "Outputs must not overlap inputs.",
        "",
        f"Compile: cc -std=c99 -O2 -c {name}.c; link with -lm.",
    ]
    texts = [comment([f"{head};" for head in heads.values()], lines), "#include <math.h>\n"]
    if parameters:
        numbers = ",\n  ".join(map(c_number, parameters))
        texts.append(f"const double {name}_parameters[{len(parameters)}] = {{\n  {numbers}\n}};\n")
    texts += [f"{heads[kind]} {{\n{c_body(kind, program)}}}\n" for kind, program in programs.items()]
    return "\n".join(texts)


def c_head(name: str, kind: str, program: Program) -> str:
    """Return the head of a C function."""
    takes = [f"const double *{array}" for array in arrays(program)]
    takes += [f"double *{OUTPUTS[kind]}"] if kind in OUTPUTS else []
    return f"{'double' if kind in SINGLE else 'void'} {name}_{kind}({', '.join(takes) or 'void'})"


def c_body(kind: str, program: Program) -> str:
    """Return the lines of a C function."""
    script = CScript()
    results = compute(program, script)
    written = results[1:] if kind in SINGLE else results
    lines = [*script.lines, *[f"{OUTPUTS[kind]}[{k}] = {result};" for k, result in enumerate(written)]]
    lines += [f"return {results[0]};"] if kind in SINGLE else []
    text = "".join([f"  {line}\n" for line in lines])
    return "".join([f"  (void){array};\n" for array in arrays(program) if f"{array}[" not in text]) + text


def script_source(name: str, programs: Mapping[str, Program], parameters: Sequence[float]) -> str:
    """Return a JavaScript file that a page loads as a script, and node by require()."""
    inside, names = javascript(programs, parameters)
    calls = [f"{name}.{kind}({', '.join(arrays(program))})" for kind, program in programs.items()]
    return (
        f"{comment(calls, describe_arguments(programs[next(iter(programs))]))}\n"
        f'const {name} = (() => {{\n"use strict";\n{inside}\nreturn {{ {names} }};\n}})();\n'
        f'if (typeof module === "object") module.exports = {name};\n'
    )


def module_source(name: str, programs: Mapping[str, Program], parameters: Sequence[float]) -> str:
    """Return a JavaScript file that is imported as a module."""
    inside, names = javascript(programs, parameters)
    calls = [f'import {{ {names} }} from "./{name}.mjs"']
    calls += [f"{kind}({', '.join(arrays(program))})" for kind, program in programs.items()]
    return f"{comment(calls, describe_arguments(programs[next(iter(programs))]))}\n{inside}\nexport {{ {names} }};\n"


def javascript(programs: Mapping[str, Program], parameters: Sequence[float]) -> tuple[str, str]:
    """Return the functions and what they need, and the names to export."""
    functions = [javascript_function(kind, program) for kind, program in programs.items()]
    numbers = ",\n  ".join(map(number, parameters))
    constants = [f"const parameters = [\n  {numbers},\n];"] if parameters else []
    parts = [helpers_source("\n".join(functions)), *constants, *functions]
    return "\n".join([part for part in parts if part]), ", ".join([*programs, *(["parameters"] if constants else [])])


def javascript_function(kind: str, program: Program) -> str:
    """Return a JavaScript function, which takes the model's own parameters if it is given none."""
    script = Script()
    results = compute(program, script, "theta")
    first, rest = results[0], ", ".join(results[1:])
    shown = {"value": first, "value_and_grad": f"[{first}, [{rest}]]"}.get(kind, f"[{', '.join(results)}]")
    if kind == "jacobian":
        size = program.parameters or len(program.arguments)
        shown = ", ".join([f"[{', '.join(results[k : k + size])}]" for k in range(0, len(results), size)])
        shown = f"[{shown}]"
    lines = "".join([f"  {line}\n" for line in [*script.lines, f"return {shown};"]])
    takes = ", ".join(arrays(program)).replace("parameters", "theta = parameters")
    return f"function {kind}({takes}) {{\n{lines}}}"


OUTPUTS: Final = {"value_and_grad": "gradient", "values": "values", "jacobian": "jacobian"}  # what C functions fill
SINGLE: Final = ("value", "value_and_grad")  # kinds that return the one value
LANGUAGES: Final[dict[str, Callable[[str, Mapping[str, Program], Sequence[float]], str]]] = {
    "c": c_source,
    "js": script_source,
    "mjs": module_source,
}
