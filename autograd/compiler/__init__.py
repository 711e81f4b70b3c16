"""Compile what you recorded: native speed for the graph you looked at. Needs the extra `scalar-autograd[native]`."""

try:
    from autograd.compiler.frontend.tracer import TraceError
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
