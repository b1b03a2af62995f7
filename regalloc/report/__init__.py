"""What people read: progress, ratios, tables and report.json."""
