"""Policies as files: for the compiler, for its evaluator, and compiled ahead of time."""
