"""The sandbox's Okta: the read paths that matter, and the token request."""

from auditor.sandbox.okta.app import okta_app

__all__ = ["okta_app"]
