"""The questions and files of `auditor init`, and the configuration of a running sandbox."""
