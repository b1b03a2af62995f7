"""What people read: progress, ratios and report.json."""
