"""What `auditor init` asks and writes, and the configuration of a running sandbox."""
