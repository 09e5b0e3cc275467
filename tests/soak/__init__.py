"""`serve` over thousands of short runs: what of it grows, and what must not."""
