"""What the watch has seen, and which audits that starts. Pure."""
