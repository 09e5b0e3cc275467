"""Messages: from the outbox to Slack and to webhooks."""
