"""Okta expressions: read into a tree, evaluated for a user, compared with the login. Pure."""
