"""Rounds of compiling and learning: which modules, what they are rewarded with, what is kept."""
