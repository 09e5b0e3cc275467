"""The command line: the one place that prints errors and selects the exit code."""
