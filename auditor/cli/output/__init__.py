"""What commands print: text for a terminal, tables, JSON, errors and exit codes."""
