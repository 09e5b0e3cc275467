"""The command line. It prints errors and selects exit codes; no other layer does."""
