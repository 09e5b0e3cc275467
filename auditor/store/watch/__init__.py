"""What the watch has seen: cursors, events, and the audits that they start."""
