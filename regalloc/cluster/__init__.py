"""Compiles on a Ray cluster: what goes to its nodes, and what comes back."""
