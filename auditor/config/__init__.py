"""What is to be audited, and how."""
