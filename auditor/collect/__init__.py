"""Read the two APIs into a snapshot: the data, and the missing data with its reason."""
