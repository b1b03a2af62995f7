"""What a user sees on the terminal: plans, results as tables, messages."""
