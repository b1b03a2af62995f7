"""What the host makes of the results of one run, or of several."""
