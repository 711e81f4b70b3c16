"""Compile what you recorded: native speed for the graph you looked at. Needs the extra `scalar-autograd[native]`.

A function goes through four stages, each a package that takes what the one before gives:

1. `frontend` calls the function once on `Value`s and writes the graph that it records as a program.

   >>> from autograd.compiler.frontend.trace import trace
   >>> program = trace(lambda x, y: (x * y).exp(), parameters=[], example=None).program
   >>> print(program)
   %0 = input 0
   %1 = input 1
   %2 = multiply %0 %1
   %3 = exp %2
   outputs %3

2. `autograd.lowering`, which needs no extra, derives: it runs the backward pass on symbols, with the rules of the rule
   table, and writes a program of the value and its derivatives.

   >>> from autograd.lowering.programs import PROGRAMS
   >>> derived = PROGRAMS["value_and_grad"](program)
   >>> print(derived)
   %0 = input 0
   %1 = input 1
   %2 = multiply %0 %1
   %3 = exp %2
   %4 = multiply %3 %1
   %5 = multiply %3 %0
   %6 = constant 0.0
   %7 = add %4 %6
   %8 = add %5 %6
   outputs %3 %7 %8

3. `llvm` writes LLVM instructions on vectors of rows, here of one row, and makes machine code of them. What a large
   program repeats, turn after turn, becomes a loop. A program too large for that goes to `tape`, an interpreter.

   >>> from autograd.compiler.llvm.block import module
   >>> from autograd.compiler.llvm.find_loops import loops
   >>> from autograd.compiler.llvm.vector import Vector
   >>> text = module(derived, Vector(lanes=1, fast=False), loops(derived))
   >>> print("\\n".join(line for line in text.split("define")[1].splitlines() if "fmul" in line or "call" in line))
     %t15 = fmul double %t7, %t14
     %t16 = call double @exp.lanes(double %t15)
     %t20 = fmul double %t16, %t14
     %t21 = fmul double %t16, %t7

4. `runtime` keeps the machine code with the memory it needs, and calls it on NumPy arrays.

   >>> import numpy as np
   >>> from autograd.compiler.runtime.kernel import Kernel
   >>> rows, sums = Kernel(derived, fast=False).run([np.array([0.0, 1.0]), np.array([2.0, 2.0])], 2, np.empty(0))
   >>> rows.round(3)
   array([[ 1.   ,  7.389],
          [ 2.   , 14.778],
          [ 0.   ,  7.389]])
"""

try:
    from autograd.compiler.frontend.nodes import TraceError
    from autograd.compiler.runtime.compiling import compile
    from autograd.compiler.runtime.function import CompiledFunction
    from autograd.compiler.runtime.guards import GuardError
    from autograd.lowering.program import Guard, Instruction, Program
except ImportError as error:
    package = (error.name or "").partition(".")[0]
    if package not in ("llvmlite", "numpy"):
        raise
    raise ImportError(
        f"autograd.compile needs {package}, which is not installed: pip install 'scalar-autograd[native]'",
        name=package,
    ) from error

__all__ = ["CompiledFunction", "Guard", "GuardError", "Instruction", "Program", "TraceError", "compile"]
