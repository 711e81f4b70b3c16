"""Constant arrays in LLVM text, for numbers that follow each other without a rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from autograd.compiler.llvm.vector import Vector, bits


class Tables:
    """Constant arrays of a module, for what has no rule from turn to turn."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def integers(self, numbers: Sequence[int]) -> str:
        return self.add("i32", [f"i32 {number}" for number in numbers])

    def floats(self, numbers: Sequence[float]) -> str:
        return self.add("double", [f"double {bits(x)}" for x in numbers])

    def add(self, type: str, items: Sequence[str]) -> str:
        name = f"@table{len(self.texts)}"
        self.texts.append(f"{name} = internal constant [{len(items)} x {type}] [{', '.join(items)}]")
        return name


def index(t: Vector, tables: Tables, numbers: Sequence[int], turn: str) -> str:
    """Write what gives the k-th of some numbers in turn k: a sum if they lie equally far apart, or else a table."""
    first, step = numbers[0], numbers[1] - numbers[0]
    if not step and all(number == first for number in numbers):
        return str(first)
    if all(b - a == step for a, b in pairwise(numbers)):
        moved = t.emit_once(f"mul i64 {turn}, {step}")
        return t.emit_once(f"add i64 {moved}, {first}")
    entry = t.emit(f"getelementptr i32, ptr {tables.integers(numbers)}, i64 {turn}")
    return t.emit(f"sext i32 {t.emit(f'load i32, ptr {entry}')} to i64")
