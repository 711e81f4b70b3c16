"""What every code generator shares: programs, symbolic execution of the rule table, and the lowering table.

A base install has all it needs: nothing here imports NumPy or llvmlite. LLVM, the tape's interpreter and the page's
JavaScript are targets of the same table.

- `program`: a recorded graph, flattened to a frozen list of instructions;
- `symbols`: numbers not known yet, on which the rule table computes to write a program;
- `reverse`: the backward pass on symbols, which gives the programs of values, gradients and Hessians;
- `table`: how each row of the rule table is computed by a target's arithmetic, comparison, selection and libm calls.
"""
