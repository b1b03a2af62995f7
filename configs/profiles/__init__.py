"""Whole configurations, one a file."""
