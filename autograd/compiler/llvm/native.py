"""Machine code: the only file that imports llvmlite. LLVM text goes in, a function that ctypes can call comes out."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, Final

import llvmlite.binding as llvm  # type: ignore[import-untyped]

VECTOR_LIBRARY: Final = "libmvec.so.1"  # glibc's libm for vectors, x86-64 only
VECTOR_ABI: Final = {2: "b", 4: "d", 8: "e"}  # its letter for SSE, AVX2 and AVX-512, by lanes


def machine() -> Any:
    """Make a target machine for this processor. Each engine owns one and frees it.

    Code generation runs at -O1: at -O2 it takes up to ten times as long, and the code is no faster.
    """
    initialize()
    features = llvm.get_host_cpu_features().flatten()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=1, jit=True)


@cache
def initialize() -> None:
    """Set LLVM up, once a process."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


@cache
def natural_lanes() -> int:
    """Return how many doubles a vector register of this machine holds."""
    features = llvm.get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("avx2") else 2


@cache
def has_fma() -> bool:
    """Whether this machine multiplies and adds in one instruction."""
    return bool(llvm.get_host_cpu_features().get("fma"))


@cache
def vector_function(function: str, arity: int, lanes: int) -> str | None:
    """Name the machine's function that applies one of libm's to whole vectors, if there is one."""
    if lanes not in VECTOR_ABI or not vector_library():
        return None
    if lanes > natural_lanes():
        return None
    name = f"_ZGV{VECTOR_ABI[lanes]}N{lanes}{'v' * arity}_{function}"
    return name if llvm.address_of_symbol(name) else None


@cache
def vector_library() -> bool:
    """Load the machine's library of functions on vectors; False where there is none."""
    try:
        llvm.load_library_permanently(VECTOR_LIBRARY)
    except RuntimeError:
        return False
    return True


@contextmanager
def scheduler_off() -> Iterator[None]:
    """Switch LLVM's scheduler of machine instructions off.

    On one long block it takes as long as all the rest of code generation, and the code is no faster for it. LLVM has
    this setting for the whole process, so it is put back for others who compile here.
    """
    llvm.set_option("", "-enable-misched=false")
    try:
        yield
    finally:
        llvm.set_option("", "-enable-misched=true")


class Code:
    """Machine code of one module. It owns the code: a function taken from it is good while this object lives."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.module = llvm.parse_assembly(text)
        self.engine = llvm.create_mcjit_compiler(self.module, machine())
        with scheduler_off():
            self.engine.finalize_object()

    def function(self, name: str, arguments: Sequence[Any], result: Any = None) -> Any:
        """Return a function of the module; calling it releases the GIL."""
        return ctypes.CFUNCTYPE(result, *arguments)(self.address(name))

    def address(self, name: str) -> int:
        return self.engine.get_function_address(name)  # type: ignore[no-any-return]

    def assembly(self) -> str:
        return str(machine().emit_assembly(llvm.parse_assembly(self.text)))


@lru_cache(maxsize=64)
def compile_text(text: str) -> Code:
    """Compile a text, or give the code of one compiled lately: training the same model again starts at once."""
    return Code(text)
