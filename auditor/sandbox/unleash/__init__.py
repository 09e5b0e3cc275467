"""The sandbox's Unleash Enterprise: the paths that the auditor reads."""

from auditor.sandbox.unleash.app import unleash_app

__all__ = ["unleash_app"]
