"""What users do in Slack: clicks, who may click, buttons, modals and lists."""
