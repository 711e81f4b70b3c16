"""Running compiled code.

- `compiling` is `compile`, and `function` the compiled function it returns;
- `strategy` decides whether a program runs as machine code or on the tape;
- `guards` checks that every row goes the way of the example;
- `columns` converts what a function is called with, or refuses it by name;
- `strided` finds the columns of list arguments, which are read where they are, and `memory` the addresses of arrays;
- `parameters` reads the numbers of the parameters;
- `blocks` cuts many rows for the threads;
- `kernel` is machine code with the memory it runs in;
- `update` is the rule of an optimizer as kernels;
- `training_loop` runs gradient steps without Python in between, for `fit(native=True)`.
"""
