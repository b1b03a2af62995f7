"""Compiles: the compiler, its command lines, its limits; nothing here knows TensorFlow or gin."""
