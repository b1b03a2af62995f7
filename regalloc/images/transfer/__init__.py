"""Moves images: to and from registries and archives, each checked for what its name says."""
