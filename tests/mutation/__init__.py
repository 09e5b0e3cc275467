"""One small fault at a time is put into the core: some test has to see it."""
