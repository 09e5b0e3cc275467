"""Rules applied to a snapshot. Pure."""
