"""From the two APIs to a snapshot: what was read, and why the rest is missing."""
