"""What the tasks call: one module for each thing that a user asks for."""
