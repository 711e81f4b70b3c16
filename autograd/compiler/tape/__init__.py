"""The tape: an interpreter for programs too large for LLVM, with one compiled case for each kind of instruction."""
