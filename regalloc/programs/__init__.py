"""Programs to measure: how they are described, built twice, run, counted and blamed."""
