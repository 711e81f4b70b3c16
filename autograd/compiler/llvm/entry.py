"""LLVM text for the ways into `@run`: from a frame, and from Python's own objects.

A frame holds the operands of `@run` in their order: a call with one operand is what ctypes is quickest at. Even so, to
look at each array from Python takes as long as the work on a hundred rows. `@take` therefore reads NumPy's arrays where
they are, and says no to whatever is not ready to be computed on.

The layouts are public and fixed: an array's is `tagPyArrayObject_fields` in NumPy's `ndarraytypes.h`, and an object
ends with its type, a tuple with its items, as Python's `Include/cpython` declares them.
"""

from __future__ import annotations

from typing import Final

OBJECT: Final = object.__basicsize__  # an object's reference count and type
ITEMS: Final = tuple.__basicsize__  # where a tuple's items begin
PLACES: Final = ("n", "columns", "steps", "theta", "outs", "totals", "scratch", "ndarray", "float64", "numbers")


def entry(columns: int, rows: int, parameters: int, lanes: int) -> str:
    """Write `@enter` and `@take` for a program with so many arguments, rows and parameters."""
    layout = {"type": OBJECT - 8, "object": OBJECT, "items": ITEMS, "lanes": lanes}
    vector = f"<{lanes} x double>" if lanes > 1 else "double"
    splat = SPLAT.format(lanes=lanes) if lanes > 1 else ""
    counts = {"columns": columns, "rows": rows, "parameters": parameters, "last": 3 + columns}
    return (ENTER + LOOK + TAKE).format(
        loads=loads(PLACES[:7]),
        places=loads(PLACES),
        vector=vector,
        splat=splat,
        all="%all" if lanes > 1 else "%x",
        **layout,
        **counts,
    )


def loads(places: tuple[str, ...]) -> str:
    """Write the loads of a frame's first entries, each under its name."""
    lines = []
    for k, name in enumerate(places):
        lines.append(f"  %{name}.at = getelementptr i64, ptr %frame, i64 {k}")
        lines.append(f"  %{name} = load {'i64' if name == 'n' else 'ptr'}, ptr %{name}.at")
    return "\n".join(lines)


ENTER: Final = """
define void @enter(ptr %frame) {{
{loads}
  call void @run(i64 %n, ptr %columns, ptr %steps, ptr %theta, ptr %outs, ptr %totals, ptr %scratch)
  ret void
}}
"""

# Tell an object's length if it is a float64 array of one dimension without gaps; of a number's array -1, else -2.
LOOK: Final = """
%array = type {{ [{object} x i8], ptr, i32, ptr, ptr, ptr, ptr }}
define internal i64 @look(ptr %x, ptr %ndarray, ptr %float64) {{
  %type.at = getelementptr i8, ptr %x, i64 {type}
  %type = load ptr, ptr %type.at
  %is.array = icmp eq ptr %type, %ndarray
  br i1 %is.array, label %array, label %no
array:
  %dtype.at = getelementptr %array, ptr %x, i32 0, i32 6
  %dtype = load ptr, ptr %dtype.at
  %is.float64 = icmp eq ptr %dtype, %float64
  br i1 %is.float64, label %numbers, label %no
numbers:
  %ndim.at = getelementptr %array, ptr %x, i32 0, i32 2
  %ndim = load i32, ptr %ndim.at
  switch i32 %ndim, label %no [ i32 0, label %number i32 1, label %column ]
number:
  ret i64 -1
column:
  %shape.at = getelementptr %array, ptr %x, i32 0, i32 3
  %shape = load ptr, ptr %shape.at
  %length = load i64, ptr %shape
  %strides.at = getelementptr %array, ptr %x, i32 0, i32 4
  %strides = load ptr, ptr %strides.at
  %stride = load i64, ptr %strides
  %next.to = icmp eq i64 %stride, 8
  %short = icmp ult i64 %length, 2
  %without.gaps = or i1 %next.to, %short
  %result = select i1 %without.gaps, i64 %length, i64 -2
  ret i64 %result
no:
  ret i64 -2
}}
"""

# Take a tuple of theta, results, sums and the columns. The results and sums are ours; the others are looked at, and 0
# given if any is not ready. A number for all rows fills a vector.
TAKE: Final = """
define i32 @take(ptr %frame, ptr %objects) {{
entry:
{places}
  %items = getelementptr i8, ptr %objects, i64 {items}
  %parameters = load ptr, ptr %items
  %count = call i64 @look(ptr %parameters, ptr %ndarray, ptr %float64)
  %fits = icmp eq i64 %count, {parameters}
  br i1 %fits, label %start, label %refuse
start:
  %parameters.at = getelementptr %array, ptr %parameters, i32 0, i32 1
  %parameters.data = load i64, ptr %parameters.at
  store i64 %parameters.data, ptr %theta.at
  %result.item = getelementptr ptr, ptr %items, i64 1
  %result = load ptr, ptr %result.item
  %result.at = getelementptr %array, ptr %result, i32 0, i32 1
  %result.data = load ptr, ptr %result.at
  %sums.item = getelementptr ptr, ptr %items, i64 2
  %sums = load ptr, ptr %sums.item
  %sums.at = getelementptr %array, ptr %sums, i32 0, i32 1
  %sums.data = load i64, ptr %sums.at
  store i64 %sums.data, ptr %totals.at
  br label %results
results:
  %r = phi i64 [ 0, %start ], [ %r.next, %point ]
  %more.results = icmp ult i64 %r, {rows}
  br i1 %more.results, label %point, label %columns.first
point:
  %offset = mul i64 %r, %n
  %out = getelementptr double, ptr %result.data, i64 %offset
  %out.at = getelementptr ptr, ptr %outs, i64 %r
  store ptr %out, ptr %out.at
  %r.next = add i64 %r, 1
  br label %results
columns.first:
  %k = phi i64 [ 0, %results ], [ %k.next, %taken ]
  %more = icmp ult i64 %k, {columns}
  br i1 %more, label %each, label %go
each:
  %item = add i64 %k, 3
  %x.item = getelementptr ptr, ptr %items, i64 %item
  %column = load ptr, ptr %x.item
  %length = call i64 @look(ptr %column, ptr %ndarray, ptr %float64)
  %data.at = getelementptr %array, ptr %column, i32 0, i32 1
  %whole = icmp eq i64 %length, %n
  br i1 %whole, label %take, label %other
take:
  %data = load ptr, ptr %data.at
  br label %taken
other:
  %single = icmp eq i64 %length, -1
  br i1 %single, label %repeat, label %refuse
repeat:
  %number.at = load ptr, ptr %data.at
  %x = load double, ptr %number.at{splat}
  %place = mul i64 %k, {lanes}
  %filled = getelementptr double, ptr %numbers, i64 %place
  store {vector} {all}, ptr %filled, align 8
  br label %taken
taken:
  %from = phi ptr [ %data, %take ], [ %filled, %repeat ]
  %step = phi i64 [ 1, %take ], [ 0, %repeat ]
  %from.at = getelementptr ptr, ptr %columns, i64 %k
  store ptr %from, ptr %from.at
  %step.at = getelementptr i64, ptr %steps, i64 %k
  store i64 %step, ptr %step.at
  %k.next = add i64 %k, 1
  br label %columns.first
go:
  call void @enter(ptr %frame)
  ret i32 1
refuse:
  ret i32 0
}}
"""

SPLAT: Final = """
  %one = insertelement <{lanes} x double> poison, double %x, i64 0
  %all = shufflevector <{lanes} x double> %one, <{lanes} x double> poison, <{lanes} x i32> zeroinitializer"""
