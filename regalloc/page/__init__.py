"""report.html: drawn on the host alone, so that a change of its looks makes no stage run again."""
