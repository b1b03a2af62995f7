"""Decides what is to be done, does it, and keeps a record."""
