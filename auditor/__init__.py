"""Audit whether Okta provisions users into Unleash as the set-up guide requires."""

__version__ = "0.2.0"
