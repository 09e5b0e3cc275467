"""Slack in `auditor serve`: the Socket Mode connection, clicks, and what they request."""
