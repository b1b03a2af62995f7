"""Programs to measure: how they are described, built, run, counted and blamed."""
