"""From the two APIs to records."""
