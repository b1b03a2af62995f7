"""Corpus, compiler and the files between them; nothing here knows TensorFlow or gin."""
