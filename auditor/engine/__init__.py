"""What the auditor concludes from a snapshot and from earlier audits. Pure."""
