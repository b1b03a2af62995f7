"""What runs stages: containers, or plain processes."""
