"""Compile what you recorded: native speed for the graph you looked at. Needs the extra `scalar-autograd[native]`."""

try:
    from autograd.compiler.function import CompiledFunction, GuardError, compile
    from autograd.compiler.program import Guard, Instruction, Program
except ImportError as error:
    if error.name not in ("llvmlite", "numpy"):
        raise
    raise ImportError(
        f"autograd.compile needs {error.name}, which is not installed: pip install 'scalar-autograd[native]'",
        name=error.name,
    ) from error

__all__ = ["CompiledFunction", "Guard", "GuardError", "Instruction", "Program", "compile"]
