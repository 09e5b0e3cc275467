"""The sandbox's Unleash Enterprise: the read paths that matter."""

from auditor.sandbox.unleash.app import unleash_app

__all__ = ["unleash_app"]
