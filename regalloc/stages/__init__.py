"""The stages, one module each, and the table that describes them."""
