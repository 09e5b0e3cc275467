"""The texts of rules, their parameters and their reasons, for readers."""
