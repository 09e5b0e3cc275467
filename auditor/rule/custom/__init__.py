"""Rules of ``rule_paths``: their files are checked, and executed only in child processes."""
