"""Who is who: assignments in Okta and accounts in Unleash. Pure."""
