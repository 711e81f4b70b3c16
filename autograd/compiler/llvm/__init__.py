"""Code generation: a program becomes LLVM text, and the text machine code.

- `find_loops` finds the products of layers, which become loops over arrays, in every program; `repeats` finds, in large
  programs, turns that follow each other, as those of an integrator, which become a loop; `bodies` finds, in what is
  still large, stretches that recur at any distance, which become a function; `fold` cuts ops of many inputs;
- `vector` writes LLVM instructions on vectors of rows: it is a target of the lowering table;
- `block` writes a program as a function of one vector of rows, cut by `parts`; in it, `products` writes the products of
  layers, `turns` the loops, `tables` their constants, and `matrices` the gradients of weights;
- `libm` writes functions of the C library on vectors, and `agreement` tries whether they have the library's bits;
- `driver` writes the loop over all rows, and adds up sums in a fixed order;
- `entry` writes the functions that read NumPy arrays where they are;
- `native` turns the text into machine code. It is the only file that imports llvmlite.
"""
