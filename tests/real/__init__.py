"""Real peers for the tests: PostgreSQL, Unleash, a browser and a Slack that others wrote."""
