"""Causes: what explains the open findings of a target. Pure."""
