"""The policy network: what it sees, its layers, and its arithmetic in a policy that is exported."""
