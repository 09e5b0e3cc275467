"""What is kept of the free text of Okta's System Log: closed sets of values. Pure."""
