"""The collections of an Okta org."""
