"""Compile what you recorded: native speed for the graph you looked at. Needs the extra `scalar-autograd[native]`."""

from autograd.compiler.function import CompiledFunction, GuardError, compile
from autograd.compiler.program import Guard, Instruction, Program

__all__ = ["CompiledFunction", "Guard", "GuardError", "Instruction", "Program", "compile"]
