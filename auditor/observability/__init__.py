"""Logs, metrics, heartbeat and status."""
