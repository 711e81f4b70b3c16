"""LLVM text for `@run`: the loop that takes `@block` over the rows.

A sum over rows has eight running totals; row r adds to total r % 8, and at the end the totals are folded in halves.
Thus a sum has the same bits for any number of lanes. Rows that fill no vector are computed on padded copies, with
running totals of their own, of which only the lanes that are rows are added.

`columns` and `outs` are tables of pointers, one for each argument and each row of results. `steps` tells how far a
column moves from row to row: 1, or 0 for a number given for all rows, or more for a column of a matrix. If any moves by
more, `@block` gets a copy of its rows, in which the numbers of a column lie beside each other. `totals` takes the sums.
`scratch` holds, in this order, the running totals, those of the last rows, the workspaces of a panel of blocks, copied
columns, results of the last rows, a table of pointers to each, and the copies' steps, which are 0. After each panel,
`@gradients` adds what its blocks left in their workspaces.
"""

from __future__ import annotations

from typing import Final

from autograd.lowering.program import TOTALS

PANEL: Final = 8  # blocks
COUNTED: Final = f"<{', '.join(f'i64 {lane}' for lane in range(TOTALS))}>"


def scratch_size(columns: int, rows: int, sums: int, lanes: int, slots: int, spilled: int) -> int:
    """Return how many doubles `@run` wants as scratch."""
    return 2 * TOTALS * sums + (PANEL * slots + spilled) * lanes + (lanes + 1) * (columns + rows) + columns + TOTALS


def driver(columns: int, rows: int, sums: int, lanes: int, slots: int, spilled: int, weights: bool) -> str:
    """Write `@run` and its loops for a program with so many arguments, rows and sums.

    A block keeps so many vectors in its workspace; with `weights`, there is a `@gradients` that wants them.
    """
    workspaces = 2 * TOTALS * sums
    spill = workspaces + PANEL * slots * lanes
    padded = spill + spilled * lanes
    results = padded + lanes * columns
    tables = results + lanes * rows
    gradients = "call void @gradients(ptr {}, ptr %workspaces, i64 {})" if weights else ""
    run = RUN.format(
        lanes=lanes,
        mask=TOTALS - 1,
        bytes=8 * TOTALS * sums,
        tail=TOTALS * sums,
        workspaces=workspaces,
        workspace=slots * lanes,
        panel=PANEL,
        gradients=gradients.format("%scratch", "%blocks"),
        tail_gradients=gradients.format("%tail.acc", "1"),
        spill=spill,
        padded=padded,
        results=results,
        tables=tables,
        out_table=tables + columns,
        zeros=tables + columns + rows,
        zeros_bytes=8 * columns,
    )
    return "\n".join([run, *called_functions(columns, rows, sums, lanes)])


def called_functions(columns: int, rows: int, sums: int, lanes: int) -> list[str]:
    """Write the functions that `@run` calls besides `@block` and `@gradients`."""
    strided = columns if lanes > 1 else 0  # a block of one row has nothing to put beside each other
    return [
        moves(strided),
        counting_function(
            "gather", "ptr %columns, ptr %steps, i64 %first, ptr %padded", strided, GATHER + gathered(lanes), lanes
        ),
        counting_function(
            "pad", "ptr %columns, ptr %steps, i64 %first, i64 %rest, ptr %padded", lanes * columns, PAD, lanes
        ),
        counting_function("point", "ptr %table, ptr %workspace", columns + rows, POINT, lanes),
        counting_function("copy", "ptr %outs, i64 %first, i64 %rest, ptr %results", lanes * rows, COPY, lanes),
        counting_function("merge", "ptr %acc, ptr %tail, i64 %lane, i64 %rest", sums, MERGE, TOTALS),
        counting_function("fold", "ptr %acc, ptr %totals", sums, FOLD, TOTALS),
    ]


def counting_function(name: str, parameters: str, count: int, body: str, size: int) -> str:
    """Write a function that runs a body for each %k below a count."""
    if count == 0:
        return f"define internal void @{name}({parameters}) {{\n  ret void\n}}"
    return f"""define internal void @{name}({parameters}) {{
entry:
  br label %each
each:
  %k = phi i64 [ 0, %entry ], [ %k.next, %each ]{body.format(size=size, counted=COUNTED)}
  %k.next = add i64 %k, 1
  %more = icmp ult i64 %k.next, {count}
  br i1 %more, label %each, label %done
done:
  ret void
}}"""


def moves(count: int) -> str:
    """Write `@moves`: whether any of so many columns moves by more than 1 from row to row."""
    return MOVES.format(count=count) if count else "define internal i1 @moves(ptr %steps) {\n  ret i1 false\n}"


def gathered(lanes: int) -> str:
    """Write what loads a number into each lane, and stores them beside each other."""
    lines, vector = [], "poison"
    for lane in range(lanes):
        lines.append(f"  %offset{lane} = mul i64 %step, {lane}")
        lines.append(f"  %at{lane} = getelementptr double, ptr %from, i64 %offset{lane}")
        lines.append(f"  %x{lane} = load double, ptr %at{lane}")
        lines.append(f"  %v{lane} = insertelement <{lanes} x double> {vector}, double %x{lane}, i64 {lane}")
        vector = f"%v{lane}"
    return "\n".join([*lines, f"  store <{lanes} x double> {vector}, ptr %to, align 8"])


RUN: Final = """define void @run(i64 %n, ptr %columns, ptr %steps, ptr %theta, ptr %outs, ptr %totals, ptr %scratch) {{
entry:
  call void @llvm.memset.p0.i64(ptr %scratch, i8 0, i64 {bytes}, i1 false)
  %workspaces = getelementptr double, ptr %scratch, i64 {workspaces}
  %spilled = getelementptr double, ptr %scratch, i64 {spill}
  %rest = urem i64 %n, {lanes}
  %whole = sub i64 %n, %rest
  %all = udiv i64 %n, {lanes}
  %any = icmp ne i64 %all, 0
  %padded = getelementptr double, ptr %scratch, i64 {padded}
  %table = getelementptr double, ptr %scratch, i64 {tables}
  br i1 %any, label %look, label %rows.done
look:
  %copied = call i1 @moves(ptr %steps)
  br i1 %copied, label %prepare, label %begin
prepare:
  %zeros = getelementptr double, ptr %scratch, i64 {zeros}
  call void @llvm.memset.p0.i64(ptr %zeros, i8 0, i64 {zeros_bytes}, i1 false)
  call void @point(ptr %table, ptr %padded)
  br label %begin
begin:
  %block.columns = phi ptr [ %columns, %look ], [ %table, %prepare ]
  %block.steps = phi ptr [ %steps, %look ], [ %zeros, %prepare ]
  br label %panels
panels:
  %start = phi i64 [ 0, %begin ], [ %start.next, %panel.done ]
  %left.over = sub i64 %all, %start
  %blocks = call i64 @llvm.umin.i64(i64 %left.over, i64 {panel})
  br label %rows
rows:
  %b = phi i64 [ 0, %panels ], [ %b.next, %compute ]
  %block = add i64 %start, %b
  %row = mul i64 %block, {lanes}
  %lane = and i64 %row, {mask}
  %acc = getelementptr double, ptr %scratch, i64 %lane
  %workspace.at = mul i64 %b, {workspace}
  %workspace = getelementptr double, ptr %workspaces, i64 %workspace.at
  br i1 %copied, label %gather, label %compute
gather:
  call void @gather(ptr %columns, ptr %steps, i64 %row, ptr %padded)
  br label %compute
compute:
  call void @block(ptr %block.columns, ptr %block.steps, i64 %row, ptr %theta, ptr %outs, ptr %acc,
                   ptr %workspace, ptr %spilled)
  %b.next = add i64 %b, 1
  %more = icmp ult i64 %b.next, %blocks
  br i1 %more, label %rows, label %panel.done
panel.done:
  {gradients}
  %start.next = add i64 %start, %blocks
  %panels.left = icmp ult i64 %start.next, %all
  br i1 %panels.left, label %panels, label %rows.done
rows.done:
  %left = icmp ne i64 %rest, 0
  br i1 %left, label %tail, label %end
tail:
  %tail.lane = and i64 %whole, {mask}
  %tail.totals = getelementptr double, ptr %scratch, i64 {tail}
  call void @llvm.memset.p0.i64(ptr %tail.totals, i8 0, i64 {bytes}, i1 false)
  %tail.acc = getelementptr double, ptr %tail.totals, i64 %tail.lane
  %results = getelementptr double, ptr %scratch, i64 {results}
  %out.table = getelementptr double, ptr %scratch, i64 {out_table}
  call void @pad(ptr %columns, ptr %steps, i64 %whole, i64 %rest, ptr %padded)
  call void @point(ptr %table, ptr %padded)
  call void @block(ptr %table, ptr %steps, i64 0, ptr %theta, ptr %out.table, ptr %tail.acc,
                   ptr %workspaces, ptr %spilled)
  {tail_gradients}
  call void @copy(ptr %outs, i64 %whole, i64 %rest, ptr %results)
  call void @merge(ptr %scratch, ptr %tail.totals, i64 %tail.lane, i64 %rest)
  br label %end
end:
  call void @fold(ptr %scratch, ptr %totals)
  ret void
}}
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare i64 @llvm.umin.i64(i64, i64)
"""

MOVES: Final = """define internal i1 @moves(ptr %steps) {{
entry:
  br label %each
each:
  %k = phi i64 [ 0, %entry ], [ %k.next, %each ]
  %step.at = getelementptr i64, ptr %steps, i64 %k
  %step = load i64, ptr %step.at
  %far = icmp ugt i64 %step, 1
  %k.next = add i64 %k, 1
  %last = icmp uge i64 %k.next, {count}
  %known = or i1 %far, %last
  br i1 %known, label %done, label %each
done:
  ret i1 %far
}}"""

# Copy the rows of a block, of one column.
GATHER: Final = """
  %step.at = getelementptr i64, ptr %steps, i64 %k
  %step = load i64, ptr %step.at
  %column.at = getelementptr ptr, ptr %columns, i64 %k
  %column = load ptr, ptr %column.at
  %start = mul i64 %first, %step
  %from = getelementptr double, ptr %column, i64 %start
  %place = mul i64 %k, {size}
  %to = getelementptr double, ptr %padded, i64 %place
"""

# Copy the last rows of each column, and fill up with the very last.
PAD: Final = """
  %c = udiv i64 %k, {size}
  %l = urem i64 %k, {size}
  %last = sub i64 %rest, 1
  %inside = icmp ult i64 %l, %rest
  %offset = select i1 %inside, i64 %l, i64 %last
  %row = add i64 %first, %offset
  %step.at = getelementptr i64, ptr %steps, i64 %c
  %step = load i64, ptr %step.at
  %index = mul i64 %row, %step
  %column.at = getelementptr ptr, ptr %columns, i64 %c
  %column = load ptr, ptr %column.at
  %from = getelementptr double, ptr %column, i64 %index
  %x = load double, ptr %from
  %to = getelementptr double, ptr %padded, i64 %k
  store double %x, ptr %to"""

# Point to each padded column and each row of results.
POINT: Final = """
  %offset = mul i64 %k, {size}
  %target = getelementptr double, ptr %workspace, i64 %offset
  %entry.at = getelementptr ptr, ptr %table, i64 %k
  store ptr %target, ptr %entry.at"""

# Copy results to where they belong; what was computed on padding is stored back to where it is.
COPY: Final = """
  %o = udiv i64 %k, {size}
  %l = urem i64 %k, {size}
  %from = getelementptr double, ptr %results, i64 %k
  %x = load double, ptr %from
  %out.at = getelementptr ptr, ptr %outs, i64 %o
  %out = load ptr, ptr %out.at
  %row = add i64 %first, %l
  %inside = icmp ult i64 %l, %rest
  %proper = getelementptr double, ptr %out, i64 %row
  %to = select i1 %inside, ptr %proper, ptr %from
  store double %x, ptr %to"""

# Add the totals of the last rows, of those lanes alone that are rows.
MERGE: Final = """
  %first = insertelement <{size} x i64> poison, i64 %lane, i64 0
  %lanes = shufflevector <{size} x i64> %first, <{size} x i64> poison, <{size} x i32> zeroinitializer
  %many = insertelement <{size} x i64> poison, i64 %rest, i64 0
  %rows = shufflevector <{size} x i64> %many, <{size} x i64> poison, <{size} x i32> zeroinitializer
  %behind = sub <{size} x i64> {counted}, %lanes
  %inside = icmp ult <{size} x i64> %behind, %rows
  %offset = mul i64 %k, {size}
  %x.at = getelementptr double, ptr %tail, i64 %offset
  %x = load <{size} x double>, ptr %x.at, align 8
  %contribution = select <{size} x i1> %inside, <{size} x double> %x, <{size} x double> zeroinitializer
  %total.at = getelementptr double, ptr %acc, i64 %offset
  %total = load <{size} x double>, ptr %total.at, align 8
  %new = fadd <{size} x double> %total, %contribution
  store <{size} x double> %new, ptr %total.at, align 8"""

FOLD: Final = """
  %offset = mul i64 %k, {size}
  %eight.at = getelementptr double, ptr %acc, i64 %offset
  %four.at = getelementptr double, ptr %eight.at, i64 4
  %low = load <4 x double>, ptr %eight.at, align 8
  %high = load <4 x double>, ptr %four.at, align 8
  %four = fadd <4 x double> %low, %high
  %low2 = shufflevector <4 x double> %four, <4 x double> poison, <2 x i32> <i32 0, i32 1>
  %high2 = shufflevector <4 x double> %four, <4 x double> poison, <2 x i32> <i32 2, i32 3>
  %two = fadd <2 x double> %low2, %high2
  %x = extractelement <2 x double> %two, i64 0
  %y = extractelement <2 x double> %two, i64 1
  %sum = fadd double %x, %y
  %sum.at = getelementptr double, ptr %totals, i64 %k
  store double %sum, ptr %sum.at"""
