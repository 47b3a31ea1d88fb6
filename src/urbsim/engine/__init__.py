"""Numbers: compile a lowered model to machine code and solve it."""
