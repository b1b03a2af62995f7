"""The images: what they are, where the first comes from, how they are built."""
