"""Reading parameters: the numbers of many `Value`s, copied by machine code from where they are.

From Python, each takes twenty times as long, which for a model of thousands is longer than a call takes to compute.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from autograd.compiler.llvm import native
from autograd.value import Value

NUMBER: Final = float.__basicsize__ - 8  # where a float keeps its number: at its end
READ: Final = """
define void @read(ptr %values, i64 %count, ptr %numbers) {{
entry:
  %any = icmp ne i64 %count, 0
  br i1 %any, label %each, label %done
each:
  %k = phi i64 [ 0, %entry ], [ %next, %each ]
  %value.at = getelementptr ptr, ptr %values, i64 %k
  %value = load ptr, ptr %value.at
  %data.at = getelementptr i8, ptr %value, i64 {data}
  %data = load ptr, ptr %data.at
  %x.at = getelementptr i8, ptr %data, i64 {number}
  %x = load double, ptr %x.at
  %number.at = getelementptr double, ptr %numbers, i64 %k
  store double %x, ptr %number.at
  %next = add i64 %k, 1
  %more = icmp ult i64 %next, %count
  br i1 %more, label %each, label %done
done:
  ret void
}}
"""


class Reader:
    """Reads the present numbers of some `Value`s, which it keeps alive."""

    def __init__(self, values: Sequence[Value]) -> None:
        self.values = list(values)
        self.addresses = array("q", [id(value) for value in self.values])
        self.start = self.addresses.buffer_info()[0]

    def read(self) -> NDArray[np.float64]:
        """Return the numbers as a new array."""
        numbers = np.empty(len(self.values))
        if len(numbers):
            read_function()[1](self.start, len(numbers), numbers.ctypes.data)
        return numbers


@cache
def read_function() -> tuple[native.Code, Any]:
    """Compile the loop, once a process; return the code that owns it, and the loop.

    It runs with the GIL held, so that no other thread replaces a number meanwhile.
    """
    code = native.Code(READ.format(data=data_offset(), number=NUMBER))
    return code, ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)(code.address("read"))


def data_offset() -> int:
    """Find where a `Value` keeps its number, as a pointer to a float."""
    value = Value(0.123)
    for offset in range(object.__basicsize__, type(value).__basicsize__, 8):
        if ctypes.c_void_p.from_address(id(value) + offset).value == id(value._data):
            return offset
    raise RuntimeError("this Python keeps the fields of objects in a way that compiled code does not know")
