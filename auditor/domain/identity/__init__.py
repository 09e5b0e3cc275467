"""The comparison and linking of Okta users and Unleash accounts. Pure."""
