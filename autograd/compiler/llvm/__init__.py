"""Code generation: a program becomes LLVM text, and the text machine code.

- `find_loops` finds the products of layers, which become loops over arrays instead of long straight lines;
- `vector` writes LLVM instructions on vectors of rows: it is a target of the lowering table;
- `block` writes a program as a function of one vector of rows, `matrices` the loops in it;
- `libm` writes functions of the C library on vectors, and `agreement` tries whether they have the library's bits;
- `driver` writes the loop over all rows, and adds up sums in a fixed order;
- `entry` writes the functions that read NumPy arrays where they are;
- `native` turns the text into machine code. It is the only file that imports llvmlite.
"""
