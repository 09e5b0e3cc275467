"""The watch: polls of the logs, and the audits that their events start."""
