"""The long-running mode."""
