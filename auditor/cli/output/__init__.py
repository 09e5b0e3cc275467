"""What commands print: pages for a terminal, JSON, errors, exit codes."""
