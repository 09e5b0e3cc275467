"""What the entries of Okta's System Log and of Unleash's events mean for the provisioning. Pure."""
