"""Differences in the configuration, their authors and the findings that they caused. Pure."""
