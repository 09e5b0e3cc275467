"""Conclusions about the provisioning from Okta to Unleash, for several rules. Pure."""
