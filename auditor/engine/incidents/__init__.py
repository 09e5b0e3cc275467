"""Incidents, and which notifications an audit produces. Pure."""
