"""What rules ask about the provisioning from Okta into Unleash. Pure."""
