"""The front end: call a function once on `Value`s, watch what it does with them, and write a program.

- `arguments` reads the names of the function's arguments and checks the example;
- `watching` watches `Value` during the call: what would freeze a number of the example is recorded, guarded or refused;
- `tracer` keeps what one trace has met;
- `conditions` are what comparisons give meanwhile;
- `derivatives` answers `grad` inside the function, following every branch;
- `flatten` writes the recorded graph as a `Program`, with a guard for each branch that Python took;
- `trace` runs the stages, and traces a second time to find what cannot be watched.
"""
