"""What every code generator shares: programs, symbolic execution of the rule table, and the lowering table.

A base install has all it needs: nothing here imports NumPy or llvmlite.

- `program`: a recorded graph, flattened to a frozen list of instructions;
- `symbols`: numbers not known yet, on which the rule table computes to write a program;
- `reverse`: the backward pass on symbols, and `forward` the same for tangents; `programs` has the program of each kind
  of derivative, and `sparsity` finds where it is always 0;
- `table`: how each row of the rule table is computed by a target's arithmetic, comparison, selection and libm calls. A
  target is a class that has these as methods: `javascript.Script` and `source.CScript` here, and `Vector` in
  `autograd.compiler.llvm`. A new one for source code also has an entry in `source.LANGUAGES`.
"""
