"""The sandbox's Okta: the paths that the auditor reads, and the token request."""

from auditor.sandbox.okta.app import okta_app

__all__ = ["okta_app"]
