"""The algorithms that change a network's weights, and the decisions that they learn from."""
