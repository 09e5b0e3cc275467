"""Slack: one message per incident, its thread, notices and digests."""
